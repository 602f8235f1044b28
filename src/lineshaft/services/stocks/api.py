"""Deliveries and counts over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.pages import page_of
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.stocks.model import TEXT_CHARACTERS_MAX, StockRecord, StockVersion
from lineshaft.services.stocks.service import Stocks

PATH = "/api/v1/stock-records"

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Machine that they are recorded under.")
]


def router(stocks: Stocks, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        stocks: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["stocks"])

    @routes.get(PATH)
    def listed(
        request: Request, machine: MachineText, page: Annotated[ListPage, Depends()]
    ) -> Response:
        """Return every version of the deliveries and counts of a machine."""
        found = stocks.records(request.state.actor, machine)
        shown = page_of("records", found, _place, page.request)
        return paged(request, "records", shown, StockVersion.to_content)

    @routes.put(PATH + "/{id_}/versions/{version}")
    def record(
        request: Request, id_: str, version: int, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Record a version, which counts from now on; the same again changes nothing."""
        told = StockRecord.from_content({**content, "id": id_})
        return stocks.record(request.state.actor, told, version).to_content()

    return routes


def _place(version: StockVersion) -> tuple[str, int]:
    return version.record.id, version.version
