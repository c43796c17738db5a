"""check tells of ways down that wait before anything takes the instance out, or for less than callers take to know."""

import pytest

from fixtures.glue.applicable import Place
from fixtures.glue.commands.hasty_ways_down import hasty_ways_down
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from tests.glue.commands.command_line import carry_out
from tests.glue.commands.goldens import SAMPLE

NACOS, EUREKA = (Place("embedded", name, "nginx") for name in ("nacos", "eureka"))
OUT = '{ registry = "out of service" }'
TERM = '{ signal = "SIGTERM" }'


def _told(way: str, *more: str, places: tuple[Place, ...] = (NACOS,)) -> list[str]:
    overrides = [Override.read(text) for text in (f"services.orders.offline=[{way}]", *more)]
    return list(hasty_ways_down(Descriptor.read(SAMPLE, overrides), places))


@pytest.mark.parametrize(
    ("way", "key"),
    [
        (f"{{ wait_s = 40 }}, {TERM}", "[0].wait_s = 40"),
        ("{ wait_s = 40 }", "[0].wait_s = 40"),
        (f"{{ quiet = true }}, {{ wait_s = 0.5 }}, {TERM}", "[0].quiet"),
        (f"{{ unlisted = true }}, {TERM}", "[0].unlisted"),
    ],
)
def test_what_waits_before_anything_takes_it_out_ends_no_loss(way: str, key: str) -> None:
    (line,) = _told(way)
    assert line.startswith(f"services.orders.offline{key}: ends no loss: nothing takes orders out of the registry")
    assert f"; put {OUT}, or the act by which it leaves, before it" in line


@pytest.mark.parametrize(
    "way",
    [
        TERM,
        f'{{ http = "POST /leave" }}, {TERM}',
        f'{{ command = ["leave"] }}, {{ wait_s = 0.1 }}, {TERM}',
        f'{{ http = "POST /leave", notifies = true }}, {{ wait_s = 0.1 }}, {TERM}',
        f"{OUT}, {{ unlisted = true }}, {TERM}",
        f'{OUT}, {{ quiet = {{ log = "drained" }} }}, {TERM}',
        f"{OUT}, {{ wait_s = 1.5 }}, {TERM}",
        f'{{ registry = "weight 50" }}, {{ wait_s = 0.1 }}, {{ unlisted = true }}, {TERM}',
        f'{{ signal = "SIGTERM", at_once = true }}, {OUT}',
        f"{{ wait_s = 1 }}, {OUT}, {{ wait_s = 40 }}, {TERM}",
    ],
)
def test_nothing_is_said_of_what_lasts_or_may_last_as_long_as_callers_take(way: str) -> None:
    assert _told(way, "services.storefront.list_cache_s=1") == []


@pytest.mark.parametrize(
    ("way", "waited"),
    [
        (f"{OUT}, {{ wait_s = 0.2 }}, {TERM}", "0.2"),
        (f"{OUT}, {{ wait_s = 0.2 }}, {{ quiet = true }}, {{ wait_s = 30 }}", "30.2"),
        (f"{{ wait_s = 40 }}, {OUT}, {TERM}", "0"),
        (f'{{ registry = "weight 0" }}, {{ wait_s = 2 }}, {TERM}', "2"),
        (f'{{ http = "POST /leave" }}, {{ wait_s = 2 }}, {TERM}', "2"),
    ],
)
def test_a_wait_that_is_shorter_than_callers_go_on_calling_is_told_with_both_figures(way: str, waited: str) -> None:
    at_nacos, at_eureka = _told(way, "services.storefront.list_cache_s=35", places=(NACOS, EUREKA))
    key = "services.orders.offline: from the act by which it leaves to the signal"
    assert at_nacos.startswith(
        f"{key} {waited} s pass, and by the timers at nacos its callers may go on calling it for"
    )
    assert "for 35.5 s (changes are gathered 0.5 + the consumer keeps its list 35): let it wait for longer" in at_nacos
    assert "at eureka its callers may go on calling it for 36.5 s (its answers are cached 0.5 + " in at_eureka


def test_what_nobody_finds_by_the_registry_waits_as_it_likes() -> None:
    for name, registered in (("orders", "false"), ("storefront", "true")):
        override = Override.read(f"services.{name}.offline=[{{ wait_s = 40 }}, {TERM}]")
        said = Descriptor.read(SAMPLE, [override, Override.read(f"services.{name}.registry={registered}")])
        assert list(hasty_ways_down(said, (NACOS,))) == []


def test_check_says_it_and_its_exit_code_stays() -> None:
    way = f"services.orders.offline=[{OUT}, {TERM}]"
    done = carry_out("check", str(SAMPLE), "--platform", "embedded", "--registry", "both", "--set", way)
    told = done.out.partition("\nON THIS MACHINE\n")[2].partition("\n\n")[0]
    assert [line.partition(" pass, ")[2].split(" its ")[0] for line in told.splitlines()] == [
        "and by the timers at nacos",
        "and by the timers at eureka",
    ]
