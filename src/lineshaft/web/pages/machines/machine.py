"""A machine: what it says now, a chart of a chosen signal, and what it is."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Forbidden, NotFound
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, signal_id
from lineshaft.platform.twin.model import LiveEntry, Machine, Signal
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    facts,
    link_button,
    notice,
    page_head,
    panel,
    search_field,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.live import LivePush, shown
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.machines.chart import SignalChart
from lineshaft.web.pages.machines.contact import contact_badge, last_contact
from lineshaft.web.session import Visit

Entries = dict[SignalId, LiveEntry]


async def build(visit: Visit, request: Request) -> None:
    """Show a machine."""
    machine = await visit.ask(visit.application.twin.machine, request.path_params["machine"])
    title(visit, machine.name)
    entries, heard_at = await _live(visit, machine)
    show(_head(visit, machine, heard_at))
    if not machine.signals:
        show(_no_signals(visit), "panel")
        return
    signals = _in_order(visit, machine, entries or {})
    chosen = _chosen(machine, request.query_params.get("signal"), signals)
    await SignalChart(visit, machine, chosen).build(request)
    show(_signals(visit, machine, signals, chosen, entries))
    show(_plate(visit, machine))
    if entries is not None:
        push = LivePush(visit, ui.context.client, {signal.id: signal for signal in signals})
        await push.start([machine.id])


async def _live(visit: Visit, machine: Machine) -> tuple[Entries | None, Instant | None]:
    live = visit.application.live
    try:
        return (
            await visit.ask(live.entries, machine),
            await visit.ask(live.heard_at, machine.id),
        )
    except Forbidden:
        return None, None


def _in_order(visit: Visit, machine: Machine, entries: Entries) -> list[Signal]:
    """Signals with a value and a name come first, then samples, events and conditions."""
    ranks = {"SAMPLE": 1, "EVENT": 2, "CONDITION": 3}
    return sorted(
        machine.signals,
        key=lambda s: (
            s.id not in entries,
            0 if s.title else ranks[s.category],
            s.titled(visit.language).lower(),
        ),
    )


def _chosen(machine: Machine, wanted: str | None, signals: list[Signal]) -> Signal:
    if not wanted:
        return next((signal for signal in signals if signal.is_numeric), signals[0])
    found = machine.signal(signal_id(machine.id, wanted))
    if found is None:
        msg = f"machine {machine.name} has no signal {wanted[:80]!r}"
        raise NotFound(msg)
    return found


def _head(visit: Visit, machine: Machine, heard_at: Instant | None) -> Html:
    contact = tag(
        "span",
        contact_badge(visit, machine.id, heard_at),
        tag("span", last_contact(visit, machine.id, heard_at), class_="soft"),
        class_="actions",
    )
    refusals = link_button(visit.say("machine.refusals"), f"/refusals?machine={machine.id}")
    exchanges = link_button(visit.say("exchanges.title"), f"/machines/{machine.id}/exchanges")
    estimates = link_button(visit.say("estimates.title"), f"/machines/{machine.id}/estimates")
    return page_head(
        machine.name,
        lead=machine.description,
        crumbs=[(visit.say("fleet.title"), "/")],
        beside=[contact, exchanges, estimates, refusals],
    )


def _no_signals(visit: Visit) -> Html:
    return empty_state(
        visit.say("machine.no_signals.title"),
        visit.say("machine.no_signals.text"),
        "lineshaft apply my-plant",
    )


def _signals(
    visit: Visit, machine: Machine, signals: list[Signal], chosen: Signal, entries: Entries | None
) -> Html:
    columns = [
        Column(visit.say("signal.title")),
        Column(visit.say("signal.value"), is_number=True),
        Column(visit.say("signal.unit")),
        Column(visit.say("signal.at")),
        Column(visit.say("signal.kind")),
    ]
    rows = [
        _row(visit, machine, signal, chosen, (entries or {}).get(signal.id)) for signal in signals
    ]
    nothing = tag(
        "div",
        empty_state(visit.say("search.nothing.title"), visit.say("search.nothing.text")),
        hidden=True,
        data_nothing_for="signals",
    )
    refused = notice("", visit.say("machine.live_refused")) if entries is None else None
    return panel(
        visit.say("machine.signals"),
        refused,
        table(visit.say("machine.signals"), columns, rows),
        nothing,
        beside=search_field(visit.say("machine.search"), "signals"),
        is_flush=True,
    )


def _row(
    visit: Visit, machine: Machine, signal: Signal, chosen: Signal, entry: LiveEntry | None
) -> Row:
    name = signal.titled(visit.language)
    cell = None if entry is None else shown(visit, signal, entry)
    is_chosen = signal.id == chosen.id
    heading = [
        tag(
            "a",
            name,
            href=f"/machines/{machine.id}?signal={signal.name}",
            aria_current="true" if is_chosen else None,
        ),
        tag("span", signal.name, class_="sub") if name != signal.name else None,
    ]
    value = tag(
        "span",
        tag(
            "span",
            cell.text if cell else "–",
            class_="live",
            data_state=cell.state if cell else "silent",
        ),
        " ",
        tag(
            "span",
            visit.say("value.not_stored"),
            hidden=cell is None or cell.is_stored,
            class_="mark-unstored",
        ),
        data_live=signal.id,
    )
    return Row(
        [
            heading,
            value,
            signal.unit_symbol,
            tag("span", cell.at if cell else "–", data_value_at=True),
            visit.say(f"category.{signal.category}"),
        ],
        {"data_found_by": "signals", "data_words": f"{name} {signal.name} {signal.type}"},
    )


def _plate(visit: Visit, machine: Machine) -> Html:
    asset = machine.global_asset_id
    return panel(
        visit.say("machine.plate"),
        facts(
            [
                (visit.say("machine.manufacturer"), machine.manufacturer),
                (visit.say("machine.model"), machine.model),
                (visit.say("machine.serial"), machine.serial),
                (visit.say("machine.site"), machine.site),
                (visit.say("machine.area"), machine.area),
                (
                    visit.say("machine.asset"),
                    tag("span", asset, class_="stretched") if asset else None,
                ),
                (visit.say("machine.signal_count"), str(len(machine.signals))),
            ]
        ),
    )
