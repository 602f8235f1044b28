"""Incidents and agreed exclusions over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.incidents.model import (
    AgreedExclusion,
    AnyVersion,
    RecordedVersion,
    ServiceIncident,
    SubjectKind,
)
from lineshaft.services.incidents.service import Incidents

INCIDENTS, EXCLUSIONS = "/api/v1/incidents", "/api/v1/exclusions"
TEXT_CHARACTERS_MAX = 200
VERSION = "/{id_}/versions/{version}"
APPROVAL = VERSION + "/approval"

ActorOf = Callable[[Request], Actor]
MachineText = Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX, description="Of this machine.")]
Content = Annotated[dict[str, Any], Body()]


class ReportedContent(BaseModel):
    """What is wrong with a machine, in words."""

    machine: str = Field(max_length=TEXT_CHARACTERS_MAX, description="Of which machine.")
    text: str = Field(description="What is wrong.")


def router(incidents: Incidents, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        incidents: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["incidents"])
    _add_incidents(routes, incidents)
    _add_exclusions(routes, incidents)
    return routes


def _add_incidents(routes: APIRouter, incidents: Incidents) -> None:
    @routes.get(INCIDENTS, responses=FILES)
    def of_machine(
        request: Request,
        machine: MachineText,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return every version of the incidents of a machine, with who has agreed to it."""
        found = incidents.incidents(request.state.actor, machine)
        wanted = (_place, page, shape)
        return listed(request, "incidents", found, RecordedVersion.to_content, wanted)

    @routes.post(INCIDENTS, openapi_extra=REPEATABLE)
    def report(request: Request, asked: ReportedContent) -> dict[str, Any]:
        """Say that something is wrong with a machine: an incident begins now."""
        return incidents.report(request.state.actor, asked.machine, asked.text).to_content()

    @routes.put(INCIDENTS + VERSION)
    def record(request: Request, id_: str, version: int, content: Content) -> dict[str, Any]:
        """Record a version of an incident; the same again changes nothing."""
        incident = ServiceIncident.from_content({**content, "id": id_})
        return incidents.record(request.state.actor, incident, version).to_content()

    @routes.post(INCIDENTS + APPROVAL, openapi_extra=REPEATABLE)
    def approve(request: Request, id_: str, version: int) -> dict[str, Any]:
        """Agree to the last version of an incident, for the side that the caller is on."""
        kind = SubjectKind.INCIDENT
        return incidents.approve(request.state.actor, kind, id_, version).to_content()


def _add_exclusions(routes: APIRouter, incidents: Incidents) -> None:
    @routes.get(EXCLUSIONS, responses=FILES)
    def of_machine(
        request: Request,
        machine: MachineText,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return every version of the exclusions of a machine, with who has agreed to it."""
        found = incidents.exclusions(request.state.actor, machine)
        wanted = (_place, page, shape)
        return listed(request, "exclusions", found, RecordedVersion.to_content, wanted)

    @routes.put(EXCLUSIONS + VERSION)
    def record(request: Request, id_: str, version: int, content: Content) -> dict[str, Any]:
        """Record a version of an exclusion; the same again changes nothing."""
        exclusion = AgreedExclusion.from_content({**content, "id": id_})
        return incidents.record(request.state.actor, exclusion, version).to_content()

    @routes.post(EXCLUSIONS + APPROVAL, openapi_extra=REPEATABLE)
    def approve(request: Request, id_: str, version: int) -> dict[str, Any]:
        """Agree to the last version of an exclusion, for the side that the caller is on."""
        kind = SubjectKind.EXCLUSION
        return incidents.approve(request.state.actor, kind, id_, version).to_content()


def _place(version: AnyVersion) -> tuple[str, int]:
    return version.subject.id, version.version
