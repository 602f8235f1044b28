"""The kept supply network over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import READING, REPEATABLE, read_body, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.supplynetwork.versions.care import Care
from lineshaft.valuechain.supplynetwork.versions.model import (
    NAME_CHARACTERS_MAX,
    AskedOutage,
    OutageScenario,
)
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks
from lineshaft.valuechain.versions.model import NOTE_CHARACTERS_MAX, UPLOAD_BYTES_MAX, KeptVersion

ROOT = "/api/v1/valuechain"
NETWORKS, SCENARIOS = ROOT + "/networks", ROOT + "/scenarios"
JSON = "application/json"
_UPLOAD: dict[str, Any] = REPEATABLE | {
    "requestBody": {
        "required": True,
        "description": "An Excel workbook, or a zip of CSV files.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

Content = Annotated[dict[str, Any], Body()]
Paged = Annotated[ListPage, Depends()]
Version = Annotated[
    int | None, Query(ge=1, description="Of the supply network; without it the last one.")
]
Before = Annotated[
    int | None,
    Query(ge=1, description="To compare with; without it the last one that is a week older."),
]
Becomes = Annotated[int, Query(ge=1, description="The version that it becomes: the next one.")]
Note = Annotated[str, Query(max_length=NOTE_CHARACTERS_MAX, description="Why, for people.")]


def router(networks: SupplyNetworks, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        networks: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])
    _add_versions(routes, networks)
    _add_register(routes, networks)
    _add_care(routes, networks)
    _add_outages(routes, networks)
    return routes


def _add_versions(routes: APIRouter, networks: SupplyNetworks) -> None:
    @routes.get(NETWORKS, responses=FILES)
    def versions(
        request: Request, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return the versions of the supply network."""
        found = networks.versions(request.state.actor)
        wanted = (_version_place, page, shape)
        return listed(request, "networks", found, KeptVersion.to_content, wanted)

    @routes.post(NETWORKS, openapi_extra=_UPLOAD)
    async def import_network(request: Request, version: Becomes, note: Note = "") -> dict[str, Any]:
        """Check a supply network and keep it as the next version, all of it or nothing."""
        upload = await read_body(request, UPLOAD_BYTES_MAX)
        actor = request.state.actor
        made = await run_in_threadpool(networks.import_upload, actor, upload, version, note)
        return made.to_content()

    @routes.get(ROOT + "/picture")
    def picture(request: Request, version: Version = None) -> dict[str, Any]:
        """Return a version as nodes with places, links, and places of a map."""
        return networks.picture(request.state.actor, version)


def _add_register(routes: APIRouter, networks: SupplyNetworks) -> None:
    @routes.get(ROOT + "/register", responses=FILES)
    def register(
        request: Request,
        page: Paged,
        version: Version = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the single sources, the most margin at risk a week first."""
        rows = networks.register(request.state.actor, version).rows()
        return listed(request, "dependencies", rows, dict, (_rank, page, shape))

    @routes.get(ROOT + "/register/changes", responses=FILES)
    def changes(
        request: Request,
        page: Paged,
        version: Version = None,
        before: Before = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return what changed in the register since an older version."""
        rows = networks.register(request.state.actor, version, before).changed()
        return listed(request, "changes", rows, dict, (_rank, page, shape))


def _add_care(routes: APIRouter, networks: SupplyNetworks) -> None:
    @routes.get(ROOT + "/register/{item}/care")
    def notes(request: Request, item: str) -> dict[str, Any]:
        """Return what was noted of who looks after a dependency, the last note first."""
        found = networks.care.notes(request.state.actor, item)
        return {"notes": [each.to_content() for each in found]}

    @routes.put(ROOT + "/register/{item}/care")
    def note(request: Request, item: str, content: Content) -> dict[str, Any]:
        """Note who looks after a dependency; an owner of null: whom the files name."""
        networks.care.note(request.state.actor, item, Care.from_content(content))
        return notes(request, item)


def _add_outages(routes: APIRouter, networks: SupplyNetworks) -> None:
    @routes.post(ROOT + "/outage-runs", openapi_extra=READING)
    def run(request: Request, content: Content, version: Version = None) -> Response:
        """Answer what an outage does, what it costs, and what cures it."""
        asked = AskedOutage.from_content(content)
        return _as_it_is(networks.what_if(request.state.actor, asked, version))

    @routes.get(SCENARIOS, responses=FILES)
    def scenarios(
        request: Request, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return the outage scenarios that are kept."""
        found = networks.scenarios(request.state.actor)
        wanted = (_scenario_place, page, shape)
        return listed(request, "scenarios", found, OutageScenario.to_content, wanted)

    @routes.get(SCENARIOS + "/{id_}")
    def scenario(request: Request, id_: str) -> Response:
        """Return a scenario: its question, the hashes of its files, its answer."""
        return _as_it_is(networks.scenario(request.state.actor, id_)[1])

    @routes.put(SCENARIOS + "/{id_}")
    def save(
        request: Request, id_: str, content: Content, version: Version = None
    ) -> dict[str, Any]:
        """Answer a question and keep it; the same again changes nothing."""
        name = content.get("name")
        if not isinstance(name, str) or len(name) > NAME_CHARACTERS_MAX:
            msg = f"expected a name of 1 to {NAME_CHARACTERS_MAX} characters, and a question"
            raise Invalid(msg)
        asked = AskedOutage.from_content(content.get("question"))
        made = networks.save_scenario(request.state.actor, (id_, name), asked, version)
        return made.to_content()

    @routes.get(SCENARIOS + "/{id_}/again")
    def again(request: Request, id_: str, version: Version = None) -> dict[str, Any]:
        """Ask a scenario again: the same bytes, or which files changed."""
        return networks.ask_again(request.state.actor, id_, version).to_content()


def _as_it_is(content: bytes) -> Response:
    return Response(content, media_type=JSON, headers={"cache-control": "no-store"})


def _version_place(version: KeptVersion) -> tuple[int]:
    return (version.version,)


def _scenario_place(scenario: OutageScenario) -> tuple[int, str]:
    return (scenario.saved_at, scenario.id)


def _rank(row: dict[str, Any]) -> tuple[int]:
    return (row["rank"],)
