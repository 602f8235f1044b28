"""Facts of machines over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any, Generic

import msgspec
from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.pages import page_of
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.facts.model import TEXT_CHARACTERS_MAX, Core, F, FactVersion, StockRecord
from lineshaft.services.facts.service import Cores, MachineFacts, Stocks

CORES_PATH = "/api/v1/cores"
STOCKS_PATH = "/api/v1/stock-records"

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Machine that they are recorded under.")
]


class _Door(msgspec.Struct, Generic[F], frozen=True):
    """Where facts of a kind are found, and what reads one.

    Attributes:
        name: of the list in an answer.
        listing: what the route of the list says of itself.
    """

    path: str
    name: str
    listing: str
    read: Callable[[Any], F]


_CORES = _Door(
    CORES_PATH,
    "cores",
    "Return every version of the cores of a machine: delivered, returned, inspected",
    Core.from_content,
)
_STOCKS = _Door(
    STOCKS_PATH,
    "records",
    "Return every version of the deliveries and counts of a machine",
    StockRecord.from_content,
)


def router(cores: Cores, stocks: Stocks, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        cores: the use cases of cores.
        stocks: the use cases of deliveries and counts.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of)
    _add(routes, "cores", cores, _CORES)
    _add(routes, "stocks", stocks, _STOCKS)
    return routes


def _add(routes: APIRouter, tag: str, facts: MachineFacts[F], door: _Door[F]) -> None:
    @routes.get(door.path, summary=door.listing, tags=[tag])
    def listed(
        request: Request, machine: MachineText, page: Annotated[ListPage, Depends()]
    ) -> Response:
        found = facts.versions(request.state.actor, machine)
        shown = page_of(door.name, found, _place, page.request)
        return paged(request, door.name, shown, FactVersion.to_content)

    @routes.put(door.path + "/{id_}/versions/{version}", tags=[tag])
    def record(
        request: Request, id_: str, version: int, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Record a version, which counts from now on; the same again changes nothing."""
        fact = door.read({**content, "id": id_})
        return facts.record(request.state.actor, fact, version).to_content()


def _place(version: FactVersion[Any]) -> tuple[str, int]:
    return version.fact.id, version.version
