"""The American, German and Chinese paths: by axis, along time, who acts on whom, corrections."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fastapi import Request

from lineshaft.valuechain.paths.model import (
    AXES,
    CONFIDENCES,
    PAPERS,
    PATHS,
    TYPES,
    Correction,
    PathFilter,
    PathRecord,
)
from lineshaft.valuechain.paths.service import ShownPaths, labels
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    badge,
    empty_state,
    facts,
    link_button,
    page_head,
    panel,
    sheets,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.paths_graph import actor_graph
from lineshaft.web.pages.valuechain.paths_record import KINDS, record, said_by
from lineshaft.web.pages.valuechain.paths_timeline import timeline
from lineshaft.web.pages.valuechain.tabs import NATIONAL_PATHS, tabs
from lineshaft.web.session import Visit

FILES = "/files/valuechain/paths"
FILTERS: dict[str, tuple[str, ...]] = {"path": PATHS, "axis": AXES, "type": TYPES}
"""What the address may name, and which values there are."""


def filter_of(request: Request) -> PathFilter:
    """Read which records a page or a file is asked for; a parameter may be repeated."""
    named = (tuple(filter(None, request.query_params.getlist(key))) for key in FILTERS)
    return PathFilter(*named)


async def build(visit: Visit, request: Request) -> None:
    """Show the records that the address asks for."""
    name = visit.say("paths.title")
    title(visit, name)
    found = await visit.ask(visit.application.paths.read, filter_of(request))
    beside = tabs(visit, "paths.nav")
    show(page_head(name, lead=visit.say("paths.lead"), beside=beside))
    show(panel(None, _filters(visit, found.wanted), _counts(visit, found)))
    if not found.records:
        everything = link_button(visit.say("paths.all"), NATIONAL_PATHS)
        said = visit.say("paths.none.title"), visit.say("paths.none.text")
        show(empty_state(*said, action=everything), "panel")
        return
    shown = [path for path in PATHS if path in (found.wanted.paths or PATHS)]
    query = _query(found.wanted)
    fixed = {each.record: each for each in found.corrections if each.record}
    parts = [
        _chooser(visit, shown),
        _comparison(visit, found, shown, fixed),
        timeline(visit, found.events, shown, fixed, sheets(f"{FILES}/events", query)),
        *actor_graph(visit, found.graph, shown, sheets(f"{FILES}/links", query)),
    ]
    show(tag("div", parts, class_="paths"))
    show(_corrections(visit, found))
    show(_papers(visit))


def _query(wanted: PathFilter) -> Mapping[str, str]:
    """Return the filter as the query of an address."""
    given = (wanted.paths, wanted.axes, wanted.types)
    return {key: values[0] for key, values in zip(FILTERS, given, strict=True) if values}


def _filters(visit: Visit, wanted: PathFilter) -> Html:
    given = (wanted.paths, wanted.axes, wanted.types)
    fields: list[Child] = []
    for (key, values), chosen in zip(FILTERS.items(), given, strict=True):
        names = labels(key, visit.language)
        every = tag("option", visit.say(f"paths.every.{key}"), value="")
        options = [
            tag("option", names[each], value=each, selected=each in chosen) for each in values
        ]
        label = visit.say(f"paths.filter.{key}")
        fields.append(tag("select", every, options, name=key, class_="field", aria_label=label))
    send = tag("button", visit.say("paths.show"), class_="button")
    again = None
    if any(given):
        again = link_button(visit.say("paths.all"), NATIONAL_PATHS, kind="small")
    return tag("form", fields, send, again, method="get", action=NATIONAL_PATHS,
               class_="filters paths-filters")  # fmt: skip


def _counts(visit: Visit, found: ShownPaths) -> Html:
    """Say how many records there are, and how well they are confirmed."""
    of = Counter(each.confidence for each in found.records)
    names = labels("confidence", visit.language)
    pairs: list[tuple[str, Child]] = [(visit.say("paths.records"), form.grouped(of.total()))]
    pairs += [(names[each], form.grouped(of[each])) for each in CONFIDENCES]
    return facts(pairs)


def _chooser(visit: Visit, shown: Sequence[str]) -> Html | None:
    """Return what chooses the one path that a narrow screen shows; a wide one shows all."""
    if len(shown) == 1:
        return None
    names = labels("path", visit.language)
    choices = [
        tag(
            "label",
            tag("input", type="radio", name="paths-shown", value=each, checked=place == 0),
            tag("span", names[each]),
        )
        for place, each in enumerate(shown)
    ]
    legend = tag("legend", visit.say("paths.choose"), class_="visually-hidden")
    return tag("fieldset", legend, choices, class_="paths-choice")


def _comparison(
    visit: Visit, found: ShownPaths, shown: Sequence[str], fixed: Mapping[str, Correction]
) -> Html:
    """Return a table: an axis in each row, a path in each column."""
    of_paths, of_axes = labels("path", visit.language), labels("axis", visit.language)
    heads = [tag("th", of_paths[each], scope="col", data_path=each) for each in shown]
    rows = []
    for row in found.axes:
        cells = [
            tag("td", _cell(visit, row.cells[PATHS.index(each)], fixed), data_path=each)
            for each in shown
        ]
        rows.append(tag("tr", tag("th", of_axes[row.axis], scope="row"), cells))
    name = visit.say("paths.comparison")
    drawn = tag(
        "table",
        tag("caption", name, class_="visually-hidden"),
        tag("thead", tag("tr", tag("th", visit.say("paths.axis"), scope="col"), heads)),
        tag("tbody", rows),
        class_="paths-table",
    )
    files = sheets(f"{FILES}/records", _query(found.wanted))
    text = tag("p", visit.say("paths.comparison_text"), class_="pad soft")
    return panel(name, text, drawn, beside=files, is_flush=True)


def _cell(
    visit: Visit, records: Sequence[PathRecord], fixed: Mapping[str, Correction]
) -> Html | None:
    if not records:
        return tag("span", visit.say("paths.nothing"), class_="soft")
    items = [tag("li", record(visit, each, fixed.get(each.id))) for each in records]
    return tag("ul", items, class_="plain paths-records")


def _corrections(visit: Visit, found: ShownPaths) -> Html:
    """Put the words of the papers beside what other sources say."""
    columns = [
        Column(visit.say("paths.about")),
        Column(visit.say("paths.paper_says")),
        Column(visit.say("paths.others_say")),
    ]
    named = {each.id: each.name.of(visit.language) for each in found.records}
    rows = []
    for each in found.corrections:
        others = each.sources_in(visit.language)
        rows.append(
            Row(
                [
                    named.get(each.record) or visit.say("paths.of_no_path"),
                    said_by(visit, each.evidence),
                    [
                        each.says.of(visit.language),
                        tag("span", others, class_="sub"),
                    ],
                ],
                {"id": f"correction-{each.id}"},
            )
        )
    name = visit.say("paths.corrections")
    files = sheets(f"{FILES}/corrections", _query(found.wanted))
    text = tag("p", visit.say("paths.corrections_text"), class_="pad soft")
    return panel(name, text, table(name, columns, rows), beside=files, is_flush=True)


def _papers(visit: Visit) -> Html:
    """Name the papers, and say what the marks of confidence mean."""
    papers = [tag("li", each.of(visit.language)) for each in PAPERS.values()]
    names = labels("confidence", visit.language)
    marks = [
        tag("li", badge(names[each], KINDS[each]), " ", visit.say(f"paths.means.{each}"))
        for each in CONFIDENCES
    ]
    return panel(
        visit.say("paths.sources"),
        tag("ul", papers, class_="plain"),
        tag("ul", marks, class_="plain paths-marks"),
    )
