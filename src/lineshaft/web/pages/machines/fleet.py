"""The fleet: every machine with its state, what it says now, and when it was last heard."""

import msgspec
from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Forbidden
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.platform.twin.model import LiveEntry, Machine, Signal
from lineshaft.web.components import address, empty_state, link_button, page_head, search_field
from lineshaft.web.layout import show, title
from lineshaft.web.live import LivePush, shown
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.machines.contact import contact_badge, last_contact
from lineshaft.web.session import Visit

MACHINES_PER_PAGE = 48
VALUES_PER_MACHINE = 4
ADD_A_MACHINE = "lineshaft init my-plant\nlineshaft plan my-plant\nlineshaft apply my-plant"


class _Card(msgspec.Struct, frozen=True):
    """A machine as its card shows it; `entries` is None for who may not see live values."""

    machine: Machine
    signals: tuple[Signal, ...]
    entries: dict[SignalId, LiveEntry] | None
    heard_at: Instant | None


async def build(visit: Visit, request: Request) -> None:
    """Show the fleet."""
    title(visit, visit.say("fleet.title"))
    machines = await visit.ask(visit.application.twin.machines)
    wanted = request.query_params.get("search", "").strip().lower()
    found = [machine for machine in machines if wanted in _words(machine)]
    page = _page_number(request.query_params.get("page", ""))
    listed = found[page * MACHINES_PER_PAGE : (page + 1) * MACHINES_PER_PAGE]
    show(_head(visit, len(machines), wanted))
    if not machines:
        show(_nothing(visit), "panel")
        return
    cards = [await _card(visit, machine) for machine in listed]
    show(tag("div", [_shown_card(visit, card) for card in cards], class_="cards"))
    show(_not_found(visit, is_hidden=bool(found)))
    show(_paging(visit, wanted, page, len(found)))
    watched = [card.machine.id for card in cards if card.entries is not None]
    signals = {signal.id: signal for card in cards for signal in card.signals}
    await LivePush(visit, ui.context.client, signals).start(watched)


def _words(machine: Machine) -> str:
    words = (machine.name, machine.manufacturer, machine.model, machine.site, machine.area)
    return " ".join((*words, machine.serial)).lower()


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


async def _card(visit: Visit, machine: Machine) -> _Card:
    live = visit.application.live
    signals = _chosen(machine)
    try:
        entries = await visit.ask(live.entries, machine)
        heard_at = await visit.ask(live.heard_at, machine.id)
    except Forbidden:
        return _Card(machine, signals, None, None)
    return _Card(machine, signals, entries, heard_at)


def _chosen(machine: Machine) -> tuple[Signal, ...]:
    """Choose what a card shows: signals that somebody has named come first."""
    named = [signal for signal in machine.signals if signal.title]
    others = [s for s in machine.signals if not s.title and s.category == "SAMPLE"]
    return tuple([*named, *others][:VALUES_PER_MACHINE])


def _head(visit: Visit, count: int, wanted: str) -> Html:
    field = search_field(visit.say("fleet.search"), "fleet", value=wanted, name="search")
    form = tag("form", field, method="get", action="/", role="search", class_="filters")
    return page_head(
        visit.say("fleet.title"),
        lead=visit.say("fleet.lead"),
        beside=form if count else None,
    )


def _nothing(visit: Visit) -> Html:
    is_customer = visit.actor.organisation is not None
    key = "fleet.none_customer" if is_customer else "fleet.none"
    example = "" if is_customer else ADD_A_MACHINE
    return empty_state(visit.say(f"{key}.title"), visit.say(f"{key}.text"), example)


def _not_found(visit: Visit, *, is_hidden: bool) -> Html:
    content = empty_state(visit.say("search.nothing.title"), visit.say("search.nothing.text"))
    return tag("div", content, hidden=is_hidden, data_nothing_for="fleet")


def _paging(visit: Visit, wanted: str, page: int, count: int) -> Html:
    links = []
    for text, other in (("paging.previous", page - 1), ("paging.next", page + 1)):
        if other >= 0 and other * MACHINES_PER_PAGE < count:
            query = {"search": wanted, "page": str(other)}
            links.append(link_button(visit.say(text), address("/", query), kind="small"))
    return (
        tag("nav", links, class_="actions", aria_label=visit.say("paging.label"))
        if links
        else join()
    )


def _shown_card(visit: Visit, card: _Card) -> Html:
    machine = card.machine
    plate = " ".join(part for part in (machine.manufacturer, machine.model) if part)
    plate = "" if plate == machine.name else plate
    place = ", ".join(part for part in (machine.site, machine.area) if part)
    heading = tag(
        "div",
        tag("h2", tag("a", machine.name, href=f"/machines/{machine.id}")),
        tag("p", " · ".join(part for part in (plate, place) if part), class_="soft"),
    )
    return tag(
        "article",
        tag("div", heading, contact_badge(visit, machine.id, card.heard_at), class_="card-head"),
        tag("dl", [_value(visit, card, signal) for signal in card.signals], class_="values"),
        tag("p", last_contact(visit, machine.id, card.heard_at), class_="card-foot"),
        class_="card",
        data_found_by="fleet",
        data_words=_words(machine),
    )


def _value(visit: Visit, card: _Card, signal: Signal) -> Html:
    entry = (card.entries or {}).get(signal.id)
    cell = None if entry is None else shown(visit, signal, entry)
    return tag(
        "div",
        tag("dt", signal.titled(visit.language)),
        tag(
            "dd",
            tag(
                "span",
                cell.text if cell else "–",
                class_="live",
                data_state=cell.state if cell else "silent",
            ),
            "\N{NO-BREAK SPACE}" if signal.unit_symbol else None,
            tag("span", signal.unit_symbol, class_="soft unit") if signal.unit_symbol else None,
            tag("span", hidden=True, class_="mark-unstored"),
            data_live=signal.id,
        ),
    )
