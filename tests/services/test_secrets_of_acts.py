"""Secrets of a way down and of a build: found, and taken out of whatever is kept."""

from fixtures.services import masking
from fixtures.services.tables import ActTable, BuildTable


def test_every_secret_of_an_act_and_of_a_build_is_known() -> None:
    act = ActTable.model_validate(
        {
            "http": "POST /off?token=unique-secret-1",
            "headers": {"X-Api-Key": "unique-secret-2", "X-Who": "{instance}", "X-Token": "{instance}"},
            "body": '{"password": "unique-secret-3"}',
        }
    )
    build = BuildTable(command=("make", "--token", "unique-secret-4"))
    told = [*masking.secrets((act,), "services.shop.offline"), *masking.secrets(build, "build")]
    assert told == [f"unique-secret-{number}" for number in range(1, 5)]
    kept = dict(masking.flat((act,), "offline")) | dict(masking.flat(build, "build"))
    assert "unique" not in str(kept)
    assert kept["offline[0].headers.X-Who"] == "{instance}"
