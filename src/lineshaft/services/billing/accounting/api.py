"""The ledger over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.infrastructure.sheets import MEDIA_TYPES, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.accounting import lists
from lineshaft.services.billing.accounting.model import (
    TEXT_CHARACTERS_MAX,
    Grouping,
    RevenueQuery,
)
from lineshaft.services.billing.accounting.service import Ledger
from lineshaft.services.billing.service import Billing

LEDGER = "/api/v1/ledger"

ActorOf = Callable[[Request], Actor]
Text = Annotated[str | None, Query(max_length=TEXT_CHARACTERS_MAX)]
Paged = Annotated[ListPage, Depends()]
Before = Annotated[
    str | None,
    Query(max_length=TEXT_CHARACTERS_MAX, description="What belongs to a time before (RFC 3339)."),
]
KnownAt = Annotated[
    str | None,
    Query(max_length=TEXT_CHARACTERS_MAX, description="What was posted by then (RFC 3339)."),
]
FirstMonth = Annotated[
    str | None, Query(max_length=TEXT_CHARACTERS_MAX, description="Such as 2026-03, inclusive.")
]
_SHEETS: dict[str, Any] = {
    media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
    for media_type in MEDIA_TYPES.values()
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page as JSON; the whole list as CSV or Excel, by the Accept header.",
        "content": {"application/json": {"schema": {"type": "object"}}, **_SHEETS},
    }
}


def router(ledger: Ledger, billing: Billing, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        ledger: the use cases of accounting.
        billing: of the trial balance.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["ledger"])
    _add_accounts(routes, ledger, billing)
    _add_revenue(routes, ledger)
    _add_tax(routes, ledger)
    return routes


def _add_accounts(routes: APIRouter, ledger: Ledger, billing: Billing) -> None:
    @routes.get(LEDGER + "/trial-balance", responses=_ANSWERS)
    def trial_balance(
        request: Request,
        page: Paged,
        before: Before = None,
        known_at: KnownAt = None,
    ) -> Response:
        """Return debits, credits and balance of each account and currency."""
        actor = request.state.actor
        listing = lists.trial_balance(billing, actor, _instant(before), _instant(known_at))
        return _answer(request, listing, page)

    @routes.get(LEDGER + "/accounts/{account}", responses=_ANSWERS)
    def statement(
        request: Request,
        page: Paged,
        account: str,
        currency: Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)],
    ) -> Response:
        """Return the entries of an account in one currency, with the balance after each."""
        listing = lists.statement(ledger, request.state.actor, account, currency)
        return _answer(request, listing, page)

    @routes.get(LEDGER + "/receivables", responses=_ANSWERS)
    def receivables(request: Request, page: Paged) -> Response:
        """Return what customers owe, by the age of the documents."""
        listing = lists.receivables(ledger, request.state.actor)
        return _answer(request, listing, page)


def _add_revenue(routes: APIRouter, ledger: Ledger) -> None:
    @routes.get(LEDGER + "/revenue", responses=_ANSWERS)
    def revenue(  # noqa: PLR0913, PLR0917 - the fields of a query
        request: Request,
        page: Paged,
        by: Grouping = Grouping.MONTH,
        offering: Text = None,
        contract: Text = None,
        machine: Text = None,
        first_month: FirstMonth = None,
        last_month: FirstMonth = None,
    ) -> Response:
        """Return revenue by offering, contract, machine or month: recognised and deferred."""
        query = _query(offering, contract, machine, (first_month, last_month))
        listing = lists.revenue(ledger, request.state.actor, by, query)
        return _answer(request, listing, page)

    @routes.get(LEDGER + "/revenue/lines", responses=_ANSWERS)
    def lines(  # noqa: PLR0913, PLR0917 - the fields of a query
        request: Request,
        page: Paged,
        offering: Text = None,
        contract: Text = None,
        machine: Text = None,
        first_month: FirstMonth = None,
        last_month: FirstMonth = None,
    ) -> Response:
        """Return the slices of document lines behind revenue."""
        query = _query(offering, contract, machine, (first_month, last_month))
        listing = lists.revenue_lines(ledger, request.state.actor, query)
        return _answer(request, listing, page)

    @routes.put(LEDGER + "/recognitions/{month}")
    def recognise(request: Request, month: str) -> dict[str, Any]:
        """Recognise the revenue of a month that is over; again changes nothing."""
        found = ledger.recognise(request.state.actor, month)
        return {"month": found.month, "documents": found.documents}


def _add_tax(routes: APIRouter, ledger: Ledger) -> None:
    @routes.get(LEDGER + "/vat", responses=_ANSWERS)
    def vat(
        request: Request,
        page: Paged,
        start: Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)],
        end: Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)],
    ) -> Response:
        """Return turnover and tax of the documents whose service period begins in a span."""
        listing = lists.vat(ledger, request.state.actor, Period.parse(start, end))
        return _answer(request, listing, page)


def _answer(request: Request, listing: lists.Listing, page: ListPage) -> Response:
    wanted = request.headers.get("accept", "")
    for shape, media_type in MEDIA_TYPES.items():
        if media_type.partition(";")[0] in wanted:
            return sheet_answer(listing.sheet(), SheetFormat(shape), listing.name)
    name = listing.name.replace("-", "_")
    return paged(request, name, listing.pages(page.request), listing.content)


def _query(
    offering: str | None,
    contract: str | None,
    machine: str | None,
    months: tuple[str | None, str | None],
) -> RevenueQuery:
    return RevenueQuery(
        offering=offering,
        contract=contract,
        machine=machine,
        first_month=months[0],
        last_month=months[1],
    )


def _instant(text: str | None) -> Instant | None:
    return None if text is None else parse_instant(text)
