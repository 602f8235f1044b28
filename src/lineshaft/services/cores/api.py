"""Cores over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.pages import page_of
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.cores.model import TEXT_CHARACTERS_MAX, Core, CoreVersion
from lineshaft.services.cores.service import Cores

PATH = "/api/v1/cores"

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Machine that the parts belong to.")
]


def router(cores: Cores, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        cores: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["cores"])

    @routes.get(PATH)
    def listed(
        request: Request, machine: MachineText, page: Annotated[ListPage, Depends()]
    ) -> Response:
        """Return every version of the cores of a machine: delivered, returned, inspected."""
        found = cores.cores(request.state.actor, machine)
        shown = page_of("cores", found, _place, page.request)
        return paged(request, "cores", shown, CoreVersion.to_content)

    @routes.put(PATH + "/{id_}/versions/{version}")
    def record(
        request: Request, id_: str, version: int, content: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Record a version, which counts from now on; the same again changes nothing."""
        core = Core.from_content({**content, "id": id_})
        return cores.record(request.state.actor, core, version).to_content()

    return routes


def _place(version: CoreVersion) -> tuple[str, int]:
    return version.core.id, version.version
