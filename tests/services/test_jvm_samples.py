"""The samples on the JVM: their descriptors, and that Spring's storefront sends nothing twice."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from conformance.run.waiting import until
from fixtures.platforms.kinds import RECIPES
from fixtures.services.descriptor import Descriptor

SERVICES = Path(__file__).parents[2] / "fixtures" / "services"
SPRING = SERVICES / "spring_cloud"
JAR = SPRING / "shop" / "target" / "app" / "shop.jar"
DUBBO = SERVICES / "dubbo"
NAMES = ("spring_cloud", "ribbon", "dubbo", "mixed")


@pytest.mark.parametrize("name", NAMES)
def test_in_containers_each_version_starts_what_it_starts_here(name: str) -> None:
    images = {recipe.image for recipe in RECIPES}
    for service in Descriptor.read(SERVICES / name).services.values():
        for version in service.versions.values():
            assert version.image in images
            assert version.args == tuple(word.replace("{python}", "python") for word in version.command or ())


@pytest.mark.parametrize("name", NAMES)
def test_each_is_the_chain_of_the_python_samples(name: str) -> None:
    descriptor = Descriptor.read(SERVICES / name)
    model = Descriptor.read(SERVICES / "python")
    assert {one.name: one.position for one in descriptor.topology.services} == {
        one.name: one.position for one in model.topology.services
    }
    assert [route.effects for route in descriptor.workload.routes] == [route.effects for route in model.workload.routes]
    assert all("mvn" in build.needs for key, build in descriptor.builds.items() if key == "build")


class _Orders(BaseHTTPRequestHandler):
    """Counts what comes, and answers as the body asks: with a status, or by closing the connection."""

    protocol_version = "HTTP/1.1"
    hits: tuple[str, ...] = ()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = json.loads(body)["sku"] if body else self.path.rpartition("/")[2]
        type(self).hits = (*self.hits, f"{self.command} {asked}")
        if asked == "close":
            self.close_connection = True
            return
        self.send_response(int(asked) if asked.isdigit() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _serve  # noqa: N815 - their names are the standard library's

    def log_message(self, *_: object) -> None:
        """Nothing: it is counted."""


@pytest.fixture
def orders() -> Iterator[int]:
    """The port of a counting server."""
    _Orders.hits = ()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Orders) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def storefront(orders: int, tmp_path: Path) -> Iterator[str]:
    """Where a storefront of Spring's serves whose only orders is that server."""
    if not JAR.is_file():
        pytest.skip(f"{JAR} is not built: (cd {SPRING} && mvn -q -B package)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"],
        "JDK_JAVA_OPTIONS": Descriptor.read(SPRING)
        .services["storefront"]
        .env["JDK_JAVA_OPTIONS"]
        .replace("{scratch}", str(tmp_path)),
        "SPRING_PROFILES_ACTIVE": "storefront",
        "SERVER_ADDRESS": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SPRING_APPLICATION_JSON": json.dumps(
            {"spring.cloud.discovery.client.simple.instances.orders[0].uri": f"http://127.0.0.1:{orders}"}
        ),
    }
    log = tmp_path / "storefront.log"
    with log.open("wb") as output:
        started = subprocess.Popen(["java", "-jar", str(JAR)], cwd=SPRING, env=env, stdout=output, stderr=output)
    at = f"http://127.0.0.1:{port}"
    try:
        until("the storefront to be ready", lambda: _is_ready(at), within_s=60, transient=(requests.ConnectionError,))
        _Orders.hits = ()  # it has asked itself before it was ready
        yield at
    finally:
        started.kill()
        started.wait()


def _is_ready(at: str) -> bool:
    return requests.get(f"{at}/actuator/health/readiness", timeout=5).ok


def test_the_storefront_sends_nothing_twice(storefront: str) -> None:
    """As many hits as calls: answered by 503, or closed where one was due, on a fresh and on a used connection."""
    assert requests.get(f"{storefront}/orders/200", timeout=10).status_code == 200
    for asked, status in (("503", 503), ("close", 502), ("200", 200), ("close", 502)):
        order = {"id": "r1", "sku": asked, "quantity": 1}
        assert requests.post(f"{storefront}/orders", json=order, timeout=10).status_code == status
        assert requests.get(f"{storefront}/orders/{asked}", timeout=10).status_code == status
    assert _Orders.hits == (
        "GET 200",
        *(f"{method} {asked}" for asked in ("503", "close", "200", "close") for method in ("POST", "GET")),
    )


def test_the_storefront_tells_of_its_hop_and_refuses_what_is_no_order(
    storefront: str, orders: int, tmp_path: Path
) -> None:
    answer = requests.get(f"{storefront}/orders/200", headers={"X-Request-Id": "r7"}, timeout=10)
    (hop,) = json.loads(answer.headers["X-Hops"])
    assert (answer.headers["X-Request-Id"], hop["hop"], hop["status"]) == ("r7", "storefront->orders", 200)
    assert hop["incarnation"] == f"127.0.0.1:{orders}"
    assert requests.post(f"{storefront}/orders", json={"id": ""}, timeout=10).status_code == 400
    lines = (tmp_path / "storefront.log").read_text().splitlines()
    executed = [line.split()[1:3] for line in lines if line.startswith("EXECUTION ")]
    assert executed[0] == ["r7", "read_order"]  # what it has asked itself before is no execution
    assert requests.get(f"{storefront}/status", timeout=10).json()["executions"] == len(executed)


@pytest.mark.parametrize("how", ["thrown", "returned"])
def test_a_call_over_dubbo_that_fails_says_why_and_at_whom(how: str) -> None:
    """Over dubbo the error is thrown, over tri it is in the result: the hop tells of either."""
    if not (DUBBO / "target" / "shop.jar").is_file():
        pytest.skip(f"{DUBBO} is not built: (cd {DUBBO} && mvn -q -B package)")
    probe = str(Path(__file__).with_name("FailedCall.java"))
    command = ["java", "-cp", "target/shop.jar:target/lib/*", probe, how]
    said = subprocess.run(command, cwd=DUBBO, capture_output=True, text=True, timeout=60, check=True).stdout
    answer = json.loads(said.splitlines()[-1])
    (hop,) = answer["hops"]
    assert answer["status"] == 502
    assert (hop["incarnation"], hop["status"], hop["error"]) == ("orders-01.1", 0, "reset before answer")
