"""Exchanges of the meters of a machine: recorded by one person, approved by another."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import parse_exact
from lineshaft.core.reading import SignalId
from lineshaft.platform.twin.model import Machine
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.metering.exchanges.model import (
    REFERENCE_CHARACTERS_MAX,
    ExchangeVersion,
    MeterExchange,
)
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import attempt, button, confirm, dialog_card
from lineshaft.web.instants import instant_field, instant_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import join, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, select_field, text_field, widget_table


async def build(visit: Visit, request: Request) -> None:
    """Show the exchanges of a machine, and what its reader may do."""
    machine = await visit.ask(visit.application.twin.machine, request.path_params["machine"])
    title(visit, visit.say("exchanges.title"))
    crumbs = [(visit.say("fleet.title"), "/"), (machine.name, f"/machines/{machine.id}")]
    lead = visit.say("exchanges.lead")
    show(page_head(visit.say("exchanges.title"), lead=lead, crumbs=crumbs))
    resource = Resource("exchange", "*", machine=machine.id)
    signals = _metered(visit, machine)
    if signals and await visit.may(Action.EXCHANGE_WRITE, resource):
        with ui.element("div").classes("actions"):
            button(
                visit.say("exchanges.record"), lambda: _record(visit, machine, signals), "primary"
            )
    found = await visit.ask(visit.application.exchanges.exchanges, machine.id)
    if not found:
        none = empty_state(visit.say("exchanges.none.title"), visit.say("exchanges.none.text"))
        show(none, "panel")
        return
    may_approve = await visit.may(Action.EXCHANGE_APPROVE, resource)
    last = {version.exchange.id: version for version in found}
    with ui.element("section").classes("panel flush"):
        _table(visit, machine, list(last.values()), may_approve=may_approve)


def _metered(visit: Visit, machine: Machine) -> dict[SignalId, str]:
    """Return what a meter could stand behind; signals that somebody has named come first."""
    found = [each for each in machine.signals if each.is_numeric and each.unit]
    found.sort(key=lambda each: (not each.title, each.titled(visit.language).lower()))
    return {each.id: each.titled(visit.language) for each in found}


def _table(
    visit: Visit, machine: Machine, found: list[ExchangeVersion], *, may_approve: bool
) -> None:
    keys = ("reference", "meter", "at", "values", "state", "actions")
    columns = [Column(visit.say(f"exchanges.{key}")) for key in keys]
    with widget_table(visit.say("exchanges.title"), columns):
        for version in found:
            with ui.element("tr"):
                _cells(visit, machine, columns, version)
                is_own = version.recorded_by == visit.actor.id
                with ui.element("td"), ui.element("div").classes("actions"):
                    if may_approve and version.approval is None and not is_own:
                        _approve_button(visit, version)


def _approve_button(visit: Visit, version: ExchangeVersion) -> None:
    button(visit.say("exchanges.approve"), lambda: _approve(visit, version), "small primary")


def _cells(visit: Visit, machine: Machine, columns: list[Column], version: ExchangeVersion) -> None:
    of = version.exchange
    signal = machine.signal(of.signal)
    name = of.signal if signal is None else signal.titled(visit.language)
    cell(columns[0], join(of.reference), is_head=True)
    cell(columns[1], join(name))
    cell(columns[2], join(visit.instant(of.at)))
    unit = "" if signal is None else signal.unit_symbol
    cell(columns[3], join(f"{of.old_final} → {of.new_start} {unit or of.unit}"))
    if of.is_withdrawn:
        state = badge(visit.say("exchanges.withdrawn"))
    elif version.approval is None:
        state = badge(visit.say("exchanges.waits"), "warn")
    else:
        at = visit.instant(version.approval.at)
        state = join(badge(visit.say("exchanges.approved"), "good"), tag("span", at, class_="sub"))
    cell(columns[4], state)


def _record(visit: Visit, machine: Machine, signals: dict[SignalId, str]) -> None:
    id_ = visit.application.ids.new_id("exc")  # of the dialog: pressing twice records once
    with dialog_card() as close:
        show(tag("h2", visit.say("exchanges.record")))
        show(tag("p", visit.say("exchanges.record_text"), class_="soft"))
        choices = {str(signal): name for signal, name in signals.items()}
        signal = select_field(visit.say("exchanges.meter"), choices, next(iter(choices)))
        at = instant_field(visit, visit.say("exchanges.at"), visit.application.clock.now())
        old = text_field(visit.say("exchanges.old")).props("inputmode=decimal")
        new = text_field(visit.say("exchanges.new")).props("inputmode=decimal")
        reference = text_field(visit.say("exchanges.reference"))
        reference.props(f"maxlength={REFERENCE_CHARACTERS_MAX}")

        async def act() -> None:
            metered = machine.signal(SignalId(str(signal.value)))
            when = instant_of(visit, at, visit.application.clock.now())
            if metered is None or when is None:
                msg = "an exchange needs a meter, a day and a time"
                raise Invalid(msg)
            exchange = MeterExchange(
                id=id_,
                signal=metered.id,
                at=when,
                old_final=parse_exact(str(old.value or "").strip()),
                new_start=parse_exact(str(new.value or "").strip()),
                unit=metered.unit,
                reference=str(reference.value or "").strip(),
            )
            await visit.ask(visit.application.exchanges.record, exchange)
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("exchanges.save"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


def _approve(visit: Visit, version: ExchangeVersion) -> None:
    async def act() -> None:
        exchanges = visit.application.exchanges
        await visit.ask(exchanges.approve, version.exchange.id, version.version)
        ui.navigate.reload()

    said = (
        visit.say("exchanges.approve_title"),
        visit.say("exchanges.approve_text"),
        visit.say("exchanges.approve"),
    )
    confirm(visit, said, act)
