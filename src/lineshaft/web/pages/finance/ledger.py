"""The ledger: trial balance, statements, revenue and the document lines behind it, ages, tax."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fastapi import Request

from lineshaft.core.pages import PageRequest
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.accounting.model import Grouping
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    empty_state,
    link_button,
    page_head,
    pages,
    panel,
    sheets,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.ledger_lists import (
    AGES,
    BALANCE,
    FILE,
    LINES,
    REVENUE_FIELDS,
    STATEMENT,
    VAT,
    VIEWS,
    asked_of,
    listing,
)
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.finance.names import LedgerNames, ledger_names
from lineshaft.web.pages.finance.tabs import tabs
from lineshaft.web.session import Visit

PATH = "/finance/ledger"
ROWS_PER_PAGE = 50
_LEADS_TO = {"document": "/invoices/", "contract": "/contracts/", "machine": "/machines/"}
_INSTANTS = ("posted_at", "effective_at")

Asked = dict[str, str]


async def build(visit: Visit, request: Request) -> None:
    """Show the list that the query names, with what narrows it."""
    title(visit, visit.say("ledger.title"))
    asked = asked_of(request)
    view = asked.get("view", BALANCE)
    found = await visit.ask(listing, visit.application, asked, visit.zone)
    page = PageRequest(ROWS_PER_PAGE, asked.get("after", ""))
    shown = await visit.ask(lambda _actor: found.pages(page))
    lead = visit.say("ledger.lead")
    beside = tabs(visit, "ledger.title")
    show(page_head(visit.say("ledger.title"), lead=lead, beside=beside))
    show(_views(visit, view))
    if view not in {STATEMENT, AGES}:
        show(_filters(visit, view, asked))
    kept = {name: value for name, value in asked.items() if name != "after"}
    if not shown.items:
        nothing = visit.say("ledger.nothing.title"), visit.say("ledger.nothing.text")
        show(empty_state(*nothing), "panel")
        return
    names = await ledger_names(visit)
    content = _table(names, found.columns, shown.items, asked)
    files = sheets(FILE, kept)
    following = pages(visit, PATH, asked, shown.next)
    show(panel(_heading(names, view, asked), content, following, beside=files, is_flush=True))


def _heading(names: LedgerNames, view: str, asked: Asked) -> str:
    visit = names.visit
    if view == STATEMENT:
        account = names.account(asked.get("account", ""))
        return visit.say("ledger.statement_of", account=account)
    return visit.say(f"ledger.view.{view}")


def _views(visit: Visit, view: str) -> Html:
    links = [
        link_button(
            visit.say(f"ledger.view.{each}"),
            address(PATH, {} if each == BALANCE else {"view": str(each)}),
            kind="small",
            is_current=each == view,
        )
        for each in VIEWS
    ]
    return tag("nav", links, class_="actions", aria_label=visit.say("ledger.views"))


def _filters(visit: Visit, view: str, asked: Asked) -> Html:
    """Return the fields that narrow a view."""
    fields = [("until", "date"), ("known", "date")] if view == BALANCE else []
    if view not in (BALANCE, VAT):
        fields += [(name, "text") for name in REVENUE_FIELDS[:3] if name != view]
    if view != BALANCE:
        fields += [(name, "month") for name in REVENUE_FIELDS[3:]]
    inputs = [
        tag(
            "label",
            visit.say(f"ledger.field.{name}"),
            tag("input", type=kind, name=name, value=asked.get(name), class_="field"),
        )
        for name, kind in fields
    ]
    return tag(
        "form",
        tag("input", type="hidden", name="view", value=view),
        inputs,
        tag("button", visit.say("finance.show"), class_="button", type="submit"),
        method="get",
        action=PATH,
        class_="filters",
    )


def _table(
    names: LedgerNames, heads: Sequence[str], rows: Sequence[Sequence[Any]], asked: Asked
) -> Html:
    """Draw a list: amounts with their currency, and links to where they come from."""
    visit = names.visit
    shown = [place for place, name in enumerate(heads) if name != "currency"]
    columns = [
        Column(visit.say(f"ledger.column.{heads[place]}"), is_number=_is_amount(rows, place))
        for place in shown
    ]
    return table(
        visit.say("ledger.title"),
        columns,
        [Row([_cell(names, (heads, row), place, asked) for place in shown]) for row in rows],
    )


def _is_amount(rows: Sequence[Sequence[Any]], place: int) -> bool:
    return any(isinstance(row[place], Decimal) for row in rows)


def _cell(
    names: LedgerNames, list_: tuple[Sequence[str], Sequence[Any]], place: int, asked: Asked
) -> Child:
    visit, (heads, row) = names.visit, list_
    name, cell = heads[place], row[place]
    currency = row[heads.index("currency")]
    if isinstance(cell, Decimal):
        return form.amount(f"{cell:f}", currency)
    if isinstance(cell, bool):
        return visit.say("ledger.recognised" if cell else "ledger.deferred")
    text = str(cell)
    if name in _INSTANTS:
        return visit.instant(parse_instant(text))
    if name == "reason":
        return visit.say(f"ledger.reason.{text}")
    called = names.account(text) if name == "account" else names.of(name, text)
    way = _way(name, text, currency, asked)
    shown = tag("a", called or text, href=way) if way else called or text
    return [shown, tag("span", text, class_="sub mono")] if called else shown


def _way(name: str, text: str, currency: str, asked: Asked) -> str | None:
    """Return where a cell leads: to a statement, to the lines behind it, to a page of its own."""
    view = asked.get("view", BALANCE)
    if name == "account" and view == BALANCE:
        return address(PATH, {"view": STATEMENT, "account": text, "currency": currency})
    if name == view and view in set(Grouping):
        return address(PATH, _behind(view, text, asked))
    return f"{_LEADS_TO[name]}{quote(text, safe='')}" if name in _LEADS_TO and text else None


def _behind(view: str, key: str, asked: Asked) -> Asked:
    """Return the query of the document lines behind a row of revenue."""
    kept = {name: asked[name] for name in REVENUE_FIELDS if name in asked}
    named = {"first_month": key, "last_month": key} if view == Grouping.MONTH else {view: key}
    return {"view": LINES} | kept | named
