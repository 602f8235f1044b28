"""Pages: every item that stays is seen once, whatever comes and goes meanwhile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import (
    PAGE_SIZE_MAX,
    CursorInvalid,
    PageRequest,
    cursor_at,
    page_of,
    place_of,
)

Item = tuple[str, int]
ITEMS = st.sets(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(before=ITEMS, after=ITEMS, size=st.integers(1, 5))
def test_what_stays_is_seen_once_while_items_come_and_go(
    before: set[Item], after: set[Item], size: int
) -> None:
    seen: list[Item] = []
    cursor, listed = "", sorted(before)
    while True:
        page = page_of("things", listed, lambda item: item, PageRequest(size, cursor))
        assert len(page.items) <= size
        seen += page.items
        if page.next is None:
            break
        cursor, listed = page.next, sorted(after)  # after the first page the list is another
    assert len(seen) == len(set(seen))
    assert (before & after) - set(seen) == set() or len(before) <= size
    assert len(before) > size or seen == sorted(before)


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "W10", "bnVsbA", "éé", cursor_at("others", "a", 1), cursor_at("things", "a")),
        *(cursor_at("things", 1, "a"), cursor_at("things", "a", 1, 1)),
    ],
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        place_of("things", cursor, ("", 0))


def test_a_page_has_a_maximum() -> None:
    assert place_of("things", cursor_at("things", "é,", 7), ("", 0)) == ("é,", 7)
    for size in (0, PAGE_SIZE_MAX + 1):
        with pytest.raises(Invalid):
            PageRequest(size)
