"""The style sheet inside the page. The page is complete without it; see the package."""

STYLE = """
:root { color-scheme: light dark; --page: #f4f6f8; --card: #ffffff; --text: #1b2430; --quiet: #586474;
  --line: #d8dee6; --soft: #eef1f5; --link: #1f5fbf; --go: #1a7f4b; --nogo: #b42318; --open: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --page: #11151b; --card: #191f28; --text: #e5e9ef; --quiet: #9ba6b4;
  --line: #2e3744; --soft: #222a35; --link: #7fb0ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px; }
h1, h2, h3, p { margin: 0 0 10px; }
h2 { font-size: 20px; line-height: 1.3; }
section > table.badge + h2 { margin-top: 6px; }
h3 { font-size: 15px; margin-top: 22px; }
a { color: var(--link); }
small, .quiet { color: var(--quiet); font-size: 13px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px;
  margin: 0 0 20px; scroll-margin-top: 12px; overflow-x: auto; }
table { border-collapse: collapse; border: 0; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { border: 0; border-bottom: 1px solid var(--line); padding: 8px 12px 8px 0; }
th { color: var(--quiet); font-weight: 600; font-size: 12.5px; white-space: nowrap; vertical-align: bottom; }
tbody tr:last-child > td { border-bottom: 0; }
table.wide { width: 100%; }
table.banner { width: 100%; border-radius: 10px; overflow: hidden; margin-bottom: 20px; }
table.banner td { border: 0; padding: 20px 24px; }
table.banner font, table.badge font { color: #ffffff; }
table.banner font.verdict { font-size: 38px; line-height: 1.1; letter-spacing: .5px; }
table.banner font.headline { font-size: 17px; }
table.banner a { color: #ffffff; }
table.badge { margin-bottom: 4px; }
table.badge + small { white-space: nowrap; }
table.badge td { padding: 3px 10px; border: 0; border-radius: 5px; font-size: 13px; white-space: nowrap; }
figure { margin: 16px 0; }
figure svg { max-width: 100%; height: auto; display: block; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--soft); border-radius: 8px; padding: 12px 14px; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: 0 0 10px; }
details { border-top: 1px solid var(--line); padding: 10px 0; }
details > summary { cursor: pointer; font-weight: 600; font-size: 14px; }
details > table, details > ul, details > pre { margin: 10px 0 6px; }
ul { margin: 0 0 10px; padding-left: 20px; }
.todo { border-left: 4px solid var(--quiet); padding: 8px 14px; background: var(--soft); border-radius: 0 8px 8px 0; }
@media print { body { background: #ffffff; } section { break-inside: avoid; border-radius: 0; } }
"""
