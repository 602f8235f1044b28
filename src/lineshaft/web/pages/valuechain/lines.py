"""The document lines behind a figure; from each one on to its document and its machine."""

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import Request

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.servitization.service import LinePage, months_of
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    download,
    empty_state,
    facts,
    link_button,
    page_head,
    panel,
    table,
)
from lineshaft.web.firm_files import FILES
from lineshaft.web.firm_questions import LinesQuestion, lines_question_of, version_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.firm_parts import DASH, not_read
from lineshaft.web.pages.valuechain.tabs import SERVITIZATION, tabs
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit

TITLE = "servitization.title"
ROWS_PER_PAGE = 50
Line = Mapping[str, str]
_OF_OFFERINGS = ("binding", "customer_class", "service_class")


async def build(visit: Visit, request: Request) -> None:
    """Show a page of the lines that the address asks for."""
    name = visit.say("servitization.lines")
    title(visit, name)
    crumbs = [(visit.say(TITLE), SERVITIZATION)]
    lead = visit.say("servitization.lines_lead")
    show(page_head(name, lead=lead, crumbs=crumbs, beside=tabs(visit, TITLE)))
    answer = await _answer(visit, request)
    if isinstance(answer, Invalid):
        show(not_read(visit, answer))
        return
    asked, found = answer
    if asked.where:
        pairs = [_asked(visit, key, said) for key, said in asked.where.items()]
        show(panel(visit.say("servitization.lines_of"), facts(pairs)))
    if not found.lines:
        said = visit.say("servitization.no_lines.title"), visit.say("servitization.no_lines.text")
        show(empty_state(*said), "panel")
        return
    known = await visit.ask(_known, visit.application, found.lines)
    files = [download(text, asked.address(f"{FILES}/lines.{shape}"))
             for text, shape in (("CSV", "csv"), ("Excel", "xlsx"))]  # fmt: skip
    listed = _table(visit, found.lines, known)
    show(panel(name, listed, _paging(visit, asked, found.after), beside=files, is_flush=True))


async def _answer(visit: Visit, request: Request) -> tuple[LinesQuestion, LinePage] | Invalid:
    """Return the question and its page of lines, or why it cannot be answered."""
    firm = visit.application.firm
    try:
        asked = lines_question_of(request)
        version = version_of(asked.version)
        found = await visit.ask(
            firm.lines, asked.where, asked.after, ROWS_PER_PAGE, version=version
        )
    except Invalid as refused:
        return refused
    return asked, found


def _asked(visit: Visit, key: str, said: str) -> tuple[str, Child]:
    shown = said or visit.say("servitization.not_said")
    if said and key in _OF_OFFERINGS:
        shown = visit.say(f"offering.{key}.{said}")
    elif key == "kind":
        shown = visit.say(f"servitization.kind.{said}")
    elif key == "recurring":
        shown = visit.say(f"servitization.recurring.{said}")
    elif key == "month":
        first, last = months_of(said)
        shown = first if first == last else f"{first} \N{EN DASH} {last}"
    return visit.say(f"servitization.key.{key}"), shown


def _known(actor: Actor, application: Application, lines: Sequence[Line]) -> frozenset[str]:
    """Return the documents and machines among those of some lines that the hub has a page of."""
    found = {f"/machines/{each.id}" for each in application.twin.machines(actor)}
    for number in {each["document"] for each in lines}:
        try:
            application.billing.document(actor, number)
        except NotFound:
            continue  # of the books: the hub has not issued it
        found.add(f"/invoices/{number}")
    return frozenset(found)


def _table(visit: Visit, lines: Sequence[Line], known: frozenset[str]) -> Html:
    columns = [
        Column(visit.say("servitization.document")),
        Column(visit.say("servitization.date")),
        Column(visit.say("servitization.customer")),
        Column(visit.say("servitization.item")),
        Column(visit.say("servitization.class")),
        Column(visit.say("servitization.machine")),
        Column(visit.say("servitization.amount"), is_number=True),
        Column(visit.say("servitization.cost"), is_number=True),
    ]
    rows = [_row(visit, each, known) for each in lines]
    return table(visit.say("servitization.lines"), columns, rows)


def _row(visit: Visit, line: Line, known: frozenset[str]) -> Row:
    said = visit.say("servitization.line_of", line=line["line"])
    document = _linked("/invoices/", line["document"], known)
    on = form.date(dt.date.fromisoformat(line["date"]), visit.language)
    cost = form.amount(line["cost"], line["currency"]) if line["cost"] else DASH
    return Row(
        [
            [tag("span", document, class_="nowrap"), tag("span", said, class_="sub")],
            tag("span", on, class_="nowrap"),
            line["customer"],
            [line["item"], tag("span", _line_of(visit, line), class_="sub")],
            _class(visit, line),
            _linked("/machines/", line["machine"], known),
            form.amount(line["amount"], line["currency"]),
            cost,
        ]
    )


def _linked(way: str, id_: str, known: frozenset[str]) -> Child:
    if f"{way}{id_}" not in known:
        return id_
    return tag("a", id_, href=f"{way}{quote(id_, safe='')}")


def _line_of(visit: Visit, line: Line) -> str:
    parts = [line["service_line"] if line["service_line"] != line["item"] else ""]
    parts.append(line["bundle"] and visit.say("servitization.in_bundle", bundle=line["bundle"]))
    return " · ".join(part for part in parts if part)


def _class(visit: Visit, line: Line) -> str:
    """Say what a line was sold as, and to whom."""
    parts = [visit.say(f"servitization.kind.{line['kind']}")]
    parts += [
        visit.say(f"offering.{key}.{line[key]}").lower() for key in _OF_OFFERINGS if line[key]
    ]
    if line["recurring"] == "yes":
        parts.append(visit.say("servitization.recurring.yes").lower())
    return " · ".join(parts)


def _paging(visit: Visit, asked: LinesQuestion, following: str | None) -> Html | None:
    if following is None and not asked.after:
        return None
    links: list[Child] = []
    if asked.after:
        links.append(link_button(visit.say("paging.first"), asked.address(), kind="small"))
    if following is not None:
        more = asked.address(after=following)
        links.append(link_button(visit.say("paging.next"), more, kind="small"))
    return tag("nav", links, class_="paging", aria_label=visit.say("paging.label"))
