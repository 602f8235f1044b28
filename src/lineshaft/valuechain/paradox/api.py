"""Strength beside dependence over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.paradox.model import COUNTRIES_MAX

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.kept.service import KeptTrade
    from lineshaft.valuechain.paradox.service import PlacedItem, Trajectory

DEPENDENCE = "/api/v1/valuechain/dependence"
TRADE = "/api/v1/valuechain/trade"
UPGRADING = "/api/v1/valuechain/upgrading"
HORIZON_DAYS, HORIZON_DAYS_MAX = 180, 3_660
Paged = Annotated[ListPage, Depends()]
Books = Annotated[int | None, Query(ge=1, description="Of the books; without it the last one.")]
Network = Annotated[
    int | None, Query(ge=1, description="Of the supply network; without it the last one.")
]
Horizon = Annotated[int, Query(ge=1, le=HORIZON_DAYS_MAX, description="Days to requalify in.")]
Country = Annotated[int, Path(ge=0, lt=COUNTRIES_MAX, description="Numeric code of BACI.")]
Version = Annotated[int | None, Query(ge=1, description="Of the trade; without it the last one.")]


class FirmItems(Protocol):
    """The firm, above this package: places its own items, from what the hub keeps."""

    def items(
        self,
        actor: Actor,
        horizon_days: int = ...,
        version: int | None = ...,
        network: int | None = ...,
    ) -> "list[PlacedItem]":
        """Place them by the last versions of books and network, or those that are named."""
        ...

    def upgrading(self, actor: Actor, version: int | None = None) -> "Trajectory":
        """Return the firm's way up through the years."""
        ...


def router(firm: FirmItems, trade: "KeptTrade", actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        firm: the use cases of the firm's own items.
        trade: those of the kept trade.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])
    _add_items(routes, firm)
    _add_countries(routes, trade)
    return routes


def _add_items(routes: APIRouter, firm: FirmItems) -> None:
    @routes.get(DEPENDENCE, responses=FILES)
    def items(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
        request: Request,
        page: Paged,
        version: Books = None,
        network: Network = None,
        horizon_days: Horizon = HORIZON_DAYS,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the firm's own items by competitiveness and vulnerability."""
        from lineshaft.valuechain.paradox.service import item_content  # noqa: PLC0415

        placed = firm.items(request.state.actor, horizon_days, version, network)
        rows = [item_content(each, rank) for rank, each in enumerate(placed, start=1)]
        return listed(request, "items", rows, dict, (_rank, page, shape))

    @routes.get(UPGRADING)
    def upgrading(request: Request, version: Books = None) -> dict[str, Any]:
        """Return the firm's way up through the years, by scale and by control."""
        from lineshaft.valuechain.paradox.service import step_content  # noqa: PLC0415

        found = firm.upgrading(request.state.actor, version)
        return {"years": [step_content(*each) for each in found]}


def _add_countries(routes: APIRouter, trade: "KeptTrade") -> None:
    @routes.get(TRADE)
    def kept(request: Request) -> dict[str, Any]:
        """Return the versions of the world's trade that are kept, the last one first."""
        return {"trade": [each.to_content() for each in trade.versions(request.state.actor)]}

    @routes.get(DEPENDENCE + "/{country}")
    def country(request: Request, country: Country, version: Version = None) -> dict[str, Any]:
        """Return what is said of a country's products together, and those that are depended on."""
        from lineshaft.valuechain.paradox.service import (  # noqa: PLC0415 - when it is asked
            point_content,
            quadrant_content,
        )

        found = trade.country(request.state.actor, country, version)
        listed_ = [point_content(each) for each in found.quadrant.points if each.is_listed]
        said = {"version": found.version.version, "name": found.name, "listed": listed_}
        return quadrant_content(found.quadrant) | said

    @routes.get(DEPENDENCE + "/{country}/products", responses=FILES)
    def products(
        request: Request,
        country: Country,
        page: Paged,
        version: Version = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return all products of a country, each with its place in the quadrant."""
        rows = product_rows(trade, request.state.actor, country, version)
        return listed(request, "products", rows, dict, (_rank, page, shape))


def product_rows(
    trade: "KeptTrade", actor: Actor, country: int, version: int | None
) -> list[dict[str, Any]]:
    """Return all products of a country as rows, the dual paradox first."""
    from lineshaft.valuechain.paradox.service import point_content  # noqa: PLC0415 - see above

    found = trade.country(actor, country, version)
    return [
        {"rank": rank, "name": found.version.products.get(each.product, "")}
        | point_content(each)
        | {"years": " ".join(map(str, each.years))}
        for rank, each in enumerate(found.quadrant.points, start=1)
    ]


def _rank(row: dict[str, Any]) -> tuple[int]:
    return (row["rank"],)
