"""Use cases on the national paths: beside each other by axis, along time, and who acts on whom.

Nothing here says which path is the best: the source itself calls each "relatively optimal" for its
place and time. Nothing is of the hub, so no action is authorised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lineshaft.valuechain.paths.catalogue import catalogue
from lineshaft.valuechain.paths.errors import UnknownAxis, UnknownLanguage
from lineshaft.valuechain.paths.model import (
    AXES,
    LANGUAGES,
    PATHS,
    ActorLink,
    Correction,
    PathCatalogue,
    PathRecord,
)

Row = dict[str, str]
"""Of a view in one language, ready for a table or a file."""


@dataclass(frozen=True, slots=True)
class AxisRow:
    """The records of one axis, path beside path in the order of `PATHS`."""

    axis: str
    cells: tuple[tuple[PathRecord, ...], ...]


@dataclass(frozen=True, slots=True)
class PathEvent:
    """Something of a year; `what` is named, founded, reorganised or corrected."""

    year: int
    what: str
    record: PathRecord


@dataclass(frozen=True, slots=True)
class ActorGraph:
    """Who acts on whom: actors, what they act on, and links."""

    nodes: tuple[PathRecord, ...]
    links: tuple[ActorLink, ...]


def compare(axes: Sequence[str] = ()) -> tuple[AxisRow, ...]:
    """Return the records of some axes, or of all, path beside path.

    Raises:
        UnknownAxis: naming the axes that there are.
    """
    records = _of_axes(axes)
    return tuple(
        AxisRow(
            axis,
            tuple(
                tuple(each for each in records if (each.axis, each.path) == (axis, path))
                for path in PATHS
            ),
        )
        for axis in AXES
        if axis in (axes or AXES)
    )


def timeline(axes: Sequence[str] = ()) -> tuple[PathEvent, ...]:
    """Return what has a year, the oldest first; a corrected year stands beside the paper's.

    Raises:
        UnknownAxis: as `compare`.
    """
    known = catalogue()
    found = []
    for each in _of_axes(axes):
        found += [PathEvent(year, "named", each) for year in each.years[:1]]
        for what, year in (("founded", each.founded), ("reorganised", each.reorganised)):
            found += [] if year is None else [PathEvent(year, what, each)]
        found += [
            PathEvent(one.year, "corrected", each)
            for one in known.corrected(each.id)
            if one.year is not None
        ]
    return tuple(sorted(found, key=lambda each: (each.year, PATHS.index(each.record.path))))


def actors(axes: Sequence[str] = ()) -> ActorGraph:
    """Return the graph of actors; of some axes only, it keeps the links between what is left.

    Raises:
        UnknownAxis: as `compare`.
    """
    wanted = {each.id for each in _of_axes(axes)}
    known = catalogue()
    links = tuple(each for each in known.links if {each.source, each.target} <= wanted)
    linked = {name for each in links for name in (each.source, each.target)}
    nodes = (
        each
        for each in known.records
        if each.id in wanted and (each.axis == "actor" or each.id in linked)
    )
    return ActorGraph(tuple(nodes), links)


def corrections(axes: Sequence[str] = ()) -> tuple[Correction, ...]:
    """Return the corrections of records of some axes, and those that are of no path."""
    wanted = {each.id for each in _of_axes(axes)} | {""}
    return tuple(each for each in catalogue().corrections if each.record in wanted)


def comparison_rows(rows: Sequence[AxisRow], language: str) -> list[Row]:
    """Return a comparison as rows: axis, path and all of one record.

    Raises:
        UnknownLanguage: naming the languages that there are.
    """
    return [_record_row(each, language) for row in rows for cell in row.cells for each in cell]


def timeline_rows(events: Sequence[PathEvent], language: str) -> list[Row]:
    """Return a time line as rows.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    known = _told_in(language)
    return [
        {
            "year": str(each.year),
            "event": known.words["event"][each.what].of(language),
            **_record_row(each.record, language),
        }
        for each in events
    ]


def actor_rows(graph: ActorGraph, language: str) -> list[Row]:
    """Return the nodes of a graph as rows.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    return [
        {
            "type": each.type,
            "founded": "" if each.founded is None else str(each.founded),
            "reorganised": "" if each.reorganised is None else str(each.reorganised),
            **_record_row(each, language),
        }
        for each in graph.nodes
    ]


def link_rows(graph: ActorGraph, language: str) -> list[Row]:
    """Return the links of a graph as rows; names, not ids.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    known = _told_in(language)
    name = {each.id: each.name.of(language) for each in graph.nodes}
    return [
        {
            "from": name[each.source],
            "link": known.words["link"][each.kind].of(language),
            "to": name[each.target],
            "quote": each.evidence.quote,
            "source": str(each.evidence),
            "contradicted_by": each.contradicted_by,
        }
        for each in graph.links
    ]


def correction_rows(found: Sequence[Correction], language: str) -> list[Row]:
    """Return corrections as rows: the paper's words, and what others say.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    _told_in(language)
    return [
        {
            "correction": each.id,
            "paper": str(each.evidence),
            "quote": each.evidence.quote,
            "other_sources_say": each.says.of(language),
            "sources": "; ".join(each.sources),
        }
        for each in found
    ]


def labels(kind: str, language: str) -> dict[str, str]:
    """Return what each `path`, `axis` or `link` is called.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    return {key: text.of(language) for key, text in _told_in(language).words[kind].items()}


def _of_axes(axes: Sequence[str]) -> list[PathRecord]:
    unknown = sorted(set(axes) - set(AXES))
    if unknown:
        msg = f"no axis is called {', '.join(unknown)}: expected some of {', '.join(AXES)}"
        raise UnknownAxis(msg)
    return [each for each in catalogue().records if each.axis in (axes or AXES)]


def _told_in(language: str) -> PathCatalogue:
    if language not in LANGUAGES:
        msg = f"the paths are not told in {language!r}: expected {' or '.join(LANGUAGES)}"
        raise UnknownLanguage(msg)
    return catalogue()


def _record_row(each: PathRecord, language: str) -> Row:
    known = _told_in(language)
    return {
        "axis": known.words["axis"][each.axis].of(language),
        "path": known.words["path"][each.path].of(language),
        "name": each.name.of(language),
        "years": "-".join(map(str, each.years)),
        "role": each.role.of(language),
        "quote": each.evidence.quote,
        "source": str(each.evidence),
        "confidence": known.words["confidence"][each.confidence].of(language),
        "corrections": "; ".join(one.says.of(language) for one in known.corrected(each.id)),
    }
