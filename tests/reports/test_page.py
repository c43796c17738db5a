"""release-report.html: the verdict first, everything in it is text, and nothing in it needs to be allowed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import FailedRequest, Judgement, Loss, Pair, PartialWrite, Verdict
from conformance.record import events
from conformance.record.schema import HopAnswer
from reports.files import files_of
from reports.model import ScenarioResult, SessionResult
from reports.page.page import render_page
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.page_reading import Page
from tests.reports.results import GAP, LOSS, result, session

SVG = '<?xml version="1.0"?>\n<svg viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
MARKUP = "<script>alert(1)</script><b>&amp;</b>\"'><img src=x onerror=alert(1)>"


def _page(whole: SessionResult, out: Path, *drawn: str) -> Page:
    return Page(render_page(whole, dict.fromkeys(drawn, SVG), out))


def _lossy() -> Handmade:
    record = made()
    record.without(events.MarkedOffline)
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    return record


def _of(record: Handmade, directory: Path, *, title: str = "a gray release") -> ScenarioResult:
    """The scenario whose run this is, with a log of the instance that was called and is gone."""
    record.write(directory)
    (directory / "logs").mkdir()
    (directory / "logs" / "orders-01.1.log").write_text("SIGTERM\n")
    judged = judge(directory)
    return result(judged.verdict, title=title, judged=judged, directory=directory, sentence=judged.headline)


@pytest.fixture
def lossy(tmp_path: Path) -> ScenarioResult:
    return _of(_lossy(), tmp_path / "runs" / "lossy")


@pytest.mark.parametrize(
    ("whole", "word"),
    [
        (session(result()), "GO"),
        (session(result(Verdict.NO_GO, judged=judgement(LOSS))), "NO-GO"),
        (session(not_run=("a",), trouble="a JDK is needed"), "INCONCLUSIVE"),
    ],
)
def test_the_verdict_is_the_first_thing_on_it(whole: SessionResult, word: str, tmp_path: Path) -> None:
    page = _page(whole, tmp_path)
    (main,) = page.all("main")
    assert main.text.split()[0] == word
    (first,) = page.all("h1")
    assert first.text == word
    assert page.all("title")[0].text == whole.headline


def test_why_and_what_to_do_stand_beside_it(lossy: ScenarioResult, tmp_path: Path) -> None:
    page = _page(session(lossy), tmp_path)
    banner = page.all("table")[0].text
    assert '1 of 12 requests lost in step "Batch 1 of 2"' in banner
    assert "What to do: Do not release: deregister each instance" in banner


def test_failures_come_first_then_what_was_not_proved_then_what_was_expected(tmp_path: Path) -> None:
    page = _page(
        session(
            result(title="fine"),
            result(Verdict.NO_GO, expected="NO-GO", title="naive", judged=judgement(LOSS)),
            result(Verdict.INCONCLUSIVE, title="unproved", judged=judgement(GAP)),
            result(Verdict.NO_GO, title="lossy", judged=judgement(LOSS)),
        ),
        tmp_path,
    )
    assert [one.text for one in page.all("h2")][3:] == ["lossy", "unproved", "fine", "naive"]
    table = page.by_id("scenarios").text
    assert re.search(r"NO-GO GO was expected lossy .* INCONCLUSIVE GO was expected unproved", table)
    assert re.search(r"GO as expected fine .* NO-GO as expected naive", table)


def test_all_figures_of_a_scenario_are_those_of_its_record(lossy: ScenarioResult, tmp_path: Path) -> None:
    assert lossy.judgement is not None
    text = _page(session(lossy), tmp_path).by_id("scenarios").text
    assert f"12 1 0 {lossy.judgement.latency['p99_ms']:,.0f} ms" in text
    record = _lossy()
    record.fail(4)
    other = _page(session(_of(record, tmp_path / "runs" / "other")), tmp_path)
    assert "12 2 0" in other.by_id("scenarios").text
    assert "2 of 12 requests lost" in other.all("table")[0].text


def test_it_says_what_was_proved_and_what_was_not_tested(tmp_path: Path) -> None:
    record = made()
    record.undeclare("executions")
    fine = _of(record, tmp_path / "run")
    page = _page(session(fine, not_run=("test_gray.py::test_b",)), tmp_path)
    assert "0 of 9 requests since the release began failed, 0 of 2 stops" in page.by_id("proved").text
    untested = page.by_id("not-tested").text
    assert untested.count("orders does not declare executions: ") == 1
    assert "; how long it was called after its mark" in untested
    assert "test_gray.py::test_b: not selected by the command line" in untested


def test_where_everything_was_tested_it_says_so(tmp_path: Path) -> None:
    assert "Everything that is judged was tested" in _page(session(result()), tmp_path).by_id("not-tested").text


def test_what_was_only_measured_is_named_and_the_go_is_partial(tmp_path: Path) -> None:
    page = _page(session(result(), result(expected="ANY", title="a graceful stop")), tmp_path)
    untested = page.by_id("not-tested").text
    assert "Scenarios that were measured, not judged (1)" in untested
    assert "test_batches.py::test_a_graceful_stop" in untested


def test_the_first_lost_request_and_the_log_of_its_last_hop_are_three_clicks_away(
    lossy: ScenarioResult, tmp_path: Path
) -> None:
    """One to the request, one to the log."""
    page = _page(session(lossy), tmp_path)
    assert page.links[0] == "#s1-first"
    assert page.by_id("s1-first").text == "First lost request"
    section = page.by_id("s1").text
    assert f"POST /orders 502 unexpected status after 10 ms {request_id(5)}" in section
    assert "connect refused; SIGTERM at 0.4 s with 1 write in flight, neither drained nor marked offline" in section
    assert "runs/lossy/logs/orders-01.1.log" in page.links


def test_every_link_leads_somewhere(lossy: ScenarioResult, tmp_path: Path) -> None:
    files = files_of(tmp_path, tmp_path / "runs" / "lossy")
    files.picture.parent.mkdir(parents=True)
    files.failed_requests.write_text("request\n")
    page = _page(session(lossy, result()), tmp_path)
    assert {"details/lossy/failed-requests.csv", "runs/lossy/plan.txt", "runs/lossy"} <= set(page.links)
    for link in page.links:
        if link.startswith("#"):
            page.by_id(link[1:])
        else:
            assert (tmp_path / link).exists(), link


@pytest.mark.parametrize("name", ["with space", "50%", "a#b", "a?b=c", "ünïcode", 'quote"d'])
def test_a_run_directory_of_any_name_can_be_linked_to(name: str, tmp_path: Path) -> None:
    page = _page(session(_of(_lossy(), tmp_path / "elsewhere" / name)), tmp_path / "out" / "judged")
    assert f"../../elsewhere/{name}/plan.txt" in page.links


def test_the_picture_stands_in_the_page(lossy: ScenarioResult, tmp_path: Path) -> None:
    page = _page(session(lossy), tmp_path, "lossy")
    figure, graph = page.all("figure")
    svg, _ = page.all("svg")
    assert svg.attributes["viewbox"] == "0 0 9 9"
    assert "<?xml" not in render_page(session(lossy), {"lossy": SVG}, tmp_path)
    assert figure.text == ""
    assert "storefront calls orders" in graph.text
    assert "no picture of this run" in _page(session(lossy), tmp_path).by_id("s1").text


def test_it_asks_a_strict_content_policy_for_nothing(lossy: ScenarioResult, tmp_path: Path) -> None:
    """default-src 'none': no script, nothing loaded, no style attribute; the style sheet inside may be refused."""
    page = _page(session(lossy, not_run=("a",)), tmp_path, "lossy")
    forbidden = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}
    assert forbidden.isdisjoint({one.tag for one in page.elements})
    for one in page.elements:
        assert not [name for name in one.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert not [link for link in page.links if re.match(r"\w+:|//", link)]
    (sheet,) = page.all("style")
    assert not re.search(r"url\(|@import|@font-face", sheet.text)


def test_without_its_style_sheet_it_still_reads_well(lossy: ScenarioResult, tmp_path: Path) -> None:
    page = _page(session(lossy, result(judged=judgement())), tmp_path)
    banner, *others = page.all("table")
    assert banner.attributes["width"] == "100%"
    cells = [one for one in page.all("td") if "bgcolor" in one.attributes]
    assert cells[0].attributes["bgcolor"] == "#b42318"
    plain = [one for one in others if one.attributes["border"] == "1"]
    badges = [one for one in others if one.attributes["border"] == "0"]
    assert plain
    assert {one.text for one in badges} == {"NO-GO", "GO"}


def _marked() -> Judgement:
    finding = msgspec.structs.replace(
        LOSS, message=f"{MARKUP}\n{MARKUP}", step=MARKUP, substep=MARKUP, requests=(MARKUP,), detail=(MARKUP,)
    )
    loss = Loss(
        hop=MARKUP,
        caller=MARKUP,
        instance=MARKUP,
        incarnation=MARKUP,
        count=3,
        errors=((MARKUP, 3),),
        first_ns=0,
        last_ns=0,
    )
    return judgement(
        finding,
        untested=(MARKUP,),
        losses=(loss,),
        partial_writes=(
            PartialWrite(request=MARKUP, found=(MARKUP,), missing=(MARKUP,), acknowledged=False, step=MARKUP),
        ),
        counts={"failed": 3, "partial_writes": 1},
        server_settings=MARKUP,
        run=MARKUP,
    )


def test_what_looks_like_markup_is_text(tmp_path: Path) -> None:
    odd = result(Verdict.NO_GO, title=MARKUP, sentence=MARKUP, judged=_marked(), directory=tmp_path / "a<b>")
    page = _page(session(odd, not_run=(MARKUP,), trouble=MARKUP), tmp_path)
    assert not page.all("script")
    assert not page.all("img")
    assert page.all("main")[0].text.count("<script>alert(1)</script><b>&amp;</b>\"'>") >= 12


def test_a_loss_told_by_the_service_itself_is_text_too(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "<b>orders</b>", 0, "<script>")])
    page = _page(session(_of(record, tmp_path / "run")), tmp_path)
    assert not page.all("script")
    assert "<script>" in page.by_id("s1").text


def _many(count: int) -> Judgement:
    lost = tuple(
        FailedRequest(
            request=f"r1-{seq:08x}",
            route="GET /orders",
            due_ns=seq,
            sent_ns=seq,
            done_ns=seq,
            status=502,
            error="unexpected status",
            hop="storefront->orders",
            instance="orders-01",
            incarnation="orders-01.1",
            hop_error="connect refused",
            step="Batch 1 of 2",
        )
        for seq in range(min(count, 1_000))
    )
    writes = tuple(
        PartialWrite(request=one.request, found=("placed",), missing=("reserved",), acknowledged=False, step="")
        for one in lost
    )
    finding = msgspec.structs.replace(LOSS, count=count, requests=tuple(one.request for one in lost))
    return judgement(
        *[finding] * 500,
        failed_requests=lost,
        partial_writes=writes,
        counts={"failed": count, "partial_writes": count},
    )


def test_ten_thousand_failures_do_not_blow_it_up(tmp_path: Path) -> None:
    big = result(Verdict.NO_GO, judged=_many(10_000), directory=tmp_path)
    text = render_page(session(big), {}, tmp_path)
    assert len(text) < 100_000
    told = Page(text).by_id("s1").text
    assert "and 460 more findings, all of them in verdict.json" in told
    assert "the first 1,000 of 10,000 are told apart here" in told


def _cut_off(tmp_path: Path) -> ScenarioResult:
    """A run whose process was killed in its second batch."""
    record = made()
    record.events = [event for event in record.events if event.at_ns < 700_000_000]
    directory = record.write(tmp_path / "runs" / "cut")
    for name in ("end.json", "environment.json", "ledger.csv"):
        (directory / name).unlink()
    judged = judge(directory)
    return result(
        Verdict.INCONCLUSIVE, judged=judged, directory=directory, sentence=judged.headline, title=judged.title
    )


def test_a_run_that_was_cut_off_has_its_section_which_says_what_is_missing(tmp_path: Path) -> None:
    cut = _cut_off(tmp_path)
    page = _page(session(cut), tmp_path)
    told = page.by_id("s1").text
    assert "has no end marker: the run was cut off before its record was complete" in told
    assert "Missing from the record environment.json, ledger.csv, end.json" in told
    assert "Nothing: no request was judged since the release began" in told
    assert "3 Batch 2 of 2 never ended" in told
    assert "4 Verify never began" in told
    assert "No decision possible: the record was cut off" in told


def test_a_scenario_without_a_run_has_its_section_too(tmp_path: Path) -> None:
    broken = result(Verdict.INCONCLUSIVE, sentence="Nacos ended at start")
    page = _page(session(replace(broken, last_words=("no such option <-X>",))), tmp_path)
    assert "Nacos ended at start" in page.by_id("s1").text
    assert "no such option <-X>" in page.by_id("s1").text


def test_the_versions_that_have_met_are_named(tmp_path: Path) -> None:
    pair = Pair(caller="storefront", caller_version="v1", provider="orders", provider_version="v2", requests=1_234)
    page = _page(session(result(judged=judgement(pairs=(pair,)), directory=tmp_path)), tmp_path)
    assert "Versions that have met (1) Caller Provider Requests storefront v1 orders v2 1,234" in page.by_id("s1").text


def test_two_registries_are_told_apart(tmp_path: Path) -> None:
    both: Sequence[ScenarioResult] = [replace(result(title="gray"), registry=name) for name in ("nacos", "eureka")]
    assert [one.text for one in _page(session(*both), tmp_path).all("h2")][-2:] == ["gray, nacos", "gray, eureka"]


def test_it_says_which_slb_the_verdict_stands_for(tmp_path: Path) -> None:
    judged = judgement(slb="nginx-reload")
    page = _page(replace(session(result(judged=judged, directory=tmp_path)), slb="nginx-reload"), tmp_path)
    assert any("registry nacos, SLB nginx-reload" in one.text for one in page.all("p"))
    assert "SLB nginx-reload" in page.by_id("s1").text
