"""The press as a team runs it: Deployments and a Service on the cluster, and the descriptor that tells of them."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite
from tests.standing.cluster import ADDRESS, CONTEXT, KUBECONFIG, image, kubectl, namespace_of, own_kubectl

ROLLOUT = """
kubectl set image deployment/press press="$1"
kubectl rollout status deployment/press
"""
"""How everybody does it."""
LIST = (
    '{{range .items}}{{$ready := "false"}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}'
    '{{$ready = "true"}}{{end}}{{end}}{{.metadata.name}} {{(index .spec.containers 0).image}} '
    '{{if .metadata.deletionTimestamp}}false{{else}}{{$ready}}{{end}}{{"\\n"}}{{end}}'
)
"""A line for each pod: one that is being deleted is not ready, whatever it says of itself."""
WATCH = ["--watch", "--output-watch-events", "-o", "json"]
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, kw_only=True)
class Pods:
    """What of a Deployment decides whether its rollout loses anything."""

    replicas: int = 3
    serves_on: str = ""
    """How long a hook before the stop lets each pod serve on; empty: there is no hook."""
    ends: Literal["at once", "in good order"] = "at once"
    """What it does when it is asked to."""
    starts_after: str = "0s"
    """How long it takes until it listens."""
    probed: bool = True
    """Whether a readiness probe says when it does."""
    min_ready_s: int = 0
    """How long a pod must have been ready until the rollout goes on."""

    def deployment(self, name: str, edition: str, track: str, replicas: int) -> dict[str, Any]:
        """A rollout of it keeps as many pods ready as there are."""
        labels = {"app": "press", "track": track}
        spec = {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 15}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "minReadySeconds": self.min_ready_s,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {**spec, "containers": [self._container(edition)]},
                },
            },
        }

    def _container(self, edition: str) -> dict[str, Any]:
        probe = {"httpGet": {"path": "/well", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
        hook = {"preStop": {"exec": {"command": ["/press", "wait", self.serves_on]}}}
        return {
            "name": "press",
            "image": image(edition),
            "imagePullPolicy": "Never",
            "ports": [{"containerPort": 8080}],
            "env": [
                {"name": "PRESS_STARTS_AFTER", "value": self.starts_after},
                {"name": "PRESS_ENDS", "value": self.ends},
            ],
            "securityContext": RESTRICTED,
            **({"readinessProbe": probe} if self.probed else {}),
            **({"lifecycle": hook} if self.serves_on else {}),
        }


def budget(at_least: int) -> dict[str, Any]:
    """A PodDisruptionBudget: so many pods stay, whoever evicts."""
    spec = {"minAvailable": at_least, "selector": {"matchLabels": {"app": "press"}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "press"}, "spec": spec}


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "press"},
    "spec": {"type": "NodePort", "selector": {"app": "press"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


_GATEWAY_API = {"apiVersion": "gateway.networking.k8s.io/v1", "metadata": {"name": "press"}}


def gateway(gateway_class: str) -> list[dict[str, Any]]:
    """A Gateway before two Services, one for each track."""
    services = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"press-{track}"},
            "spec": {"selector": {"app": "press", "track": track}, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        for track in ("stable", "gray")
    ]
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    spec = {"gatewayClassName": gateway_class, "listeners": listeners}
    return [*services, {**_GATEWAY_API, "kind": "Gateway", "spec": spec}]


def weights(*, gray: int) -> dict[str, Any]:
    """The route by which so many of a hundred requests go to the gray."""
    shares = {"press-stable": 100 - gray, "press-gray": gray}
    backends = [{"name": name, "port": 80, "weight": weight} for name, weight in shares.items()]
    spec = {"parentRefs": [{"name": "press"}], "rules": [{"backendRefs": backends}]}
    return {**_GATEWAY_API, "kind": "HTTPRoute", "spec": spec}


@dataclass(frozen=True)
class Judged:
    """What the suite says of a release."""

    ended: Ended
    verdict: str
    findings: frozenset[str]
    counts: Mapping[str, int]
    lags_s: tuple[float, ...]
    """Of each pod that went: until the last request that it answered after it had left the slice."""
    record: Path

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the record has of this kind."""
        told = (json.loads(line) for line in (self.record / "events.jsonl").read_text().splitlines())
        return [one for one in told if one["event"] == kind]

    def __str__(self) -> str:
        return f"{self.verdict} {sorted(self.findings)} {dict(self.counts)}\n{self.ended.out}"


@dataclass(frozen=True)
class Press:
    """It stands, in edition 1, every pod ready."""

    namespace: str
    address: str
    folder: Path
    pods: Pods
    kubeconfig: Path = KUBECONFIG
    """By which the team's scripts reach the cluster."""

    def kubectl(self, *words: str) -> str:
        """The team's own, before a release and after it."""
        return kubectl("-n", self.namespace, *words)

    def bring(self, edition: str) -> None:
        """Roll out this edition before anybody looks, until nothing else is there."""
        before = self.kubectl("get", "pods", "-o", "name").split()
        self.kubectl("set", "image", "deployment/press", f"press={image(edition)}")
        self.kubectl("rollout", "status", "deployment/press")
        self.kubectl("wait", "--for=delete", *before, "--timeout=60s")

    def describe(self, release: str, *, undo: str = "", context: str = CONTEXT, changes: Mapping[str, object]) -> Path:
        """The descriptor; ``release`` and ``undo`` are scripts of the team's own, ``$1`` is the new version's image.

        ``changes`` take the places of keys of ``[standing]``.
        """
        own = own_kubectl(self.namespace, context, self.kubeconfig)
        keys: dict[str, object] = {
            "service": "press",
            "address": self.address,
            "old": image("1"),
            "new": image("2"),
            "instances": self.pods.replicas,
            "at_least": self.pods.replicas,
            "list": [*own, "get", "pods", "-l", "app=press", "-o", f"go-template={LIST}"],
            "release": [*self._script("release", release, own), "{new}"],
            "release_within_s": 110.0,
            **({"undo": self._script("undo", undo, own)} if undo else {}),
            **changes,
        }
        watch = {
            "slices": [*own, "get", "endpointslices", "-l", "kubernetes.io/service-name=press", *WATCH],
            "pods": [*own, "get", "pods", "-l", "app=press", *WATCH],
        }
        route = {"name": "page", "weight": 1, "method": "GET", "path": "/page", "write": False, "expect": [200]}
        file = self.folder / "services.toml"
        tables: dict[str, Mapping[str, object]] = {
            "": {"schema": "release-topology/1", "name": "press"},
            "[standing]": keys,
            "[standing.watch]": watch,
            "[workload]": {"fresh_share": 1.0, "warm_up_requests": 20},
            "[[workload.routes]]": route,
        }
        file.write_text("".join(_table(name, values) for name, values in tables.items()))
        return file

    def release(self, release: str = ROLLOUT, *, undo: str = "", **changes: object) -> Judged:
        """Judged by the suite, in a session of its own; ``changes`` as in ``describe``."""
        out, ended = self._session(self.describe(release, undo=undo, changes=changes))
        assert (out / "verdict.json").exists(), ended.out
        (scenario,) = json.loads((out / "verdict.json").read_text())["scenarios"]
        (record,) = (run for run in (out / "runs").iterdir() if not run.name.startswith("null-release"))
        return Judged(
            ended,
            scenario["verdict"],
            frozenset(one["finding"] for one in scenario["findings"]),
            scenario["counts"],
            tuple(one["lag_s"] for one in scenario["removals"]),
            record,
        )

    def refused(self, *, context: str) -> Ended:
        """A session that is to go no further than its first look."""
        return self._session(self.describe(ROLLOUT, context=context, changes={}))[1]

    def _session(self, file: Path) -> tuple[Path, Ended]:
        out = self.folder / "out"
        state = str(out / "state")
        return out, suite("--services", str(file), "--yes", CONFORMANCE_OUT=str(out), XDG_STATE_HOME=state)

    def write(self, name: str, described: Mapping[str, Any]) -> Path:
        """An object of the team's own, in a file beside its scripts."""
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(described))
        return file

    def _script(self, name: str, text: str, own: list[str]) -> list[str]:
        file = self.folder / f"{name}.sh"
        file.write_text(f'set -euo pipefail\nNAMESPACE={self.namespace}\nkubectl() {{ {" ".join(own)} "$@"; }}\n{text}')
        return ["bash", str(file)]


def _table(name: str, values: Mapping[str, object]) -> str:
    return "\n".join([name, *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])


@contextmanager
def press(folder: Path, pods: Pods, *more: Mapping[str, Any]) -> Iterator[Press]:
    """It stands in a namespace of its own, with ``more`` beside it; removed afterwards."""
    folder.mkdir(exist_ok=True)
    namespace = f"press-{time.monotonic_ns()}"
    with namespace_of(namespace, pods.deployment("press", "1", "stable", pods.replicas), SERVICE, *more):
        kubectl("rollout", "status", "-n", namespace, "deployment/press", "--timeout=60s")
        port = kubectl("get", "service", "press", "-n", namespace, "-o", "jsonpath={.spec.ports[0].nodePort}")
        yield Press(namespace, f"{ADDRESS}:{port}", folder, pods)
