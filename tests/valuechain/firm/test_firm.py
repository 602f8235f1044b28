"""The figures of the firm: kept books together with what the hub has billed."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from lineshaft.bootstrap.firm_parts import build_firm
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.services.contracts.model import Binding
from lineshaft.valuechain.books.errors import BooksMissing
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.channels.model import BilledUsage, ConnectedMachine, Metered
from lineshaft.valuechain.channels.service import Channel
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.firm.service import FirmFigures
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind
from lineshaft.valuechain.servitization.service import Asked, Servitization
from lineshaft.valuechain.supplynetwork.versions.service import NetworkParts, SupplyNetworks
from lineshaft.valuechain.supplynetwork.versions.store import SqlNetworkStore
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import FIRM_BOOKS, SUPPLY_NETWORK

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]
EXAMPLE = Path(__file__).parents[3] / "examples" / "spindle-works" / "books"
Show = Callable[[str, int, int], None]


def billed_line(document: str, amount: str) -> RevenueLine:
    return RevenueLine(
        date=dt.date(2017, 12, 1),
        document=document,
        line="cutting",
        customer="lowmill",
        item="machining",
        kind=SoldKind.SERVICE,
        amount=Decimal(amount),
        currency="EUR",
        binding=Binding.STAND_ALONE,
        machine="mill-1",
    )


@dataclass
class Hub:
    """What a hub has billed, as `HubRevenue` tells it: the same sequence until something is new."""

    billed: Sequence[RevenueLine] = ()
    asked: list[str] = field(default_factory=list)

    def lines(self, _actor: Actor, _show: Show) -> Sequence[RevenueLine]:
        return self.billed

    def served(self, _actor: Actor, days: Sequence[dt.date]) -> list[frozenset[str]]:
        return [frozenset()] * len(days)

    def metered(self, _actor: Actor, _show: Show) -> Metered:
        usage = [BilledUsage(e.document, e.line, "u", "m", e.machine) for e in self.billed]
        return Metered(tuple(usage), (ConnectedMachine("mill-1", dt.date(2017, 6, 1), "x"),))


def build(database: Database, hub: Hub) -> tuple[FirmBooks, FirmFigures]:
    clock = ManualClock(parse_instant("2018-01-02T08:00:00Z"))
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    parts = VersionsParts(database=database, authorizer=authorizer, audit=audit, clock=clock)
    books = FirmBooks(parts, SqlVersionStore(FIRM_BOOKS))
    networks = SupplyNetworks(
        NetworkParts(
            database=database,
            versions=SqlVersionStore(SUPPLY_NETWORK),
            store=SqlNetworkStore(),
            authorizer=authorizer,
            audit=audit,
            clock=clock,
            contracts=None,
        )
    )
    return books, build_firm(books, networks, Servitization(authorizer, hub), hub)


def test_books_and_documents_count_together_and_say_so(sqlite_database: Database) -> None:
    hub = Hub()
    books, firm = build(sqlite_database, hub)
    with pytest.raises(TooThin, match="revenue: expected at least one line"):
        firm.servitization(LOCAL_OPERATOR, Asked())
    with pytest.raises(BooksMissing):
        firm.smile(LOCAL_OPERATOR)
    made = books.import_files(LOCAL_OPERATOR, EXAMPLE, None)
    of_books = firm.servitization(LOCAL_OPERATOR, Asked())
    assert {each.figure.table for each in of_books.whole} == {"books version 1"}
    assert made.as_of == "2017-12"

    hub.billed = [billed_line("LM-1", "1000.00")]
    both = firm.servitization(LOCAL_OPERATOR, Asked())
    assert both.revenue == of_books.revenue + 1000
    table = "books version 1 and documents of Lineshaft"
    assert {each.figure.table for each in both.whole} == {table}
    hub.billed = [*hub.billed, billed_line("LM-2", "500.00")]
    assert firm.servitization(LOCAL_OPERATOR, Asked()).revenue == of_books.revenue + 1500
    page = firm.lines(LOCAL_OPERATOR, {"service_line": "machining"})
    assert [each["document"] for each in page.lines] == ["LM-1", "LM-2"]

    ours = firm.lines(LOCAL_OPERATOR, {}, limit=1).lines[0]["document"]
    hub.billed = [billed_line(ours, "77.00")]
    assert firm.lines(LOCAL_OPERATOR, {"service_line": "machining"}).lines[0]["amount"] == "77.00"
    once = [each["document"] for each in firm.every_line(LOCAL_OPERATOR, {})]
    assert once.count(ours) == 1, "a document that the books have too counts once"


def test_the_channels_and_the_curve_are_those_of_the_kept_books(sqlite_database: Database) -> None:
    hub = Hub([billed_line("LM-1", "1000.00")])
    books, firm = build(sqlite_database, hub)
    alone = firm.channels(LOCAL_OPERATOR)
    (digital,) = [e.figure for e in alone.chosen(Channel.DIGITAL) if e.figure.value == 1000]
    assert digital.table == "documents of Lineshaft, usage"
    books.import_files(LOCAL_OPERATOR, EXAMPLE, None)
    found = firm.channels(LOCAL_OPERATOR, "quality_ratio")
    assert found.books.name == "books version 1"
    assert {each.channel for each in found.figures if each.figure.value is not None} == set(Channel)
    curves = firm.smile(LOCAL_OPERATOR)
    assert (curves[0].period, curves[0].currency, len(curves[0].margins)) == ("", "EUR", 9)
    assert curves[0].depth.coverage == Fraction(1)
    years = [step.year for step, _ in firm.upgrading(LOCAL_OPERATOR)]
    assert years == list(range(years[0], years[0] + len(years)))


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.CUSTOMER])
def test_who_may_not_see_books_and_ledger_sees_no_figure(
    sqlite_database: Database, role: Role
) -> None:
    _, firm = build(sqlite_database, Hub())
    other = Actor("usr_o", role, None, "Olga")
    for ask in (
        lambda: firm.servitization(other, Asked()),
        lambda: firm.lines(other, {}),
        lambda: firm.smile(other),
        lambda: firm.channels(other),
        lambda: firm.items(other),
        lambda: firm.upgrading(other),
    ):
        with pytest.raises(Forbidden):
            ask()
