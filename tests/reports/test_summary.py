"""summary.md: what a CI shows of the session without anybody opening the report."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Loss, Verdict
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FindingKind
from reports.model import SessionResult
from reports.summary import render_summary
from tests.judge.handmade import request_id
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LEFT_OUT, LOSS, result, session

OUT = Path("reports") / "out"


def _lines(whole: SessionResult) -> list[str]:
    return render_summary(whole, OUT).splitlines()


@pytest.mark.parametrize(
    ("whole", "first"),
    [
        (session(result()), "# \u2705 GO: 1 of 1 scenarios as expected"),
        (session(result(), not_run=("a",)), "# \u2705 GO (partial: 1 of 2)"),
        (
            session(result(Verdict.NO_GO, judged=judgement(LOSS))),
            "# \u274c NO-GO: 1 of 1 scenarios against expectation; ",
        ),
        (session(not_run=("a",), trouble="a JDK is needed"), "# \u26a0\ufe0f INCONCLUSIVE: a JDK is needed"),
    ],
)
def test_its_title_is_the_verdict(whole: SessionResult, first: str) -> None:
    assert _lines(whole)[0].startswith(first)


def test_every_scenario_has_its_row_the_worst_first(tmp_path: Path) -> None:
    judged = made().judged(tmp_path / "run")
    lines = _lines(
        session(
            result(title="fine", judged=judged, sentence=judged.headline),
            result(Verdict.NO_GO, expected="NO-GO", title="naive", judged=judgement(LOSS)),
            result(Verdict.INCONCLUSIVE, title="unproved", judged=judgement(GAP)),
            result(Verdict.NO_GO, title="lossy", judged=judgement(LOSS, counts={"requests": 9, "failed": 3})),
        )
    )
    assert lines[2].count("|") == lines[3].count("|") == lines[4].count("|") == 10
    assert [line.split("|")[1:3] for line in lines[4:8]] == [
        [" \u274c NO-GO, GO was expected ", " lossy "],
        [" \u26a0\ufe0f INCONCLUSIVE, GO was expected ", " unproved "],
        [" \u2705 GO, as expected ", " fine "],
        [" \u2705 NO-GO, as expected ", " naive "],
    ]
    assert "| 9 | 3 | - |" in lines[4]
    assert (
        "0 of 9 requests since the release began failed, 0 of 2 stops (2 of them in mid-write) lost anything"
        in lines[6]
    )


def test_a_loss_is_told_with_its_first_request_and_what_to_do(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    judged = record.judged(tmp_path / "run")
    text = render_summary(session(result(judged.verdict, judged=judged, sentence=judged.headline)), OUT)
    assert '**Why:** 1 of 12 requests lost in step "Batch 1 of 2" (0.5 s)\n' in text
    assert "**What to do:** Do not release: " in text
    assert f"POST /orders  502  unexpected status  after 10 ms  {request_id(5)}\n" in text
    assert "client 502 <- SLB 201 <- storefront-01.1 v1 201 <- orders-01.1 v1: connect refused" in text
    assert "- storefront-01 -> orders-01.1: 1 lost, 1 connect refused" in text


def test_who_failed_has_the_last_word() -> None:
    broken = replace(
        result(Verdict.INCONCLUSIVE, sentence="orders-01.1 ended at start"), last_words=("bad <option>", "```")
    )
    lines = _lines(session(broken))
    began = lines.index("````")
    assert lines[began : began + 4] == ["````", "bad <option>", "```", "````"]
    refused = msgspec.structs.replace(LOSS, finding=FindingKind.REFUSED, detail=("its own words",))
    assert "its own words" in _lines(session(result(Verdict.NO_GO, judged=judgement(refused))))
    assert "its own words" not in _lines(session(result(Verdict.NO_GO, expected="NO-GO", judged=judgement(refused))))


def test_what_was_not_tested_is_named() -> None:
    lines = _lines(
        session(result(judged=judgement(untested=("clock: no log",))), not_run=tuple(f"n{n}" for n in range(32)))
    )
    at = lines.index("## What was not tested")
    assert lines[at + 2 : at + 4] == ['- "The clocks agree": no log', "- not run: n0: not selected by the command line"]
    assert "- and 2 more that were not run, named in verdict.json" in lines


def test_it_says_where_to_read_on() -> None:
    assert _lines(session(result()))[-1] == (
        f"Report: `{OUT / 'release-report.html'}`; for machines: `{OUT / 'verdict.json'}`"
    )


def test_what_looks_like_markup_is_text(tmp_path: Path) -> None:
    odd = "a | b <script> `x` *y* [z](w)\nnext"
    record = made()
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "```", 0, "<script>")])
    judged = record.judged(tmp_path / "run")
    text = render_summary(session(result(Verdict.NO_GO, title=odd, sentence=odd, judged=judged), not_run=(odd,)), OUT)
    escaped = r"a \| b &lt;script> \`x\` \*y\* \[z\](w) next"
    assert f"## {escaped}\n" in text
    assert f"- not run: {escaped}: {LEFT_OUT}\n" in text
    assert f"**Why:** {escaped}\n" in text
    fence = "````"
    assert text.count(f"\n{fence}\n") == 2, "the hops must not end their own block"


def test_a_thousand_losses_and_scenarios_stay_within_what_a_ci_takes() -> None:
    loss = Loss(
        hop="storefront->orders",
        caller="storefront-01",
        instance="orders-01",
        incarnation="orders-01.1",
        count=5,
        errors=(("connect refused", 5),),
        first_ns=0,
        last_ns=0,
    )
    finding = msgspec.structs.replace(LOSS, count=10_000)
    lossy = result(Verdict.NO_GO, judged=judgement(*[finding] * 500, losses=(loss,) * 100, counts={"failed": 10_000}))
    text = render_summary(session(*[replace(lossy, title=f"scenario {n}") for n in range(500)]), OUT)
    assert "480 more scenarios against expectation are told in the report." in text
    assert len(text.encode()) < 1 << 18


def test_what_was_only_measured_is_named_and_the_go_is_partial() -> None:
    text = render_summary(session(result(), result(Verdict.NO_GO, expected="ANY", title="a graceful stop")), OUT)
    assert text.startswith("# \u2705 GO (partial: 1 of 2, 1 measured)\n")
    assert "- measured, not judged: test\\_batches.py::test\\_a\\_graceful\\_stop\n" in text
