"""Which list of the ledger a query names: for the page, and for the file of the same."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.core.month import Month
from lineshaft.core.period import Instant, Period, day_start, month_period
from lineshaft.infrastructure.sheets import SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.accounting import service
from lineshaft.services.billing.accounting.model import Grouping, RevenueQuery
from lineshaft.web.finance_files import ForVisitor
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit

FILE = "/files/finance/ledger"
"""Without its ending."""
BALANCE, AGES, VAT, LINES, STATEMENT = "balance", "ages", "vat", "lines", "statement"
VIEWS = (BALANCE, *Grouping, AGES, VAT)
"""What the page offers; lines and statements are reached from them."""
REVENUE_FIELDS = ("offering", "contract", "machine", "first_month", "last_month")
_ONE_DAY = dt.timedelta(days=1)

Asked = Mapping[str, str]


def listing(
    actor: Actor, application: Application, asked: Asked, zone: ZoneInfo
) -> service.Listing:
    """Return the list that a query names.

    Args:
        actor: who asks.
        application: the use cases.
        asked: the fields of the query that are not empty.
        zone: whose civil days and months count.

    Raises:
        Invalid: for a view, day or month that is none.
    """
    view, ledger = asked.get("view", BALANCE), application.ledger
    if view == BALANCE:
        instants = _day_end(asked.get("until"), zone), _day_end(asked.get("known"), zone)
        return service.trial_balance(application.billing, actor, *instants)
    if view == STATEMENT:
        named = asked.get("account", ""), asked.get("currency", "")
        return service.statement(ledger, actor, *named)
    if view == AGES:
        return service.receivables(ledger, actor)
    if view == VAT:
        return service.vat(ledger, actor, _months(asked, application.clock.now(), zone))
    query = RevenueQuery(**{name: asked.get(name) for name in REVENUE_FIELDS})
    if view == LINES:
        return service.revenue_lines(ledger, actor, query)
    if view not in set(Grouping):
        msg = f"the ledger has no view {view[:40]!r}: expected {', '.join(VIEWS)}"
        raise Invalid(msg)
    return service.revenue(ledger, actor, Grouping(view), query)


def asked_of(request: Request) -> dict[str, str]:
    """Return the fields of a query that say something."""
    return {name: value for name, value in request.query_params.items() if value}


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the list as a file."""

    @app.get(FILE + ".{shape}", include_in_schema=False)
    async def file(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(listing, visitor.application, asked_of(request), visitor.zone)
            sheet = found.sheet()
            return await asyncio.to_thread(sheet_answer, sheet, shape, found.name)

        return await for_visitor(request, load)


def _day_end(text: str | None, zone: ZoneInfo) -> Instant | None:
    """Return the first instant after a civil day."""
    if text is None:
        return None
    try:
        return day_start(dt.date.fromisoformat(text) + _ONE_DAY, zone)
    except (ValueError, OverflowError) as error:
        msg = f"cannot read the day {text[:20]!r}: expected such as 2026-03-31"
        raise Invalid(msg) from error


def _months(asked: Asked, now: Instant, zone: ZoneInfo) -> Period:
    """Return the span of the months that are asked for; the whole of time where none is."""
    first, last = asked.get("first_month"), asked.get("last_month")
    start = Instant(0) if first is None else _month(first, zone).start
    return Period(start, Instant(now + 1) if last is None else _month(last, zone).end)


def _month(text: str, zone: ZoneInfo) -> Period:
    Month.parse(text)
    year, _, month = text.partition("-")
    return month_period(int(year), int(month), zone)
