"""The report for the board: what it will hold, in which language, with which outage; its files."""

from collections.abc import Sequence

import msgspec
from fastapi import Request

from lineshaft.core.errors import LineshaftError
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.valuechain.report.model import BoardReport, ReportLanguage, ReportSection
from lineshaft.valuechain.supplynetwork.versions.model import OutageScenario
from lineshaft.web import errors
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    download,
    link_button,
    notice,
    page_head,
    panel,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.tabs import OUTAGE, REPORT, tabs
from lineshaft.web.report_files import FILE, in_time, wanted
from lineshaft.web.session import Visit
from lineshaft.web.texts import Language

SCENARIOS_SHOWN = 200
ALWAYS = {"summary", "paths", "sources"}
"""Sections that need no data of their own."""


class _Wanted(msgspec.Struct, frozen=True):
    """What the files are asked by."""

    language: ReportLanguage
    scenario: str

    @property
    def query(self) -> dict[str, str]:
        """Return the query of the files."""
        found = {"language": self.language.value}
        return found | {"scenario": self.scenario} if self.scenario else found


async def build(visit: Visit, request: Request) -> None:
    """Show the choices, the files, and what each section has and lacks."""
    title(visit, visit.say("report.title"))
    lead = visit.say("report.lead")
    show(page_head(visit.say("report.title"), lead=lead, beside=tabs(visit, "report.title")))
    kept = await visit.ask(visit.application.networks.scenarios)
    language, scenario = wanted(request, visit.language)
    asked = _Wanted(
        language, scenario or ("" if "scenario" in request.query_params else _last(kept))
    )
    show(_choices(visit, asked, kept))
    try:
        reports = visit.application.reports
        found = await in_time(visit.ask(reports.report, asked.language, asked.scenario))
    except LineshaftError as error:
        show(errors.explained(visit, error))
        return
    show(_files(visit, asked, found))
    show(_sections(visit, found))
    may_bring = await visit.may(Action.NETWORK_WRITE, Resource("network", "*"))
    if may_bring and any(each.missing for each in found.sections):
        show(notice(visit.say("report.bring"), _ways(visit), kind=""))


def _last(kept: Sequence[OutageScenario]) -> str:
    """Return the scenario that was saved last; empty where there is none."""
    return kept[0].id if kept else ""


def _choices(visit: Visit, asked: _Wanted, kept: Sequence[OutageScenario]) -> Html:
    languages = [
        tag("option", Language(each.tag).own_name, value=each, selected=each is asked.language)
        for each in ReportLanguage
    ]
    scenarios = [tag("option", visit.say("report.no_scenario"), value="")]
    scenarios += [
        tag("option", each.name, value=each.id, selected=each.id == asked.scenario)
        for each in kept[:SCENARIOS_SHOWN]
    ]
    form = tag(
        "form",
        _field(visit.say("report.language"), "language", languages),
        _field(visit.say("report.scenario"), "scenario", scenarios),
        tag("button", visit.say("report.choose"), class_="button"),
        method="get",
        action=REPORT,
        class_="filters",
    )
    none = None
    if not kept:
        way = link_button(visit.say("supply.outage"), OUTAGE, kind="small")
        none = tag("p", visit.say("report.no_scenarios"), " ", way, class_="soft")
    return panel(visit.say("report.question"), form, none)


def _field(label: str, name: str, options: Sequence[Html]) -> Html:
    chooser = tag("select", options, name=name, class_="field")
    return tag("label", tag("span", label, class_="soft"), " ", chooser)


def _files(visit: Visit, asked: _Wanted, found: BoardReport) -> Html:
    query = asked.query
    opened = tag(
        "a",
        visit.say("report.open"),
        href=address(f"{FILE}.html", query),
        class_="button primary",
        target="_blank",
        rel="noopener",
    )
    files: list[Child] = [opened]
    files += [
        download(name, address(f"{FILE}.{ending}", query))
        for name, ending in (("PDF", "pdf"), ("Excel", "xlsx"))
    ]
    said = tag("p", found.as_of, class_="soft", lang=found.language.tag)
    return panel(visit.say("report.files"), said, tag("div", files, class_="actions"))


def _sections(visit: Visit, found: BoardReport) -> Html:
    columns = [
        Column(visit.say("report.section")),
        Column(visit.say("report.state")),
        Column(visit.say("report.holds")),
        Column(visit.say("report.lacks")),
    ]
    rows = [_row(visit, each, found.language) for each in found.sections]
    name = visit.say("report.sections")
    return panel(name, table(name, columns, rows), is_flush=True)


def _row(visit: Visit, section: ReportSection, language: ReportLanguage) -> Row:
    state = badge(visit.say("report.whole"), "good")
    if section.is_empty:
        state = badge(visit.say("report.empty"), "bad")
    elif section.missing and section.id not in ALWAYS:
        state = badge(visit.say("report.partly"), "warn")
    shown = sum(bool(each.shown_max) for each in section.tables)
    holds = visit.say(
        "report.counts",
        numbers=len(section.headlines),
        plots=len(section.plots),
        tables=shown,
    )
    missing = () if section.id in ALWAYS else section.missing
    lines = [tag("span", line, class_="sub", lang=language.tag) for line in missing]
    link = tag("span", section.title, lang=language.tag)
    return Row([link, state, visit.say("report.nothing") if section.is_empty else holds, lines])


def _ways(visit: Visit) -> Html:
    return tag("span", visit.say("report.bring_text"))
