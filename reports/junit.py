"""JUnit: pytest writes every exception of a test's body as a failure; only a release that lost something is one."""

import xml.etree.ElementTree as ET
from pathlib import Path

MARK = "NO-GO"


def fix_junit(path: Path) -> None:
    """Turn the failures whose message does not begin with NO-GO into errors, and set the suite's counts right."""
    tree = ET.parse(path)  # noqa: S314 - this session's own file
    for suite in tree.iter("testsuite"):
        moved = 0
        for case in suite.iter("testcase"):
            for failure in case.findall("failure"):
                if not failure.get("message", "").startswith(MARK):
                    failure.tag = "error"
                    moved += 1
        suite.set("failures", str(int(suite.get("failures", "0")) - moved))
        suite.set("errors", str(int(suite.get("errors", "0")) + moved))
    draft = path.with_suffix(".draft")
    tree.write(draft, encoding="utf-8", xml_declaration=True)
    draft.replace(path)
