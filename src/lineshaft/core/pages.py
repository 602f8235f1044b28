"""Pages of a list: at most so many items behind an opaque cursor.

A cursor is the place of the last item in the order of its list, not a count: items that come or go
before it move nothing, so that a reader who follows `next` sees every item that stays exactly once.
"""

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from lineshaft.core.errors import Invalid

PAGE_SIZE_MAX = 500
PAGE_SIZE = 100

T = TypeVar("T")


class CursorInvalid(Invalid):
    """A page was asked for behind a cursor that we never gave."""


class PageRequest(msgspec.Struct, frozen=True):
    """At most `size` items behind the cursor `after`; the empty cursor is the beginning."""

    size: int = PAGE_SIZE
    after: str = ""

    def __post_init__(self) -> None:
        """Refuse a page that is empty or too large."""
        if not 1 <= self.size <= PAGE_SIZE_MAX:
            msg = f"cannot give a page of {self.size}: expected 1 to {PAGE_SIZE_MAX} items"
            raise Invalid(msg)


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, and the cursor behind the last where there are more."""

    items: Sequence[T]
    next: str | None


FIRST_PAGE = PageRequest()
"""The beginning of a list."""


def cursor_at(listed: str, *place: str | int) -> str:
    """Write the cursor of a place in a list.

    Args:
        listed: name of the list, so that no other list takes the cursor.
        place: what the list is ordered by, of its last item.
    """
    data = json.dumps([listed, *place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def place_of(listed: str, cursor: str, first: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Read a cursor; that of the beginning is `first`, which lies before every item.

    Raises:
        CursorInvalid: when it is none of this list.
    """
    if not cursor:
        return first
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, *place = json.loads(data)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _invalid(listed, cursor) from error
    if name != listed or [type(part) for part in place] != [type(part) for part in first]:
        raise _invalid(listed, cursor)
    return tuple(place)


def page_of(
    listed: str, items: Sequence[T], place: Callable[[T], tuple[str | int, ...]], page: PageRequest
) -> Page[T]:
    """Return a page of a list that is at hand.

    Args:
        listed: its name.
        items: all of them, of which there is a named maximum; a page has them in the order of
            their places, whatever order a database has for texts.
        place: of an item; no two items have the same.
        page: which of them.

    Raises:
        CursorInvalid: when the page begins behind a cursor of another list.
    """
    start, ordered = 0, sorted(items, key=place)
    if page.after and ordered:
        start = bisect_right(ordered, place_of(listed, page.after, place(ordered[0])), key=place)
    shown = ordered[start : start + page.size]
    is_more = start + page.size < len(ordered)
    return Page(shown, cursor_at(listed, *place(shown[-1])) if is_more else None)


def _invalid(listed: str, cursor: str) -> CursorInvalid:
    return CursorInvalid(f"cannot go on behind {cursor[:40]!r}: that is no cursor of {listed}")
