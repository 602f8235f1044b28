"""Clock offsets over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.metering.clocks.model import ClockEntry, ClockOffset
from lineshaft.services.metering.clocks.service import Clocks

PATH = "/api/v1/clock-offsets"
TEXT_CHARACTERS_MAX = 200

ActorOf = Callable[[Request], Actor]
SourceText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Of this source only; empty: of all.")
]


def router(clocks: Clocks, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        clocks: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["metering"])

    @routes.get(PATH, responses=FILES)
    def offsets(
        request: Request,
        page: Annotated[ListPage, Depends()],
        source: SourceText = "",
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return clock offsets in the order in which they were known."""
        found = clocks.offsets(request.state.actor, SourceId(source) if source else None)
        wanted = (_place, page, shape)
        return listed(request, "offsets", found, ClockOffset.to_content, wanted)

    @routes.put(PATH + "/{id_}")
    def record(
        request: Request, id_: str, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Record `source`, `valid_from`, `offset_us` and `reason`; the same again changes nothing.

        To take an offset back, record the one that was right from the same stamp on.
        """
        entry = ClockEntry.from_content({**content, "id": id_})
        return clocks.record(request.state.actor, entry).to_content()

    return routes


def _place(offset: ClockOffset) -> tuple[int, str]:
    return offset.known_at, offset.entry.id
