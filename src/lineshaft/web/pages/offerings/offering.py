"""An offering: what it sells in words, its versions, who has it, and taking it off sale."""

import json

from fastapi import Request
from nicegui import ui

from lineshaft.services.contracts.catalogue.model import CatalogueEntry, UsePage
from lineshaft.services.contracts.model import ContractRecord
from lineshaft.web.components import (
    Column,
    Row,
    address,
    empty_state,
    facts,
    link_button,
    notice,
    page_head,
    pages,
    panel,
    table,
)
from lineshaft.web.controls import attempt, button, dialog_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.contracts import state_badge
from lineshaft.web.pages.contracts.form import version_number
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.offerings.offerings import MAKE
from lineshaft.web.pages.offerings.words import (
    charged,
    classified,
    measured,
    sale_badge,
)
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field

JSON = "application/json"


async def build(visit: Visit, request: Request) -> None:
    """Show a version of an offering, the last one unless another is asked for."""
    catalogue, id_ = visit.application.catalogue, request.path_params["offering"]
    versions = await visit.ask(catalogue.versions, id_)
    entry = await visit.ask(catalogue.show, id_, _version(request))
    name = local(visit, entry.offering.name)
    title(visit, name)
    show(_head(visit, entry, len(versions), name))
    _actions(visit, entry, len(versions), may_make=await visit.may(*MAKE))
    if entry.withdrawal is not None:
        at = visit.instant(entry.withdrawal.at)
        said = visit.say("offering.withdrawn_on", at=at)
        show(notice(said, tag("span", entry.withdrawal.reason), visit.say("offering.stays")))
    show(panel(visit.say("offering.terms"), charged(visit, entry.offering)))
    show(panel(visit.say("offering.measured"), measured(visit, entry.offering)))
    show(panel(visit.say("offering.counts_as"), classified(visit, entry.offering)))
    show(panel(visit.say("offering.basics"), _basics(visit, entry)))
    show(_versions(visit, entry, versions))
    after = request.query_params.get("after", "")
    use = await visit.ask(catalogue.contracts, id_, after)
    show(_contracts(visit, id_, after, use))


def _version(request: Request) -> int | None:
    text = request.query_params.get("version", "")
    return version_number(text) if text else None


def _head(visit: Visit, entry: CatalogueEntry, last: int, name: str) -> Html:
    version, offering = entry.offering.version, entry.offering
    lead = visit.say("offering.lead", version=version, last=last, id=offering.id)
    crumbs = [(visit.say("offerings.title"), "/offerings")]
    return page_head(name, lead=lead, crumbs=crumbs, beside=sale_badge(visit, entry))


def _actions(visit: Visit, entry: CatalogueEntry, last: int, *, may_make: bool) -> None:
    offering = entry.offering
    text = json.dumps(offering.to_content(), ensure_ascii=False, indent=1) + "\n"
    file = f"{offering.id}-{offering.version}.json"
    with ui.element("div").classes("actions"):
        if may_make and offering.version == last:
            path = f"/offerings/{offering.id}/next"
            show(link_button(visit.say("offering.next"), path, kind="primary"))
        if may_make and entry.is_on_sale:
            button(visit.say("offering.withdraw"), lambda: _withdraw(visit, entry))
        button(visit.say("offering.export"), lambda: ui.download.content(text.encode(), file, JSON))


def _withdraw(visit: Visit, entry: CatalogueEntry) -> None:
    offering = entry.offering
    with dialog_card() as close:
        show(tag("h2", visit.say("offering.withdraw_title", version=offering.version)))
        show(tag("p", visit.say("offering.withdraw_text")))
        reason = text_field(visit.say("offering.reason"))

        async def act() -> None:
            said = str(reason.value or "").strip()
            catalogue = visit.application.catalogue
            await visit.ask(catalogue.withdraw, offering.id, offering.version, said)
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("offering.withdraw"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


def _basics(visit: Visit, entry: CatalogueEntry) -> Html:
    offering = entry.offering
    return facts(
        [
            (visit.say("offering.id"), tag("code", offering.id)),
            (visit.say("offering.currency"), offering.currency),
            (visit.say("offering.name_english"), tag("span", offering.name.en, lang="en")),
            (
                visit.say("offering.name_chinese"),
                tag("span", offering.name.zh_hans, lang="zh-CN"),
            ),
            (visit.say("offering.recorded"), visit.instant(entry.recorded_at)),
        ]
    )


def _versions(visit: Visit, shown: CatalogueEntry, versions: list[CatalogueEntry]) -> Html:
    columns = [
        Column(visit.say("offering.version")),
        Column(visit.say("offering.recorded")),
        Column(visit.say("offering.state")),
        Column(visit.say("offering.difference")),
    ]
    rows = []
    path = f"/offerings/{shown.offering.id}"
    for entry in reversed(versions):
        number = entry.offering.version
        name = visit.say("offering.version_number", version=number)
        link: Html = tag("a", name, href=address(path, {"version": str(number)}))
        if number == shown.offering.version:
            link = tag("strong", name)
        compare = None
        if number > 1:
            query = {"before": str(number - 1), "after": str(number)}
            said = visit.say("offering.compare", version=number - 1)
            compare = tag("a", said, href=address(f"{path}/difference", query))
        state = sale_badge(visit, entry)
        rows.append(Row([join(link), visit.instant(entry.recorded_at), state, compare]))
    content = table(visit.say("offering.versions"), columns, rows)
    said = tag("p", visit.say("offering.for_ever"), class_="soft")
    return panel(visit.say("offering.versions"), said, content)


def _contracts(visit: Visit, id_: str, after: str, use: UsePage) -> Html:
    heading = visit.say("offering.contracts")
    if not use.records and not after:
        none = empty_state(
            visit.say("offering.no_contracts.title"), visit.say("offering.no_contracts.text")
        )
        return panel(heading, none)
    columns = [
        Column(visit.say("contract.customer")),
        Column(visit.say("offering.version")),
        Column(visit.say("contracts.machines"), is_number=True),
        Column(visit.say("offering.state")),
    ]
    rows = [_contract(visit, record) for record in use.records]
    following = pages(visit, f"/offerings/{id_}", {"after": after}, use.next)
    return panel(heading, table(heading, columns, rows), following, is_flush=True)


def _contract(visit: Visit, record: ContractRecord) -> Row:
    contract = record.contract
    version = visit.say("offering.version_number", version=contract.offering.version)
    customer = tag("a", contract.customer.name, href=f"/contracts/{contract.id}")
    machines = str(len(contract.machines))
    return Row([join(customer), version, machines, state_badge(visit, record)])
