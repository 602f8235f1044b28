"""The month's close: every billed period at its step, and what blocks the ones to bill."""

from typing import Any

import pytest

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.month import Month
from lineshaft.core.period import US_PER_DAY, Period, zone_named
from lineshaft.services.billing.closing import service as module
from lineshaft.services.billing.closing.model import CloseStep, periods_in
from lineshaft.services.billing.closing.service import Closing, ClosingParts
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.rendering.store import SqlRenderingStore
from lineshaft.services.billing.service import Billing
from tests.services.billing.examples import PERIOD
from tests.services.billing.test_completeness import asking, billing_of
from tests.services.billing.test_receivables import DAY, receivables
from tests.services.contracts.examples import contract, offering
from tests.services.hub import CUSTOMER, FINANCE, STRANGER, Hub

JUNE = Month(2017, 6)


def closing_of(hub: Hub, billing: Billing | None = None) -> Closing:
    used = hub.billing if billing is None else billing
    return Closing(
        ClosingParts(
            contracts=hub.contracts,
            billing=used,
            receivables=receivables(hub, used),
            renderings=Renderings(hub.database, SqlRenderingStore(), used, hub.keys, hub.clock),
            authorizer=hub.authorizer,
            clock=hub.clock,
        )
    )


def steps(closing: Closing, **asked: Any) -> dict[str, CloseStep]:
    rows = closing.month(FINANCE, JUNE, **asked).rows
    return {f"{row.contract.id} {str(row.period)[8:10]}": row.step for row in rows}


def test_a_period_goes_from_draft_to_paid(hub: Hub) -> None:
    closing = closing_of(hub)
    hub.contracts.offer(FINANCE, offering())
    hub.contracts.agree(FINANCE, contract(start="2017-06-22T00:00:00Z", end=None))
    assert set(steps(closing).values()) == {CloseStep.DRAFT}
    hub.contracts.activate(FINANCE, "c-1001", 1)
    found = steps(closing)
    assert found["c-1001 22"] is CloseStep.TO_BILL
    assert found["c-1001 30"] is CloseStep.NOT_OVER
    assert len(found) == 9
    ready = closing.check(FINANCE, "c-1001", PERIOD)
    assert (ready.shortfalls, ready.refusals) == ((), 0)
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert steps(closing)["c-1001 22"] is CloseStep.ISSUED
    renderings = Renderings(hub.database, SqlRenderingStore(), hub.billing, hub.keys, hub.clock)
    renderings.rendering(FINANCE, issued.number, MediaType.PDF, Language.CHINESE)
    assert steps(closing)["c-1001 22"] is CloseStep.HANDED_OUT
    desk = receivables(hub)
    desk.open_dispute(CUSTOMER, issued.number, "the machine stood still")
    (row,) = (row for row in closing.month(FINANCE, JUNE).rows if row.documents)
    assert (row.is_disputed, row.is_overdue, row.documents[0].number) == (
        True,
        False,
        issued.number,
    )
    desk.record_payment(FINANCE, issued.number, issued.gross, DAY, "R-1")
    assert steps(closing)["c-1001 22"] is CloseStep.PAID
    with pytest.raises(Forbidden):
        closing.month(CUSTOMER, JUNE)
    with pytest.raises(Forbidden):
        closing.zones(STRANGER)


def test_what_blocks_is_said_and_pages_and_zones_are_told_apart(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    billing, _ = billing_of(hub)
    closing = closing_of(hub, billing)
    (short,) = closing.check(FINANCE, "c-1001", PERIOD).shortfalls
    assert short.record.meter.id == "cutting-time"
    other = {"id": "c-2002", "time_zone": "Asia/Shanghai"}
    hub.contracts.agree(FINANCE, contract(**other))
    zone = asking("90").time_zone
    assert closing.zones(FINANCE) == sorted({zone, "Asia/Shanghai"})
    monkeypatch.setattr(module, "CLOSE_CONTRACTS_MAX", 1)
    first = closing.month(FINANCE, JUNE)
    assert first.next == "c-1001"
    second = closing.month(FINANCE, JUNE, after=first.next)
    assert (second.next, {row.contract.id for row in second.rows}) == (None, {"c-2002"})
    only = closing.month(FINANCE, JUNE, zone="Asia/Shanghai")
    assert {row.contract.id for row in only.rows} == {"c-2002"}


def test_a_month_is_read_moved_and_bounded() -> None:
    assert [str(Month.parse("2027-01").moved(count)) for count in (-1, 0, 12)] == [
        "2026-12",
        "2027-01",
        "2028-01",
    ]
    for text in ("2027-13", "2027-1", "x", "0001-01"):
        with pytest.raises(Invalid, match="month"):
            Month.parse(text)
    berlin = Month(2027, 3).within(zone_named("Europe/Berlin"))
    assert str(berlin) == str(Period.parse("2027-02-28T23:00:00Z", "2027-03-31T22:00:00Z"))
    span = {"start": "2017-05-15T00:00:00Z", "end": "2017-07-10T00:00:00Z"}
    month = contract(billing_period="month", time_zone="UTC", **span)
    months = [Month(2017, number).within(zone_named("UTC")) for number in (5, 6, 7, 8)]
    within = [periods_in(month, each) for each in months]
    assert [len(found) for found in within] == [1, 1, 1, 0]
    assert within[2][0].duration_us == 9 * US_PER_DAY
