"""An audit whose query gives other columns is found out before any load."""

import pytest

from conformance.run.world import Gone
from fixtures.audits.by_query import NO_RUN, OtherColumns, QueryLedger, look_at_columns
from fixtures.databases.server import Rows
from fixtures.glue.servers import Servers


class _Database:
    """Answers every query alike."""

    def __init__(self, answer: Rows | Gone) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []
        self.accepted = 0

    def read(self, query: str, run: str) -> Rows:
        self.asked.append((query, run))
        if isinstance(self._answer, Gone):
            raise self._answer
        return self._answer

    def accept_schema(self) -> None:
        self.accepted += 1


def test_other_columns_are_told_though_there_is_no_row() -> None:
    database = _Database(Rows(4, []))
    with pytest.raises(
        OtherColumns, match="gives 4 columns; it must give request_id, effect, instance, incarnation, v"
    ):
        look_at_columns(QueryLedger(database, "SELECT * FROM effects"))
    assert database.asked == [("SELECT * FROM effects", NO_RUN)]


@pytest.mark.parametrize("answer", [Rows(5, []), Gone("the ledger cannot be read: there is no table effects")])
def test_the_right_ones_and_a_table_that_is_not_there_yet_will_do(answer: Rows | Gone) -> None:
    look_at_columns(QueryLedger(_Database(answer), "SELECT * FROM effects"))


def test_an_audit_of_another_kind_is_not_asked() -> None:
    look_at_columns(None)


def test_the_servers_look_once_the_services_have_made_their_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    database = _Database(Rows(4, []))
    servers = Servers.__new__(Servers)
    monkeypatch.setattr(servers, "_database", database, raising=False)
    monkeypatch.setattr(Servers, "_ledger", lambda _: QueryLedger(database, "SELECT * FROM effects"))
    with pytest.raises(Gone, match="gives 4 columns"):
        servers.accept_schema()
    assert database.accepted == 1
