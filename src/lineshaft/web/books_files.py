"""Files of the firm's books: a sample to fill in, a version, its tables, the list of versions."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from lineshaft.core.period import format_instant
from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.valuechain.books.service import sample_files
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
VERSION_COLUMNS = ("version", "as_of", "imported_at", "imported_by", "note", "rows", "sha256")


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/valuechain/books-sample.zip", include_in_schema=False)
    async def sample(request: Request) -> Response:
        async def load(visitor: Visit) -> Response:
            # Who may not see the books needs no sample of them.
            await visitor.ask(visitor.application.books.versions)
            return _zip(await asyncio.to_thread(sample_files), "books-sample.zip")

        return await for_visitor(request, load)

    @app.get("/files/valuechain/books.zip", include_in_schema=False)
    async def archive(request: Request, version: int | None = None) -> Response:
        async def load(visitor: Visit) -> Response:
            books = visitor.application.books
            named = await visitor.ask(books.version, version)
            content = await visitor.ask(books.archive, named.version)
            return _zip(content, f"books-{named.version}.zip")

        return await for_visitor(request, load)

    @app.get("/files/valuechain/books-versions.{shape}", include_in_schema=False)
    async def versions(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await visitor.ask(visitor.application.books.versions)
            rows: list[list[Cell]] = [
                [
                    each.version,
                    each.as_of,
                    format_instant(each.imported_at),
                    each.imported_by,
                    each.note,
                    ", ".join(f"{name} {count}" for name, count in each.rows.items()),
                    each.sha256,
                ]
                for each in found
            ]
            sheet = Sheet("versions", VERSION_COLUMNS, rows)
            return await asyncio.to_thread(sheet_answer, sheet, shape, "books-versions")

        return await for_visitor(request, load)

    @app.get("/files/valuechain/books/{table}.{shape}", include_in_schema=False)
    async def table(
        request: Request, table: str, shape: SheetFormat, version: int | None = None
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            books = visitor.application.books
            named = await visitor.ask(books.version, version)
            columns, rows = await visitor.ask(books.table, table, named.version)
            name = f"{table}-{named.version}"
            return await asyncio.to_thread(sheet_answer, Sheet(table, columns, rows), shape, name)

        return await for_visitor(request, load)


def _zip(content: bytes, name: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)
