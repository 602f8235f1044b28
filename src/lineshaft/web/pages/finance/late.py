"""Issued periods whose usage is not any more what was billed."""

import msgspec
from fastapi import Request
from nicegui import ui

from lineshaft.core.period import zone_named
from lineshaft.platform.twin.model import Machine
from lineshaft.services.billing.model import LatePage, LatePeriod
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    page_head,
    pages,
    panel,
    sheets,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.naming import meter_names
from lineshaft.web.pages.contracts.names import (
    contract_names,
    local,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.finance.tabs import tabs
from lineshaft.web.session import Visit

PATH = "/finance/late"


class _Names(msgspec.Struct, frozen=True):
    """What contracts, their meters and machines are called, by id."""

    contracts: dict[str, str]
    meters: dict[str, dict[str, str]]
    machines: dict[str, Machine]

    def meter(self, contract: str, place: str) -> str:
        """Name a meter on a machine, such as `press/hours`."""
        machine, _, id_ = place.rpartition("/")
        counted = self.meters.get(contract, {}).get(id_, id_)
        return f"{counted} ({machine_name(self.machines, machine)})"


async def build(visit: Visit, request: Request) -> None:
    """Measure a page of issued periods again, and list the ones that differ."""
    title(visit, visit.say("finance.late"))
    after = request.query_params.get("after", "")
    show(
        page_head(
            visit.say("finance.late"),
            lead=visit.say("finance.late_lead"),
            beside=tabs(visit, "finance.late"),
        )
    )
    with ui.element("div").classes("part").props("aria-live=polite") as part:
        show(tag("p", visit.say("finance.measuring"), class_="soft"))
    await ui.context.client.connected()
    page = await visit.ask(visit.application.billing.late, after or None)
    part.clear()
    with part:
        show(_found(visit, page, await _names(visit, page)))
        show(pages(visit, PATH, {"after": after}, page.next))


async def _names(visit: Visit, page: LatePage) -> _Names:
    """Return what the contracts, meters and machines of a page are called."""
    ids = [one.document.contract for one in page.periods]
    contracts = await contract_names(visit, ids)
    meters = {}
    for id_ in contracts:
        contract = (await visit.ask(visit.application.contracts.contract, id_)).contract
        meters[id_] = {id_: local(visit, name) for id_, name in meter_names(contract).items()}
    return _Names(contracts, meters, await machines_by_id(visit))


def _found(visit: Visit, page: LatePage, names: _Names) -> Html:
    if not page.periods:
        nothing = visit.say("finance.nothing_late.title"), visit.say("finance.nothing_late.text")
        return tag("div", empty_state(*nothing), class_="panel")
    columns = [
        Column(visit.say("invoices.number")),
        Column(visit.say("finance.contract")),
        Column(visit.say("invoices.period")),
        Column(visit.say("finance.meters")),
    ]
    rows = [
        Row(
            [
                tag("a", one.document.number, href=f"/invoices/{one.document.number}#correct"),
                names.contracts[one.document.contract],
                visit.period(one.document.period, zone_named("UTC")),
                _differs(visit, one, names),
            ]
        )
        for one in page.periods
    ]
    content = table(visit.say("finance.late"), columns, rows)
    files = sheets("/files/finance/late")
    return panel(visit.say("finance.late"), content, beside=files, is_flush=True)


def _differs(visit: Visit, one: LatePeriod, names: _Names) -> str:
    """Say what is known differently now."""
    if one.is_refused:
        return visit.say("finance.late_refused")
    if one.is_amended:
        return visit.say("finance.late_amended")
    kinds = [visit.say(f"finance.late.{kind}") for kind in one.recorded]
    meters = [names.meter(one.document.contract, each) for each in one.meters]
    return ", ".join([*meters, *kinds]) or visit.say("finance.late_fees")
