"""Pages of lists over HTTP: the same two parameters and the same two answers everywhere."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query, Request, Response

from lineshaft.core.pages import PAGE_SIZE, PAGE_SIZE_MAX, Page, PageRequest

CURSOR_CHARACTERS_MAX = 500

T = TypeVar("T")
_JSON = msgspec.json.Encoder(decimal_format="number")


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
