"""How the hub is doing: its checks, what is stored, what was turned away, and a check of it all."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence

from fastapi import Request
from nicegui import ui

from lineshaft import __version__
from lineshaft.bootstrap.programs import READY, ProgramReport
from lineshaft.core.errors import LineshaftError
from lineshaft.core.pages import PageRequest
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.platform.historian.model import CheckReport, Mark, RefusedSegment
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    badge,
    empty_state,
    facts,
    notice,
    page_head,
    panel,
    table,
)
from lineshaft.web.controls import button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

REFUSED_SHOWN = 20
FAULTS_SHOWN = 50


async def build(visit: Visit, _request: Request) -> None:
    """Show the status."""
    title(visit, visit.say("status.title"))
    historian = visit.application.historian
    marks = await visit.ask(historian.marks)
    known_at = await visit.ask(historian.last_known_at)
    refused = await visit.ask(historian.refused_segments, PageRequest(REFUSED_SHOWN))
    show(page_head(visit.say("status.title"), lead=visit.say("status.lead")))
    show(_health(visit, await visit.ask(visit.application.programs.reports)))
    show(await _store(visit, marks, known_at))
    _check(visit)
    show(_refused(visit, list(refused.items)))


def _health(visit: Visit, programs: Sequence[ProgramReport]) -> Html:
    checks = visit.application.health.report().checks
    is_well = not any(checks.values()) and all(program.is_well for program in programs)
    whole = (
        badge(visit.say("status.well"), "good")
        if is_well
        else badge(visit.say("status.ill"), "bad")
    )
    pairs = [
        (visit.say("status.hub"), whole),
        (visit.say("status.version"), __version__),
    ]
    content = [facts(pairs), _programs(visit, programs) if programs else _checks(visit, checks)]
    return panel(visit.say("status.health"), tag("div", content, class_="part"))


def _programs(visit: Visit, programs: Sequence[ProgramReport]) -> Html:
    columns = [
        Column(visit.say("program.title")),
        Column(visit.say("program.state")),
        Column(visit.say("program.restarts"), is_number=True),
        Column(visit.say("program.health")),
    ]
    rows = [
        Row(
            [
                visit.say(f"program.{program.name}"),
                visit.say(f"program.state.{program.state}"),
                form.grouped(program.restarts),
                _checks(visit, program.checks)
                if program.state == READY
                else badge(visit.say("status.ill"), "bad"),
            ]
        )
        for program in programs
    ]
    return table(visit.say("program.title"), columns, rows)


def _checks(visit: Visit, checks: Mapping[str, str]) -> Html:
    """Say why checks fail, in the words of the program; or that none does."""
    reasons = [why for _, why in sorted(checks.items()) if why]
    if not reasons:
        return badge(visit.say("status.well"), "good")
    said = [tag("p", why, lang="en") for why in reasons]
    return tag("div", badge(visit.say("status.ill"), "bad"), said)


async def _store(visit: Visit, marks: dict[tuple[SourceId, int], Mark], known_at: Instant) -> Html:
    usage = await asyncio.to_thread(shutil.disk_usage, visit.application.settings.data_dir)
    records = sum(mark.sequence for mark in marks.values())
    pairs = facts(
        [
            (visit.say("status.records"), form.grouped(records)),
            (visit.say("status.known_at"), visit.instant(known_at) if known_at else "–"),
            (visit.say("status.free"), form.byte_size(usage.free)),
        ]
    )
    columns = [
        Column(visit.say("sources.name")),
        Column(visit.say("sources.epoch"), is_number=True),
        Column(visit.say("status.segments"), is_number=True),
        Column(visit.say("status.records"), is_number=True),
    ]
    rows = [
        Row([source, str(epoch), form.grouped(mark.number), form.grouped(mark.sequence)])
        for (source, epoch), mark in sorted(marks.items())
    ]
    content = table(visit.say("status.marks"), columns, rows) if rows else None
    return panel(visit.say("status.store"), tag("div", pairs, content, class_="part"))


def _check(visit: Visit) -> None:
    with ui.element("section").classes("panel part"):
        show(tag("h2", visit.say("check.title")))
        show(tag("p", visit.say("check.text"), class_="soft"))
        result = ui.element("div").classes("part").props("aria-live=polite")
        with ui.element("div").classes("actions"):
            control = button(visit.say("check.run"), lambda: _run(visit, result, control))


async def _run(visit: Visit, result: ui.element, control: ui.element) -> None:
    control.props("disabled")
    result.clear()
    with result:
        spinner = tag("span", class_="spinner", aria_hidden="true")
        show(tag("p", spinner, visit.say("check.running"), class_="progress", role="status"))
    try:
        report = await visit.ask(visit.application.historian.check)
    except LineshaftError as error:
        result.clear()
        errors.tell(visit, error)
    else:
        result.clear()
        with result:
            show(_found(visit, report))
    finally:
        control.props(remove="disabled")


def _found(visit: Visit, report: CheckReport) -> Html:
    counts = visit.say(
        "check.counts",
        files=form.grouped(report.files),
        segments=form.grouped(report.segments),
        records=form.grouped(report.records),
    )
    if report.is_ok:
        return notice(visit.say("check.well"), counts, kind="good")
    faults = [tag("span", fault, lang="en") for fault in report.faults[:FAULTS_SHOWN]]
    return notice(visit.say("check.faults"), counts, *faults, kind="bad")


def _refused(visit: Visit, items: list[RefusedSegment]) -> Html:
    name = visit.say("status.refused")
    if not items:
        return panel(
            name,
            empty_state(visit.say("status.no_refused.title"), visit.say("status.no_refused.text")),
        )
    columns = [
        Column(visit.say("refusals.at")),
        Column(visit.say("sources.name")),
        Column(visit.say("refusals.reason")),
        Column(visit.say("status.times"), is_number=True),
    ]
    rows = [
        Row(
            [
                visit.instant(item.received_at),
                item.source,
                tag("span", item.reason, lang="en"),
                form.grouped(item.times),
            ]
        )
        for item in items
    ]
    return panel(name, table(name, columns, rows), is_flush=True)
