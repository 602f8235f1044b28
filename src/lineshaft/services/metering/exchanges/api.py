"""Exchanges of meters over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.metering.exchanges.model import ExchangeVersion, MeterExchange
from lineshaft.services.metering.exchanges.service import MeterExchanges

PATH = "/api/v1/meter-exchanges"
TEXT_CHARACTERS_MAX = 200

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Machine that the meters are on.")
]


def router(exchanges: MeterExchanges, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        exchanges: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["metering"])

    @routes.get(PATH, responses=FILES)
    def of_machine(
        request: Request,
        machine: MachineText,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return every version of the exchanges on a machine, with who has approved it."""
        found = exchanges.exchanges(request.state.actor, machine)
        wanted = (_place, page, shape)
        return listed(request, "exchanges", found, ExchangeVersion.to_content, wanted)

    @routes.put(PATH + "/{id_}/versions/{version}")
    def record(
        request: Request, id_: str, version: int, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Record a version; the same again changes nothing. Exact numbers are written as texts."""
        exchange = MeterExchange.from_content({**content, "id": id_})
        return exchanges.record(request.state.actor, exchange, version).to_content()

    @routes.post(PATH + "/{id_}/versions/{version}/approval", openapi_extra=REPEATABLE)
    def approve(request: Request, id_: str, version: int) -> dict[str, Any]:
        """Approve the last version, as another person than the one who recorded it."""
        return exchanges.approve(request.state.actor, id_, version).to_content()

    return routes


def _place(version: ExchangeVersion) -> tuple[str, int]:
    return version.exchange.id, version.version
