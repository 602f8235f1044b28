"""Estimates of usage that nothing is known of: made by one person, approved by another."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.core.quantity import Quantity, parse_exact, unit_named
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.metering.estimates.model import (
    REASON_CHARACTERS_MAX,
    Estimate,
    EstimateRecord,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import button, confirm, form_card
from lineshaft.web.instants import instant_field, instant_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, select_field, text_field, widget_table

Act = Callable[[], Awaitable[None]]
Meters = dict[str, tuple[str, str]]
"""What is billed of a machine: name and unit, by the id of the meter."""


async def build(visit: Visit, request: Request) -> None:
    """Show the estimates of a machine, and what its reader may do."""
    machine = await visit.ask(visit.application.twin.machine, request.path_params["machine"])
    heading = visit.say("estimates.title")
    title(visit, heading)
    crumbs = [(visit.say("fleet.title"), "/"), (machine.name, f"/machines/{machine.id}")]
    show(page_head(heading, lead=visit.say("estimates.lead"), crumbs=crumbs))
    resource = Resource("estimate", "*", machine=machine.id)
    meters = await _meters(visit, machine.id)
    may_write = await visit.may(Action.ESTIMATE_WRITE, resource)
    if meters and may_write:
        with ui.element("div").classes("actions"):
            button(
                visit.say("estimates.record"), lambda: _record(visit, machine.id, meters), "primary"
            )
    found = await visit.ask(visit.application.estimates.estimates, machine.id)
    if not found:
        text = visit.say("estimates.none.text" if meters else "estimates.no_meter.text")
        show(empty_state(visit.say("estimates.none.title"), text), "panel")
        return
    may_approve = await visit.may(Action.ESTIMATE_APPROVE, resource)
    columns = [Column(visit.say(f"estimates.{key}")) for key in _COLUMNS]
    with ui.element("section").classes("panel flush"), widget_table(heading, columns):
        for record in found:
            with ui.element("tr"):
                _cells(visit, columns, record, meters)
                with ui.element("td"), ui.element("div").classes("actions"):
                    _acts(visit, record, may_write=may_write, may_approve=may_approve)


_COLUMNS = ("usage", "period", "quantity", "state", "actions")


async def _meters(visit: Visit, machine: str) -> Meters:
    found: Meters = {}
    for record in await visit.ask(visit.application.contracts.contracts):
        if machine not in record.contract.machines:
            continue
        for price in record.contract.terms.usage_prices:
            if price.meter is not None:
                found[price.meter.id] = local(visit, price.description), price.meter.unit
    return found


def _cells(visit: Visit, columns: list[Column], record: EstimateRecord, meters: Meters) -> None:
    of = record.estimate
    name = meters[of.meter][0] if of.meter in meters else of.meter
    cell(columns[0], join(name, tag("span", of.reason, class_="sub")), is_head=True)
    cell(columns[1], join(visit.period(of.period)))
    cell(columns[2], join(form.measure(of.quantity.amount, of.quantity.unit)))
    cell(columns[3], _state(visit, record))


def _state(visit: Visit, record: EstimateRecord) -> Html:
    step = record.withdrawal or record.approval
    if step is None:
        return badge(visit.say("estimates.waits"), "warn")
    is_taken_back = record.withdrawal is not None
    said = badge(
        visit.say("estimates.withdrawn" if is_taken_back else "estimates.approved"),
        "" if is_taken_back else "good",
    )
    return join(said, tag("span", visit.instant(step.at), class_="sub"))


def _acts(visit: Visit, record: EstimateRecord, *, may_write: bool, may_approve: bool) -> None:
    if record.withdrawal is not None:
        return
    is_own = record.estimate.author == visit.actor.id
    if may_approve and record.approval is None and not is_own:
        button(visit.say("estimates.approve"), lambda: _approve(visit, record), "small primary")
    if may_write:
        button(visit.say("estimates.withdraw"), lambda: _withdraw(visit, record), "small")


def _record(visit: Visit, machine: str, meters: Meters) -> None:
    id_ = visit.application.ids.new_id("est")

    async def act() -> None:
        first, last = (instant_of(visit, field, None) for field in (start, end))
        if first is None or last is None:
            msg = "an estimate needs a day and a time for its start and its end"
            raise Invalid(msg)
        name = str(meter.value)
        estimate = Estimate(
            id=id_,
            machine=machine,
            meter=name,
            period=Period(first, last),
            quantity=Quantity(parse_exact(str(amount.value or "").strip()), meters[name][1]),
            author=visit.actor.id,
            reason=str(reason.value or "").strip(),
        )
        await visit.ask(visit.application.estimates.record, estimate)
        ui.navigate.reload()

    texts = (
        visit.say("estimates.record"),
        visit.say("estimates.record_text"),
        visit.say("estimates.save"),
    )
    with form_card(visit, texts, act):
        choices = {
            id_: f"{name} ({unit_named(unit).symbol or unit})"
            for id_, (name, unit) in meters.items()
        }
        meter = select_field(visit.say("estimates.usage"), choices, next(iter(choices)))
        start = instant_field(visit, visit.say("estimates.start"), None)
        end = instant_field(visit, visit.say("estimates.end"), None)
        amount = text_field(visit.say("estimates.amount")).props("inputmode=decimal")
        reason = text_field(visit.say("estimates.reason"))
        reason.props(f"type=textarea rows=3 maxlength={REASON_CHARACTERS_MAX}")


def _approve(visit: Visit, record: EstimateRecord) -> None:
    async def act() -> None:
        await visit.ask(visit.application.estimates.approve, record.estimate.id)
        ui.navigate.reload()

    _confirm(visit, "approve", act)


def _withdraw(visit: Visit, record: EstimateRecord) -> None:
    async def act() -> None:
        await visit.ask(visit.application.estimates.withdraw, record.estimate.id)
        ui.navigate.reload()

    _confirm(visit, "withdraw", act)


def _confirm(visit: Visit, what: str, act: Act) -> None:
    keys = (f"estimates.{what}_title", f"estimates.{what}_text", f"estimates.{what}")
    confirm(visit, (visit.say(keys[0]), visit.say(keys[1]), visit.say(keys[2])), act)
