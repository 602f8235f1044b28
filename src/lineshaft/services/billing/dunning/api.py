"""Reminders over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.money import Money
from lineshaft.core.pages import Page, PageRequest
from lineshaft.infrastructure.pages import (
    FILES,
    FormatParameter,
    ListFormat,
    ListPage,
    walked,
)
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.dunning.model import LEVEL_MAX, DunningTerms, Letter
from lineshaft.services.billing.dunning.service import Dunning
from lineshaft.services.billing.receivables.content import claim_content
from lineshaft.services.billing.receivables.model import Claim, ClaimPage
from lineshaft.services.billing.receivables.paging import page_of_claims

LETTERS = "/api/v1/invoices/{number}/letters"
DUE = "/api/v1/letters-due"
_MEDIA_TYPES = {"json": "application/json", "html": "text/html", "pdf": "application/pdf"}

ActorOf = Callable[[Request], Actor]
Level = Annotated[
    int, Path(ge=0, le=LEVEL_MAX, description="0 states what is open; 1 to 3 remind.")
]


class TermsGiven(BaseModel):
    """What the letter states beside what is open; it books nothing."""

    model_config = ConfigDict(extra="forbid")

    fee: str = Field(pattern=r"^\d{1,9}(\.\d{1,4})?$", examples=["40.00"])
    currency: str = Field(pattern="^[A-Z]{3}$")
    interest_percent: str = Field(
        default="0", pattern=r"^\d{1,3}(\.\d{1,6})?$", description="A year, since it was due."
    )


def router(dunning: Dunning, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        dunning: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["receivables"])

    @routes.get(DUE, responses=FILES)
    def due(
        request: Request,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the documents that a letter is due for and not yet written.

        A page looks at 100 billed periods at most: it may have fewer items, and others behind it.
        """
        actor = request.state.actor

        def pages(asked: PageRequest) -> Page[Claim]:
            def look(before: str | None, limit: int) -> ClaimPage:
                return dunning.due(actor, before, limit)

            return page_of_claims("letters-due", look, asked)

        return walked(request, "claims", pages, claim_content, (page, shape))

    @routes.get(LETTERS)
    def letters(request: Request, number: str) -> dict[str, Any]:
        """Return the letters of a document, by level."""
        found = dunning.letters(request.state.actor, number)
        return {"letters": [_content(letter) for letter in found]}

    @routes.put(LETTERS + "/{level}", openapi_extra=REPEATABLE)
    def write(request: Request, number: str, level: Level, given: TermsGiven) -> dict[str, Any]:
        """Write a letter with its pages in both languages, once; again gives the same letter."""
        fee = Money(Decimal(given.fee), given.currency)
        terms = DunningTerms(fee, Fraction(Decimal(given.interest_percent)))
        return _content(dunning.write(request.state.actor, number, level, terms))

    @routes.get(LETTERS + "/{level}/{name}")
    def page(request: Request, number: str, level: Level, name: str) -> Response:
        """Return a file of a letter: `letter.json`, or a page such as `letter.zh-Hans.pdf`."""
        data = dunning.page(request.state.actor, number, level, name)
        media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
        headers = {
            "content-disposition": f'attachment; filename="{number}.{level}.{name}"',
            "cache-control": "no-store",
        }
        return Response(data, media_type=media_type, headers=headers)

    return routes


def _content(letter: Letter) -> dict[str, Any]:
    return {**letter.content, "sha256": letter.sha256, "written_by": letter.written_by}
