"""The contracts that somebody may see."""

from fastapi import Request

from lineshaft.core.period import zone_named
from lineshaft.services.contracts.model import ContractLife, ContractRecord
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    link_button,
    page_head,
    panel,
    search_field,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.draft import MAKE
from lineshaft.web.pages.contracts.life import life_state_badge
from lineshaft.web.pages.contracts.names import contract_name, machine_name, machines_by_id
from lineshaft.web.session import Visit


async def build(visit: Visit, _request: Request) -> None:
    """Show the contracts."""
    title(visit, visit.say("contracts.title"))
    records = await visit.ask(visit.application.contracts.contracts)
    field = search_field(visit.say("contracts.search"), "contracts") if records else None
    make = None
    if await visit.may(*MAKE):
        make = link_button(visit.say("draft.title"), "/contracts/new", kind="primary")
    lead = visit.say("contracts.lead")
    show(page_head(visit.say("contracts.title"), lead=lead, beside=[field, make]))
    if not records:
        show(_nothing(visit), "panel")
        return
    machines = await machines_by_id(visit)
    columns = [
        Column(visit.say("contracts.service")),
        Column(visit.say("contracts.customer")),
        Column(visit.say("contracts.machines")),
        Column(visit.say("contracts.since")),
        Column(visit.say("contracts.state")),
    ]
    rows = []
    for record in records:
        name = await contract_name(visit, record.contract)
        bound = ", ".join(machine_name(machines, id_) for id_ in record.contract.machines)
        rows.append(_row(visit, record, [name, bound], await _stands(visit, record)))
    nothing = empty_state(visit.say("search.nothing.title"), visit.say("search.nothing.text"))
    content = table(visit.say("contracts.title"), columns, rows)
    hidden = tag("div", nothing, hidden=True, data_nothing_for="contracts")
    show(panel(None, content, hidden, is_flush=True))


def state_badge(visit: Visit, record: ContractRecord) -> Html:
    """Say whether a contract binds."""
    return life_state_badge(visit, ContractLife([record], []), record.contract.version)


async def _stands(visit: Visit, record: ContractRecord) -> Html:
    """Say where a contract stands, also one that does not bind yet."""
    if record.activated_at is not None:
        return state_badge(visit, record)
    life = await visit.ask(visit.application.contracts.agreements.life, record.contract.id)
    return life_state_badge(visit, life, record.contract.version)


def _row(visit: Visit, record: ContractRecord, names: list[str], state: Html) -> Row:
    contract = record.contract
    zone = zone_named(contract.time_zone)
    return Row(
        [
            tag("a", names[0], href=f"/contracts/{contract.id}"),
            [contract.customer.name, tag("span", contract.supplier.name, class_="sub")],
            names[1],
            form.day(contract.starts_at, zone, visit.language),
            state,
        ],
        {"data_found_by": "contracts"},
    )


def _nothing(visit: Visit) -> Html:
    is_customer = visit.actor.organisation is not None
    key = "contracts.none_customer" if is_customer else "contracts.none"
    example = "" if is_customer else "lineshaft apply my-plant"
    return empty_state(visit.say(f"{key}.title"), visit.say(f"{key}.text"), example)
