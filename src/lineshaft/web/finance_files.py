"""Files of finance: the month's close, what is owed and late as CSV; letters."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI, Request, Response
from msgspec.structs import replace

from lineshaft.core.month import Month
from lineshaft.core.period import format_instant
from lineshaft.infrastructure.sheets import ROWS_MAX, Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.closing.model import CloseRow
from lineshaft.services.billing.model import (
    DOCUMENTS_PAGE_MAX,
    DocumentHead,
    DocumentQuery,
    LatePeriod,
)
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
    "disputed",
    "currency",
)
_DOCUMENTS = (
    *("number", "type", "contract", "contract_version", "customer"),
    *("start", "end", "issued_at", "gross", "currency", "sha256"),
)
_LATE = ("document", "contract", "start", "end", "meters")


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/finance/close.{shape}", include_in_schema=False)
    async def close(request: Request, shape: SheetFormat, month: str, zone: str = "") -> Response:
        async def load(visitor: Visit) -> Response:
            wanted = Month.parse(month)
            found = await visitor.ask(_rows, visitor.application, wanted, zone or None)
            sheet = Sheet("close", _CLOSE, map(_close_row, found))
            return await asyncio.to_thread(sheet_answer, sheet, shape, f"close-{wanted}")

        return await for_visitor(request, load)

    @app.get("/files/finance/receivables.{shape}", include_in_schema=False)
    async def receivables(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(_claims, visitor.application)
            sheet = Sheet("receivables", _CLAIMS, map(_claim_row, found))
            return await asyncio.to_thread(sheet_answer, sheet, shape, sheet.name)

        return await for_visitor(request, load)

    @app.get("/files/invoices.{shape}", include_in_schema=False)
    async def documents(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(_documents, visitor.application, ROWS_MAX[shape])
            sheet = Sheet("invoices", _DOCUMENTS, map(_document_row, found))
            return await asyncio.to_thread(sheet_answer, sheet, shape, sheet.name)

        return await for_visitor(request, load)

    @app.get("/files/finance/late.{shape}", include_in_schema=False)
    async def late(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(_late, visitor.application)
            sheet = Sheet("late", _LATE, map(_late_row, found))
            return await asyncio.to_thread(sheet_answer, sheet, shape, sheet.name)

        return await for_visitor(request, load)

    @app.get("/files/letters/{number}/{level}/{name}", include_in_schema=False)
    async def letter(request: Request, number: str, level: int, name: str) -> Response:
        async def load(visitor: Visit) -> Response:
            data = await visitor.ask(visitor.application.dunning.page, number, level, name)
            headers = {
                "content-disposition": f'attachment; filename="{number}.{level}.{name}"',
                "cache-control": "no-store",
            }
            media_type = "application/pdf" if name.endswith(".pdf") else "text/html"
            return Response(data, media_type=media_type, headers=headers)

        return await for_visitor(request, load)


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


def _documents(actor: Actor, application: Application, rows_max: int) -> list[DocumentHead]:
    """Return all documents that somebody may see, up to one page more than a file takes."""
    found: list[DocumentHead] = []
    query = DocumentQuery(limit=DOCUMENTS_PAGE_MAX)
    while len(found) <= rows_max:
        heads = application.billing.documents(actor, query)
        if not heads:
            break
        found += heads
        query = replace(query, before=heads[-1].number)
    return found


def _document_row(head: DocumentHead) -> Sequence[Cell]:
    return (
        head.number,
        head.type,
        head.contract,
        head.contract_version,
        head.organisation,
        format_instant(head.period.start),
        format_instant(head.period.end),
        format_instant(head.issued_at),
        head.gross.amount,
        head.gross.currency,
        head.sha256,
    )


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
        claim.disputed.amount,
        claim.open.currency,
    )


def _late_row(late: LatePeriod) -> Sequence[Cell]:
    return (
        late.document.number,
        late.document.contract,
        format_instant(late.document.period.start),
        format_instant(late.document.period.end),
        ", ".join((*late.meters, *late.recorded, *(["amended"] if late.is_amended else []))),
    )
