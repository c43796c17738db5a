"""What each setting of an SLB costs, from records of small loads: ``python -m bench.slb``; eight minutes.

Each figure is of one load of the suite's own, recorded request by request, through an SLB before small instances on
this machine. What was lost is what the client recorded as failed; what was sent twice is what the SLB tells.
"""

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.slb_instance import Instance, Instances
from conformance.load.process import LoadProcess
from conformance.load.spec import LoadSpec, Route
from conformance.record.schema import REQUESTS
from conformance.run.waiting import until
from conformance.run.world import Platform
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.nginx_reload.config import USUAL
from fixtures.slb.spec import EntryGroup, HealthCheck, PassiveCheck, SlbServer, SlbSpec

CHANGES = 20
EVERY_S = 0.5
RATE = 500
RHYTHM_S = 0.1
"""How often each instance of the second table gets a request."""
JITTER_S = 0.002
GIVES_UP_S = RHYTHM_S - 2 * JITTER_S
"""How long it keeps an idle connection, give or take the jitter: until about the moment of the next request."""
RHYTHM_FOR_S = 15.0
WITHIN_S = 20.0
USUAL_TEXT = USUAL.read_text()

_BODY = '{"id":"{id}"}'
_ROUTES = {
    "GET": Route(name="GET", method="GET", path="/", weight=1, expect=(200,), write=False),
    "PUT": Route(name="PUT", method="PUT", path="/", body=_BODY, weight=1, expect=(200,), write=True),
    "POST": Route(name="POST", method="POST", path="/", body=_BODY, weight=1, expect=(200,), write=True),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: what differs from the usual."""

    title: str
    kind: str = "nginx-reload"
    config: str = USUAL_TEXT
    fresh_share: float = 0.1
    """Share of requests on a connection of their own."""
    methods: tuple[str, ...] = ("GET", "POST")
    rate: int = RATE
    keep_alive_s: float = 30.0
    """How long an instance keeps an idle connection."""
    jitter_s: float = 0.0
    passive: PassiveCheck = field(default_factory=PassiveCheck)


@dataclass(slots=True)
class Row:
    """What came of it."""

    setting: Setting
    requests: int = 0
    lost: int = 0
    twice: int = 0
    reached_twice: int = 0
    """Of them: an instance had a connection to them more than once, and may have executed them twice."""
    drains_s: list[float] = field(default_factory=list)


def _with(*changes: tuple[str, str]) -> str:
    text = USUAL_TEXT
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{USUAL} has {old!r} {text.count(old)} times")
        text = text.replace(old, new)
    return text


NO_SECOND_SEND = ("proxy_http_version 1.1;", "proxy_http_version 1.1;\n        proxy_next_upstream off;")
LINGER = ("client_max_body_size 0;", "client_max_body_size 0;\n    keepalive_min_timeout 5s;")
PATIENCE = ("client_max_body_size 0;", "client_max_body_size 0;\n    client_header_timeout 2s;")
SHORTER = ("keepalive 64;", f"keepalive 64;\n    keepalive_timeout {round(0.5 * RHYTHM_S * 1000)}ms;")

SILENT = "beside clients that connect and ask nothing"
"""As the load's own kept connections do where every request has one of its own."""

RELOADS = (
    Setting("no reload (--slb nginx), clients as in a run", kind="nginx"),
    Setting("reload, 9 of 10 requests on a connection of their own", fresh_share=0.9),
    Setting(f"reload, {SILENT}, client_header_timeout 2s", config=_with(PATIENCE), fresh_share=1.0),
    Setting("reload, clients as in a run: 9 of 10 on kept connections"),
    Setting("reload, all on kept connections", fresh_share=0.0),
    Setting("the same, keepalive_min_timeout 5s", config=_with(LINGER), fresh_share=0.0),
)
IN_RHYTHM = Setting(
    "GET: nginx's defaults, max_fails=1",
    fresh_share=0.0,
    methods=("GET",),
    rate=round(4 / RHYTHM_S),
    keep_alive_s=GIVES_UP_S,
    jitter_s=JITTER_S,
)
RHYTHMS = (
    *(
        replace(IN_RHYTHM, title=f"{method}: {title}", config=config, methods=(method,), passive=PassiveCheck(0))
        for title, config in (
            ("nginx's defaults, max_fails=0", USUAL_TEXT),
            ("the same, proxy_next_upstream off", _with(NO_SECOND_SEND)),
            (f"keepalive_timeout {0.5 * RHYTHM_S:g} s, max_fails=0", _with(SHORTER)),
        )
        for method in _ROUTES
    ),
    IN_RHYTHM,
)
KILLS = (
    Setting("an instance of 4 is killed: nginx's default"),
    Setting("the same, proxy_next_upstream off", config=_with(NO_SECOND_SEND)),
    Setting("the same, --slb nginx (checks every 0.5 s, 2 failures)", kind="nginx"),
)


def main() -> None:
    """Measure and print all three tables."""
    with EmbeddedPlatform() as platform:
        rows = [_measure(platform, one, _change_members) for one in RELOADS]
        print(f"\n{CHANGES} members leave and come back, one change every {EVERY_S} s, {RATE} requests/s\n")
        print("| | requests | lost | lost per change | drain, median |\n|---|--:|--:|--:|--:|")
        for row in rows:
            drain = sorted(row.drains_s)[len(row.drains_s) // 2]
            per_change = row.lost / (2 * CHANGES)
            print(f"| {row.setting.title} | {row.requests:,} | {row.lost:,} | {per_change:.2f} | {drain:.2f} s |")
        rows = [_measure(platform, one, _let_pass) for one in RHYTHMS]
        rhythm = f"Instances give idle connections up after {GIVES_UP_S:g} s; each gets a request just then"
        print(f"\n{rhythm}; {IN_RHYTHM.rate} requests/s\n")
        _print_resends(rows)
        rows = [_measure(platform, one, _kill_one) for one in KILLS]
        print(f"\nSIGKILL of an instance, {RATE} requests/s\n")
        _print_resends(rows)


def _print_resends(rows: list[Row]) -> None:
    print("| | requests | lost | tried twice | of them sent twice |\n|---|--:|--:|--:|--:|")
    for row in rows:
        print(f"| {row.setting.title} | {row.requests:,} | {row.lost:,} | {row.twice:,} | {row.reached_twice:,} |")


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands while a load runs."""

    slb: SlbServer
    instances: Instances
    members: tuple[Instance, ...]
    row: Row


def _change_members(scene: Scene) -> None:
    """One member after the other leaves, and comes back when it is drained."""
    for turn in range(CHANGES):
        member, began = scene.members[turn % len(scene.members)], time.monotonic()
        scene.slb.withdraw(member)
        until("the drain", partial(_is_drained, scene.slb, member), within_s=WITHIN_S, every_s=0.01)
        scene.row.drains_s.append(time.monotonic() - began)
        time.sleep(EVERY_S)  # a length of time that is measured, not a wait for anything
        scene.slb.enrol(member)
        time.sleep(EVERY_S)


def _let_pass(_: Scene) -> None:
    time.sleep(RHYTHM_FOR_S)


def _kill_one(scene: Scene) -> None:
    time.sleep(1)
    scene.instances.end(scene.members[0])
    time.sleep(3)


def _is_drained(slb: SlbServer, member: Instance) -> bool:
    return all(one.in_flight == 0 for one in slb.members() if one.incarnation == member.incarnation)


def _measure(platform: Platform, setting: Setting, happens: Callable[[Scene], None]) -> Row:
    """One load through one SLB while something happens."""
    row = Row(setting)
    with (
        _scene(platform, row) as scene,
        tempfile.TemporaryDirectory(prefix="bench-slb-") as folder,
    ):
        host, _, port = scene.slb.address.rpartition(":")
        spec = LoadSpec(
            run="bench",
            directory=folder,
            origin_ns=time.monotonic_ns(),
            host=host,
            port=int(port),
            rate=setting.rate,
            timeout_s=5.0,
            fresh_share=setting.fresh_share,
            routes=tuple(_ROUTES[method] for method in setting.methods),
            seed=1,
            warm_up_requests=0,
            max_seconds=120.0,
        )
        with LoadProcess(spec) as load:
            load.launch()
            load.wait_ready(WITHIN_S)
            load.start()
            until("the load", load.progress, accept=lambda now: now.phase == "loading", within_s=WITHIN_S)
            happens(scene)
            load.stop(WITHIN_S)
        with (Path(folder) / REQUESTS.file).open(newline="") as file:
            errors = [request["error"] for request in csv.DictReader(file)]
        row.requests, row.lost = len(errors), sum(error != "" for error in errors)
        _count_resends(scene.slb, row)
    print(f"{setting.title}: done", file=sys.stderr, flush=True)
    return row


def _count_resends(slb: SlbServer, row: Row) -> None:
    attempts: dict[str, list[bool]] = {}
    for access in slb.accesses("bench-"):
        attempts.setdefault(access.request_id, []).append(access.connected)
    row.twice = sum(len(connected) > 1 for connected in attempts.values())
    row.reached_twice = sum(sum(connected) > 1 for connected in attempts.values())


@contextmanager
def _scene(platform: Platform, row: Row) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="bench-slb-") as folder:
        setting, config = row.setting, Path(folder) / "team.conf"
        config.write_text(setting.config)
        addresses = ["{}:{}".format(*platform.reserve()) for _ in range(4)]
        spec = SlbSpec(
            (EntryGroup("service", "/", tuple(addresses), HealthCheck("/"), setting.keep_alive_s),),
            passive=setting.passive,
            config=config,
        )
        slb = SLBS[setting.kind].start(platform, spec)
        instances = Instances()
        members = tuple(
            Instance(f"i-{n}", f"i-{n}.1", where, setting.keep_alive_s, setting.jitter_s)
            for n, where in enumerate(addresses, 1)
        )
        try:
            for member in members:
                instances.start(member)
                slb.enrol(member)
            until("all in rotation", lambda: sum(one.in_rotation for one in slb.members()) == 4, within_s=WITHIN_S)
            yield Scene(slb, instances, members, row)
        finally:
            slb.stop()
            instances.close()


if __name__ == "__main__":
    main()
