"""Estimates of usage over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.metering.estimates.model import Estimate, EstimateRecord
from lineshaft.services.metering.estimates.service import Estimates

PATH = "/api/v1/estimates"
TEXT_CHARACTERS_MAX = 200

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Machine whose usage is estimated.")
]


def router(estimates: Estimates, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        estimates: the use cases.
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
        """Return the estimates of a machine, with who has approved or withdrawn them."""
        found = estimates.estimates(request.state.actor, machine)
        wanted = (_place, page, shape)
        return listed(request, "estimates", found, EstimateRecord.to_content, wanted)

    @routes.put(PATH + "/{id_}")
    def record(
        request: Request, id_: str, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Make an estimate; the same again changes nothing. The author is whoever asks."""
        actor: Actor = request.state.actor
        estimate = Estimate.from_content({**content, "id": id_, "author": actor.id})
        return estimates.record(actor, estimate).to_content()

    @routes.post(PATH + "/{id_}/approval", openapi_extra=REPEATABLE)
    def approve(request: Request, id_: str) -> dict[str, Any]:
        """Approve it, as another person than the one who made it: it counts from now on."""
        return estimates.approve(request.state.actor, id_).to_content()

    @routes.post(PATH + "/{id_}/withdrawal", openapi_extra=REPEATABLE)
    def withdraw(request: Request, id_: str) -> dict[str, Any]:
        """Take it back: usage is measured from now on as if there were none."""
        return estimates.withdraw(request.state.actor, id_).to_content()

    return routes


def _place(record: EstimateRecord) -> tuple[str]:
    return (record.estimate.id,)
