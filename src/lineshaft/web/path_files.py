"""Files of the national paths: records, events, links and corrections, in the reader's language."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import FastAPI, Request, Response

from lineshaft.infrastructure.sheets import Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.valuechain.paths.service import (
    Row,
    ShownPaths,
    comparison_rows,
    correction_rows,
    link_rows,
    timeline_rows,
)
from lineshaft.web.pages.valuechain.paths import filter_of
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
View = Literal["records", "events", "links", "corrections"]


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/valuechain/paths/{view}.{shape}", include_in_schema=False)
    async def file(request: Request, view: View, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(visitor.application.paths.read, filter_of(request))
            rows = _rows(found, view, visitor.language)
            columns = list(rows[0]) if rows else ["path"]
            sheet = Sheet(view, columns, (list(row.values()) for row in rows))
            return await asyncio.to_thread(sheet_answer, sheet, shape, f"paths-{view}")

        return await for_visitor(request, load)


def _rows(found: ShownPaths, view: View, language: str) -> list[Row]:
    match view:
        case "records":
            return comparison_rows(found.axes, language)
        case "events":
            return timeline_rows(found.events, language)
        case "links":
            return link_rows(found.graph, language)
        case "corrections":
            return correction_rows(found.corrections, language)
