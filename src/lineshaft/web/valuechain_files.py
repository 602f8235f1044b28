"""Files of the value chain: the register, a sample to fill in, outage scenarios."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from fastapi import FastAPI, Request, Response

from lineshaft.core.money import round_half_away
from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.valuechain.supplynetwork.versions.service import sample_files
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
ScenarioFormat = Literal["json", "csv", "xlsx"]
"""As it is, or its days as a table."""
_EXACT = ("margin_per_week", "cover_days", "lost_margin")
DECIMALS = 4


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/valuechain/sample.zip", include_in_schema=False)
    async def sample(request: Request) -> Response:
        async def load(visitor: Visit) -> Response:
            # Who may not see a network needs no sample of one.
            await visitor.ask(visitor.application.networks.versions)
            content = await asyncio.to_thread(sample_files)
            return _attached(content, "application/zip", "supply-network-sample.zip")

        return await for_visitor(request, load)

    @app.get("/files/valuechain/register.{shape}", include_in_schema=False)
    async def register(
        request: Request, shape: SheetFormat, version: int | None = None
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            networks = visitor.application.networks
            found = await visitor.ask(networks.register, version)
            rows = await asyncio.to_thread(found.rows)
            return await _sheet(rows, f"register-{found.version.version}", shape)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/changes.{shape}", include_in_schema=False)
    async def changes(
        request: Request,
        shape: SheetFormat,
        version: int | None = None,
        before: int | None = None,
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            networks = visitor.application.networks
            found = await visitor.ask(networks.register, version, before)
            rows = await asyncio.to_thread(found.changed)
            return await _sheet(rows, f"register-changes-{found.version.version}", shape)

        return await for_visitor(request, load)

    @app.get("/files/valuechain/scenarios/{id_}.{shape}", include_in_schema=False)
    async def scenario(request: Request, id_: str, shape: ScenarioFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            _, content = await visitor.ask(visitor.application.networks.scenario, id_)
            if shape == "json":
                return _attached(content, "application/json", f"{id_}.json")
            days = await asyncio.to_thread(json.loads, content)
            return await _sheet(days["answer"]["days"], id_, SheetFormat(shape))

        return await for_visitor(request, load)


def _attached(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


async def _sheet(rows: list[dict[str, Any]], name: str, shape: SheetFormat) -> Response:
    columns = list(rows[0]) if rows else ["rank"]
    cells = ([_cell(column, row[column]) for column in columns] for row in rows)
    sheet = Sheet("table", columns, cells)
    return await asyncio.to_thread(sheet_answer, sheet, shape, name)


def _cell(column: str, value: Any) -> Cell:
    if isinstance(value, list):
        return ", ".join(value)
    if column in _EXACT and value is not None:
        rounded: Decimal = round_half_away(Fraction(value), DECIMALS)
        return rounded
    found: Cell = value
    return found
