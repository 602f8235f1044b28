"""Lists of finance as CSV: the month's close, what is owed, what became known late."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from fastapi import FastAPI, Request, Response

from lineshaft.core.period import format_instant
from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat, sheet_answer
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.closing.model import CloseRow, Month
from lineshaft.services.billing.model import LatePeriod
from lineshaft.services.billing.receivables.model import Claim
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""

_CLOSE = ("contract", "customer", "start", "end", "step", "documents", "owed", "open", "currency")
_CLAIMS = (
    "document",
    "contract",
    "due_on",
    "overdue_days",
    "state",
    "dunning_level",
    "is_disputed",
    "open",
    "currency",
)
_LATE = ("document", "contract", "start", "end", "meters")


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/finance/close.csv", include_in_schema=False)
    async def close(request: Request, month: str, zone: str = "") -> Response:
        async def load(visitor: Visit) -> Response:
            wanted = Month.parse(month)
            found = await visitor.ask(_rows, visitor.application, wanted, zone or None)
            return await _answer("close", _CLOSE, map(_close_row, found), f"close-{wanted}")

        return await for_visitor(request, load)

    @app.get("/files/finance/receivables.csv", include_in_schema=False)
    async def receivables(request: Request) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(_claims, visitor.application)
            return await _answer("receivables", _CLAIMS, map(_claim_row, found), "receivables")

        return await for_visitor(request, load)

    @app.get("/files/finance/late.csv", include_in_schema=False)
    async def late(request: Request) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(_late, visitor.application)
            return await _answer("late", _LATE, map(_late_row, found), "late")

        return await for_visitor(request, load)


async def _answer(
    title: str, columns: Sequence[str], rows: Iterator[Sequence[Cell]], name: str
) -> Response:
    sheet = Sheet(title, columns, rows)
    return await asyncio.to_thread(sheet_answer, sheet, SheetFormat.CSV, name)


def _rows(actor: Actor, application: Application, month: Month, zone: str | None) -> list[CloseRow]:
    page = application.closing.month(actor, month, zone)
    found = list(page.rows)
    while page.next is not None:
        page = application.closing.month(actor, month, zone, page.next)
        found += page.rows
    return found


def _claims(actor: Actor, application: Application) -> list[Claim]:
    page = application.receivables.open_claims(actor)
    found = list(page.claims)
    while page.next is not None:
        page = application.receivables.open_claims(actor, page.next)
        found += page.claims
    return found


def _late(actor: Actor, application: Application) -> list[LatePeriod]:
    page = application.billing.late(actor)
    found = list(page.periods)
    while page.next is not None:
        page = application.billing.late(actor, page.next)
        found += page.periods
    return found


def _close_row(row: CloseRow) -> Sequence[Cell]:
    owed = sum((head.owed.amount for head in row.documents), start=0)
    still_open = sum((claim.open.amount for claim in row.claims), start=0)
    return (
        row.contract.id,
        row.contract.customer.name,
        format_instant(row.period.start),
        format_instant(row.period.end),
        row.step.value,
        " ".join(head.number for head in row.documents),
        owed,
        still_open,
        row.contract.currency,
    )


def _claim_row(claim: Claim) -> Sequence[Cell]:
    return (
        claim.document.number,
        claim.document.contract,
        claim.due_on,
        claim.overdue_days,
        claim.state.value,
        claim.dunning_level,
        claim.dispute is not None,
        claim.open.amount,
        claim.open.currency,
    )


def _late_row(late: LatePeriod) -> Sequence[Cell]:
    return (
        late.document.number,
        late.document.contract,
        format_instant(late.document.period.start),
        format_instant(late.document.period.end),
        ", ".join(late.meters),
    )
