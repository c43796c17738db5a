"""Ways in which teams release: a preStop with a wait, addresses that stay, a slow start, one instance or three.

By services that know nothing of this suite, on real servers.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.judge.model import Judgement, Verdict
from conformance.plan import OfflinePolicy, Service, batches, graceful_stop, lossless
from conformance.record import events
from conformance.record.reader import open_record
from conformance.record.thresholds import Thresholds
from fixtures.glue.servers import ServerConfig
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")

SCRIPT = Path(__file__).parents[2] / "bench" / "one_of_many.py"
EUREKA = ServerConfig("eureka")
THRESHOLDS = Thresholds(baseline_requests=40, batch_requests=100, incarnation_answers=5)
RATE = 60
PRE_STOP = f"""offline = [
  {{ registry = "out of service" }}, {{ wait_s = {EUREKA.told_within_s + 0.5} }}, {{ signal = "SIGTERM" }},
]"""
DESCRIPTOR = f"""
schema = "release-topology/1"
name = "kiosk"

[services.kiosk]
entry = true
calls = ["papers"]
version = "5"
versions.5.command = ["{{python}}", "{SCRIPT}"]
ready = "GET /health"
admin = {{ address = "{{host}}:{{port}}", health = "GET /health" }}
env = {{ LISTEN = "{{host}}:{{port}}", NAME = "S1", CALLS = "PAPERS", ENV }}

[services.papers]
version = "1.8"
next = "1.9"
versions."1.8".command = ["{{python}}", "{SCRIPT}"]
versions."1.9" = {{ command = ["{{python}}", "{SCRIPT}"], NEXT }}
released_instances = 2
registry.name = "PAPERS"
ready = "GET /health"
ready_s = 3.0
admin = {{ address = "{{host}}:{{port}}" }}
env = {{ LISTEN = "{{host}}:{{port}}", NAME = "PAPERS", CALLS = "", MORE ENV }}
WAY

[workload]
warm_up_requests = 20
routes = [{{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""
ENV = 'EUREKA = "{registry}", RENEW_S = "{renew_s}", EXPIRE_S = "{expire_s}", REFRESH_S = "{refresh_s}"'


def _kiosk(folder: Path, way: str = "", following: str = "", more: str = "") -> Small:
    text = DESCRIPTOR
    for old, new in {"MORE ": more, "ENV": ENV, "WAY": way, ", NEXT": following}.items():
        text = text.replace(old, new)
    (folder / "services.toml").write_text(text)
    return Small(SessionTopology(Descriptor.read(folder), print), folder)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Callable[..., Small]]:
    opened: list[Small] = []

    def kiosk(way: str = "", following: str = "", more: str = "") -> Small:
        opened.append(_kiosk(tmp_path, way, following, more))
        return opened[-1]

    yield kiosk
    for small in opened:
        small.session_topology.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    small = _kiosk(tmp_path_factory.mktemp("plain"))
    yield small
    small.session_topology.close()


def _released(small: Small, service: Service, policy: OfflinePolicy = lossless) -> tuple[Judgement, Path]:
    release = batches(service, offline=policy)
    return small.release(release, thresholds=THRESHOLDS, config=EUREKA, rate=RATE)


def _papers(small: Small, **changes: int) -> Service:
    return replace(small.session_topology.topology.service("papers"), **changes)  # type: ignore[arg-type]


def test_a_pre_stop_at_addresses_that_stay_and_a_version_that_listens_late(kiosk: Callable[..., Small]) -> None:
    """Who comes back at the address of one that was put out of service is put in service again, by the suite."""
    late = ', ready_s = 20.0, env = { DELAY_S = "4" }'
    small = kiosk(f'addresses = "kept"\n{PRE_STOP}', late)
    judgement, directory = _released(small, _papers(small))
    assert judgement.verdict is Verdict.GO, judgement.headline
    with open_record(directory) as record:
        told = list(record.events)
    launched = {one.incarnation: one for one in told if isinstance(one, events.Launched)}
    ready = {one.incarnation: one for one in told if isinstance(one, events.Ready)}
    assert sorted(launched) == ["papers-01.2", "papers-02.2"]
    for name, event in launched.items():
        assert (ready[name].at_ns - event.at_ns) / 1e9 > 3.0, "its service alone would have 3 s"
    kept = {one.name: one.address for one in small.world.group("papers").living()}
    assert {one.instance: one.address for one in launched.values()} == kept
    acts = [(one.incarnation, one.act) for one in told if isinstance(one, events.Performed)]
    assert sorted(acts) == [
        *(("papers-01.1", "out of service"), ("papers-01.2", "in service")),
        *(("papers-02.1", "out of service"), ("papers-02.2", "in service")),
    ]


@pytest.mark.parametrize("instances", [1, 2, 3])
def test_few_instances_are_released_without_a_loss(plain: Small, instances: int) -> None:
    judgement, _ = _released(plain, _papers(plain, released_instances=instances))
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert len(plain.world.group("papers").living()) == instances


def test_a_graceful_stop_of_a_service_that_leaves_first_and_serves_on_is_go(kiosk: Callable[..., Small]) -> None:
    small = kiosk(more=f'LINGER_S = "{EUREKA.told_within_s + 0.5}", ')
    judgement, _ = _released(small, _papers(small), graceful_stop)
    assert judgement.verdict is Verdict.GO, judgement.headline


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ('offline = [{ http = "POST /leave" }, { signal = "SIGTERM" }]', "papers-01.1 answered POST /leave with 501"),
        ('online = [{ command = ["false"] }]', "papers-01.2 false: "),
    ],
    ids=["of the way down", "of the way up"],
)
def test_a_refused_act_is_told_and_what_has_begun_is_rolled_back(
    kiosk: Callable[..., Small], way: str, said: str
) -> None:
    small = kiosk(way)
    judgement, _ = _released(small, _papers(small))
    refused = [one for one in judgement.findings if one.finding == "refused"]
    assert (judgement.verdict, len(refused)) == (Verdict.NO_GO, 1), judgement.headline
    assert said in refused[0].message
    assert judgement.counts["failed"] == 0
    assert {one.version for one in small.world.group("papers").living()} == {"1.8"}
