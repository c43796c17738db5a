"""Error windows: what a way down cost, and how long its callers went on calling."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import ErrorWindow
from conformance.record import events
from conformance.record.contract import Delay
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made

GONE_MS = 410
"""When orders-01.1 is sent its stop signal."""


def _calls_who_is_gone(record: Handmade, seq: int) -> None:
    """The request is sent on to orders-01.1, which refuses."""
    refused = HopAnswer(
        hop="storefront->orders", instance="orders-01", incarnation="orders-01.1", status=0, error="connect refused"
    )
    record.fail(seq, hops=(refused,))


def _windows(record: Handmade, directory: Path) -> tuple[ErrorWindow, ...]:
    return record.judged(directory).windows


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_a_lossless_release_has_windows_in_which_nothing_is_lost(tmp_path: Path, service: str) -> None:
    first, second = _windows(made(service), tmp_path)
    assert (first.step, first.lost, first.executed, first.called_s) == ("Batch 1 of 2", 0, 0, 0.0)
    assert (first.first_failed_ns, first.last_failed_ns) == (None, None)
    assert first.incarnations == (f"{made(service).service}-01.1",)
    assert second.gone_ns == (GONE_MS + 400) * MS


def test_calls_to_who_is_gone_make_the_window(tmp_path: Path) -> None:
    record = made()
    for seq in (4, 5):
        _calls_who_is_gone(record, seq)
    first, second = _windows(record, tmp_path)
    assert (first.gone_ns, first.lost) == (GONE_MS * MS, 2)
    assert (first.first_failed_ns, first.last_failed_ns) == (410 * MS, 520 * MS)
    assert first.called_s == pytest.approx(0.1, abs=0.002)
    assert second.lost == 0


def test_what_failed_before_a_batch_began_is_none_of_its_losses(tmp_path: Path) -> None:
    record = made()
    refused = HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused")
    record.fail(5, hops=(refused,))
    first, second = _windows(record, tmp_path)
    assert (first.lost, second.lost, second.first_failed_ns) == (0, 0, None)


def test_what_failed_and_was_executed_all_the_same_is_counted(tmp_path: Path) -> None:
    """By the log of the one that was called, or by what it wrote."""
    record = made()
    for seq in (4, 5):
        _calls_who_is_gone(record, seq)
    row = next(row for row in record.ledger if row["request_id"] == request_id(5) and row["effect"] == "placed")
    row["incarnation"] = "orders-01.1"
    assert [window.executed for window in _windows(record, tmp_path)] == [1, 0]


def test_who_dropped_it_when_is_told(tmp_path: Path) -> None:
    record = made()
    (caller,) = [e for e in record.events if isinstance(e, events.Unlisted) and e.step == "2.2"]
    record.events.append(msgspec.structs.replace(caller, observer="registry", at_ns=450 * MS))
    record.events.append(msgspec.structs.replace(caller, observer="storefront-02", at_ns=480 * MS))
    first, second = _windows(record, tmp_path)
    assert (first.dropped_ns, first.told_ns) == (450 * MS, 480 * MS)
    assert second.dropped_ns is None


def test_one_that_hangs_is_gone_when_it_falls_silent(tmp_path: Path) -> None:
    record = made()
    (stop,) = [e for e in record.events if isinstance(e, events.Signalled) and e.step == "2.3"]
    record.events.append(msgspec.structs.replace(stop, at_ns=330 * MS, signal="SIGSTOP"))
    assert _windows(record, tmp_path)[0].gone_ns == 330 * MS


def test_one_that_heeds_no_signal_is_gone_when_it_is_killed(tmp_path: Path) -> None:
    record = made()
    (stop,) = [e for e in record.events if isinstance(e, events.Signalled) and e.step == "2.3"]
    record.events.append(msgspec.structs.replace(stop, at_ns=stop.at_ns + 5 * MS, signal="SIGKILL"))
    assert _windows(record, tmp_path)[0].gone_ns == stop.at_ns + 5 * MS


def test_one_that_was_never_stopped_has_no_window(tmp_path: Path) -> None:
    record = made()
    record.without(events.Signalled)
    assert _windows(record, tmp_path) == ()


@pytest.mark.parametrize(("last", "total"), [(2.0, 5.0), (None, None)])
def test_the_chain_is_that_of_the_contract_and_ends_only_where_every_delay_does(
    tmp_path: Path, last: float | None, total: float | None
) -> None:
    record = made()
    chain = (
        Delay(part="server", what="the lease", at_most_s=3.0),
        Delay(part="cache", what="the list", at_most_s=last),
    )
    record.contract = msgspec.structs.replace(record.contract, chain=chain)
    judgement = record.judged(tmp_path)
    assert (judgement.chain, judgement.implied_s) == (chain, total)
