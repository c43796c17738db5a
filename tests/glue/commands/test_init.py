"""python -m conformance init: what it writes is a descriptor that check understands; nothing is overwritten."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from jsonschema import Draft202012Validator

from conformance.record.request_headers import USUAL, RequestHeaders
from fixtures.glue.commands.new.answers import DATABASE_NAMES, REGISTRY_NAMES
from fixtures.glue.commands.new.frameworks import FRAMEWORKS
from fixtures.glue.repeating import seen_from
from fixtures.services.descriptor import Descriptor
from tests.glue.commands.command_line import carry_out

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "release-topology-1.schema.json").read_text(encoding="utf-8"))
MOST_LINES = 40
"""Of TOML, for two services."""

GATEWAY = (
    *("--service", "gateway", "--entry", "--calls", "orders"),
    *("--command", "java -jar gateway-1.8.jar", "--next-command", "java -jar gateway-1.9.jar"),
)
ORDERS = ("--service", "orders", "--command", "java -jar orders-1.jar", "--next-command", "java -jar orders-2.jar")
SPRING_CLOUD = ("--framework", "spring-boot", "--registry", "eureka", "--get", "/orders/1", *GATEWAY, *ORDERS)


def _written(folder: Path, *words: str) -> Descriptor:
    done = carry_out("init", str(folder), *words)
    assert (done.code, done.err) == (0, "")
    return Descriptor.read(folder)


def test_a_teams_own_headers_stand_in_what_is_written(tmp_path: Path) -> None:
    descriptor = _written(tmp_path, "--request-id", "traceparent", "--lane", "x-env: canary", *SPRING_CLOUD)
    assert descriptor.headers.named == RequestHeaders(request_id="traceparent", lane="x-env", lane_value="canary")
    usual = _written(tmp_path / "usual", *SPRING_CLOUD)
    assert usual.headers.named == USUAL
    said = carry_out("check", str(tmp_path))
    assert "a request's id: the trace-id of traceparent; the gray's lane: x-env: canary" in said.out


def test_a_two_service_spring_cloud_application_is_one_command(tmp_path: Path) -> None:
    descriptor = _written(tmp_path / "Web Shop", *SPRING_CLOUD)
    topology = descriptor.topology
    assert descriptor.name == "web-shop"
    assert [(one.name, one.position, one.calls, one.registered) for one in topology.services] == [
        ("gateway", "entry", ("orders",), False),
        ("orders", "provider", (), True),
    ]
    orders = descriptor.services["orders"]
    assert orders.ready.http is not None
    assert str(orders.ready.http) == "GET /actuator/health/readiness"
    assert orders.versions["v2"].command == ("java", "-jar", "orders-2.jar")
    assert "EUREKA_CLIENT_SERVICEURL_DEFAULTZONE" not in orders.env
    settings = json.loads(orders.env["SPRING_APPLICATION_JSON"])
    assert settings["eureka.client.service-url.defaultZone"] == "http://{registry}/eureka/"
    assert settings["spring.application.name"] == "orders"
    assert orders.env["SERVER_PORT"] == "{port}"


def test_another_name_than_the_service_s_is_told_to_stand_in_two_places(tmp_path: Path) -> None:
    _written(tmp_path, *SPRING_CLOUD)
    told = "where callers ask for another spring.application.name, say that here and in registry.name"
    whose, section = [], ""
    for line in (tmp_path / "services.toml").read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("[") else section
        whose += [section] * (told in line)
    assert whose == ["[services.orders]"], "an entry is called by its address"


def test_an_entry_of_dubbo_is_told_its_http_port(tmp_path: Path) -> None:
    """The SLB asks it there; its Dubbo port would be the same otherwise."""
    services = _written(tmp_path, "--framework", "dubbo", "--registry", "nacos", *GATEWAY, *ORDERS).services
    gateway, orders = services["gateway"].env, services["orders"].env
    assert (gateway["SERVER_ADDRESS"], gateway["SERVER_PORT"]) == ("{host}", "{port}")
    assert "-Ddubbo.protocol.port=-1 " in gateway["JAVA_TOOL_OPTIONS"]
    assert "-Ddubbo.protocol.port={port} " in orders["JAVA_TOOL_OPTIONS"]
    assert "SERVER_PORT" not in orders


def _made(folder: Path) -> None:
    """What the commands of both services name."""
    for name in ("gateway-1.8.jar", "gateway-1.9.jar", "orders-1.jar", "orders-2.jar"):
        ZipFile(folder / name, "w").close()


def _toml_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("database", DATABASE_NAMES)
@pytest.mark.parametrize("registry", REGISTRY_NAMES)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_each_preset_writes_is_understood(framework: str, registry: str, database: str, tmp_path: Path) -> None:
    whole = ("--framework", framework, "--registry", registry, "--database", database)
    _written(tmp_path, *whole, "--post", "/orders", *GATEWAY, *ORDERS, "--writes")
    text = (tmp_path / "services.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(read)] == []
    assert ("database" in read) == (database != "none")
    assert ("{database" in text) == (database != "none")
    _made(tmp_path)
    said = carry_out("check", str(tmp_path), "--platform", "embedded")
    assert (said.code, said.err) == (0, "")
    assert "SLB\n     -> gateway: entry, paths /\n        -> orders: provider" in said.out
    for variable, value in read["services"]["orders"]["env"].items():
        if variable.endswith("_JSON"):
            json.loads(value)


def test_two_services_are_no_more_than_forty_lines_of_toml(tmp_path: Path) -> None:
    _written(tmp_path, *SPRING_CLOUD)
    assert len(_toml_lines((tmp_path / "services.toml").read_text(encoding="utf-8"))) <= MOST_LINES


def test_what_could_be_added_stands_there_and_is_right(tmp_path: Path) -> None:
    """Each proposed line, with its comment sign taken away, is understood."""
    whole = ("--registry", "none", "--database", "postgres", "--post", "/orders")
    _written(tmp_path, *whole, *GATEWAY, *ORDERS, "--writes")
    file = tmp_path / "services.toml"
    (tmp_path / "schema.sql").write_text("", encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    proposed = re.compile(r"^# (?=\[\w+\]|\w+(\.\w+)? = )", re.MULTILINE)
    assert len(proposed.findall(text)) >= 10
    status = ("services.orders.admin.status=GET /status", 'services.orders.evidence.status=["in_flight"]')
    file.write_text(proposed.sub("", text), encoding="utf-8")
    _made(tmp_path)
    said = carry_out("check", str(tmp_path), "--set", status[0], "--set", status[1], "--platform", "embedded")
    assert (said.code, said.err) == (0, "")
    assert "does not declare its effects" not in said.out
    assert "gateway does not declare hops" not in said.out
    assert "orders does not declare executions" not in said.out


def test_images_versions_prefixes_and_other_positions(tmp_path: Path) -> None:
    descriptor = _written(
        tmp_path,
        *("--instances", "2", "--service", "api", "--entry", "/api/", "--calls", "config,users"),
        *("--version", "1.8", "--next", "1.9", "--image", "api:1.8", "--next-image", "api:1.9", "--ready", "/up"),
        *("--service", "users", "--image", "users:1", "--next-image", "users:2"),
        *("--service", "config", "--supporting", "--image", "config:7"),
        *("--service=mailer", "--worker", "--image", "mailer:1", "--next-image", "mailer:2"),
    )
    positions = {one.name: one.position for one in descriptor.topology.services}
    assert positions == {"api": "entry", "users": "provider", "config": "supporting", "mailer": "worker"}
    assert descriptor.entries == {"api": "/api/"}
    assert (descriptor.services["api"].version, descriptor.services["api"].next) == ("1.8", "1.9")
    assert descriptor.images_to_start == tuple(
        f"{name}" for name in ("api:1.8", "api:1.9", "users:1", "users:2", "config:7", "mailer:1", "mailer:2")
    )


def test_a_service_that_is_not_released_has_one_version(tmp_path: Path) -> None:
    stock = ("--service", "stock", "--command", "java -jar stock.jar", "--next", "none")
    descriptor = _written(tmp_path, *GATEWAY, *("--calls", "orders,stock"), *ORDERS, *stock)
    described = descriptor.services["stock"]
    assert (described.version, described.next, list(described.versions)) == ("v1", None, ["v1"])
    assert [one.name for one in descriptor.topology.released] == ["gateway", "orders"]
    assert "not released: services.stock: v1 is its only version" in carry_out("check", str(tmp_path)).out


def test_a_topology_may_have_any_name_in_one_line(tmp_path: Path) -> None:
    assert _written(tmp_path / "given", "--name", "Ö shop", *SPRING_CLOUD).name == "Ö shop"
    assert _written(tmp_path / "1 Ö shop", *SPRING_CLOUD).name == "o-shop"


def test_what_is_refused_leaves_no_folder_behind(tmp_path: Path) -> None:
    instance = ("--service", "instance", "--entry", "--command", "./x", "--next-command", "./x")
    done = carry_out("init", str(tmp_path / "new" / "shop"), *instance)
    assert done.code == 4
    assert "services.instance: expected another name: {instance} means something already" in done.error
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "there").mkdir()
    carry_out("init", str(tmp_path / "there" / "shop"), *instance)
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"], "only what was made for it goes"


def test_it_says_the_two_commands_that_come_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    folder = tmp_path / "my shop"
    said = carry_out("init", str(folder), *SPRING_CLOUD).out
    commands = [line.strip() for line in said.splitlines() if line.startswith("   ")]
    assert commands == [
        f"python -m conformance check '{folder}'",
        f"pytest --services '{folder}' --profile smoke",
    ]
    assert 'registries = ["eureka"]' in (folder / "services.toml").read_text()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    said = carry_out("init", str(tmp_path / "second"), *SPRING_CLOUD).out
    python = seen_from(Path.cwd(), Path(sys.executable))
    assert f"   {python} -m pytest --services {tmp_path / 'second'} " in said, "as it can be typed here"


@pytest.mark.parametrize(
    ("flags", "ready", "health"),
    [
        ((), "GET /ready", "/health"),
        (("--ready", "/up"), "GET /up", "/up"),
        (("--ready", "/up", "--health", "/ok"), "GET /up", "/ok"),
        (("--ready", "tcp"), "None", "/cart"),
    ],
)
def test_what_the_slb_checks_follows_from_what_says_that_it_is_ready(
    tmp_path: Path, flags: tuple[str, ...], ready: str, health: str
) -> None:
    shop = ("--service", "shop", "--entry", "--command", "./shop", "--next-command", "./shop")
    described = _written(tmp_path, "--get", "/cart", *shop, *flags).services["shop"]
    assert (str(described.ready.http), bool(described.ready.tcp)) == (ready, "tcp" in flags)
    assert described.admin.health is not None
    assert described.admin.health.path == health


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text("mine", encoding="utf-8")
    done = carry_out("init", str(tmp_path), *SPRING_CLOUD)
    assert (done.code, done.out) == (4, "")
    assert "exists already, and is never overwritten" in done.error
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("", encoding="utf-8")
    assert "shop: is a file; expected a folder" in carry_out("init", str(tmp_path / "shop"), *SPRING_CLOUD).error


DIALOGUE = (
    ("Name of the topology [shop]: ", ""),
    ("Framework (plain, spring-boot, dubbo) [plain]: ", "spring"),
    ("answer spring: expected one of plain, spring-boot, dubbo", None),
    ("Framework (plain, spring-boot, dubbo) [plain]: ", "spring-boot"),
    ("Registry (nacos, eureka, none) [none]: ", "eureka"),
    ("Database (none, postgres, mariadb) [none]: ", "postgres"),
    ("Name of the service behind the SLB: ", "gateway"),
    ("gateway: who calls it?", ""),
    ("gateway: which version runs now? [v1]: ", "1/8"),
    ("version 1/8: expected a version of letters, digits", None),
    ("gateway: which version runs now? [v1]: ", "1.8"),
    ("gateway: how is it started?", "java -jar gateway-1.jar"),
    ("gateway: and which is released (none: it is not)? [v2]: ", "1.9"),
    ("gateway: how is that one started?", "java -jar gateway-2.jar"),
    ('gateway: path that says it is ready, or "tcp": as soon as it listens [/actuator/health/readiness]: ', ""),
    ("gateway: does it write?", ""),
    ("Name of another service (empty: no more): ", "orders"),
    ("orders: who calls it?", "stock"),
    ("answer stock: expected one of slb, worker, supporting, gateway", None),
    ("orders: who calls it?", "gateway"),
    ("orders: which version runs now? [1.8]: ", ""),
    ("orders: how is it started?", "image orders:1"),
    ("orders: and which is released (none: it is not)? [1.9]: ", "v2"),
    ("orders: how is that one started?", "image orders:2"),
    ("orders: path that says it is ready", "/ready"),
    ("orders: does it write?", "yes"),
    ("Name of another service (empty: no more): ", "stock"),
    ("stock: who calls it?", "orders"),
    ("stock: which version runs now? [1.8]: ", ""),
    ("stock: how is it started?", "image stock:1"),
    ("stock: and which is released (none: it is not)? [v2]: ", "none"),
    ("stock: path that says it is ready", ""),
    ("stock: does it write?", ""),
    ("Name of another service (empty: no more): ", ""),
    ("A path that the load reads [/]: ", "/orders/1"),
    ("A path at which the load writes [/orders]: ", ""),
    ("Then the releases, judged:", None),
)
WITHIN_S = 30.0


def _read_until(terminal: int, wanted: str) -> str:
    """What the terminal shows until this is there."""
    shown, ends = "", time.monotonic() + WITHIN_S
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, ends - time.monotonic()))
        assert ready, f"not shown within {WITHIN_S:.0f} s: {wanted}; shown: {shown}"
        shown += os.read(terminal, 4096).decode()
    return shown


def test_it_asks_at_a_terminal_and_asks_again_after_a_wrong_answer(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "conformance", "init", "shop"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = ""
    try:
        for question, answer in DIALOGUE:
            if question not in shown:
                shown += _read_until(ours, question)
            shown = shown.split(question, maxsplit=1)[1]
            if answer is not None:
                os.write(ours, f"{answer}\n".encode())
        assert asked.wait(WITHIN_S) == 0
    finally:
        asked.kill()
        asked.wait()
        os.close(ours)
    descriptor = Descriptor.read(tmp_path / "shop")
    assert descriptor.services["gateway"].calls == ("orders",)
    assert descriptor.services["orders"].versions["v2"].image == "orders:2"
    assert str(descriptor.services["orders"].ready.http) == "GET /ready"
    assert (descriptor.services["gateway"].version, descriptor.services["gateway"].next) == ("1.8", "1.9")
    assert "spring.datasource.url" in descriptor.services["orders"].env["SPRING_APPLICATION_JSON"]
    assert [route.write for route in descriptor.workload.routes] == [False, True]


def test_links_that_lead_back_to_themselves_are_no_folder(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    done = carry_out("init", str(tmp_path / "loop"), "--service", "shop", "--entry")
    assert done.code == 4
    assert done.error.endswith("loop: its links lead back to themselves; expected a folder to write services.toml into")


def test_answers_that_end_too_soon_leave_nothing_behind(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "conformance", "init", "shop"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, b"\x04")  # the end of a terminal's input
    _, said = asked.communicate(timeout=WITHIN_S)
    os.close(ours)
    assert asked.returncode == 4
    assert said.strip() == "ERROR: the answers ended before everything was known; nothing is written"
    assert not (tmp_path / "shop").exists()


def test_a_callers_own_cache_is_as_quick_as_the_registry(tmp_path: Path) -> None:
    """Spring Cloud's is 35 s otherwise, and what the suite waits for follows from the registry's timers."""
    services = _written(tmp_path, *SPRING_CLOUD).services
    of_gateway, of_orders = (
        json.loads(services[name].env["SPRING_APPLICATION_JSON"]) for name in ("gateway", "orders")
    )
    assert of_gateway["spring.cloud.loadbalancer.cache.ttl"] == "{list_cache_s}s"
    assert services["gateway"].list_cache_s == 1.0, "the suite waits for what the caller is told to keep"
    assert "spring.cloud.loadbalancer.cache.ttl" not in of_orders
    assert of_orders["eureka.instance.lease-expiration-duration-in-seconds"] == "{expire_s}", "90 s otherwise"
    assert of_orders["eureka.instance.instance-id"] == "{host}:{port}"
