"""Pages of claims behind a cursor: a period may have more claims than one page has room for."""

from collections.abc import Callable

from lineshaft.core.pages import Page, PageRequest, cursor_at, place_of
from lineshaft.services.billing.receivables.model import PERIODS_PAGE_MAX, Claim, ClaimPage

Look = Callable[[str | None, int], ClaimPage]
"""Returns the claims of so many periods behind a first document."""
_WHOLE = -1
"""Place in a period in front of its first document."""


def page_of_claims(listed: str, look: Look, page: PageRequest) -> Page[Claim]:
    """Return a page of claims; one on which nothing is open has no items and may have a next.

    At most `PERIODS_PAGE_MAX` periods are looked at.

    Args:
        listed: name of the list.
        look: for the claims of periods.
        page: which.

    Raises:
        CursorInvalid: when the page begins behind a cursor of another list.
    """
    start, behind = place_of(listed, page.after, ("", _WHOLE))
    before: str | None = str(start) or None
    found: list[tuple[str, Claim]] = []
    for _ in range(PERIODS_PAGE_MAX):
        part, at = look(before, 1), before or ""
        found += [
            (at, claim)
            for claim in part.claims
            if at != start or claim.document.correction > int(behind)
        ]
        before = part.next
        if before is None or len(found) > page.size:
            break
    shown = found[: page.size]
    following = None
    if len(found) > page.size:
        place, last = shown[-1]
        following = cursor_at(listed, place, last.document.correction)
    elif before is not None:
        following = cursor_at(listed, before, _WHOLE)
    return Page([claim for _, claim in shown], following)
