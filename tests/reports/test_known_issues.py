"""Known issues: they label a loss, until they expire, and never make it anything else."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from reports.known_issues import KnownIssue, KnownIssuesError, known_of, read_known_issues
from reports.model import ScenarioResult
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS, result, session

LINK = "https://tracker.example/REL-412"
EXPIRES = date(2026, 3, 31)


def _issue(**fields: object) -> KnownIssue:
    return KnownIssue(**{"link": LINK, "expires": EXPIRES, **fields})  # type: ignore[arg-type]


def _lost(*findings: Finding) -> ScenarioResult:
    return result(Verdict.NO_GO, expected="GO", judged=judgement(*findings))


OTHER = msgspec.structs.replace(LOSS, finding="partial write", hop="orders->inventory")


@pytest.mark.parametrize(
    "fields",
    [
        {"hop": "storefront->orders"},
        {"finding": "failed *"},
        {"scenario": "test_a_batch*", "finding": "failed request"},
    ],
)
def test_every_given_field_must_match(fields: dict[str, str]) -> None:
    known = known_of(_lost(LOSS), [_issue(**fields)], EXPIRES)
    assert (known.whole, [issue.link for issue in known.issues]) == (True, [LINK])
    for name in fields:
        assert known_of(_lost(LOSS), [_issue(**(fields | {name: "another"}))], EXPIRES).issues == ()


def test_its_last_day_counts_and_the_day_after_it_is_said_to_have_expired() -> None:
    issue = _issue(hop="storefront->orders")
    assert known_of(_lost(LOSS), [issue], date(2026, 3, 31)).sentence == (
        f"{LINK} until 2026-03-31; it is a loss all the same"
    )
    expired = known_of(_lost(LOSS), [issue], date(2026, 4, 1))
    assert not expired.whole
    assert expired.sentence == f"{LINK} EXPIRED on 2026-03-31; 1 of 1 findings are not known"


def test_one_known_loss_does_not_hide_another() -> None:
    known = known_of(_lost(LOSS, OTHER), [_issue(hop="storefront->orders")], EXPIRES)
    assert not known.whole
    assert known.sentence.endswith("; 1 of 2 findings are not known")


def test_lacking_evidence_and_losses_that_must_be_there_are_no_known_issues() -> None:
    issue = _issue(scenario="*batch*")
    assert known_of(_lost(GAP), [issue], EXPIRES).issues == ()
    wanted = result(Verdict.NO_GO, expected="NO-GO", judged=judgement(LOSS))
    assert known_of(wanted, [issue], EXPIRES).issues == ()


def test_a_known_loss_is_a_no_go_still() -> None:
    scenario = _lost(LOSS)
    assert known_of(scenario, [_issue(hop="storefront->orders")], EXPIRES).whole
    assert session(scenario).exit_code == 1


def test_a_file_is_read_and_none_is_none(tmp_path: Path) -> None:
    path = tmp_path / "known-issues.toml"
    assert read_known_issues(path) == ()
    path.write_text(f'[[issue]]\nlink = "{LINK}"\nexpires = 2026-03-31\nhop = "storefront->orders"\n')
    assert read_known_issues(path) == (_issue(hop="storefront->orders"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[issue]\n", "line 1"),
        ("\xff", "known-issues.toml: "),
        ('[[issue]]\nlink = "https://x"\nhop = "a"\n', "missing required field `expires` - at `$.issue[0]`"),
        ('[[issue]]\nlink = "https://x"\nexpires = "soon"\nhop = "a"\n', "$.issue[0].expires"),
        ('[[issue]]\nlink = "https://x"\nexpires = 2026-01-01\nuntil = 1\n', "unknown field `until`"),
        ('[[issue]]\nlink = "REL-1"\nexpires = 2026-01-01\nhop = "a"\n', "issue[0].link 'REL-1': expected http"),
        ('[[issue]]\nlink = "https://x"\nexpires = 2026-01-01\n', "names no scenario, finding or hop"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "known-issues.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KnownIssuesError) as raised:
        read_known_issues(path)
    assert complaint in str(raised.value)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
