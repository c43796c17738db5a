"""Real lossless records, damaged one thing at a time and sealed again: none may pass, and a failure must be a NO-GO."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from tests.judge.damages import DAMAGES, DamageCase
from tests.judge.real_records import RECORDS, real_record
from tests.turns import a_few

NAMES = sorted(path.name.removesuffix(".tar.xz") for path in RECORDS.glob("*.tar.xz"))


@pytest.mark.parametrize("name", NAMES)
def test_a_real_lossless_record_raises_no_alarm(tmp_path: Path, name: str) -> None:
    judgement = real_record(name).judged(tmp_path / "run")
    assert [finding.message for finding in judgement.findings] == []
    assert judgement.verdict is Verdict.GO


@pytest.mark.parametrize("case", a_few(DAMAGES, lambda case: case.verdict), ids=lambda case: case.name)
def test_what_contradicts_itself_is_found(tmp_path: Path, case: DamageCase) -> None:
    record = real_record(case.record)
    case.damage(record)
    judgement = record.judged(tmp_path / "run")
    told = [f"{one.verdict} {one.check}/{one.finding}: {one.message}" for one in judgement.findings]
    assert judgement.verdict is case.verdict, told
    found = [one for one in judgement.findings if one.verdict is case.verdict and one.finding == case.finding]
    assert not case.finding or found, told
