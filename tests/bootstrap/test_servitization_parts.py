"""What the hub has billed, as lines of revenue: exactly what its documents say."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lineshaft.bootstrap.servitization_parts import HubRevenue
from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden
from lineshaft.core.period import US_PER_DAY, Instant, Period, parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.model import Binding, CustomerClass
from lineshaft.services.desk.model import CostRecord
from lineshaft.services.metering.model import EvidenceRange, Meter, UsageRecord
from lineshaft.valuechain.channels.digital import Link
from lineshaft.valuechain.channels.service import Channel, Revenue, channels
from lineshaft.valuechain.servitization.model import Books
from lineshaft.valuechain.servitization.service import (
    Asked,
    RevenueColumns,
    Servitization,
    dashboard,
)
from tests.services.contracts.examples import contract, offering
from tests.services.desk.desks import FINANCE, MACHINES, DeskHub, MadeUsage, build_desk_hub
from tests.services.hub import CUSTOMER


def silent(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def issued(hub: DeskHub) -> dict[str, Any]:
    """Issue a document on two machines, and return its content."""
    said = {"binding": "stand_alone", "customer_class": "producer"}
    hub.hub.contracts.offer(FINANCE, offering(**said))
    made = contract(machines=list(MACHINES), start="2017-06-10T00:00:00Z")
    hub.hub.contracts.agree(FINANCE, made)
    hub.hub.contracts.activate(FINANCE, made.id, made.version)
    found: dict[str, Any] = issue_day(hub, 22)
    return found


def issue_day(hub: DeskHub, day: int) -> Any:
    start = parse_instant(f"2017-06-{day}T00:00:00Z")
    file = hub.billing.issue(FINANCE, "c-1001", Period(start, Instant(start + US_PER_DAY))).file
    return canonical.decode(file)["document"]


def test_the_hub_tells_what_it_has_billed(sqlite_database: Database, tmp_path: Path) -> None:
    hub = build_desk_hub(sqlite_database, tmp_path / "keys")
    document = issued(hub)
    content = {"id": "parts", "kind": "spare_parts", "start": "2017-06-01", "end": "2017-07-01"}
    content |= {"amount": "50.00", "currency": "EUR", "machine": "mazak01"}
    cost = CostRecord.from_content(content | {"contract": "", "source": "voucher 7"})
    hub.desk.record_costs(FINANCE, [cost])

    revenue = HubRevenue(hub.billing, hub.hub.contracts, hub.desk)
    servitization = Servitization(hub.hub.authorizer, revenue)
    lines = servitization.billed(FINANCE, silent)
    assert sum(line.amount for line in lines) == Fraction(document["totals"]["net"])
    assert {line.machine for line in lines} == set(MACHINES)
    assert {line.binding for line in lines} == {Binding.STAND_ALONE}
    assert {line.customer_class for line in lines} == {CustomerClass.PRODUCER}
    assert {line.document for line in lines} == {document["number"], "parts"}
    columns = RevenueColumns.of(lines, "documents")
    found = dashboard(columns, Books(), Asked())
    columns.close()
    margin, _of_line = [
        each.figure for each in found.whole if each.figure.indicator.name == "service_gross_margin"
    ]
    net = Fraction(document["totals"]["net"])
    assert margin.value == 1 - 50 / net
    assert margin.coverage == 1

    days = [dt.date(2017, 6, 9), dt.date(2017, 6, 10)]
    served = servitization.served(FINANCE, days)
    assert served == {days[0]: frozenset(), days[1]: frozenset(MACHINES)}
    with pytest.raises(Forbidden):
        servitization.billed(CUSTOMER, silent)
    with pytest.raises(Forbidden):
        servitization.served(CUSTOMER, days)


def test_a_machine_whose_readings_a_bill_rests_on_is_digital_without_any_table(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second machine's usage is reported by another program: no meter reads it."""
    made, sources = MadeUsage.usage, dict(zip(MACHINES, ("edge-1", "api"), strict=True))

    def usage(
        self: MadeUsage, actor: Actor, meter: Meter, period: Period, at: Instant
    ) -> UsageRecord:
        part = EvidenceRange(SourceId(sources[meter.machine]), 1, 1, 9, 1, 2)
        return replace(made(self, actor, meter, period, at), ranges=(part,))

    monkeypatch.setattr(MadeUsage, "usage", usage)
    hub = build_desk_hub(sqlite_database, tmp_path / "keys")
    document = issued(hub)
    revenue = HubRevenue(hub.billing, hub.hub.contracts, hub.desk)
    (tmp_path / "no books").mkdir()

    def digital() -> tuple[object, dict[tuple[str, str], Link]]:
        billed = Revenue(
            "documents", revenue.lines(FINANCE, silent), revenue.metered(FINANCE, silent)
        )
        ledger = channels(tmp_path / "no books", billed)
        value = next(each.figure.value for each in ledger.chosen(Channel.DIGITAL))
        return value, {
            (each.revenue.line, each.revenue.machine): each.link for each in ledger.lines
        }

    (usage_line,) = [line for line in document["lines"] if line["usage"]]
    value, links = digital()
    assert links == {
        ("base-fee", "mazak01"): Link.NO_USAGE_RECORD,
        ("base-fee", "mazak02"): Link.NO_USAGE_RECORD,
        ("cutting-time", "mazak01"): Link.METERED,
        ("cutting-time", "mazak02"): Link.NOT_CONNECTED,
    }
    # By hand: 2 h of 45.00 and 5.5 h of 30.00 are 255.00; the first machine cut 2.5 of 7.5 hours.
    assert (usage_line["amount"], value) == ("255.00", 85)
    more = issue_day(hub, 23)
    assert more["number"] != document["number"]
    assert digital()[0] > value, "a document that is issued is read at once"
