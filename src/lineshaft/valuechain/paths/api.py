"""The national paths over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.paths.model import (
    AXES,
    LANGUAGES,
    PATHS,
    TYPES,
    ActorLink,
    Correction,
    Evidence,
    PathFilter,
    PathRecord,
    Text,
)
from lineshaft.valuechain.paths.service import NationalPaths, PathEvent

ROOT = "/api/v1/valuechain/paths"
Content = dict[str, Any]
Paged = Annotated[ListPage, Depends()]


class AskedPaths:
    """Which records a request asks for; a dependency of its route."""

    def __init__(
        self,
        path: Annotated[list[str], Query(description=f"Of {', '.join(PATHS)}.")] = [],  # noqa: B006 - FastAPI copies it
        axis: Annotated[list[str], Query(description=f"Of {', '.join(AXES)}.")] = [],  # noqa: B006 - FastAPI copies it
        type_: Annotated[
            list[str], Query(alias="type", description=f"Of actors: {', '.join(TYPES)}.")
        ] = [],  # noqa: B006 - FastAPI copies it
    ) -> None:
        """Make the filter; a parameter may be repeated, and without it all are asked for."""
        self.wanted = PathFilter(tuple(path), tuple(axis), tuple(type_))


Asked = Annotated[AskedPaths, Depends()]


def router(paths: NationalPaths, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        paths: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])

    @routes.get(ROOT, responses=FILES)
    def records(
        request: Request, asked: Asked, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return the records of the national paths by axis, in both languages."""
        found = paths.read(request.state.actor, asked.wanted).records
        return _listed(request, "records", [_record(each) for each in found], (page, shape))

    @routes.get(ROOT + "/events", responses=FILES)
    def events(
        request: Request, asked: Asked, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return what has a year, the oldest first; a corrected year stands beside the paper's."""
        found = paths.read(request.state.actor, asked.wanted).events
        return _listed(request, "events", [_event(each) for each in found], (page, shape))

    @routes.get(ROOT + "/actors")
    def actors(request: Request, asked: Asked) -> Content:
        """Return the graph: actors, what they act on, and links with their sources."""
        graph = paths.read(request.state.actor, asked.wanted).graph
        return {
            "nodes": [_record(each) for each in graph.nodes],
            "links": [_link(each) for each in graph.links],
        }

    @routes.get(ROOT + "/corrections", responses=FILES)
    def corrections(
        request: Request, asked: Asked, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return what other sources say where a paper errs, beside the paper's words."""
        found = paths.read(request.state.actor, asked.wanted).corrections
        return _listed(request, "corrections", [_fixed(each) for each in found], (page, shape))

    return routes


def _listed(
    request: Request, name: str, contents: list[Content], wanted: tuple[ListPage, ListFormat]
) -> Response:
    ranked = [{"rank": rank} | each for rank, each in enumerate(contents, start=1)]
    return listed(request, name, ranked, dict, (lambda each: (each["rank"],), *wanted))


def _text(text: Text) -> Content:
    return {language: text.of(language) for language in LANGUAGES}


def _evidence(evidence: Evidence) -> Content:
    return {
        "paper": evidence.paper,
        "section": evidence.section,
        "quote": evidence.quote,
        "quote_in_english": evidence.translated,
        "cited": evidence.cited,
        "external": evidence.external,
    }


def _record(record: PathRecord) -> Content:
    return {
        "id": record.id,
        "path": record.path,
        "axis": record.axis,
        "type": record.type,
        "name": _text(record.name),
        "role": _text(record.role),
        "years": record.years,
        "founded": record.founded,
        "reorganised": record.reorganised,
        "parts": record.parts,
        "total": record.total,
        "confidence": record.confidence,
        "evidence": _evidence(record.evidence),
    }


def _event(event: PathEvent) -> Content:
    return {"year": event.year, "event": event.what, "record": _record(event.record)}


def _link(link: ActorLink) -> Content:
    return {
        "source": link.source,
        "target": link.target,
        "kind": link.kind,
        "contradicted_by": link.contradicted_by,
        "evidence": _evidence(link.evidence),
    }


def _fixed(correction: Correction) -> Content:
    return {
        "id": correction.id,
        "record": correction.record,
        "paper": _evidence(correction.evidence),
        "others_say": _text(correction.says),
        "sources": [_text(each) for each in correction.sources],
        "year": correction.year,
    }
