"""The home of a customer: offers, machines, usage, guarantees, documents, proofs, requests."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.core.period import Period, format_instant, zone_named
from lineshaft.platform.twin.model import Machine
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.billing.model import DocumentQuery, RatedDocument
from lineshaft.services.contracts.model import ContractLife, ContractRecord, ContractState
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    empty_state,
    link_button,
    page_head,
    panel,
    table,
)
from lineshaft.web.documents import claims_of, invoices_table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.conditions import instant_in_zone
from lineshaft.web.pages.contracts.contract import latest_period
from lineshaft.web.pages.contracts.names import contract_name, machine_name, machines_by_id
from lineshaft.web.pages.contracts.statements import signal_name
from lineshaft.web.pages.machines.contact import contact_badge
from lineshaft.web.pages.portal.requests import nothing, open_button, requests_table
from lineshaft.web.session import Visit

PATH = "/portal"
DOCUMENTS_SHOWN = 5
REQUESTS_SHOWN = 5
MACHINES_SHOWN = 20
CONTRACTS_MEASURED = 5
"""Contracts whose usage is measured for the page; the others are a link away."""
VERIFY = "lineshaft verify invoice.json --keys keys.json --evidence evidence.json"


async def build(visit: Visit, _request: Request) -> None:
    """Show what belongs to the customer, and what waits for it."""
    own = Resource("contract", "*", organisation=visit.actor.organisation)
    await visit.ask(visit.application.authorizer.authorize, Action.CONTRACT_ACCEPT, own)
    title(visit, visit.say("portal.title"))
    show(page_head(visit.say("portal.title"), lead=visit.say("portal.lead")))
    records = await visit.ask(visit.application.contracts.contracts)
    lives = [await visit.ask(visit.application.contracts.agreements.life, record.contract.id)
             for record in records]  # fmt: skip
    machines = await machines_by_id(visit)
    await _offers(visit, lives)
    if not machines:
        none = visit.say("fleet.none_customer.title"), visit.say("fleet.none_customer.text")
        show(panel(visit.say("portal.machines"), empty_state(*none)))
        return
    await _machines(visit, machines)
    bound = [record for record in records if record.activated_at is not None]
    measured = ui.element("section").classes("panel part").props("id=usage aria-live=polite")
    with measured:
        show(tag("h2", visit.say("portal.usage")))
        show(_busy(visit), "measuring")
    await _documents(visit)
    show(_proofs(visit))
    await _requests(visit, machines)
    await ui.context.client.connected()
    await _usage(visit, machines, bound, measured)


async def _offers(visit: Visit, lives: Sequence[ContractLife]) -> None:
    """Show what waits for a yes; nothing where nothing does."""
    now = visit.application.clock.now()
    rows = []
    for life in lives:
        of = life.last.contract
        if life.state(of.version, now) is not ContractState.OFFERED:
            continue
        link = tag("a", await contract_name(visit, of), href=f"/contracts/{of.id}")
        way = link_button(visit.say("portal.read_offer"), f"/contracts/{of.id}", kind="primary")
        start = instant_in_zone(visit, of, of.starts_at)
        rows.append(Row([link, of.supplier.name, start, way]))
    if rows:
        keys = ("contracts.service", "contract.supplier", "contract.from", "people.actions")
        columns = [Column(visit.say(key)) for key in keys]
        heading = visit.say("portal.offers")
        show(panel(heading, table(heading, columns, rows), is_flush=True, id_="offers"))


async def _machines(visit: Visit, machines: dict[str, Machine]) -> None:
    columns = [Column(visit.say(key)) for key in ("portal.machine", "portal.state", "portal.ways")]
    rows = []
    for machine in list(machines.values())[:MACHINES_SHOWN]:
        path = f"/machines/{machine.id}"
        try:
            heard_at = await visit.ask(visit.application.live.heard_at, machine.id)
        except LineshaftError:
            heard_at = None  # its contract is over: what it says now is not the customer's
        ways = tag("a", visit.say("portal.exchanges"), href=f"{path}/exchanges")
        place = ", ".join(part for part in (machine.site, machine.area) if part)
        head = [tag("a", machine.name, href=path), tag("span", place, class_="sub")]
        rows.append(Row([head, contact_badge(visit, machine.id, heard_at), ways]))
    heading = visit.say("portal.machines")
    every = tag("a", visit.say("portal.all"), href="/")
    show(panel(heading, table(heading, columns, rows), beside=every, is_flush=True))


def _busy(visit: Visit) -> Html:
    spinner = tag("span", class_="spinner", aria_hidden="true")
    return tag("p", spinner, visit.say("contract.measuring"), class_="progress", role="status")


async def _usage(
    visit: Visit,
    machines: dict[str, Machine],
    bound: Sequence[ContractRecord],
    place: ui.element,
) -> None:
    """Measure the latest period of each contract; that reads readings, so the page is there."""
    shown = []
    for record in bound[:CONTRACTS_MEASURED]:
        contract = record.contract
        try:
            period = await latest_period(visit, contract)
            rated = await visit.ask(visit.application.billing.preview, contract.id, period)
        except LineshaftError as error:
            errors.log(error, visit.path)
            shown.append(await _contract_usage(visit, machines, record, None))
            continue
        shown.append(await _contract_usage(visit, machines, record, (period, rated)))
    place.clear()
    with place:
        show(tag("h2", visit.say("portal.usage")))
        for each in shown or [tag("p", visit.say("portal.no_usage"), class_="soft")]:
            show(each)


async def _contract_usage(
    visit: Visit,
    machines: dict[str, Machine],
    record: ContractRecord,
    found: tuple[Period, RatedDocument] | None,
) -> Html:
    contract = record.contract
    name = await contract_name(visit, contract)
    link = tag("h3", tag("a", name, href=f"/contracts/{contract.id}"))
    if found is None:
        kept = visit.say("error.Unavailable.title"), visit.say("error.Unavailable.advice")
        return tag("div", link, tag("p", " ".join(kept), class_="soft"))
    period, rated = found
    columns = [
        Column(visit.say("portal.machine")),
        Column(visit.say("portal.measured")),
        Column(visit.say("invoice.quantity"), is_number=True),
        Column(visit.say("invoice.completeness"), is_number=True),
    ]
    rows = [
        Row(
            [
                machine_name(machines, one.meter.machine),
                signal_name(visit, machines, one),
                "" if one.spans or one.states else form.quantity(one.quantity),
                form.percent(one.completeness),
            ]
        )
        for one in rated.usage
    ]
    said = visit.period(period, zone_named(contract.time_zone))
    total = visit.say("portal.so_far", amount=form.money(rated.totals.gross))
    content = table(name, columns, rows) if rows else None
    return tag("div", link, tag("p", f"{said} · {total}", class_="soft"), content,
               _guarantee(visit, rated))  # fmt: skip


def _guarantee(visit: Visit, rated: RatedDocument) -> Html:
    """Say whether the guarantee is kept so far, with the way to its time line."""
    result = rated.guarantee
    if result is None and not rated.outcomes:
        return join()
    query = {"period": format_instant(rated.period.start)}
    way = tag(
        "a", visit.say("portal.time_line"), href=address(f"/contracts/{rated.contract.id}", query)
    )
    if result is None:
        return tag("p", way)
    value = result.availability.value
    if value is None:
        state = badge(visit.say("guarantee.not_judged"))
    else:
        key, kind = ("missed", "bad") if result.credit else ("met", "good")
        state = badge(visit.say(f"guarantee.{key}"), kind)
    known = "" if value is None else form.percent(value, 3)
    text = visit.say("portal.guarantee", target=form.percent(result.target))
    return tag("p", text, " ", known, " ", state, " ", way)


async def _documents(visit: Visit) -> None:
    query = DocumentQuery(limit=DOCUMENTS_SHOWN)
    heads = await visit.ask(visit.application.billing.documents, query)
    heading = visit.say("portal.documents")
    if not heads:
        none = visit.say("invoices.none.title"), visit.say("invoices.none.text")
        show(panel(heading, empty_state(*none)))
        return
    listed = invoices_table(visit, heads, await claims_of(visit, heads))
    every = tag("a", visit.say("portal.all"), href="/invoices")
    show(panel(heading, listed, beside=every, is_flush=True))


def _proofs(visit: Visit) -> Html:
    steps = [tag("li", visit.say(f"portal.proof.{step}")) for step in ("download", "run", "read")]
    said = tag("p", visit.say("portal.proof.why"))
    command = tag("pre", VERIFY, class_="raw")
    return panel(visit.say("portal.proofs"), said, tag("ol", steps), command, id_="proofs")


async def _requests(visit: Visit, machines: dict[str, Machine]) -> None:
    found = await visit.ask(visit.application.incidents.recent)
    with ui.element("section").classes("panel part").props("id=requests"):
        heading = tag("h2", visit.say("requests.title"))
        every = tag("a", visit.say("portal.all"), href="/requests")
        show(tag("div", heading, tag("div", every, class_="actions"), class_="panel-head"))
        if found:
            await requests_table(visit, machines, found[:REQUESTS_SHOWN])
        else:
            show(nothing(visit))
        await open_button(visit, machines)
