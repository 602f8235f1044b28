"""Servitization, the lines behind it and the smile curve over HTTP; `web` mounts the router."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request

from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.servitization.model import Grain
from lineshaft.valuechain.servitization.service import (
    LINES_PAGE_MAX,
    Asked,
    Curve,
    Dashboard,
    LinePage,
    curve_content,
    dashboard_content,
    rates_named,
    where_named,
)

ROOT = "/api/v1/valuechain"
LINES_PAGE = 100
AFTER_CHARACTERS_MAX = 20
WHERE_MAX = 20
"""Keys and rates of one question."""

Version = Annotated[int | None, Query(ge=1, description="Of the books; without it the last one.")]
Month = Annotated[str, Query(description="Such as 2026-03; without it there is no bound.")]
Periods = Annotated[Grain, Query(description="Periods of the trend.")]
Site = Annotated[str, Query(description="Only what this site did.")]
Currency = Annotated[str, Query(description="To count in, where there are several.")]
Rates = Annotated[
    list[str], Query(max_length=WHERE_MAX, description="Such as USD=0.92; may be repeated.")
]
Where = Annotated[
    list[str],
    Query(
        max_length=WHERE_MAX,
        description="What a figure says under `lines`, such as kind=service; may be repeated.",
    ),
]
After = Annotated[
    str, Query(max_length=AFTER_CHARACTERS_MAX, description="`next` of the page before.")
]
Size = Annotated[int, Query(ge=1, le=LINES_PAGE_MAX, description="Lines at most.")]


class Figures(Protocol):
    """The use cases of the firm that are asked."""

    def servitization(self, actor: Actor, asked: Asked, version: int | None = None) -> Dashboard:
        """Compute every figure of servitization."""
        ...

    def lines(
        self,
        actor: Actor,
        where: Mapping[str, str],
        after: str = "",
        limit: int = 100,
        *,
        version: int | None = None,
    ) -> LinePage:
        """Return a page of the lines behind a figure."""
        ...

    def smile(
        self,
        actor: Actor,
        currency: str = "",
        rates: Sequence[str] = (),
        version: int | None = None,
    ) -> tuple[Curve, ...]:
        """Return the smile curve of all months and of each quarter."""
        ...


class PeriodAsked:
    """The months that are asked for, and the periods of the trend."""

    def __init__(
        self, first: Month = "", last: Month = "", grain: Periods = Grain.QUARTER, site: Site = ""
    ) -> None:
        """Take the question as it is."""
        self.first, self.last, self.grain = first, last, grain
        self.where = {"site": site} if site else {}


class RatesAsked:
    """The currency to count in, and the rates of the others into it."""

    def __init__(self, currency: Currency = "", rate: Rates = []) -> None:  # noqa: B006 - FastAPI
        """Take the question as it is."""
        self.currency, self.listed = currency, rate


def router(figures: Figures, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        figures: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])
    _add_servitization(routes, figures)

    @routes.get(ROOT + "/servitization/lines")
    def lines(
        request: Request,
        where: Where = [],  # noqa: B006 - FastAPI copies it
        after: After = "",
        size: Size = LINES_PAGE,
        version: Version = None,
    ) -> dict[str, Any]:
        """Return a page of the document lines behind a figure, with exact amounts."""
        chosen = where_named(where)
        found = figures.lines(request.state.actor, chosen, after, size, version=version)
        return {"lines": list(found.lines), "next": found.after}

    return routes


def _add_servitization(routes: APIRouter, figures: Figures) -> None:
    @routes.get(ROOT + "/servitization")
    def servitization(
        request: Request,
        period: Annotated[PeriodAsked, Depends()],
        rates: Annotated[RatesAsked, Depends()],
        version: Version = None,
    ) -> dict[str, Any]:
        """Return every figure of servitization, its trend and the stages of service lines."""
        asked = Asked(
            first=period.first,
            last=period.last,
            grain=period.grain,
            where=period.where,
            rates=rates_named(rates.currency, rates.listed),
        )
        return dashboard_content(figures.servitization(request.state.actor, asked, version))

    @routes.get(ROOT + "/smile")
    def smile(
        request: Request, rates: Annotated[RatesAsked, Depends()], version: Version = None
    ) -> dict[str, Any]:
        """Return margin per hour along the value chain, the curve, and each quarter's."""
        found = figures.smile(request.state.actor, rates.currency, rates.listed, version)
        return {"curves": [curve_content(each) for each in found]}
