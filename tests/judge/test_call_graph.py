"""Any call graph is judged: two entries, a diamond, a worker, and services that tell nothing of themselves."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.gray import gray_window
from conformance.judge.model import Verdict
from conformance.judge.run_facts import analyse
from conformance.record import events
from conformance.record.contract import ServiceFacts
from conformance.record.reader import open_record
from conformance.record.schema import HopAnswer
from tests.judge.handmade import Handmade, Row, request_id
from tests.judge.healthy import EVIDENCE, WRITES, made


def _replace(record: Handmade, name: str, **changes: object) -> None:
    services = tuple(
        msgspec.structs.replace(one, **changes) if one.name == name else one for one in record.contract.services
    )
    record.contract = msgspec.structs.replace(record.contract, services=services)


def _add(record: Handmade, name: str, position: str, calls: tuple[str, ...] = (), evidence: object = EVIDENCE) -> None:
    told = {"name": name, "position": position, "calls": calls, "instances": (f"{name}-01",), "version": "v1"}
    service = msgspec.convert(told | {"evidence": evidence}, ServiceFacts)
    record.contract = msgspec.structs.replace(record.contract, services=(*record.contract.services, service))


def _audited(record: Handmade) -> None:
    """The audit has read what the ledger holds now."""
    record.events = [
        msgspec.structs.replace(event, rows=len(record.ledger)) if isinstance(event, events.AuditRead) else event
        for event in record.events
    ]


def _two_entries() -> Handmade:
    """Reads, but for one, come through ``admin``, which calls the orders as the storefront does."""
    record = made()
    _add(record, "admin", "entry", ("orders",))
    record.release(callers=("storefront", "admin"))
    write, read = record.contract.load.routes
    record.routes(msgspec.structs.replace(write, entry="storefront"), msgspec.structs.replace(read, entry="admin"))
    own = {"instance": "admin-01", "incarnation": "admin-01.1"}
    for seq, identity in record.identities.items():
        if seq not in WRITES:
            identity |= {"peer": "admin-01", **own}
            identity["hops"] = str(identity["hops"]).replace("storefront->", "admin->")
            record.slb[seq] |= {"peer": "admin-01", "incarnation": "admin-01.1"}
            for row in record.executions:
                if row["request_id"] == request_id(seq) and row["service"] == "storefront":
                    row |= {"service": "admin", **own}
    _listed_by(record, "admin-01")
    return record


def _listed_by(record: Handmade, consumer: str) -> None:
    """The caller that was added shows whom it lists, as every other one."""
    told = [event for event in record.events if isinstance(event, events.Listed)]
    record.events += [msgspec.structs.replace(event, observer=consumer) for event in told]


def _diamond() -> Handmade:
    """Storefront calls orders and, for a write, stock; both call the inventory."""
    record = made("inventory")
    _add(record, "stock", "provider", ("inventory",))
    _replace(record, "storefront", calls=("orders", "stock"))
    record.release(callers=("orders", "stock"))
    _listed_by(record, "stock-01")
    for seq in WRITES:
        served = record.calls(seq)[1]
        by_stock = HopAnswer("stock->inventory", served.instance, served.incarnation, 200, "")
        record.call(
            seq, *record.calls(seq), HopAnswer("storefront->stock", "stock-01", "stock-01.1", 200, ""), by_stock
        )
        (line,) = [
            row for row in record.executions if row["request_id"] == request_id(seq) and row["service"] == "inventory"
        ]
        stock: Row = line | {"service": "stock", "instance": "stock-01", "incarnation": "stock-01.1", "version": "v1"}
        record.executions += [dict(line), stock]
    return record


def _worker(*evidence: str) -> Handmade:
    """The inventory is a worker: it takes what the orders leave, and nobody calls it."""
    record = made("inventory")
    _replace(record, "inventory", position="worker", evidence=evidence, registered=False)
    _replace(record, "orders", calls=())
    record.release(position="worker", callers=(), removal_bound_s=None)
    record.states = [row for row in record.states if row["service"] != "inventory"]
    record.executions = [row for row in record.executions if row["service"] != "inventory"]
    for seq in record.identities:
        record.call(seq, record.calls(seq)[0])
    for kind in (events.Registered, events.Listed, events.Unlisted, events.MarkedOffline, events.NothingInFlight):
        record.without(kind)
    return record


def test_two_entries_are_judged_each_by_its_own_requests(tmp_path: Path) -> None:
    judgement = _two_entries().judged(tmp_path)
    assert (judgement.verdict, judgement.findings, judgement.untested) == (Verdict.GO, (), ())


def test_a_request_fails_at_the_entry_that_it_went_to(tmp_path: Path) -> None:
    record = _two_entries()
    for seq in (2, 3):
        record.fail(seq)
        record.forget_answer(seq)
    judgement = record.judged(tmp_path)
    assert {request.hop for request in judgement.failed_requests} == {"slb->storefront"}
    assert [found.hop for found in judgement.findings if found.finding == "not healthy before the release"] == [
        "slb->admin"
    ]


def test_a_loss_names_which_of_several_callers_called(tmp_path: Path) -> None:
    record = _two_entries()
    gone = ("orders-01", "orders-01.1", 0, "connect refused")
    record.fail(5, hops=[HopAnswer("storefront->orders", *gone)])
    record.fail(6, hops=[HopAnswer("admin->orders", *gone)])
    losses = {(loss.hop, loss.caller) for loss in record.judged(tmp_path).losses}
    assert losses == {("storefront->orders", "storefront-01"), ("admin->orders", "admin-01")}


def test_a_log_without_a_call_of_either_caller_is_missed(tmp_path: Path) -> None:
    record = _two_entries()
    record.call(4)
    (found,) = record.findings("declared", tmp_path)
    assert found.message == "X-Hops of 1 answer lacks the call to orders that its log shows"


def test_a_diamond_calls_its_end_twice_by_design(tmp_path: Path) -> None:
    judgement = _diamond().judged(tmp_path)
    assert (judgement.verdict, judgement.findings, judgement.untested) == (Verdict.GO, (), ())


def test_in_a_diamond_a_call_that_is_made_again_is_told_from_the_other_callers(tmp_path: Path) -> None:
    record = _diamond()
    again = record.calls(5)[-1]
    record.call(5, *record.calls(5), again)
    (found,) = record.findings("resend", tmp_path)
    assert (found.hop, found.count, found.requests) == ("stock->inventory", 1, (request_id(5),))


def test_in_a_diamond_the_deepest_call_that_failed_is_where_it_was_lost(tmp_path: Path) -> None:
    record = _diamond()
    orders = record.calls(5)[0]
    failed = HopAnswer("stock->inventory", "inventory-01", "inventory-01.1", 0, "connect refused")
    record.fail(5, hops=[failed, HopAnswer("storefront->stock", "stock-01", "stock-01.1", 502, ""), orders])
    (loss,) = record.judged(tmp_path).losses
    assert (loss.hop, loss.instance) == ("stock->inventory", "inventory-01")


def test_a_worker_is_judged_by_the_ledger_and_the_rest_is_untested_by_name(tmp_path: Path) -> None:
    judgement = _worker().judged(tmp_path)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert {line.partition(":")[0] for line in judgement.untested} >= {"rotation", "removal"}
    assert "rotation: inventory is a worker, which nothing lists: whether enough instances serve" in judgement.untested
    assert "replaced" in judgement.passed
    assert not [line for line in judgement.untested if line.startswith("replaced")]


def test_a_workers_new_version_that_never_wrote_is_not_shown(tmp_path: Path) -> None:
    record = _worker()
    record.ledger = [row for row in record.ledger if row["incarnation"] != "inventory-02.2"]
    record.routes(*(msgspec.structs.replace(route, effects=()) for route in record.contract.load.routes))
    found = record.findings("replaced", tmp_path)
    assert [one.message for one in found] == ["inventory-02.2 never said of itself that it is v2"]


def test_of_a_worker_that_writes_nothing_it_is_untested_which_version_worked(tmp_path: Path) -> None:
    record = _worker()
    record.ledger = [row for row in record.ledger if row["effect"] != "reserved"]
    write, read = record.contract.load.routes
    record.routes(msgspec.structs.replace(write, effects=("placed", "confirmed")), read)
    _audited(record)
    judgement = record.judged(tmp_path)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    gap = "inventory does not declare executions, and the ledger has no row of it"
    assert f"replaced: {gap}: which version worked" in judgement.untested
    assert f"evidence: {gap}: what each instance did" in judgement.untested


def test_what_a_worker_does_not_finish_is_a_partial_write(tmp_path: Path) -> None:
    record = _worker()
    record.drop_effects(5, "reserved")
    _audited(record)
    (found,) = [one for one in record.findings("writes", tmp_path) if one.finding == "partial write"]
    assert (found.verdict, found.requests) == (Verdict.NO_GO, (request_id(5),))


def test_a_duplicate_names_who_wrote_it(tmp_path: Path) -> None:
    record = _worker()
    (row,) = [row for row in record.ledger if row["request_id"] == request_id(5) and row["effect"] == "reserved"]
    first: Row = {"instance": "inventory-01", "incarnation": "inventory-01.1", "version": "v1"}
    record.ledger.append(row | first)
    _audited(record)
    (found,) = record.findings("writes", tmp_path)
    assert found.finding == "duplicate write"
    assert found.message.endswith(
        f"; {request_id(5)} reserved twice: by inventory-01.1 (v1) and {row['incarnation']} ({row['version']})"
    )


def _plain_entry() -> Handmade:
    """The storefront tells nothing of itself; the SLB's lines do."""
    record = made("storefront")
    _replace(record, "storefront", evidence=())
    record.executions = [row for row in record.executions if row["service"] != "storefront"]
    for identity in record.identities.values():
        identity |= {"instance": "", "incarnation": "", "version": "", "hops": ""}
    return record


def test_a_plain_entry_is_judged_by_the_slbs_lines(tmp_path: Path) -> None:
    judgement = _plain_entry().judged(tmp_path)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert {"replaced", "evidence", "removal"} <= set(judgement.passed)
    assert not [line for line in judgement.untested if "executions" in line and "storefront" in line]


def test_a_plain_entrys_old_version_that_answers_after_the_release_is_seen(tmp_path: Path) -> None:
    record = _plain_entry()
    record.slb[11] |= {"incarnation": "storefront-01.1"}
    found = record.findings("replaced", tmp_path)
    assert [(one.finding, one.incarnation) for one in found] == [("the old version still answers", "storefront-01.1")]


def test_what_a_plain_entry_answers_after_its_drain_is_seen(tmp_path: Path) -> None:
    record = _plain_entry()
    record.slb[4] |= {"peer": "storefront-01", "incarnation": "storefront-01.1"}
    (found,) = [one for one in record.findings("removal", tmp_path) if one.finding == "execution after drain"]
    assert (found.incarnation, found.requests, found.hop) == (
        "storefront-01.1",
        (request_id(4),),
        "slb->storefront",
    )


def test_a_plain_entry_behind_an_slb_that_tells_nothing_is_untested(tmp_path: Path) -> None:
    record = _plain_entry()
    record.contract = msgspec.structs.replace(record.contract, slb_lines=False)
    record.slb.clear()
    judgement = record.judged(tmp_path)
    assert "replaced: storefront declares neither identity nor executions: which version answered" in judgement.untested
    assert judgement.verdict is Verdict.GO


def test_of_a_plain_provider_what_nothing_shows_is_untested_once_for_each_evidence(tmp_path: Path) -> None:
    record = made()
    for name in ("storefront", "orders", "inventory"):
        _replace(record, name, evidence=())
    record.executions.clear()
    for identity in record.identities.values():
        identity |= {"instance": "", "incarnation": "", "version": "", "hops": ""}
    judgement = record.judged(tmp_path)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    lacks = {(lack.service, lack.evidence) for lack in judgement.lacks}
    assert {("orders", "executions"), ("orders", "in_flight"), ("storefront", "hops"), ("orders", "hops")} <= lacks
    assert len(lacks) == len(judgement.lacks)
    (executions,) = [lack for lack in judgement.lacks if (lack.service, lack.evidence) == ("orders", "executions")]
    assert "how much each new incarnation answered" in executions.shows
    assert len(executions.shows) > 1


def test_who_met_whom_is_told_of_every_hop_between_released_services(tmp_path: Path) -> None:
    record = _diamond()
    inventory = record.contract.release
    stock = msgspec.structs.replace(inventory, service="stock", callers=("storefront",), batches=())
    record.contract = msgspec.structs.replace(record.contract, also=(stock,))
    pairs = {
        (pair.caller, pair.caller_version, pair.provider, pair.provider_version)
        for pair in record.judged(tmp_path).pairs
    }
    assert pairs == {("stock", "v1", "inventory", "v1"), ("stock", "v1", "inventory", "v2")}


@pytest.mark.parametrize(("failed", "found"), [(0, 1), (3, 0)])
def test_a_fault_that_shows_no_harm_proves_nothing(tmp_path: Path, failed: int, found: int) -> None:
    record = made()
    record.events.append(events.Felt(at_ns=300_000_000, step="2.1", failed=failed, within_s=10))
    told = record.findings("steps", tmp_path)
    assert [one.verdict for one in told] == [Verdict.INCONCLUSIVE] * found


def test_what_was_not_seen_or_failed_on_one_instance_is_told(tmp_path: Path) -> None:
    record = made()
    own = {"service": "orders", "instance": "orders-01", "incarnation": "orders-01.1"}
    record.events += [
        events.LookMissed(at_ns=300_000_000, step="", observer="registry", why="timed out"),
        events.InFlightUnknown(at_ns=310_000_000, step="2.2", **own),
        events.InstanceFailed(at_ns=320_000_000, step="2.2", why="no answer\nits log", **own),
    ]
    assert record.judged(tmp_path).notes == (
        "0.3 s: registry did not say who is in rotation: timed out",
        "0.3 s: orders-01.1 was stopped without its requests in flight being seen",
        "0.3 s: step 2.2 failed on orders-01.1: no answer",
    )


def test_a_workers_gray_serves_from_when_it_is_ready(tmp_path: Path) -> None:
    record = _worker("executions")
    record.gray()
    with open_record(record.write(tmp_path)) as read:
        facts = analyse(read)
        began_ns, _ = gray_window(read.contract, facts) or (0, 0)
        assert began_ns == facts.lives["inventory-01.2"].ready_ns
