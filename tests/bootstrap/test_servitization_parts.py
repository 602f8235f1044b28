"""What the hub has billed, as lines of revenue: exactly what its documents say."""

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest

from lineshaft.bootstrap.servitization_parts import HubRevenue
from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden
from lineshaft.core.period import Period, parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.services.contracts.model import Binding, CustomerClass
from lineshaft.services.desk.model import CostRecord
from lineshaft.valuechain.servitization.model import Books
from lineshaft.valuechain.servitization.service import (
    Asked,
    RevenueColumns,
    Servitization,
    dashboard,
)
from tests.services.contracts.examples import contract, offering
from tests.services.desk.desks import FINANCE, MACHINES, build_desk_hub
from tests.services.hub import CUSTOMER


def silent(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def test_the_hub_tells_what_it_has_billed(sqlite_database: Database, tmp_path: Path) -> None:
    hub = build_desk_hub(sqlite_database, tmp_path / "keys")
    said = {"binding": "stand_alone", "customer_class": "producer"}
    hub.hub.contracts.offer(FINANCE, offering(**said))
    made = contract(machines=list(MACHINES), start="2017-06-10T00:00:00Z")
    hub.hub.contracts.agree(FINANCE, made)
    hub.hub.contracts.activate(FINANCE, made.id, made.version)
    day = Period(parse_instant("2017-06-22T00:00:00Z"), parse_instant("2017-06-23T00:00:00Z"))
    document = canonical.decode(hub.billing.issue(FINANCE, "c-1001", day).file)["document"]
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
