"""Check samples_agree: rotation samples and the SLB's lines tell of the same instances as the events."""

from pathlib import Path

import pytest

from conformance.judge.checks import samples_agree
from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade, Row
from tests.judge.healthy import left_rotation, made


@pytest.fixture(autouse=True)
def _samples_are_never_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand-made run is shorter than what a busy machine is allowed."""
    monkeypatch.setattr(samples_agree, "SOON_NS", 0)


def _messages(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("samples_agree", tmp_path)
    assert {(one.verdict, one.finding) for one in found} <= {(Verdict.INCONCLUSIVE, "contradictory record")}
    return [one.message for one in found]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_they_tell_of_the_same_instances(tmp_path: Path, service: str) -> None:
    assert _messages(made(service), tmp_path) == []


@pytest.mark.parametrize(("service", "observer"), [("orders", "the registry"), ("storefront", "the SLB")])
def test_fails_on_a_new_instance_that_no_sample_ever_has_in_rotation(
    tmp_path: Path, service: str, observer: str
) -> None:
    record = made(service)
    for row in record.states:
        if row["incarnation"] == f"{service}-01.2":
            row["in_rotation"] = False
    (message,) = _messages(record, tmp_path)
    assert message.startswith(
        f"{observer} had listed {service}-01.2 at 0.5 s by the run's events, and has it in rotation"
    )
    assert "none of its" in message


def test_lacks_evidence_where_nobody_has_looked_since(tmp_path: Path) -> None:
    record = made()
    record.states = [row for row in record.states if row["incarnation"] != "orders-01.2"]
    assert _messages(record, tmp_path) == []


def test_fails_on_samples_of_a_time_after_the_run(tmp_path: Path) -> None:
    record = made()
    record.states[-1]["at_ns"] = 9_000 * MS
    assert _messages(record, tmp_path) == ["the registry: 1 sample of a time after the run's end"]


def test_fails_on_two_that_answer_at_one_address_at_the_same_time(tmp_path: Path) -> None:
    record = made("storefront")
    for row in record.slb:
        row["address"] = "127.0.0.1:8080"
    (message,) = _messages(record, tmp_path)
    assert message.startswith("by the SLB's lines storefront-01.1, ")
    assert message.endswith("answered at one address, 127.0.0.1:8080, at the same time")


def test_passes_where_one_address_is_kept_by_who_comes_next(tmp_path: Path) -> None:
    record = made("storefront")
    for row in record.slb:
        row["address"] = str(row["incarnation"]).partition(".")[0]
    assert _messages(record, tmp_path) == []


def test_fails_on_a_sample_of_somebody_and_nobody(tmp_path: Path) -> None:
    record = made()
    record.states.append(record.states[-1] | {"instance": "", "incarnation": "", "in_rotation": False})
    (message,) = _messages(record, tmp_path)
    assert "lists nobody of " in message


def _out(record: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its samples the SLB has a storefront that no step touches out of rotation for most of the run."""
    monkeypatch.setattr(samples_agree, "OUT_NS", 50 * MS)
    for row in record.states:
        if row["incarnation"] == "storefront-01.1" and 150 * MS < int(row["at_ns"]) < 900 * MS:
            row["in_rotation"] = False


def test_fails_on_requests_to_one_that_is_out_of_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = made()
    record.states = [row for row in record.states if row["observer"] != "slb"]
    _sampled(record)
    _out(record, monkeypatch)
    (message,) = _messages(record, tmp_path)
    assert message.startswith("by its samples the SLB had storefront-01.1 out of rotation from 0.1 s to 0.9 s; by its")


def test_fails_on_one_that_nothing_took_out_of_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = made()
    _sampled(record)
    _out(record, monkeypatch)
    record.slb = [row for row in record.slb if row["incarnation"] != "storefront-01.1"]
    (message,) = _messages(record, tmp_path / "nothing")
    assert message.endswith("the run's events tell of nothing that took it out")
    record.events.append(left_rotation(160))
    assert _messages(record, tmp_path / "its health check") == []


def _off_the_list(record: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its samples the registry does not list a bystander for most of the run."""
    monkeypatch.setattr(samples_agree, "OUT_NS", 50 * MS)
    for row in record.states:
        if row["incarnation"] == "inventory-01.1" and 150 * MS < int(row["at_ns"]) < 900 * MS:
            row["in_rotation"] = False


def test_fails_on_a_bystander_that_nothing_took_off_the_registrys_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = made()
    _off_the_list(record, monkeypatch)
    assert _messages(record, tmp_path) == [
        (
            "by its samples the registry had inventory-01.1 off its list from 0.1 s to 0.9 s; "
            "the run's events tell of nothing that took it off"
        )
    ]


@pytest.mark.parametrize(
    "event",
    [
        events.Trouble(at_ns=500 * MS, step="", what="nacos is gone"),
        events.Halted(at_ns=500 * MS, step="2.4", why="the registry does not list inventory-01.1"),
        events.Struck(
            at_ns=140 * MS,
            step="1",
            service="inventory",
            instance="inventory-01",
            incarnation="inventory-01.1",
            harm="hangs",
        ),
        events.ServerStopped(at_ns=300 * MS, step="2.2", server="registry"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_passes_where_events_tell_why_a_bystander_was_off_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: events.Event
) -> None:
    record = made()
    _off_the_list(record, monkeypatch)
    record.events.append(event)
    assert _messages(record, tmp_path) == []


def test_fails_on_one_of_the_contracts_that_the_registry_never_lists(tmp_path: Path) -> None:
    record = made()
    for row in record.states:
        if row["instance"] == "inventory-01":
            row["in_rotation"] = False
    assert _messages(record, tmp_path) == [
        "inventory-01 of inventory is one of the contract's, and in rotation by no sample of the registry"
    ]


def test_an_observer_that_the_contract_does_not_name_is_one_that_this_suite_does_not_know(tmp_path: Path) -> None:
    record = made()
    nobody: Row = {"service": "orders", "instance": "", "incarnation": "", "in_rotation": False}
    record.states.append(record.states[0] | {"at_ns": 500 * MS, "observer": "consul"} | nobody)
    judged = record.judged(tmp_path)
    assert [(one.verdict, one.finding) for one in judged.findings] == [(Verdict.INCONCLUSIVE, "newer record")]
    assert judged.findings[0].message == (
        "samples by consul, which is neither the SLB nor a registry of the contract (nacos): "
        "judge it with the version that made it, or a later one"
    )


def _sampled(record: Handmade) -> None:
    """The SLB's group has been looked at every 50 ms."""
    record.states += [
        {
            "at_ns": at_ms * MS,
            "observer": "slb",
            "service": "storefront",
            "instance": "storefront-01",
            "incarnation": "storefront-01.1",
            "in_rotation": True,
        }
        for at_ms in range(0, 1_150, 50)
    ]
