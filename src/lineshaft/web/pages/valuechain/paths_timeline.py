"""The time line of the national paths: years downwards, a lane for each path, no zoom."""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from lineshaft.valuechain.paths.model import Correction
from lineshaft.valuechain.paths.service import PathEvent, labels
from lineshaft.web.components import facts, panel
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.paths_record import stands_on
from lineshaft.web.session import Visit

YEAR_PX = 18
"""Of every year without an event between two with one: the line is as long as the time."""


def timeline(
    visit: Visit,
    events: Sequence[PathEvent],
    shown: Sequence[str],
    fixed: Mapping[str, Correction],
    beside: Child,
) -> Html:
    """Draw events by year and path; each opens to its source.

    Args:
        visit: who looks.
        events: the oldest first.
        shown: the paths that have a lane.
        fixed: corrections by the record that they are about.
        beside: the heading.
    """
    name = visit.say("paths.timeline")
    if not events:
        return panel(name, tag("p", visit.say("paths.no_event")))
    by_year = {year: list(group) for year, group in groupby(events, key=lambda each: each.year)}
    gaps = [later - year - 1 for year, later in pairwise(by_year)] + [0]
    rows = []
    for (year, found), gap in zip(by_year.items(), gaps, strict=True):
        lanes = [
            tag(
                "ul",
                [_event(visit, each, fixed) for each in found if each.record.path == path],
                data_path=path,
                class_="paths-lane",
            )
            for path in shown
        ]
        rows.append(
            tag(
                "li",
                tag("span", str(year), class_="paths-year"),
                lanes,
                style=f"--gap: {gap * YEAR_PX}px" if gap else None,
            )
        )
    names = labels("path", visit.language)
    heads = [tag("span", names[path], data_path=path) for path in shown]
    head = tag("div", tag("span", ""), heads, class_="paths-lanes", aria_hidden="true")
    line = tag("ol", rows, class_="paths-line", aria_label=name)
    text = tag("p", visit.say("paths.timeline_text"), class_="soft")
    style = f"--lanes: {len(shown)}"
    return panel(name, text, tag("div", head, line, style=style), beside=beside)


def _event(visit: Visit, event: PathEvent, fixed: Mapping[str, Correction]) -> Html:
    each = event.record
    what = "" if event.what == "named" else labels("event", visit.language)[event.what]
    if event.what == "named" and len(each.years) > 1:
        what = visit.say("paths.until", year=each.years[-1])
    path = labels("path", visit.language)[each.path]
    head = tag(
        "summary",
        tag("span", f"{path}: ", class_="visually-hidden"),
        each.name.of(visit.language),
        tag("span", f" {what}", class_="soft") if what else None,
    )
    found = stands_on(visit, each, fixed.get(each.id))
    known = tag("details", head, facts(found, is_list=True), class_="figure")
    return tag("li", known, class_="is-corrected" if event.what == "corrected" else None)
