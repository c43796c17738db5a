"""What several workers say, as one load says it: how far it is, and at its end what came of it."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from conformance.load.channel import CannotLoad
from conformance.load.spec import LoadSpec, Phase, Progress
from conformance.load.tasks.session import MOST_ERRORS
from conformance.load.workers.clocks import Agreement
from conformance.load.workers.merge import Merged
from conformance.load.wrong_answers import of_all
from conformance.record.contract import RouteFacts
from conformance.record.load_end import LoadEnd, TasksEnd, WorkerEnd


def named(worker: int, workers: int) -> str:
    """How people are told of a worker; ``worker`` counts from 0."""
    return f"load worker {worker + 1} of {workers}"


def told_by_all(phase: Phase, each: Sequence[Progress]) -> Progress:
    """How far the load is; of latencies the worst that one of them saw."""
    return Progress(
        phase=phase,
        due=sum(one.due for one in each),
        sent=sum(one.sent for one in each),
        done=sum(one.done for one in each),
        failed=sum(one.failed for one in each),
        writes=sum(one.writes for one in each),
        p99_ms=max((one.p99_ms for one in each), default=0.0),
    )


def combined(spec: LoadSpec, ends: Sequence[LoadEnd], clocks: Sequence[Agreement], merged: Merged) -> LoadEnd:
    """The end marker of the load.

    Args:
        spec: The order for all of it.
        ends: What each worker says of its part, in their order.
        clocks: What was found of each one's clock.
        merged: The tables of all.

    Raises:
        CannotLoad: A worker did not do its part; says which.
    """
    for number, crc32 in enumerate(merged.parts):
        _require_whole(spec, number, ends, crc32)
    first = ends[0]
    rows = sum(end.rows for end in ends)
    if rows != merged.rows:
        raise CannotLoad(f"the workers wrote {rows} requests; put together they are {merged.rows}")
    return LoadEnd(
        planned=sum(end.planned for end in ends),
        sent=sum(end.sent for end in ends),
        rows=rows,
        crc32=merged.crc32,
        answers=merged.answers,
        started_ns=first.started_ns,
        stopped_ns=max(end.stopped_ns for end in ends),
        realtime=all(end.realtime for end in ends),
        timer="timerfd" if all(end.timer == "timerfd" for end in ends) else "sleep",
        self_test=dict(_self_test(spec, ends)),
        self_test_passed=all(end.self_test_passed for end in ends),
        self_test_wanted=_wanted(spec, ends),
        workers=spec.workers,
        each=tuple(_of_worker(spec, end, clock) for end, clock in zip(ends, clocks, strict=True)),
        routes=_routes(ends),
        tasks=None if first.tasks is None else _tasks([end.tasks for end in ends if end.tasks is not None], ends, spec),
        wrong_answers=of_all(end.wrong_answers for end in ends),
        reconnects=sum(end.reconnects for end in ends),
        ended_by_answers=sum(end.ended_by_answers for end in ends),
    )


def _require_whole(spec: LoadSpec, number: int, ends: Sequence[LoadEnd], crc32: int) -> None:
    """This worker's part is what fell to it of all that was due, and what it wrote is what was read."""
    end, name = ends[number], named(number, spec.workers)
    planned = _due(end)
    own = msgspec.structs.replace(spec, worker=number).own_share(sum(map(_due, ends)))
    if planned != own:
        raise CannotLoad(f"{name} did not end with the others: {planned} were due by its account, {own} by all of them")
    if end.crc32 != crc32:
        raise CannotLoad(f"{name} wrote other requests than were read of it: the CRC-32 differs")


def _due(end: LoadEnd) -> int:
    return end.planned if end.tasks is None else end.tasks.planned


def _of_worker(spec: LoadSpec, end: LoadEnd, clock: Agreement) -> WorkerEnd:
    own = end.each[0]
    place = spec.places[own.number - 1].name if spec.places else ""
    return msgspec.structs.replace(own, clock_ahead_ns=clock.ahead_ns, clock_within_ns=clock.within_ns, place=place)


def _self_test(spec: LoadSpec, ends: Sequence[LoadEnd]) -> Iterator[tuple[str, str]]:
    """What the first worker was shown and saw; of the others what they saw differently, by their names."""
    yield from ends[0].self_test.items()
    for number, end in enumerate(ends):
        for what, seen in end.self_test.items():
            if ends[0].self_test.get(what) != seen:
                yield f"{named(number, spec.workers)}: {what}", seen


def _wanted(spec: LoadSpec, ends: Sequence[LoadEnd]) -> dict[str, str]:
    """What an honest client records of each, by the same names."""
    others = {
        f"{named(number, spec.workers)}: {what}": wanted
        for number, end in enumerate(ends)
        for what, wanted in end.self_test_wanted.items()
        if ends[0].self_test.get(what) != end.self_test.get(what)
    }
    return ends[0].self_test_wanted | others


def _routes(ends: Sequence[LoadEnd]) -> tuple[RouteFacts, ...]:
    """What tasks asked for, by any worker."""
    found: dict[str, RouteFacts] = {}
    for route in (route for end in ends for route in end.routes):
        known = found.get(route.name)
        found[route.name] = route if known is None else _both(known, route)
    return tuple(found.values())


def _both(one: RouteFacts, other: RouteFacts) -> RouteFacts:
    if (one.write, one.effects) != (other.write, other.effects):
        raise CannotLoad(f"{one.name} is a write of {one.effects} to one worker and of {other.effects} to another")
    overruled = Counter(one.overruled)
    overruled.update(other.overruled)
    expect = tuple(sorted({*one.expect, *other.expect}))
    return msgspec.structs.replace(one, expect=expect, overruled=dict(overruled))


def _tasks(each: Sequence[TasksEnd], ends: Sequence[LoadEnd], spec: LoadSpec) -> TasksEnd:
    errors: Counter[str] = Counter()
    for one in each:
        errors.update(dict(one.errors))
    # Workers do not ask equally often: who asked less often than another leaves numbers that have no row.
    given = [end.rows + one.unused_ids for end, one in zip(ends, each, strict=True)]
    last = max((number - 1) * spec.workers + worker + 1 if number else 0 for worker, number in enumerate(given))
    return TasksEnd(
        planned=sum(one.planned for one in each),
        started=sum(one.started for one in each),
        ended=sum(one.ended for one in each),
        raised=sum(one.raised for one in each),
        broken_off=sum(one.broken_off for one in each),
        outlived=sum(one.outlived for one in each),
        users=sum(one.users for one in each),
        unused_ids=last - sum(end.rows for end in ends),
        apart=sum(one.apart for one in each),
        errors=tuple(errors.most_common(MOST_ERRORS)),
        notices=tuple(dict.fromkeys(notice for one in each for notice in one.notices)),
    )
