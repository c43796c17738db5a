"""Secrets: found in every place that a descriptor has, and taken out of whatever is kept."""

import json
import re
from itertools import count
from pathlib import Path

import pytest

from fixtures.services import masking
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.tables import Version
from tests.services.mistakes import SMALL

KEPT = {
    "--db.password=hunter22 --level=3": "--db.password=*** --level=3",
    "/orders?token=hunter22&page=2": "/orders?token=***&page=2",
    '{"token": "hunter22", "sku": "sku-1"}': '{"token": "***", "sku": "sku-1"}',
    '{"db_password":"with \\" in it","n": 1}': '{"db_password":"***","n": 1}',
    '{"pin_token": 1234567, "n": 1}': '{"pin_token": ***, "n": 1}',
    '{"tokens": ["hunter22", "hunter23"], "n": [1]}': '{"tokens": ***, "n": [1]}',
    '{"credentials": {"user": "bob", "pin": "hunter22"}, "n": 1}': '{"credentials": ***, "n": 1}',
    'said {"api_keys": [{"a": ["hunter22"]}]} and went': 'said {"api_keys": ***} and went',
    '{"tokens": ["hunter22", {id}], "n": 1}': '{"tokens": ***',
    "https://hunter22@proxy:3128": "https://***@proxy:3128",
    "postgresql://me@db/shop": "postgresql://me@db/shop",
    "Authorization: Bearer hunter22": "Authorization: Bearer ***",
    "X-Api-Key: hunter22": "X-Api-Key: ***",
    "mysql://me:hunter22@db/shop": "mysql://me:***@db/shop",
    "a plain sentence about nothing": "a plain sentence about nothing",
}


@pytest.mark.parametrize("text", KEPT)
def test_what_is_secret_is_masked_and_nothing_else(text: str) -> None:
    assert masking.masked(text) == KEPT[text]


def test_every_secret_of_a_version_is_known_and_no_template_nor_what_is_too_short() -> None:
    numbers = count(1)

    def secret() -> str:
        return f"unique-secret-{next(numbers)}"

    version = Version(
        command=("run", f"--db.password={secret()}", "--token", secret(), "--key", "{port}", "--pin-token=123"),
        image="shop:1",
        args=("--api-key", secret(), f"postgresql://me:{secret()}@db/shop"),
        env={
            "DB_PASSWORD": secret(),
            "DB_CREDENTIALS": json.dumps({"pin": secret()}),
            "JSON": json.dumps({"token": secret(), "credentials": {"pin": secret(), "all": [secret(), secret()]}}),
            "PLAIN": "unique-plain",
        },
    )
    known = {one for one in masking.secrets(version) if not one.startswith(("{", "["))}
    assert known == {f"unique-secret-{number}" for number in range(1, next(numbers))}
    assert "unique-secret" not in str(dict(masking.flat(version)))
    assert "unique-plain" in str(dict(masking.flat(version)))


def test_a_known_secret_is_taken_out_of_any_text_as_it_is_and_as_json_has_it() -> None:
    spelled = 'quo"ted-secret'
    redaction = masking.Redaction([spelled, "secret", "secret-and-more"])
    kept = redaction(f"{spelled} {json.dumps(spelled)} secret-and-more secrets")
    assert kept == '*** "***" *** ***s'
    assert masking.Redaction([])("as it was") == "as it was"


@pytest.mark.parametrize(
    "spelled",
    [
        "a/b+'c' d=",
        "a%2Fb%2B%27c%27%20d%3D",
        "a/b%2B%27c%27%20d%3D",
        "a%2Fb%2B%27c%27+d%3D",
        "a/b+&#x27;c&#x27; d=",
        "YS9iKydjJyBkPQ==",
    ],
)
def test_a_known_secret_is_taken_out_in_every_spelling(spelled: str) -> None:
    """As in a URL, in a form, in HTML and in base64; and the other way round, where it is a URL that holds it."""
    for known in ("a/b+'c' d=", "a%2Fb%2B%27c%27%20d%3D"):
        assert masking.Redaction([known])(f"it is {spelled}!") == "it is ***!"


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        (
            'env = { DB_PASSWORD = "geheim-geheim{nope}" }',
            'services.shop.env.DB_PASSWORD = "***{nope}": expected no {nope}',
        ),
        ('env = { PASWORD = "geheim-geheim{nope}" }', 'services.shop.env.PASWORD = "***{nope}": expected no {nope}'),
        ("env = { DB_PASSWORD = 12345678 }", "services.shop.env.DB_PASSWORD = ***: expected a text in quotes"),
        ('envs = { DB_PASSWORD = "geheim-geheim" }', 'services.shop.envs = {"DB_PASSWORD": "***"}: unknown key'),
        ('API_TOKEN = "geheim-geheim"', "services.shop.API_TOKEN = ***: unknown key"),
        ('calls = "postgresql://me:geheim-geheim@db/x"', 'services.shop.calls = "postgresql://me:***@db/x": expected'),
    ],
)
def test_a_refusal_shows_no_secret(tmp_path: Path, wrong: str, shown: str) -> None:
    """It stands in a pipeline's log."""
    text = re.sub(r"(?m)^env = .*$", "", SMALL).replace("entry = true\n", f"entry = true\n{wrong}\n")
    (tmp_path / "services.toml").write_text(text)
    with pytest.raises(DescriptorError) as refused:
        Descriptor.read(tmp_path)
    assert shown in str(refused.value)
    assert "geheim" not in str(refused.value)
    assert "12345678" not in str(refused.value)
