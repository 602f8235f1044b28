"""The kept books over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import REPEATABLE, read_body, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.versions.model import NOTE_CHARACTERS_MAX, UPLOAD_BYTES_MAX, KeptVersion

BOOKS = "/api/v1/valuechain/books"
_UPLOAD: dict[str, Any] = REPEATABLE | {
    "requestBody": {
        "required": True,
        "description": "An Excel workbook, or a zip of CSV files.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

Paged = Annotated[ListPage, Depends()]
Becomes = Annotated[int, Query(ge=1, description="The version that it becomes: the next one.")]
Note = Annotated[str, Query(max_length=NOTE_CHARACTERS_MAX, description="Why, for people.")]


def router(books: FirmBooks, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        books: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])

    @routes.get(BOOKS, responses=FILES)
    def versions(
        request: Request, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return the versions of the firm's books."""
        found = books.versions(request.state.actor)
        return listed(request, "books", found, KeptVersion.to_content, (_place, page, shape))

    @routes.post(BOOKS, openapi_extra=_UPLOAD)
    async def import_books(request: Request, version: Becomes, note: Note = "") -> dict[str, Any]:
        """Check books and keep them as the next version, all of them or nothing."""
        upload = await read_body(request, UPLOAD_BYTES_MAX)
        actor = request.state.actor
        made = await run_in_threadpool(books.import_upload, actor, upload, version, note)
        return made.to_content()

    @routes.get(BOOKS + "/{version}/{table}", responses=FILES)
    def table(
        request: Request,
        version: int,
        table: str,
        page: Paged,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return a table of a version, row by row as it was imported."""
        columns, rows = books.table(request.state.actor, table, version)
        found = [
            {"row": number, **dict(zip(columns, row, strict=True))}
            for number, row in enumerate(rows, start=1)
        ]
        return listed(request, "rows", found, dict, (_row, page, shape))

    return routes


def _place(version: KeptVersion) -> tuple[int]:
    return (version.version,)


def _row(row: dict[str, Any]) -> tuple[int]:
    return (row["row"],)
