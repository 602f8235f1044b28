"""A contract: parties, terms in words, usage so far, the guarantee's time line, its invoices."""

import msgspec
from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError, Refusal
from lineshaft.core.period import Instant, Period, format_instant, parse_instant, zone_named
from lineshaft.core.reading import signal_id
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.billing.model import DocumentQuery, RatedDocument
from lineshaft.services.contracts.errors import NotInForce
from lineshaft.services.contracts.model import Contract, ContractLife, Party, TermsInvalid
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    address,
    badge,
    empty_state,
    facts,
    link_button,
    notice,
    page_head,
    panel,
    sheets,
)
from lineshaft.web.documents import claims_of, invoices_table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts import timeline
from lineshaft.web.pages.contracts.acts import ContractActs
from lineshaft.web.pages.contracts.conditions import conditions
from lineshaft.web.pages.contracts.issue import issue_button
from lineshaft.web.pages.contracts.life import life_panels, standing
from lineshaft.web.pages.contracts.names import (
    Machines,
    contract_name,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.contracts.promises import outcome_panels
from lineshaft.web.pages.contracts.rated import rated_table, usage_notices
from lineshaft.web.pages.contracts.stocks import recorded_panels
from lineshaft.web.pages.contracts.terms import terms_in_words
from lineshaft.web.session import Visit

INVOICES_SHOWN = 10


class _Shown(msgspec.Struct, frozen=True):
    """What the page shows: the contract under its name, and the billed period."""

    life: ContractLife
    contract: Contract
    name: str
    period: Period


async def build(visit: Visit, request: Request) -> None:
    """Show a contract."""
    id_ = request.path_params["contract"]
    life = await visit.ask(visit.application.contracts.agreements.life, id_)
    contract = (life.binding or life.last).contract
    name = await contract_name(visit, contract)
    title(visit, name)
    period = await latest_period(visit, contract, request.query_params.get("period"))
    shown = _Shown(life, contract, name, period)
    show(_head(visit, shown))
    address_ = "" if request.client is None else request.client.host
    await ContractActs(visit, life, name, address_).add()
    usage = _usage_part(visit, shown)
    guarantee_part = ui.element("div").classes("part")
    invoices_part = ui.element("div").classes("part")
    machines = await machines_by_id(visit)
    bound = ", ".join(machine_name(machines, each) for each in contract.machines)
    show(_agreed(visit, contract, bound, machines))
    for each in life_panels(visit, life, machines):
        show(each)
    names = {each: machine_name(machines, each) for each in contract.machines}
    for part in await recorded_panels(visit, contract, names):
        show(part)
    with invoices_part:
        await _invoices(visit, contract)
    if usage is None:
        return
    with usage:
        show(_busy(visit))
    await ui.context.client.connected()
    await _measured(visit, shown, usage, guarantee_part)


async def latest_period(visit: Visit, contract: Contract, wanted: str | None = None) -> Period:
    """Return the billed period asked for, or the last one of which anything is known."""
    contracts = visit.application.contracts
    if wanted:
        return await visit.ask(contracts.billed_period, contract.id, parse_instant(wanted))
    signals = [
        signal_id(machine, price.meter.signal)
        for price in contract.terms.usage_prices
        if price.meter is not None
        for machine in contract.machines
    ]
    at = visit.application.clock.now()
    try:
        latest = await visit.ask(visit.application.historian.latest, signals)
        at = max((reading.ts for reading in latest.values()), default=at)
    except Refusal:
        at = visit.application.clock.now()
    end = contract.ends_at
    last = at if end is None else min(at, Instant(end - 1))
    try:
        return await visit.ask(contracts.billed_period, contract.id, max(last, contract.starts_at))
    except NotInForce:
        return contract.billed_period(max(last, contract.starts_at))


def _head(visit: Visit, shown: _Shown) -> Html:
    contract = shown.contract
    lead = visit.say(
        "contract.lead", supplier=contract.supplier.name, customer=contract.customer.name
    )
    return page_head(
        shown.name,
        lead=lead,
        crumbs=[(visit.say("contracts.title"), "/contracts")],
        beside=standing(visit, shown.life),
    )


def _usage_part(visit: Visit, shown: _Shown) -> ui.element | None:
    """Put the place of usage there; nothing is metered under what does not bind."""
    if shown.life.binding is None:
        return None
    with ui.element("section").classes("panel part"):
        show(_usage_head(visit, shown))
        return ui.element("div").classes("part").props("aria-live=polite")


def _usage_head(visit: Visit, shown: _Shown) -> Html:
    zone = zone_named(shown.contract.time_zone)
    path = f"/contracts/{shown.contract.id}"
    links = []
    for text, at in (
        ("contract.earlier", Instant(shown.period.start - 1)),
        ("contract.later", shown.period.end),
    ):
        if _is_covered(shown.contract, at) and at <= visit.application.clock.now():
            query = {"period": format_instant(at)}
            links.append(link_button(visit.say(text), address(path, query), kind="small"))
    is_over = shown.period.end <= visit.application.clock.now()
    state = badge(visit.say("contract.over" if is_over else "contract.running"))
    heading = [
        tag("h2", visit.say("contract.usage")),
        tag("p", visit.period(shown.period, zone), " ", state),
    ]
    return tag("div", tag("div", heading, class_="grow"), tag("div", links, class_="actions"),
               class_="panel-head")  # fmt: skip


def _is_covered(contract: Contract, at: Instant) -> bool:
    try:
        contract.billed_period(at)
    except TermsInvalid:
        return False
    return True


def _busy(visit: Visit) -> Html:
    return tag(
        "p",
        tag("span", class_="spinner", aria_hidden="true"),
        visit.say("contract.measuring"),
        class_="progress",
        role="status",
    )


async def _measured(
    visit: Visit, shown: _Shown, usage: ui.element, guarantee_part: ui.element
) -> None:
    """Rate the period as it stands; that reads every reading of it, so the page is there first."""
    try:
        rated = await visit.ask(visit.application.billing.preview, shown.contract.id, shown.period)
    except LineshaftError as error:
        errors.log(error, visit.path)
        usage.clear()
        with usage:
            show(_not_measured(visit, error))
        return
    notices = await usage_notices(visit, rated)
    may_issue = await visit.may(Action.INVOICE_ISSUE, _resource(shown.contract))
    issued = await _issued(visit, shown) if may_issue else None
    usage.clear()
    with usage:
        show(notices)
        show(rated_table(visit, rated))
        if issued is not None:
            text = visit.say("issue.done", number=issued)
            show(tag("div", link_button(text, f"/invoices/{issued}"), class_="actions"))
        elif may_issue:
            issue_button(visit, rated, notices)
    with guarantee_part:
        await _guarantee(visit, rated)
        if rated.guarantee or rated.outcomes:
            show(_time_line_files(visit, shown))


async def _issued(visit: Visit, shown: _Shown) -> str | None:
    """Return the number of the document of this period, if it was issued."""
    query = DocumentQuery(contract=shown.contract.id)
    heads = await visit.ask(visit.application.billing.documents, query)
    return next((head.number for head in heads if head.period == shown.period), None)


def _not_measured(visit: Visit, error: LineshaftError) -> Html:
    kind = errors.kind_of(error)
    return notice(visit.say(f"error.{kind}.title"), visit.say(f"error.{kind}.advice"))


def _resource(contract: Contract) -> Resource:
    return Resource("contract", contract.id, organisation=contract.organisation)


def _time_line_files(visit: Visit, shown: _Shown) -> Html:
    period = {
        "start": format_instant(shown.period.start),
        "end": format_instant(shown.period.end),
    }
    files = sheets(f"/files/contracts/{shown.contract.id}/timeline", period)
    label = tag("span", visit.say("guarantee.timeline"), class_="soft")
    return tag("div", label, files, class_="actions")


async def _guarantee(visit: Visit, rated: RatedDocument) -> None:
    guarantee, result = rated.contract.terms.guarantee, rated.guarantee
    if rated.outcomes:
        for shown in outcome_panels(visit, rated, await machines_by_id(visit)):
            show(shown)
    if guarantee is None or result is None:
        return
    machines = await machines_by_id(visit)
    content: list[Html] = [_verdict(visit, rated)]
    slots = rated.contract.slots(rated.period)
    for slot in slots:
        spans = await visit.ask(
            visit.application.metering.timeline,
            guarantee.meter.on(slot.machine),
            slot.period,
            rated.known_at,
        )
        classed = timeline.classed(spans, guarantee.classes)
        if len(slots) > 1:
            content.append(timeline.slot_heading(visit, rated.contract, slot, machines))
        content.append(timeline.picture(visit, rated.contract, slot.period, classed))
    content.append(timeline.durations_table(visit, guarantee.classes, result.durations))
    show(panel(visit.say("guarantee.title"), tag("div", content, class_="part")))


def _verdict(visit: Visit, rated: RatedDocument) -> Html:
    result = rated.guarantee
    if result is None:
        return join()
    value = result.availability.value
    shown_value = visit.say("guarantee.not_applicable") if value is None else form.percent(value, 3)
    key = "guarantee.missed" if result.credit else "guarantee.met"
    kind = "bad" if result.credit else "good"
    if value is None:
        key, kind = "guarantee.not_judged", ""
    pairs = [
        (visit.say("guarantee.availability"), tag("span", shown_value, class_="big")),
        (visit.say("guarantee.target"), form.percent(result.target)),
        (visit.say("guarantee.credit"), form.percent(result.credit)),
        (visit.say("guarantee.verdict"), badge(visit.say(key), kind)),
    ]
    return facts(pairs)


async def _invoices(visit: Visit, contract: Contract) -> None:
    query = DocumentQuery(contract=contract.id, limit=INVOICES_SHOWN)
    try:
        heads = await visit.ask(visit.application.billing.documents, query)
    except Refusal:
        return
    if heads:
        listed = invoices_table(visit, heads, await claims_of(visit, heads))
        show(panel(visit.say("contract.invoices"), listed, is_flush=True))
    elif await visit.may(
        Action.INVOICE_READ, Resource("document", "*", organisation=contract.organisation)
    ):
        none = empty_state(
            visit.say("contract.no_invoices.title"), visit.say("contract.no_invoices.text")
        )
        show(panel(visit.say("contract.invoices"), none))


def _agreed(visit: Visit, contract: Contract, bound: str, machines: Machines) -> Html:
    zone = zone_named(contract.time_zone)
    ends = (
        visit.say("contract.open_end")
        if contract.ends_at is None
        else form.instant(contract.ends_at, zone, visit.language)
    )
    said = facts(conditions(visit, contract, machines), is_list=True)
    terms = panel(visit.say("contract.terms"), terms_in_words(visit, contract, machines), said)
    basics = facts(
        [
            (visit.say("contracts.machines"), bound),
            (visit.say("contract.from"), form.instant(contract.starts_at, zone, visit.language)),
            (visit.say("contract.until"), ends),
            (visit.say("contract.version"), str(contract.version)),
        ]
    )
    parties = tag(
        "div",
        _party(visit, "contract.supplier", contract.supplier),
        _party(visit, "contract.customer", contract.customer),
        class_="columns",
    )
    return tag(
        "div",
        terms,
        panel(visit.say("contract.parties"), tag("div", parties, basics, class_="part")),
        class_="part",
    )


def _party(visit: Visit, role: str, party: Party) -> Html:
    lines = [*party.address_lines, party.country]
    if party.vat_id:
        lines.append(visit.say("contract.vat_id", id=party.vat_id))
    if party.legal_id:
        lines.append(visit.say("contract.legal_id", id=party.legal_id))
    return tag(
        "div",
        tag("h3", visit.say(role), class_="soft"),
        tag("p", tag("strong", party.name)),
        [tag("p", line) for line in lines],
    )
