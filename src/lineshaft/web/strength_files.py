"""Files of the three channels and of dependence: figures, lines, items, products."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, Request, Response

from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.valuechain.paradox import api as paradox_api
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
OUTCOME = "labour_productivity"


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""
    _add_channels(app, for_visitor)
    _add_dependence(app, for_visitor)


def _add_channels(app: FastAPI, for_visitor: ForVisitor) -> None:
    @app.get("/files/valuechain/channels.{shape}", include_in_schema=False)
    async def figures(
        request: Request,
        shape: SheetFormat,
        outcome: str = OUTCOME,
        version: int | None = None,
        site: str = "",
        line: str = "",
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            from lineshaft.valuechain.channels.service import figure_content  # noqa: PLC0415

            ledger = await visitor.ask(visitor.application.firm.channels, outcome, version)
            rows = [figure_content(each) for each in ledger.chosen(None, site, line)]
            return await _sheet(rows, "channels", shape)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/channel-lines.{shape}", include_in_schema=False)
    async def lines(
        request: Request, shape: SheetFormat, version: int | None = None, site: str = ""
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            from lineshaft.valuechain.channels.service import line_content  # noqa: PLC0415

            ledger = await visitor.ask(visitor.application.firm.channels, OUTCOME, version)
            rows = [line_content(each) for each in ledger.lines if site in {"", each.revenue.site}]
            return await _sheet(rows, "channel-lines", shape)

        return await for_visitor(request, load)


def _add_dependence(app: FastAPI, for_visitor: ForVisitor) -> None:
    @app.get("/files/valuechain/items.{shape}", include_in_schema=False)
    async def items(request: Request, shape: SheetFormat, version: int | None = None) -> Response:
        async def load(visitor: Visit) -> Response:
            from lineshaft.valuechain.paradox.service import item_content  # noqa: PLC0415

            placed = await visitor.ask(visitor.application.firm.items, version=version)
            rows = [item_content(each, rank) for rank, each in enumerate(placed, start=1)]
            return await _sheet(rows, "items", shape)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/products.{shape}", include_in_schema=False)
    async def products(
        request: Request, shape: SheetFormat, country: int, trade: int | None = None
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            kept = visitor.application.trade

            def rows_of(actor: Any) -> list[dict[str, Any]]:
                return paradox_api.product_rows(kept, actor, country, trade)

            return await _sheet(await visitor.ask(rows_of), f"products-{country}", shape)

        return await for_visitor(request, load)


async def _sheet(rows: list[dict[str, Any]], name: str, shape: SheetFormat) -> Response:
    columns = list(rows[0]) if rows else ["number"]
    cells = ([_cell(row[column]) for column in columns] for row in rows)
    sheet = Sheet("table", columns, cells)
    return await asyncio.to_thread(sheet_answer, sheet, shape, name)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return ", ".join(value)
    found: Cell = Decimal(repr(value)) if isinstance(value, float) else value
    return found
