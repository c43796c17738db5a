"""What a watch prints is kept as it is, and what Kubernetes tells by it is understood as it comes."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.run.world import Told
from conformance.vocabulary import Aspect
from fixtures.platforms.standing.kubernetes import KubernetesWatch
from fixtures.platforms.standing.watching import Watching, split

NODE, PHASE, CONDITION = Aspect.NODE, Aspect.PHASE, Aspect.CONDITION
CONTAINER, DELETION, ENDPOINT = Aspect.CONTAINER, Aspect.DELETION, Aspect.ENDPOINT

NO_MORE: Mapping[str, object] = {}


def event(kind: str, what: dict[str, Any], change: str = "MODIFIED") -> bytes:
    return json.dumps({"type": change, "object": {"kind": kind, **what}}).encode()


def pod(status: dict[str, Any], change: str = "MODIFIED", more: Mapping[str, object] = NO_MORE) -> bytes:
    spec = {"nodeName": "node-1"} if status else {}
    return event("Pod", {"metadata": {"name": "web-a", **more}, "spec": spec, "status": status}, change)


def of_slice(change: str = "MODIFIED", **pods: dict[str, bool]) -> bytes:
    endpoints = [
        {"conditions": conditions, "targetRef": {"kind": "Pod", "name": name}} for name, conditions in pods.items()
    ]
    return event("EndpointSlice", {"metadata": {"name": "web-x"}, "endpoints": endpoints}, change)


UP = {"ready": True, "serving": True, "terminating": False}
GOING = {"ready": False, "serving": True, "terminating": True}
AILING = {"ready": False, "serving": False, "terminating": False}


class TestPods:
    def test_only_what_has_changed_is_told(self) -> None:
        watch = KubernetesWatch()
        pending = {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "NotYet"}]}
        assert list(watch.read(pod(pending, "ADDED"))) == [
            ("web-a", NODE, "node-1", False),
            ("web-a", PHASE, "Pending", False),
            ("web-a", CONDITION, "Ready=False (NotYet)", False),
        ]
        assert list(watch.read(pod(pending))) == []
        running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        assert list(watch.read(pod(running))) == [
            ("web-a", PHASE, "Running", False),
            ("web-a", CONDITION, "Ready=True", False),
        ]

    def test_its_end_from_the_order_to_the_last_word(self) -> None:
        watch = KubernetesWatch()
        list(watch.read(pod({"phase": "Running"}, "ADDED")))
        ordered = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 30}
        assert list(watch.read(pod({"phase": "Running"}, more=ordered))) == [
            ("web-a", DELETION, "2026-01-01T00:00:00Z, grace 30 s", False)
        ]
        ended = [{"name": "web", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}]
        last = pod({"phase": "Failed", "containerStatuses": ended}, "DELETED", more=ordered)
        assert list(watch.read(last)) == [
            ("web-a", PHASE, "Failed", False),
            ("web-a", CONTAINER, "web: exit 2 (Error)", False),
            ("web-a", PHASE, "gone", False),
        ]

    def test_why_a_container_does_not_run(self) -> None:
        waits = [
            {
                "name": "web",
                "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 1}},
            }
        ]
        told = list(KubernetesWatch().read(pod({"containerStatuses": waits})))
        assert told[-1] == ("web-a", CONTAINER, "web: CrashLoopBackOff, exit 1, 3 restarts", False)


class TestSlices:
    def test_an_endpoint_comes_and_leaves(self) -> None:
        watch = KubernetesWatch()
        assert list(watch.read(of_slice("ADDED", a=UP))) == [("a", ENDPOINT, "ready, serving", False)]
        assert list(watch.read(of_slice(a=UP, b=AILING))) == [("b", ENDPOINT, "not ready", False)]
        assert list(watch.read(of_slice(a=GOING, b=AILING))) == [("a", ENDPOINT, "serving, terminating", True)]
        assert list(watch.read(of_slice(b=AILING))) == [("a", ENDPOINT, "gone", True)]

    def test_all_of_them_leave_with_their_slice(self) -> None:
        watch = KubernetesWatch()
        list(watch.read(of_slice("ADDED", a=UP)))
        assert list(watch.read(of_slice("DELETED", a=UP))) == [("a", ENDPOINT, "gone", True)]

    def test_a_slice_without_endpoints(self) -> None:
        nobody = event("EndpointSlice", {"metadata": {"name": "web-x"}, "endpoints": None})
        assert list(KubernetesWatch().read(nobody)) == []


@pytest.mark.parametrize("said", [b"{}", b"[1]", b"{broken}", event("Service", {"spec": {}}), b'{"type": "BOOKMARK"}'])
def test_whatever_else_is_printed_tells_nothing(said: bytes) -> None:
    assert list(KubernetesWatch().read(said)) == []


class TestSplit:
    """Objects as kubectl prints them, over many lines; as others do, in one; and what stands between."""

    def test_objects_over_many_lines_and_in_one(self) -> None:
        first, second = b'{\n    "a": {\n    }\n}\n', b'{"b": 1}\n'
        assert split(first + b"a warning\n" + second) == ([first, second], b"")

    @pytest.mark.parametrize("at", range(20))
    def test_one_that_comes_in_two_pieces_is_one(self, at: int) -> None:
        whole = b'{\n    "a": {\n    }\n}\n'
        documents, left = split(whole[:at])
        assert documents == []
        assert split(left + whole[at:]) == ([whole], b"")

    def test_nothing_is_kept_of_what_is_no_object(self) -> None:
        assert split(b"web-a is ready\nweb-b is ready\n") == ([], b"")


def test_what_is_printed_is_kept_and_told_when_it_comes(tmp_path: Path) -> None:
    said = of_slice("ADDED", a=UP).decode()
    program = f"import time; print('watching', flush=True); time.sleep(0.2); print({said!r}, flush=True)"
    heard: list[Told] = []
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    began_ns = time.monotonic_ns()
    watching = Watching(process, tmp_path / "watch-slices.log", heard.append)
    process.wait(20)
    watching.close()
    (told,) = heard
    assert (told.incarnation, told.aspect, told.said, told.is_leaving) == ("a", ENDPOINT, "ready, serving", False)
    assert began_ns + 200_000_000 <= told.monotonic_ns <= time.monotonic_ns()
    assert (tmp_path / "watch-slices.log").read_text() == f"watching\n{said}\n"
