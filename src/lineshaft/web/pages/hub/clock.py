"""The clock of a source: from which stamp on it was how wrong, and since when that is known."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant
from lineshaft.core.quantity import parse_exact
from lineshaft.core.reading import SourceId
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.metering.clocks.model import (
    REASON_CHARACTERS_MAX,
    ClockEntry,
    ClockOffset,
    ClockStep,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import button, form_card
from lineshaft.web.instants import instant_field, instant_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, text_field, widget_table

_COLUMNS = ("valid_from", "offset", "reason", "known_at", "actions")


async def build(visit: Visit, request: Request) -> None:
    """Show what was recorded of a clock, the newest first, and the button of whoever may."""
    source = SourceId(request.path_params["source"])
    heading = visit.say("clock.title", source=source)
    title(visit, heading)
    found = await visit.ask(visit.application.clocks.offsets, source)
    crumbs = [(visit.say("sources.title"), "/sources")]
    show(page_head(heading, lead=visit.say("clock.lead"), crumbs=crumbs))
    may_write = await visit.may(Action.CLOCK_WRITE, Resource("source", source))
    if may_write:
        with ui.element("div").classes("actions"):
            button(visit.say("clock.record"), lambda: _record(visit, source, None), "primary")
    if not found:
        none = empty_state(visit.say("clock.none.title"), visit.say("clock.none.text"))
        show(none, "panel")
        return
    columns = [Column(visit.say(f"clock.{key}")) for key in _COLUMNS]
    standing = _standing(found)
    with ui.element("section").classes("panel flush"), widget_table(heading, columns):
        for offset in reversed(found):
            is_standing = offset in standing
            with ui.element("tr"):
                _cells(visit, columns, offset, is_standing=is_standing)
                with ui.element("td"), ui.element("div").classes("actions"):
                    if may_write and is_standing:
                        _press(visit, source, offset)


def _press(visit: Visit, source: SourceId, offset: ClockOffset) -> None:
    button(visit.say("clock.replace"), lambda: _record(visit, source, offset), "small")


def _standing(found: list[ClockOffset]) -> list[ClockOffset]:
    """Return those that no later one of the same stamp has replaced."""
    last = {offset.entry.step.valid_from: offset for offset in found}
    return list(last.values())


def _cells(visit: Visit, columns: list[Column], offset: ClockOffset, *, is_standing: bool) -> None:
    step = offset.entry.step
    cell(columns[0], join(visit.instant(step.valid_from)), is_head=True)
    replaced = None if is_standing else badge(visit.say("clock.replaced"))
    cell(columns[1], join(_said(visit, step.offset_us), " ", replaced))
    origin = tag("span", visit.say(f"clock.origin.{offset.origin.value}"), class_="sub")
    cell(columns[2], join(offset.entry.reason, origin))
    cell(columns[3], join(visit.instant(offset.known_at)))


def _said(visit: Visit, offset_us: int) -> Html:
    if not offset_us:
        return join(visit.say("clock.right"))
    key = "clock.ahead" if offset_us > 0 else "clock.behind"
    return join(visit.say(key, duration=form.duration(abs(offset_us), visit.language)))


def _record(visit: Visit, source: SourceId, known: ClockOffset | None) -> None:
    """Ask for an offset; in place of a known one it is of the same stamp."""
    id_ = visit.application.ids.new_id("clk")
    since = None if known is None else known.entry.step.valid_from

    async def act() -> None:
        at = instant_of(visit, valid_from, since)
        if at is None:
            msg = "an offset of a clock needs a day and a time from which on it holds"
            raise Invalid(msg)
        offset_us = parse_exact(str(seconds.value or "").strip()) * US_PER_S
        if offset_us.denominator != 1:
            msg = "an offset of a clock: expected whole microseconds, such as 0.25"
            raise Invalid(msg)
        step = ClockStep(source, Instant(at), int(offset_us))
        entry = ClockEntry(id_, step, str(reason.value or "").strip())
        await visit.ask(visit.application.clocks.record, entry)
        ui.navigate.reload()

    what = "clock.record" if known is None else "clock.replace"
    texts = visit.say(what), visit.say(f"{what}_text"), visit.say("clock.save")
    with form_card(visit, texts, act):
        valid_from = instant_field(visit, visit.say("clock.valid_from"), since)
        if known is not None:
            valid_from.props("readonly")
        seconds = text_field(visit.say("clock.seconds"), "" if known is None else "0")
        seconds.props("inputmode=text")
        reason = text_field(visit.say("clock.why"))
        reason.props(f"type=textarea rows=3 maxlength={REASON_CHARACTERS_MAX}")
