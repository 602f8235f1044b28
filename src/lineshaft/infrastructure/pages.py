"""Lists over HTTP: pages with the same two parameters and answers everywhere, or a whole file."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query, Request, Response

from lineshaft.core.pages import PAGE_SIZE, PAGE_SIZE_MAX, Page, PageRequest, page_of
from lineshaft.infrastructure.sheets import MEDIA_TYPES, Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer

CURSOR_CHARACTERS_MAX = 500

T = TypeVar("T")
_JSON = msgspec.json.Encoder(decimal_format="number")


class ListFormat(StrEnum):
    """How a list is answered: a page as JSON, or all of it as a file."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


FormatParameter = Annotated[
    ListFormat,
    Query(alias="format", description="A page as JSON, or the whole list as a CSV or Excel file."),
]
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page; or the whole list, where a file was asked for.",
        "content": {
            media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
        },
    }
}
"""`responses` of a route whose list may be had as a file."""


class ListPage:
    """The page that a request asks for; a dependency of its route."""

    def __init__(
        self,
        size: Annotated[
            int, Query(ge=1, le=PAGE_SIZE_MAX, description="Items at most.")
        ] = PAGE_SIZE,
        after: Annotated[
            str, Query(max_length=CURSOR_CHARACTERS_MAX, description="`next` of the page before.")
        ] = "",
    ) -> None:
        """Make the request of a page."""
        self.request = PageRequest(size, after)


def paged(request: Request, name: str, page: Page[T], to_content: Callable[[T], Any]) -> Response:
    """Answer with a page, as JSON; a Decimal becomes a number with all its digits.

    `next` is the cursor of the page behind, null behind the last; the header `Link` (RFC 8288) is
    the whole address of that page.
    """
    headers = {"cache-control": "no-store"}
    if page.next is not None:
        following = request.url.include_query_params(after=page.next)
        headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    content = {name: [to_content(item) for item in page.items], "next": page.next}
    return Response(_JSON.encode(content), media_type="application/json", headers=headers)


def listed(
    request: Request,
    name: str,
    items: Sequence[T],
    to_content: Callable[[T], dict[str, Any]],
    wanted: tuple[Callable[[T], tuple[str | int, ...]], ListPage, ListFormat],
) -> Response:
    """Answer with a page of a list that is at hand, or with all of it as a file.

    Args:
        request: that asks.
        name: of the list, of its member in JSON and of the file.
        items: all of them, of which there is a named maximum.
        to_content: of an item, the JSON content.
        wanted: the place of an item in the order of the list, the page, and the format.

    Raises:
        CursorInvalid: when the page begins behind a cursor of another list.
        TooManyRows: when a file cannot hold as many.
    """
    place, page, shape = wanted
    if shape is ListFormat.JSON:
        return paged(request, name, page_of(name, items, place, page.request), to_content)
    return as_file(name, map(to_content, sorted(items, key=place)), SheetFormat(shape.value))


def walked(
    request: Request,
    name: str,
    pages: Callable[[PageRequest], Page[T]],
    to_content: Callable[[T], dict[str, Any]],
    wanted: tuple[ListPage, ListFormat],
) -> Response:
    """Answer with a page of a list that is read page by page, or with all of it as a file.

    Args:
        request: that asks.
        name: of the list, of its member in JSON and of the file.
        pages: reads a page.
        to_content: of an item, the JSON content.
        wanted: the page, and the format.

    Raises:
        CursorInvalid: when the page begins behind a cursor of another list.
        TooManyRows: when a file cannot hold as many.
    """
    page, shape = wanted
    if shape is ListFormat.JSON:
        return paged(request, name, pages(page.request), to_content)
    return as_file(name, map(to_content, _every(pages)), SheetFormat(shape.value))


def _every(pages: Callable[[PageRequest], Page[T]]) -> Iterator[T]:
    after: str | None = ""
    while after is not None:
        page = pages(PageRequest(PAGE_SIZE_MAX, after))
        yield from page.items
        after = page.next


def as_file(
    name: str,
    contents: Iterable[dict[str, Any]],
    shape: SheetFormat,
    columns: Sequence[str] = (),
) -> Response:
    """Answer with JSON contents as the rows of a file; call it in a thread.

    A member of a member has a column of its own, `period.start`; a list stands in one cell as JSON.

    Args:
        name: of the list and the file.
        contents: of the items.
        shape: CSV or Excel.
        columns: in their order; none: those that the contents have, which are then all in memory.

    Raises:
        TooManyRows: when a file cannot hold as many.
    """
    rows: Iterable[dict[str, Cell]] = (dict(_cells(content)) for content in contents)
    if not columns:
        rows = list(rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = ([row.get(column) for column in columns] for row in rows)
    return sheet_answer(Sheet(name, columns, cells), shape, name)


def _cells(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Cell]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _cells(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            yield before + name, json.dumps(value, ensure_ascii=False)
        else:
            yield before + name, value
