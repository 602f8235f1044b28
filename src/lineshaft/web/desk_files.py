"""Files of the design desk: studies and accounts of profit as CSV or for Excel."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from decimal import Decimal

from fastapi import FastAPI, Request, Response

from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.services.desk.model import GroupBy, Months
from lineshaft.services.desk.service import entries_csv, profit_csv, study_csv
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
_MARK = "\ufeff"
"""So that spreadsheets read it as UTF-8."""
_AMOUNTS = {"revenue", "credits", "costs", "margin", "net", "amount"}
"""Columns of numbers."""


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/desk/{study}.{shape}", include_in_schema=False)
    async def study_file(request: Request, study: str, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            design = visitor.application.design
            saved = await visitor.ask(design.study, study)
            found = await visitor.ask(design.run, saved.study)
            return await _file(study_csv(found), saved.study.id, shape)

        return await for_visitor(request, load)

    @app.get("/files/profit.{shape}", include_in_schema=False)
    async def profit(
        request: Request, shape: SheetFormat, first: str, last: str, by: GroupBy
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            months = Months(first, last)
            rows = await visitor.ask(visitor.application.design.profit, months, by)
            return await _file(profit_csv(rows, by), f"profit-{months.first}-{months.last}", shape)

        return await for_visitor(request, load)

    @app.get("/files/profit-entries.{shape}", include_in_schema=False)
    async def entries(request: Request, shape: SheetFormat, first: str, last: str) -> Response:
        async def load(visitor: Visit) -> Response:
            months = Months(first, last)
            found = await visitor.ask(visitor.application.design.profit_entries, months)
            name = f"profit-entries-{months.first}-{months.last}"
            return await _file(entries_csv(found), name, shape)

        return await for_visitor(request, load)


async def _file(text: str, name: str, shape: SheetFormat) -> Response:
    """Answer with a table that is written as CSV, as it is or as a workbook of the same cells."""
    if shape is SheetFormat.XLSX:
        header, *rows = csv.reader(io.StringIO(text))
        cells = ([_cell(*each) for each in zip(header, row, strict=True)] for row in rows)
        return await asyncio.to_thread(sheet_answer, Sheet("table", header, cells), shape, name)
    headers = {
        "content-disposition": f'attachment; filename="{name}.csv"',
        "cache-control": "no-store",
    }
    return Response((_MARK + text).encode(), media_type="text/csv", headers=headers)


def _cell(column: str, text: str) -> Cell:
    return Decimal(text) if column in _AMOUNTS and text else text
