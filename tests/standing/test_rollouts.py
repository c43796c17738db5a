"""The cluster's own rollouts of a Deployment, on a real cluster: what its hooks, probes and budgets do is what decides.

A pod that ends while kube-proxy still sends to it loses requests; a hook that lets it serve until that has been told
does not. The service itself is the same everywhere: three pods, or ten, that answer one page.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.run.waiting import until
from fixtures.glue.applicable import Lack
from tests.platforms.clusters import ClusterDoor
from tests.standing.cluster import NODE, gateway_classes, image, kubectl, needs_cluster
from tests.standing.deployments import ROLLOUT, Judged, Pods, Press, budget, gateway, press, weights

pytestmark = needs_cluster

SERVING_ON = Pods(serves_on="5s")
Stand = Callable[..., Press]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Lets the press stand in edition 1, with other objects beside it; all of it goes at the end."""
    with ExitStack() as standing:

        def make(pods: Pods, *more: Mapping[str, Any]) -> Press:
            return standing.enter_context(press(tmp_path / "team", pods, *more))

        yield make


def loses_nothing(judged: Judged) -> bool:
    """GO, after a release under enough load."""
    assert judged.ended.code == (0 if judged.verdict == "GO" else 1), judged
    return judged.verdict == "GO" and judged.counts["failed"] == 0 and judged.counts["requests"] > 1000


def is_caught(judged: Judged) -> bool:
    """NO-GO, for requests that failed."""
    assert judged.ended.code == 1, judged
    return judged.verdict == "NO-GO" and "failed request" in judged.findings


class TestTheWayDown:
    """What a pod does between the word that it is to end and its end."""

    def test_pods_that_serve_on_until_nobody_sends_to_them_lose_nothing(self, stand: Stand) -> None:
        judged = stand(SERVING_ON).release()
        assert loses_nothing(judged), judged
        assert len(judged.lags_s) == SERVING_ON.replicas
        assert all(lag_s < 4 for lag_s in judged.lags_s), judged.lags_s
        told = judged.events("Told")
        assert {one["said"] for one in told if one["aspect"] == "node"} == {NODE}
        assert {"ready, serving", "serving, terminating"} <= {one["said"] for one in told}
        ordered = [one for one in told if one["aspect"] == "deletion" and "grace 15 s" in one["said"]]
        assert len(ordered) == SERVING_ON.replicas
        assert "Ready=True" in {one["said"] for one in told if one["aspect"] == "condition"}

    def test_ten_of_them_lose_nothing(self, stand: Stand) -> None:
        judged = stand(Pods(replicas=10, serves_on="5s")).release()
        assert loses_nothing(judged), judged
        assert judged.counts["stops"] == 10

    def test_ten_that_end_at_once_lose_requests(self, stand: Stand) -> None:
        assert is_caught(stand(Pods(replicas=10)).release())

    def test_pods_that_end_at_once_lose_requests(self, stand: Stand) -> None:
        assert is_caught(stand(Pods()).release())

    def test_closing_in_good_order_is_not_enough(self, stand: Stand) -> None:
        """Who is sent to a pod that listens no more is refused, however well it ends."""
        assert is_caught(stand(Pods(ends="in good order")).release())

    def test_serving_on_for_less_than_kube_proxys_lag_is_not_enough(self, stand: Stand) -> None:
        assert is_caught(stand(Pods(serves_on="200ms")).release())


class TestTheWayUp:
    """When a new pod gets its first requests, and what becomes of one that never may."""

    def test_pods_that_nobody_probes_get_requests_before_they_listen(self, stand: Stand) -> None:
        assert is_caught(stand(Pods(serves_on="5s", starts_after="2s", probed=False)).release())

    def test_a_version_that_is_never_ready_is_refused_and_taken_back_without_a_loss(self, stand: Stand) -> None:
        standing = stand(SERVING_ON)
        stalls = 'kubectl set image deployment/press press="$1"; kubectl rollout status deployment/press --timeout=10s'
        undo = "kubectl rollout undo deployment/press; kubectl rollout status deployment/press"
        judged = standing.release(stalls, undo=undo, new=image("broken"))
        assert (judged.ended.code, judged.verdict, sorted(judged.findings)) == (1, "NO-GO", ["refused"]), judged
        assert judged.counts["failed"] == 0
        assert set(_images(standing)) == {image("1")}

    def test_a_version_that_is_right_is_taken_back_without_a_loss(self, stand: Stand) -> None:
        standing = stand(SERVING_ON)
        standing.bring("2")
        undo = "kubectl rollout undo deployment/press; kubectl rollout status deployment/press"
        judged = standing.release(undo, old=image("2"), new=image("1"))
        assert loses_nothing(judged), judged


class TestStepByStep:
    """A rollout that people hold in their hands."""

    def test_a_rollout_that_pauses_and_resumes_loses_nothing(self, stand: Stand) -> None:
        pauses = """
            kubectl set image deployment/press press="$1"
            kubectl wait deployment/press --for=jsonpath='{.status.updatedReplicas}'=1 --timeout=20s
            kubectl rollout pause deployment/press
            kubectl wait deployment/press --for=jsonpath='{.status.readyReplicas}'=4 --timeout=20s
            kubectl rollout resume deployment/press
            kubectl rollout status deployment/press
        """
        judged = stand(Pods(serves_on="5s", min_ready_s=3)).release(pauses)
        assert loses_nothing(judged), judged

    def test_a_gray_by_a_second_deployment_behind_the_same_service_loses_nothing(self, stand: Stand) -> None:
        """One of three is new, is confirmed by its own answer, then the rest follows and the gray goes."""
        standing = stand(SERVING_ON)
        gray = standing.write("gray", SERVING_ON.deployment("press-gray", "2", "gray", 1))
        by_gray = f"""
            kubectl create -f {gray}
            kubectl rollout status deployment/press-gray
            kubectl scale deployment/press --replicas=2
            pod=$(kubectl get pods -l track=gray -o jsonpath='{{.items[0].metadata.name}}')
            kubectl get --raw "/api/v1/namespaces/$NAMESPACE/pods/$pod:8080/proxy/page" | grep "edition 2"
            {ROLLOUT}
            kubectl scale deployment/press --replicas=3
            kubectl rollout status deployment/press
            kubectl delete deployment press-gray --wait
        """
        judged = standing.release(by_gray)
        assert loses_nothing(judged), judged

    def test_a_gray_by_weights_of_the_gateway_api_loses_nothing(self, stand: Stand) -> None:
        """All of the new version stand beside the old one, and get a tenth of the requests, a half, then all."""
        classes = gateway_classes()
        if not classes:
            pytest.skip(str(NO_GATEWAY))
        standing = stand(SERVING_ON, *gateway(classes[0]), weights(gray=0))
        standing.kubectl("wait", "gateway/press", "--for=condition=Programmed", "--timeout=60s")
        address = standing.kubectl("get", "gateway", "press", "-o", "jsonpath={.status.addresses[0].value}")
        gray = standing.write("gray", SERVING_ON.deployment("press-gray", "2", "gray", SERVING_ON.replicas))
        share = {part: standing.write(f"weights-{part}", weights(gray=part)) for part in (10, 50, 100)}
        by_weights = f"""
            kubectl create -f {gray}
            kubectl rollout status deployment/press-gray
            kubectl apply -f {share[10]}; sleep 3
            kubectl apply -f {share[50]}; sleep 3
            kubectl apply -f {share[100]}; sleep 3
            kubectl delete deployment press --wait
        """
        judged = standing.release(by_weights, address=f"{address}:80")
        assert loses_nothing(judged), judged


NO_GATEWAY = Lack(
    "gateway",
    "no GatewayClass of this cluster is accepted: nobody in it shifts weights",
    "install an implementation of the Gateway API",
)


class TestDrain:
    """The node is drained in the middle. There is no other node: who was evicted comes back when it is uncordoned."""

    DRAINED = f"""
        kubectl drain {NODE} --pod-selector=app=press --timeout=8s || echo "a budget keeps the others"
        kubectl uncordon {NODE}
        kubectl rollout status deployment/press
        {ROLLOUT}
    """

    @pytest.fixture(autouse=True)
    def _uncordoned(self) -> Iterator[None]:
        yield
        kubectl("uncordon", NODE)

    def test_with_a_budget_the_others_serve_on(self, stand: Stand) -> None:
        judged = stand(SERVING_ON, budget(2)).release(self.DRAINED, at_least=2)
        assert loses_nothing(judged), judged

    def test_without_a_budget_nobody_serves(self, stand: Stand) -> None:
        judged = stand(SERVING_ON).release(self.DRAINED, at_least=2)
        assert is_caught(judged), judged
        assert "too few in rotation" in judged.findings, judged


def test_an_api_server_that_goes_away_amid_a_rollout_is_not_held_against_it(stand: Stand, tmp_path: Path) -> None:
    door, begun = ClusterDoor(tmp_path), tmp_path / "begun"
    standing = replace(stand(SERVING_ON), kubeconfig=door.kubeconfig)
    lost = f"""
        kubectl set image deployment/press press="$1"
        kubectl wait deployment/press --for=jsonpath='{{.status.updatedReplicas}}'=1 --timeout=20s
        touch {begun}
        kubectl rollout status deployment/press --timeout=20s
    """
    with ThreadPoolExecutor(1) as pool:
        released = pool.submit(standing.release, lost, undo="kubectl rollout undo deployment/press")
        until("the rollout to begin", begun.exists, within_s=90)
        door.shut()
        judged = released.result()
    assert (judged.ended.code, judged.verdict) == (7, "INCONCLUSIVE"), judged
    assert "refused" not in judged.findings, judged
    assert "the list to be told once the team's own command has ended (exit 1): not within" in judged.ended.out


def test_a_context_that_does_not_exist_is_refused_in_one_line(stand: Stand) -> None:
    ended = stand(Pods()).refused(context="production")
    assert ended.code == 7
    assert 'context "production" does not exist' in ended.out


def _images(standing: Press) -> list[str]:
    return standing.kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}").split()
