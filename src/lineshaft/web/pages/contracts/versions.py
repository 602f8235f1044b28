"""The next version of a contract, and what differs between two of them."""

import datetime as dt
from typing import Any

from fastapi import Request
from msgspec.structs import replace
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import day_start, format_instant, to_datetime, zone_named
from lineshaft.services.contracts.catalogue.model import OfferingChanges, changed, differences
from lineshaft.services.contracts.model import Contract, Offering
from lineshaft.web.components import Column, Row, empty_state, facts, page_head, panel, table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.conditions import conditions, instant_in_zone
from lineshaft.web.pages.contracts.figures import named
from lineshaft.web.pages.contracts.form import OfferingForm, version_number
from lineshaft.web.pages.contracts.names import (
    Machines,
    contract_name,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.contracts.terms import terms_in_words
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field

_PLACES = ("start", "end", "machines", "time_zone", "billing_period", "payment_days")


async def build_amend(visit: Visit, request: Request) -> None:
    """Show the form that drafts the next version of a contract."""
    contracts, id_ = visit.application.contracts, request.path_params["contract"]
    life = await visit.ask(contracts.agreements.life, id_)
    binding = life.binding or life.last
    base, number = binding.contract, life.last.contract.version + 1
    name = await contract_name(visit, base)
    heading = visit.say("life.amend.title")
    title(visit, heading)
    lead = visit.say("life.amend.lead", version=number)
    show(page_head(heading, lead=lead, crumbs=_crumbs(visit, base, name)))
    zone = zone_named(base.time_zone)
    with ui.element("section").classes("panel part"), ui.element("div").classes("fields"):
        now = visit.application.clock.now()
        first = to_datetime(max(now, base.starts_at), zone).date().isoformat()
        start = text_field(visit.say("life.amend.start"), first).props("type=date stack-label")
    form = OfferingForm(visit, _sold(base))
    form.add_terms()

    async def save(changes: OfferingChanges) -> None:
        try:
            day = dt.date.fromisoformat(str(start.value))
        except ValueError as error:
            msg = f"cannot read {start.value!r} as a day: expected such as 2027-01-31"
            raise Invalid(msg) from error
        terms = changed(_sold(base), changes).terms
        since = format_instant(max(day_start(day, zone), base.starts_at))
        await visit.ask(contracts.agree, replace(base, version=number, terms=terms, start=since))
        query = f"before={base.version}&after={number}"
        ui.navigate.to(f"/contracts/{id_}/difference?{query}")

    form.add_actions(visit.say("life.amend.save", version=number), save, f"/contracts/{id_}")


async def build_difference(visit: Visit, request: Request) -> None:
    """Show what differs between two versions: value by value, and both in words."""
    contracts, id_ = visit.application.contracts, request.path_params["contract"]
    numbers = [version_number(request.query_params.get(name, "")) for name in ("before", "after")]
    before, after = [(await visit.ask(contracts.contract, id_, n)).contract for n in numbers]
    machines = await machines_by_id(visit)
    heading = visit.say("life.difference.title", before=numbers[0], after=numbers[1])
    title(visit, heading)
    crumbs = _crumbs(visit, after, await contract_name(visit, after))
    show(page_head(heading, crumbs=crumbs))
    rows = [*_conditions(visit, (before, after), machines), *_terms(visit, before, after)]
    if not rows:
        show(empty_state(visit.say("life.difference.same"), ""), "panel")
        return
    columns = [
        Column(visit.say("life.difference.value")),
        *(Column(f"{visit.say('contract.version')} {number}") for number in numbers),
    ]
    show(panel(None, table(visit.say("life.difference"), columns, rows), is_flush=True))
    for contract in (before, after):
        said = f"{visit.say('contract.version')} {contract.version}"
        agreed = facts(conditions(visit, contract, machines), is_list=True)
        show(panel(said, terms_in_words(visit, contract, machines), agreed))


def _conditions(visit: Visit, versions: tuple[Contract, Contract], machines: Machines) -> list[Row]:
    rows = []
    for place in _PLACES:
        values = [_plain(visit, contract, place, machines) for contract in versions]
        if values[0] != values[1]:
            rows.append(Row([visit.say(f"place.{place}"), *(tag("span", each) for each in values)]))
    sides = [dict(conditions(visit, contract, machines)) for contract in versions]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        pair: list[Child] = [side.get(name) or tag("span", "–") for side in sides]
        if str(pair[0]) != str(pair[1]):
            rows.append(Row([name, *pair]))
    return rows


def _plain(visit: Visit, contract: Contract, place: str, machines: Machines) -> str:
    if place == "machines":
        return ", ".join(machine_name(machines, each) for each in contract.machines)
    if place == "start":
        return instant_in_zone(visit, contract, contract.starts_at)
    if place == "end":
        at = contract.ends_at
        open_end = visit.say("contract.open_end")
        return open_end if at is None else instant_in_zone(visit, contract, at)
    if place == "billing_period":
        return visit.say(f"terms.period.{contract.billing_period.value}")
    value: Any = contract.to_content().get(place)
    return "–" if value is None else str(value)


def _terms(visit: Visit, before: Contract, after: Contract) -> list[Row]:
    old, new = _sold(before), _sold(after)
    rows = []
    for change in differences(old, new):
        group, label = named(visit, old if change.after is None else new, change.place)
        head = tag("span", label, tag("span", group, class_="sub"))
        rows.append(Row([head, *(_value(each) for each in (change.before, change.after))]))
    return rows


def _sold(contract: Contract) -> Offering:
    """Return the terms of a contract as those of an offering, whose form and words they share."""
    name = {"en": contract.offering.id, "zh-Hans": contract.offering.id}
    content = contract.to_content()
    return Offering.from_content(
        {
            **content["offering"],
            "name": name,
            "currency": contract.currency,
            "terms": content["terms"],
        }
    )


def _value(text: str | None) -> Html:
    return tag("span", "–" if text is None else text)


def _crumbs(visit: Visit, contract: Contract, name: str) -> list[tuple[str, str]]:
    return [
        (visit.say("contracts.title"), "/contracts"),
        (name, f"/contracts/{contract.id}"),
    ]
