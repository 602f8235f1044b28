"""Use cases on the national paths: beside each other by axis, along time, and who acts on whom.

Nothing here says which path is the best: the source itself calls each "relatively optimal" for its
place and time. The records come with the package: the command line reads them as they are, the hub
shows them to whoever may read national tables.
"""

from collections.abc import Sequence

import msgspec

from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.valuechain.paths.catalogue import catalogue
from lineshaft.valuechain.paths.errors import (
    UnknownActorType,
    UnknownAxis,
    UnknownLanguage,
    UnknownPath,
)
from lineshaft.valuechain.paths.model import (
    AXES,
    LANGUAGES,
    PATHS,
    TYPES,
    ActorLink,
    Correction,
    PathCatalogue,
    PathFilter,
    PathRecord,
)

ALL = Resource("table", "*")
EVERYTHING = PathFilter()
NAMED_MAX, NAMED_CHARACTERS_MAX = 3, 40
"""Of what a refusal repeats."""

Row = dict[str, str]
"""Of a view in one language, ready for a table or a file."""


class AxisRow(msgspec.Struct, frozen=True):
    """The records of one axis, path beside path in the order of `PATHS`."""

    axis: str
    cells: tuple[tuple[PathRecord, ...], ...]


class PathEvent(msgspec.Struct, frozen=True):
    """Something of a year; `what` is named, founded, reorganised or corrected."""

    year: int
    what: str
    record: PathRecord


class ActorGraph(msgspec.Struct, frozen=True):
    """Who acts on whom: actors, what they act on, and links."""

    nodes: tuple[PathRecord, ...]
    links: tuple[ActorLink, ...]


class ShownPaths(msgspec.Struct, frozen=True):
    """What is wanted of the paths, in every view."""

    wanted: PathFilter
    axes: tuple[AxisRow, ...]
    events: tuple[PathEvent, ...]
    graph: ActorGraph
    corrections: tuple[Correction, ...]

    @property
    def records(self) -> tuple[PathRecord, ...]:
        """The records, axis by axis and path by path."""
        return tuple(each for row in self.axes for cell in row.cells for each in cell)


class NationalPaths:
    """The paths as the hub shows them."""

    def __init__(self, authorizer: Authorizer) -> None:
        """Take who decides who may read."""
        self._authorizer = authorizer

    def read(self, actor: Actor, wanted: PathFilter = EVERYTHING) -> ShownPaths:
        """Return what is wanted, in every view.

        Raises:
            ActionForbidden: when the actor may not read national tables.
            UnknownPath, UnknownAxis, UnknownActorType: naming those that there are.
        """
        self._authorizer.authorize(actor, Action.TABLE_READ, ALL)
        return ShownPaths(
            wanted, compare(wanted), timeline(wanted), actors(wanted), corrections(wanted)
        )


def compare(wanted: PathFilter = EVERYTHING) -> tuple[AxisRow, ...]:
    """Return what is wanted by axis, path beside path; an axis without records is left out.

    Raises:
        UnknownPath, UnknownAxis, UnknownActorType: naming those that there are.
    """
    records = _wanted(wanted)
    rows = (
        AxisRow(
            axis,
            tuple(
                tuple(each for each in records if (each.axis, each.path) == (axis, path))
                for path in PATHS
            ),
        )
        for axis in AXES
    )
    return tuple(row for row in rows if any(row.cells))


def timeline(wanted: PathFilter = EVERYTHING) -> tuple[PathEvent, ...]:
    """Return what has a year, the oldest first; a corrected year stands beside the paper's.

    Raises:
        UnknownPath, UnknownAxis, UnknownActorType: as `compare`.
    """
    known = catalogue()
    found = []
    for each in _wanted(wanted):
        found += [PathEvent(year, "named", each) for year in each.years[:1]]
        for what, year in (("founded", each.founded), ("reorganised", each.reorganised)):
            found += [] if year is None else [PathEvent(year, what, each)]
        found += [
            PathEvent(one.year, "corrected", each)
            for one in known.corrected(each.id)
            if one.year is not None
        ]
    return tuple(sorted(found, key=lambda each: (each.year, PATHS.index(each.record.path))))


def actors(wanted: PathFilter = EVERYTHING) -> ActorGraph:
    """Return the graph of the actors that are wanted.

    Of some paths or axes only, it keeps the links between what is left. Of some types of actors, it
    keeps what they act on too, and what acts on them: a link has two ends.

    Raises:
        UnknownPath, UnknownAxis, UnknownActorType: as `compare`.
    """
    chosen = {each.id for each in _wanted(wanted)}
    around = {each.id for each in _wanted(PathFilter(wanted.paths, wanted.axes))}
    known = catalogue()
    links = tuple(
        each
        for each in known.links
        if {each.source, each.target} <= around and chosen & {each.source, each.target}
    )
    linked = {name for each in links for name in (each.source, each.target)}
    nodes = (
        each
        for each in known.records
        if each.id in linked or (each.id in chosen and each.axis == "actor")
    )
    return ActorGraph(tuple(nodes), links)


def corrections(wanted: PathFilter = EVERYTHING) -> tuple[Correction, ...]:
    """Return the corrections of the records that are wanted, and those that are of no path."""
    known = {each.id for each in _wanted(wanted)} | {""}
    return tuple(each for each in catalogue().corrections if each.record in known)


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
    known = _told_in(language)
    return [
        {
            "type": known.words["type"][each.type].of(language) if each.type else "",
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
            "source": each.evidence.told(language),
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
            "paper": each.evidence.told(language),
            "quote": each.evidence.quote,
            "quote_in_english": each.evidence.translated,
            "other_sources_say": each.says.of(language),
            "sources": each.sources_in(language),
        }
        for each in found
    ]


def labels(kind: str, language: str) -> dict[str, str]:
    """Return what each `path`, `axis`, `type`, `link`, `event` or `confidence` is called.

    Raises:
        UnknownLanguage: as `comparison_rows`.
    """
    return {key: text.of(language) for key, text in _told_in(language).words[kind].items()}


def _wanted(wanted: PathFilter) -> list[PathRecord]:
    for given, known, error, what in (
        (wanted.paths, PATHS, UnknownPath, "path"),
        (wanted.axes, AXES, UnknownAxis, "axis"),
        (wanted.types, TYPES, UnknownActorType, "type of actor"),
    ):
        unknown = sorted(set(given) - set(known))
        if unknown:
            named = ", ".join(each[:NAMED_CHARACTERS_MAX] for each in unknown[:NAMED_MAX])
            msg = f"no {what} is called {named}: expected some of {', '.join(known)}"
            raise error(msg)
    return [each for each in catalogue().records if wanted.takes(each)]


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
        "source": each.evidence.told(language),
        "confidence": known.words["confidence"][each.confidence].of(language),
        "corrections": "; ".join(one.says.of(language) for one in known.corrected(each.id)),
    }
