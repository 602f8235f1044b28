"""The month's close: every billed period at its step, and the way to what is in its way."""

from collections import Counter
from fractions import Fraction

import msgspec
from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.core.month import Month
from lineshaft.core.period import format_instant, to_datetime, zone_named
from lineshaft.platform.twin.model import Machine
from lineshaft.services.billing.closing.model import (
    ClosePage,
    CloseRow,
    CloseStep,
)
from lineshaft.services.billing.closing.service import Readiness
from lineshaft.services.contracts.model import TermsInvalid
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    address,
    badge,
    empty_state,
    facts,
    link_button,
    page_head,
    pages,
    sheets,
)
from lineshaft.web.controls import button, confirm
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, join, tag
from lineshaft.web.naming import meter_names
from lineshaft.web.pages.contracts.names import (
    contract_name,
    local,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.finance.tabs import tabs
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, widget_table

PATH = "/finance"
_KINDS = {
    CloseStep.DRAFT: "warn",
    CloseStep.NOT_OVER: "",
    CloseStep.TO_BILL: "warn",
    CloseStep.ISSUED: "",
    CloseStep.HANDED_OUT: "",
    CloseStep.PAID: "good",
}


class _Open(msgspec.Struct):
    """The list as it is open in a browser: where the result of a check is shown.

    Attributes:
        names: of the contracts, by id.
        machines: what they are called, by id.
        results: by the place of the row.
    """

    visit: Visit
    page: ClosePage
    names: dict[str, str]
    machines: dict[str, Machine]
    results: dict[int, ui.element] = msgspec.field(default_factory=dict)

    def say(self, place: int, result: Html) -> None:
        """Write into the last cell of a row; an empty one has no title on narrow screens."""
        made = self.results[place]
        made.clear()
        if result:
            made.props["data-label"] = self.visit.say("finance.in_the_way")
            with made:
                show(result)

    def to_bill(self) -> list[tuple[int, CloseRow]]:
        """Return the rows that wait for a document."""
        rows = enumerate(self.page.rows)
        return [(place, row) for place, row in rows if row.step is CloseStep.TO_BILL]


async def build(visit: Visit, request: Request) -> None:
    """Show the list of a month."""
    title(visit, visit.say("finance.close"))
    closing, query = visit.application.closing, request.query_params
    now = to_datetime(visit.application.clock.now(), visit.zone)
    month = Month(now.year, now.month).moved(-1)
    if query.get("month"):
        month = Month.parse(query["month"])
    asked = {"month": str(month), "zone": query.get("zone", ""), "after": query.get("after", "")}
    page = await visit.ask(
        closing.month, month, zone=asked["zone"] or None, after=asked["after"] or None
    )
    zones = await visit.ask(closing.zones)
    show(
        page_head(
            visit.say("finance.close"),
            lead=visit.say("finance.close_lead"),
            beside=tabs(visit, "finance.close"),
        )
    )
    show(_which(visit, month, zones, asked))
    if not page.rows:
        nothing = visit.say("finance.none.title"), visit.say("finance.none.text")
        show(
            empty_state(*nothing, action=link_button(visit.say("contracts.title"), "/contracts")),
            "panel",
        )
        return
    contracts = {row.contract.id: row.contract for row in page.rows}
    names = {id_: await contract_name(visit, one) for id_, one in contracts.items()}
    _list(_Open(visit, page, names, await machines_by_id(visit)), asked)


def _which(visit: Visit, month: Month, zones: list[str], asked: dict[str, str]) -> Html:
    """Return the way to other months, the choice of the zone, and the list as a file."""
    kept = {"zone": asked["zone"]} if asked["zone"] else {}

    def of(other: Month) -> str:
        return address(PATH, {"month": str(other)} | kept)

    options = [
        tag(
            "option",
            name or visit.say("finance.all_zones"),
            value=name,
            selected=name == asked["zone"],
        )
        for name in ("", *zones)
    ]
    chosen = tag("select", options, name="zone", class_="field")
    typed = tag("input", type="month", name="month", value=str(month), class_="field")
    return tag(
        "form",
        link_button(visit.say("finance.month_before"), of(month.moved(-1))),
        link_button(visit.say("finance.month_after"), of(month.moved(1))),
        tag("label", visit.say("finance.month"), typed),
        tag("label", visit.say("finance.zone"), chosen),
        tag("button", visit.say("finance.show"), class_="button", type="submit"),
        sheets("/files/finance/close", {"month": str(month)} | kept),
        method="get",
        action=PATH,
        class_="filters",
    )


def _list(shown: _Open, asked: dict[str, str]) -> None:
    visit = shown.visit
    with ui.element("section").classes("panel part"):
        show(_progress(visit, shown.page))
        progress = ui.html("", sanitize=False).props("aria-live=polite")
        if shown.to_bill():
            with ui.element("div").classes("actions"):
                button(visit.say("finance.check"), lambda: _check_all(shown, progress))
                button(
                    visit.say("finance.issue_ready"),
                    lambda: _ask_to_issue(shown, progress),
                    "primary",
                )
    columns = [
        Column(visit.say("finance.contract")),
        Column(visit.say("invoices.period")),
        Column(visit.say("finance.step")),
        Column(visit.say("finance.documents")),
        Column(visit.say("finance.in_the_way")),
    ]
    with (
        ui.element("section").classes("panel flush"),
        widget_table(visit.say("finance.close"), columns),
    ):
        for place, row in enumerate(shown.page.rows):
            with ui.element("tr"):
                _cells(shown, columns, place, row)
    show(pages(visit, PATH, asked, shown.page.next))


def _progress(visit: Visit, page: ClosePage) -> Html:
    """Say how many periods are at each step; all of it is done when all are paid."""
    counts = Counter(row.step for row in page.rows)
    pairs: list[tuple[str, Child]] = [
        (visit.say(f"close.{step.value}"), tag("span", str(counts[step]), class_="big"))
        for step in CloseStep
        if counts[step]
    ]
    disputed = sum(row.is_disputed for row in page.rows)
    overdue = sum(row.is_overdue for row in page.rows)
    pairs += [(visit.say("finance.disputed"), str(disputed))] if disputed else []
    pairs += [(visit.say("finance.overdue"), str(overdue))] if overdue else []
    done = sum(
        row.step in {CloseStep.ISSUED, CloseStep.HANDED_OUT, CloseStep.PAID} for row in page.rows
    )
    said = visit.say("finance.progress", done=done, count=len(page.rows))
    bar = tag(
        "progress",
        value=done,
        max=len(page.rows),
        aria_label=said,
        class_="wide",
        style="width:100%;accent-color:var(--accent)",
    )
    return join(tag("p", said), bar, facts(pairs))


def _cells(shown: _Open, columns: list[Column], place: int, row: CloseRow) -> None:
    visit, contract = shown.visit, row.contract
    query = {} if row.step is CloseStep.DRAFT else {"period": format_instant(row.period.start)}
    way = address(f"/contracts/{contract.id}", query)
    link = tag("a", shown.names[contract.id], href=way)
    name = [link, tag("div", contract.customer.name, class_="soft")]
    cell(columns[0], join(name), is_head=True)
    cell(columns[1], join(visit.period(row.period, zone_named(contract.time_zone))))
    cell(columns[2], badge(visit.say(f"close.{row.step.value}"), _KINDS[row.step]))
    links = [
        tag(
            "div",
            tag("a", head.number, href=f"/invoices/{head.number}"),
            " ",
            form.money(head.owed),
        )
        for head in row.documents
    ]
    cell(columns[3], join(links))
    shown.results[place] = ui.element("td")
    shown.say(place, _in_the_way(visit, row))


def _in_the_way(visit: Visit, row: CloseRow) -> Html:
    said = []
    if row.step is CloseStep.DRAFT:
        said.append(tag("div", visit.say("finance.to_activate")))
    for claim in row.claims:
        if claim.dispute is not None:
            way = f"/invoices/{claim.document.number}"
            said.append(
                tag(
                    "div",
                    tag(
                        "a", visit.say("finance.dispute_of", number=claim.document.number), href=way
                    ),
                )
            )
        elif claim.overdue_days:
            said.append(tag("div", visit.say("finance.overdue_by", days=claim.overdue_days)))
    return join(said)


def _verdict(shown: _Open, row: CloseRow, ready: Readiness) -> Html:
    """Say what blocks a period, by machine and meter, or what its document would be."""
    visit, meters = shown.visit, meter_names(row.contract)
    said = [
        tag(
            "div",
            badge(visit.say("finance.incomplete"), "bad"),
            " ",
            visit.say(
                "finance.incomplete_of",
                meter=local(visit, meters[short.record.meter.id]),
                machine=machine_name(shown.machines, short.record.meter.machine),
                percent=form.percent(short.known),
            ),
        )
        for short in ready.shortfalls
    ]
    if not said:
        gross = form.money(ready.rated.totals.gross)
        said.append(tag("div", badge(visit.say("finance.ready"), "good"), " ", gross))
        least = min((each.completeness for each in ready.rated.usage), default=Fraction(1))
        if least < 1:
            text = visit.say("finance.flagged", percent=form.percent(least))
            said.append(tag("div", text, class_="soft"))
    if ready.refusals:
        (machine, *_) = row.contract.machines
        way = address("/refusals", {"machine": machine})
        text = visit.say("finance.refusals", count=ready.refusals)
        said.append(tag("div", tag("a", text, href=way)))
    return join(said)


async def _check(shown: _Open, place: int, row: CloseRow) -> Readiness | None:
    """Check a period and write the result into its row; None when it cannot even be rated."""
    visit = shown.visit
    try:
        ready = await visit.ask(visit.application.closing.check, row.contract.id, row.period)
    except (LineshaftError, TermsInvalid) as error:
        shown.say(place, _refused(visit, error))
        return None
    shown.say(place, _verdict(shown, row, ready))
    return ready


def _refused(visit: Visit, error: LineshaftError) -> Html:
    return join(badge(visit.say("finance.refused"), "bad"), " ", errors.reason(visit, error))


async def _check_all(shown: _Open, progress: ui.html) -> None:
    visit, waiting = shown.visit, shown.to_bill()
    ready_count = 0
    for done, (place, row) in enumerate(waiting):
        progress.content = visit.say("finance.checking", done=done, count=len(waiting))
        ready = await _check(shown, place, row)
        ready_count += ready is not None and not ready.shortfalls
    progress.content = visit.say("finance.checked", ready=ready_count, count=len(waiting))


def _ask_to_issue(shown: _Open, progress: ui.html) -> None:
    visit = shown.visit
    texts = (
        visit.say("finance.issue_title"),
        visit.say("finance.issue_text", count=len(shown.to_bill())),
        visit.say("finance.issue_confirm"),
    )
    confirm(visit, texts, lambda: _issue_all(shown, progress))


async def _issue_all(shown: _Open, progress: ui.html) -> None:
    """Issue what is ready, one after the other; what is not stays as it is and says why."""
    visit, waiting = shown.visit, shown.to_bill()
    issued = 0
    for done, (place, row) in enumerate(waiting):
        progress.content = visit.say("finance.issuing", done=done, count=len(waiting))
        ready = await _check(shown, place, row)
        if ready is not None and not ready.shortfalls:
            issued += await _issue(shown, place, row)
    left = len(waiting) - issued
    progress.content = visit.say("finance.issued", issued=issued, left=left)
    if issued and not left:
        ui.navigate.reload()


async def _issue(shown: _Open, place: int, row: CloseRow) -> int:
    visit = shown.visit
    try:
        made = await visit.ask(visit.application.billing.issue, row.contract.id, row.period)
    except LineshaftError as error:
        shown.say(place, _refused(visit, error))
        return 0
    link = tag("a", made.number, href=f"/invoices/{made.number}")
    shown.say(place, join(badge(visit.say("close.issued"), "good"), " ", link))
    return 1
