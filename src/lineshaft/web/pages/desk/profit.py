"""The account of profit: by contract, machine, offering or month, down to documents and costs."""

from collections.abc import Mapping, Sequence

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.services.desk.model import (
    COST_FIELDS,
    CostRecord,
    EntryKind,
    GroupBy,
    Months,
    ProfitEntry,
    ProfitRow,
    sum_figures,
)
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    download,
    empty_state,
    link_button,
    notice,
    page_head,
    panel,
    table,
)
from lineshaft.web.controls import button, dialog_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import (
    contract_names,
    local,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.desk.months import last_months
from lineshaft.web.pages.desk.plots import Series, bars
from lineshaft.web.session import Visit

ENTRIES_SHOWN_MAX = 500
PATH = "/profit"
_HEADS = {
    GroupBy.CONTRACT: "invoice.contract",
    GroupBy.MACHINE: "study.machine",
    GroupBy.OFFERING: "desk.offering",
    GroupBy.MONTH: "study.month",
}
Names = Mapping[str, str]


async def build(visit: Visit, request: Request) -> None:
    """Show the account of some months, and the entries of a row that somebody has chosen."""
    title(visit, visit.say("profit.title"))
    query = request.query_params
    shown = last_months(visit.application.clock)
    months = Months(query.get("first") or shown.first, query.get("last") or shown.last)
    by = GroupBy(query["by"]) if query.get("by") in list(GroupBy) else GroupBy.CONTRACT
    design = visit.application.design
    entries = await visit.ask(design.profit_entries, months)
    asked = {"first": months.first, "last": months.last, "by": by.value}
    files = [
        download(visit.say("profit.csv"), address("/files/profit.csv", asked)),
        download(visit.say("profit.xlsx"), address("/files/profit.xlsx", asked)),
        download(visit.say("profit.entries_csv"), address("/files/profit-entries.csv", asked)),
        download(visit.say("profit.entries_xlsx"), address("/files/profit-entries.xlsx", asked)),
    ]
    show(page_head(visit.say("profit.title"), lead=visit.say("profit.lead"), beside=files))
    show(_choice(visit, asked))
    with ui.element("div").classes("actions"):
        button(visit.say("profit.import"), lambda: _import(visit))
    if not entries:
        said = visit.say("profit.none.title"), visit.say("profit.none.text")
        show(empty_state(*said, f"{','.join(COST_FIELDS)}"), "panel")
        return
    rows = design.rows_of(entries, by)
    names = await _names(visit, by, [each.key for each in rows])
    show(_account(visit, rows, names, asked))
    if by is GroupBy.MONTH:
        show(_by_month(visit, rows))
    if "key" in query:
        chosen = [each for each in entries if getattr(each, by.value) == query["key"]]
        costs = {each.id: each for each in await visit.ask(design.costs, months)}
        shown_as = names.get(query["key"], query["key"]) or visit.say("profit.nobody")
        show(await _entries(visit, shown_as, chosen, costs))


def _choice(visit: Visit, asked: Mapping[str, str]) -> Html:
    fields = [
        tag("label", visit.say(f"study.{name}"), tag("input", type="month", name=name,
            value=asked[name], required=True))
        for name in ("first", "last")
    ]  # fmt: skip
    kept = tag("input", type="hidden", name="by", value=asked["by"])
    submit = tag("button", visit.say("profit.show"), class_="button", type="submit")
    ways = [
        link_button(
            visit.say(f"group.{by.value}"),
            address(PATH, {**asked, "by": by.value}),
            kind="small",
            is_current=by.value == asked["by"],
        )
        for by in GroupBy
    ]
    return tag(
        "div",
        tag("form", fields, kept, submit, class_="filters", method="get", action=PATH),
        tag("div", ways, class_="actions"),
        class_="part",
    )


async def _names(visit: Visit, by: GroupBy, keys: Sequence[str]) -> dict[str, str]:
    """Return what the keys of the rows are called."""
    match by:
        case GroupBy.MACHINE:
            machines = await machines_by_id(visit)
            return {each: machine_name(machines, each) for each in machines}
        case GroupBy.OFFERING:
            offerings = await visit.ask(visit.application.contracts.offerings)
            return {each.id: local(visit, each.name) for each in offerings}
        case GroupBy.CONTRACT:
            return await contract_names(visit, filter(None, keys))
        case GroupBy.MONTH:
            return {}


def _account(
    visit: Visit, rows: Sequence[ProfitRow], names: Names, asked: Mapping[str, str]
) -> Html:
    columns = [
        Column(visit.say(_HEADS[GroupBy(asked["by"])])),
        *(Column(visit.say(f"figures.{key}"), is_number=True)
          for key in ("revenue", "credits", "costs", "margin")),
    ]  # fmt: skip
    listed = [_row(visit, each, names, asked) for each in rows]
    units = sorted({each.figures.revenue.currency for each in rows})
    for unit in units:
        known = [each.figures for each in rows if each.figures.revenue.currency == unit]
        whole = sum_figures(known, unit)
        amounts = (whole.revenue, whole.credits, whole.costs, whole.margin)
        cells = [tag("strong", form.money(each)) for each in amounts]
        listed.append(Row([tag("strong", visit.say("profit.all")), *cells]))
    name = visit.say("profit.title")
    return panel(None, table(name, columns, listed), is_flush=True)


def _row(visit: Visit, row: ProfitRow, names: Names, asked: Mapping[str, str]) -> Row:
    figures = row.figures
    name = names.get(row.key, row.key) or visit.say("profit.nobody")
    amounts = (figures.revenue, figures.credits, figures.costs)
    return Row(
        [
            tag("a", name, href=address(PATH, {**asked, "key": row.key}) + "#entries"),
            *(form.money(each) for each in amounts),
            tag("strong", form.money(figures.margin)),
        ]
    )


def _by_month(visit: Visit, rows: Sequence[ProfitRow]) -> Html:
    content = []
    for unit in sorted({each.figures.revenue.currency for each in rows}):
        known = [each for each in rows if each.figures.revenue.currency == unit]
        series = [
            Series(visit.say("figures.net"), [each.figures.net for each in known]),
            Series(visit.say("figures.costs"), [each.figures.costs for each in known]),
            Series(visit.say("figures.margin"), [each.figures.margin for each in known]),
        ]
        labels = [each.key for each in known]
        content.append(bars(visit.say("profit.by_month"), labels, series))
    return panel(None, *content)


async def _entries(
    visit: Visit, name: str, entries: Sequence[ProfitEntry], costs: Mapping[str, CostRecord]
) -> Html:
    machines = await machines_by_id(visit)
    columns = [
        Column(visit.say(_HEADS[GroupBy.MONTH])),
        Column(visit.say("profit.kind")),
        Column(visit.say(_HEADS[GroupBy.MACHINE])),
        Column(visit.say("profit.origin")),
        Column(visit.say("profit.amount"), is_number=True),
    ]
    rows = [
        Row(
            [
                each.month,
                _kind(visit, each),
                machine_name(machines, each.machine) if each.machine else "",
                _origin(each, costs),
                form.money(each.amount),
            ]
        )
        for each in entries[:ENTRIES_SHOWN_MAX]
    ]
    shown = table(visit.say("profit.entries", name=name), columns, rows)
    more = len(entries) - ENTRIES_SHOWN_MAX
    cut = tag("p", visit.say("profit.more", count=more), class_="pad") if more > 0 else None
    heading = visit.say("profit.entries", name=name)
    return panel(heading, shown, cut, is_flush=True, id_="entries")


def _kind(visit: Visit, entry: ProfitEntry) -> str:
    if entry.kind is EntryKind.COST:
        return visit.say(f"cost.{entry.detail}")
    return visit.say("figures.revenue" if entry.kind is EntryKind.REVENUE else "figures.credits")


def _origin(entry: ProfitEntry, costs: Mapping[str, CostRecord]) -> Child:
    if entry.kind is not EntryKind.COST:
        return tag("a", entry.origin, href=f"/invoices/{entry.origin}")
    found = costs.get(entry.origin)
    source = None if found is None else tag("span", found.source, class_="sub")
    return [entry.origin, source]


def _import(visit: Visit) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("profit.import")))
        show(tag("p", visit.say("profit.import_text"), class_="soft"))
        show(tag("pre", tag("code", ",".join(COST_FIELDS))))
        rows = ui.textarea(visit.say("profit.rows")).props("outlined").classes("wide mono")
        result = ui.element("div").props("aria-live=polite")

        async def record() -> None:
            lines = str(rows.value or "").splitlines(keepends=True)
            try:
                count = await visit.ask(visit.application.design.import_costs, lines)
            except LineshaftError as error:
                errors.log(error, visit.path)
                rows_said = [visit.sentence(each) for each in str(error).split("; ")]
                result.clear()
                with result:
                    show(notice(visit.say("profit.refused"), *rows_said, kind="bad"))
                return
            close()
            ui.notify(visit.say("profit.recorded", count=count))
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("profit.record"), record, "primary")
            button(visit.say("action.cancel"), close)
