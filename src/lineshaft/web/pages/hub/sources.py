"""Edge nodes: who may send readings, how far each is stored, when it was last heard."""

from fastapi import Request
from nicegui import ui

from lineshaft.platform.historian.model import StoredBeat
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.security.identity.model import Source, SourceState
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    badge,
    empty_state,
    link_button,
    notice,
    page_head,
)
from lineshaft.web.controls import button, confirm
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, widget_table

US_PER_MS = 1_000
_KINDS = {SourceState.WAITING: "warn", SourceState.ACCEPTED: "good", SourceState.REFUSED: "bad"}


async def build(visit: Visit, _request: Request) -> None:
    """Show the edge nodes."""
    title(visit, visit.say("sources.title"))
    application = visit.application
    sources = await visit.ask(application.identity.sources)
    show(page_head(visit.say("sources.title"), lead=visit.say("sources.lead")))
    if not sources:
        none = empty_state(
            visit.say("sources.none.title"), visit.say("sources.none.text"), "lineshaft up"
        )
        show(none, "panel")
        return
    waiting = [source for source in sources if source.is_waiting]
    if waiting:
        said = visit.say("sources.waiting_text", count=len(waiting))
        show(notice(visit.say("sources.waiting_title"), said))
    marks = await visit.ask(application.historian.marks)
    may_decide = await visit.may(Action.SOURCE_ACCEPT, Resource("source", "*"))
    columns = _columns(visit)
    with (
        ui.element("section").classes("panel flush"),
        widget_table(visit.say("sources.title"), columns),
    ):
        for source in sources:
            mark = marks.get((source.id, source.epoch))
            beat = await visit.ask(application.historian.last_beat, source.id)
            sequence = 0 if mark is None else mark.sequence
            with ui.element("tr"):
                _cells(visit, columns, source, (sequence, beat))
                _actions(visit, source, may_decide=may_decide)


def _columns(visit: Visit) -> list[Column]:
    keys = ("name", "state", "epoch", "stored", "beat", "fingerprint", "actions")
    return [Column(visit.say(f"sources.{key}")) for key in keys]


def _cells(
    visit: Visit, columns: list[Column], source: Source, seen: tuple[int, StoredBeat | None]
) -> None:
    sequence, beat = seen
    reason = tag("span", source.reason, class_="sub", lang="en") if source.reason else None
    state = badge(visit.say(f"sources.{source.state.value}"), _KINDS[source.state])
    if source.wanted_salt_secret is not None:
        state = badge(visit.say("sources.new_epoch"), "warn")
    print_ = tag("span", source.fingerprint, class_="mono fingerprint")
    cell(columns[0], tag("span", source.id), is_head=True)
    cell(columns[1], join(state, reason))
    cell(columns[2], tag("span", str(source.epoch) if source.epoch else "–"))
    cell(columns[3], tag("span", form.grouped(sequence)))
    cell(columns[4], _beat(beat))
    cell(columns[5], print_)


def _beat(beat: StoredBeat | None) -> Html:
    if beat is None:
        return tag("span", "–")
    return tag("time", "–", data_at=beat.received_at // US_PER_MS)


def _actions(visit: Visit, source: Source, *, may_decide: bool) -> None:
    with ui.element("td"), ui.element("div").classes("actions"):
        show(link_button(visit.say("clock.show"), f"/sources/{source.id}/clock", kind="small"))
        if not may_decide:
            return
        if source.is_waiting or source.state is SourceState.REFUSED:
            button(visit.say("sources.accept"), lambda: _accept(visit, source), "small primary")
        if source.is_waiting or source.state is SourceState.ACCEPTED:
            button(visit.say("sources.refuse"), lambda: _refuse(visit, source), "small danger")


def _accept(visit: Visit, source: Source) -> None:
    async def act() -> None:
        await visit.ask(visit.application.identity.accept_source, source.id)
        ui.navigate.reload()

    is_new_epoch = source.wanted_salt_secret is not None
    text = "sources.accept_epoch_text" if is_new_epoch else "sources.accept_text"
    texts = (
        visit.say("sources.accept_title", name=source.id),
        visit.say(text, fingerprint=source.fingerprint),
        visit.say("sources.accept"),
    )
    confirm(visit, texts, act)


def _refuse(visit: Visit, source: Source) -> None:
    async def act() -> None:
        reason = f"refused by {visit.actor.name}"
        await visit.ask(visit.application.identity.refuse_source, source.id, reason)
        ui.navigate.reload()

    texts = (
        visit.say("sources.refuse_title", name=source.id),
        visit.say("sources.refuse_text"),
        visit.say("sources.refuse"),
    )
    confirm(visit, texts, act)
