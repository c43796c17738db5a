"""JUnit: pytest writes every exception of a test's body as a failure; only a release that lost something is one."""

import xml.etree.ElementTree as ET
from pathlib import Path

MARK = "NO-GO"
SESSION = "the whole session"
"""The case that says what no scenario's does."""


def fix_junit(path: Path, unproved: str = "") -> None:
    """Turn the failures whose message does not begin with NO-GO into errors, and set the suite's counts right.

    Args:
        path: What pytest wrote.
        unproved: The session's headline where that is not GO: where no scenario is a failure or an error, it is one
            by itself, for who reads nothing else would take the session for a good one.
    """
    tree = ET.parse(path)  # noqa: S314 - this session's own file
    for suite in tree.iter("testsuite"):
        moved = 0
        if unproved and not any(case.findall("failure") or case.findall("error") for case in suite.iter("testcase")):
            _add_error(suite, unproved)
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


def _add_error(suite: ET.Element, headline: str) -> None:
    case = ET.SubElement(suite, "testcase", classname="release-conformance", name=SESSION, time="0")
    ET.SubElement(case, "error", message=headline).text = headline
    for count in ("tests", "errors"):
        suite.set(count, str(int(suite.get(count, "0")) + 1))
