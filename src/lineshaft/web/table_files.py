"""Files of the national tables: the sample, the figures of a country, what a what-if comes to."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, Request, Response

from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.valuechain.inputoutput.kept.api import figure_content
from lineshaft.valuechain.inputoutput.kept.model import Lever
from lineshaft.valuechain.inputoutput.kept.service import SAMPLE, sample_file
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
FIGURE_COLUMNS = (
    "indicator",
    "symbol",
    "country",
    "industry",
    "value",
    "unit",
    "table",
    "vintage",
    "coverage",
    "formula",
    "source",
    "is_verified",
    "missing",
)
DIGITS = 12
"""Of a float in a file: what is behind them is rounding of the computation."""
EFFECT_COLUMNS = (
    "country",
    "industry",
    "output",
    "output_change",
    "value_added",
    "value_added_change",
)


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/valuechain/table-sample.csv", include_in_schema=False)
    async def sample(request: Request) -> Response:
        async def load(visitor: Visit) -> Response:
            # Who may not see a table needs no sample of one.
            await visitor.ask(visitor.application.tables.tables)
            content = await asyncio.to_thread(sample_file)
            headers = {"content-disposition": f'attachment; filename="{SAMPLE}"'}
            return Response(content, media_type="text/csv", headers=headers)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/tables/{name}/figures.{shape}", include_in_schema=False)
    async def figures(request: Request, name: str, shape: SheetFormat, country: str) -> Response:
        is_all = request.query_params.get("all") == "1"

        async def load(visitor: Visit) -> Response:
            tables = visitor.application.tables
            found = await visitor.ask(tables.figures, name, country, is_all_wanted=is_all)
            rows = [figure_content(n, each) for n, each in enumerate(found, start=1)]
            return await _sheet(FIGURE_COLUMNS, rows, f"{name}-{country}", shape)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/tables/{name}/what-if.{shape}", include_in_schema=False)
    async def what_if(request: Request, name: str, shape: SheetFormat) -> Response:
        changes = request.query_params.getlist("change")

        async def load(visitor: Visit) -> Response:
            tables, levers = visitor.application.tables, [Lever.from_text(one) for one in changes]
            found = await visitor.ask(tables.what_if, name, levers, None)
            effects = [found.world, *found.countries, *found.industries]
            rows = [each.to_content() for each in effects]
            return await _sheet(EFFECT_COLUMNS, rows, f"{name}-what-if", shape)

        return await for_visitor(request, load)


async def _sheet(
    columns: tuple[str, ...], rows: list[dict[str, Any]], name: str, shape: SheetFormat
) -> Response:
    cells = ([_cell(row[column]) for column in columns] for row in rows)
    sheet = Sheet("table", list(columns), cells)
    return await asyncio.to_thread(sheet_answer, sheet, shape, name)


def _cell(value: Any) -> Cell:
    found: Cell = Decimal(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
    return found
