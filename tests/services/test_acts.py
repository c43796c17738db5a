"""What a team's acts do to an instance: a request with its own query, headers and body, or a command about it."""

import time
from pathlib import Path

import pytest

from conformance.plan import CommandAct, HttpAct
from conformance.run.world import Gone, Platform
from fixtures.services.instance import DescribedInstance
from tests.services.plain import described, ended, group_of, started

WAY = """\
[[services.shop.offline]]
http = "POST /actuator/serviceregistry?signed=yes"
body = '{"status": "DOWN", "who": "{instance}"}'
content_type = "application/vnd.spring-boot.actuator.v3+json"
headers = { X-Signed = "{incarnation}" }
notifies = true
[[services.shop.offline]]
command = ["sh", "-c", "echo {incarnation} at {host}:{port} > told"]
[[services.shop.offline]]
wait_s = 40.0
[[services.shop.offline]]
signal = "SIGINT"
[workload]
"""


def _said(instance: DescribedInstance) -> list[str]:
    return [line for line in instance.log.read_text().splitlines() if line.startswith("POST")]


def test_a_request_is_sent_once_as_it_is_declared(platform: Platform, tmp_path: Path) -> None:
    descriptor = described(tmp_path, ("[workload]\n", WAY))
    request, *_ = descriptor.topology.service("shop").way_down
    assert isinstance(request, HttpAct)
    assert request.notifies
    instance = started(group_of(descriptor, platform))
    instance.perform(request)
    assert _said(instance) == [
        (
            "POST /actuator/serviceregistry?signed=yes application/vnd.spring-boot.actuator.v3+json shop-01.1 "
            '{"status": "DOWN", "who": "shop-01"}'
        )
    ]


def test_a_command_runs_in_the_descriptor_s_folder_with_the_instance_s_names(
    platform: Platform, tmp_path: Path
) -> None:
    descriptor = described(tmp_path, ("[workload]\n", WAY))
    command = descriptor.topology.service("shop").way_down[1]
    assert isinstance(command, CommandAct)
    instance = started(group_of(descriptor, platform))
    instance.perform(command)
    assert (tmp_path / "told").read_text() == f"shop-01.1 at {instance.address}\n"


def test_another_address_is_asked_where_the_act_names_one(platform: Platform, tmp_path: Path) -> None:
    group = group_of(described(tmp_path, ('address = "{host}:{port}", ', "")), platform)
    instance = started_without_admin(group.start("shop-01", "1.8"))
    instance.perform(HttpAct(method="POST", path="/off", address="{host}:{port}"))
    assert _said(instance) == ["POST /off none none "]


def started_without_admin(instance: DescribedInstance) -> DescribedInstance:
    deadline = time.monotonic() + 10
    while "Started in" not in instance.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return instance


def test_what_an_instance_answers_instead_of_2xx_is_told(platform: Platform, tmp_path: Path) -> None:
    group = group_of(described(tmp_path, ("env.LISTEN", 'env.ANSWER = "409"\nenv.LISTEN')), platform)
    with pytest.raises(Gone, match=r"shop-01\.1 answered POST /offline with 409"):
        started(group).perform(HttpAct(method="POST", path="/offline"))


def test_how_a_command_failed_and_its_last_words_are_told_without_secrets(platform: Platform, tmp_path: Path) -> None:
    secret = ("env.LISTEN", 'env.API_TOKEN = "hush-hush-hush"\nenv.LISTEN')
    instance = started(group_of(described(tmp_path, secret), platform))
    with pytest.raises(Gone) as failed:
        instance.perform(CommandAct(argv=("sh", "-c", "echo no right for hush-hush-hush; exit 3")))
    assert "exit 3\nno right for ***" in str(failed.value)
    assert "hush-hush" not in str(failed.value)


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(platform: Platform, tmp_path: Path) -> None:
    instance = started(group_of(described(tmp_path), platform))
    began = time.monotonic()
    with pytest.raises(Gone, match=r"not within 0\.3 s"):
        instance.perform(CommandAct(argv=("sh", "-c", "sleep 60 & sleep 60"), within_s=0.3))
    assert time.monotonic() - began < 5


def test_an_instance_that_keeps_its_address_serves_there_in_its_next_life(platform: Platform, tmp_path: Path) -> None:
    group = group_of(described(tmp_path, ("entry = true", 'entry = true\naddresses = "kept"')), platform)
    first = started(group)
    with pytest.raises(
        Gone, match=rf"shop-01 keeps its address {first.address}, and its last incarnation still has it"
    ):
        group.start("shop-01", "1.9")
    ended(first)
    second = started(group, "1.9")
    assert (second.incarnation, second.address) == ("shop-01.2", first.address)
    assert group.start("shop-02", "1.8").address != first.address
