"""The firm's own books: which tables a version has, what they feed, and how to bring more."""

from fastapi import Request
from nicegui import ui

from lineshaft.security.authorisation.model import Action
from lineshaft.valuechain.books.service import ALL, table_names
from lineshaft.valuechain.versions.model import KeptVersion
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    download,
    empty_state,
    facts,
    page_head,
    panel,
    sheets,
    table,
)
from lineshaft.web.controls import button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.imports import BOOKS_IMPORT, import_dialog
from lineshaft.web.pages.valuechain.register import number_of
from lineshaft.web.pages.valuechain.tabs import (
    BOOKS,
    CHANNELS,
    DEPENDENCE,
    SERVITIZATION,
    SMILE,
    tabs,
)
from lineshaft.web.session import Preferences, Visit

VERSIONS_SHOWN = 20
FILES = "/files/valuechain/books"
SHEETS = (("CSV", "csv"), ("Excel", "xlsx"))
_SERVITIZATION = {"servitization.title": SERVITIZATION}
_SMILE = {"smile.title": SMILE}
_CHANNELS = {"channels.title": CHANNELS}
_DEPENDENCE = {"dependence.title": DEPENDENCE}
FEEDS = {
    "revenue": _SERVITIZATION | _CHANNELS,
    "installed_base": _SERVITIZATION,
    "service_inputs": _SERVITIZATION,
    "activities": _SMILE,
    "hours": _CHANNELS,
    "assets": _CHANNELS,
    "purchases": _CHANNELS,
    "payroll": _CHANNELS,
    "output": _CHANNELS,
    "roll_out": _CHANNELS,
    "usage": _CHANNELS,
    "machines": _CHANNELS,
    "competitiveness": _DEPENDENCE,
    "upgrading": _SMILE,
}
"""Name and path of the pages that a table feeds."""


async def build(visit: Visit, request: Request) -> None:
    """Show the tables of a version, and all versions."""
    title(visit, visit.say("books.title"))
    books = visit.application.books
    known = await visit.ask(books.versions)
    may_write = await visit.may(Action.BOOKS_WRITE, ALL)
    lead = visit.say("books.lead")
    show(page_head(visit.say("books.title"), lead=lead, beside=tabs(visit, "books.title")))
    if may_write:
        with ui.element("div").classes("actions"):
            button(
                visit.say("supply.import"), lambda: import_dialog(visit, BOOKS_IMPORT), "primary"
            )
    if not known:
        sample = download(visit.say("supply.sample"), BOOKS_IMPORT.sample)
        said = visit.say("books.none.title"), visit.say("books.none.text")
        show(empty_state(*said, action=sample), "panel")
        show(tables_of(visit, None))
        return
    chosen = await visit.ask(books.version, number_of(request.query_params.get("version")))
    show(summary_of(visit, chosen))
    show(tables_of(visit, chosen))
    show(versions_of(visit, known))


def version_name(reader: Preferences, version: KeptVersion) -> str:
    """Return what people call a version."""
    at = reader.instant(version.imported_at)
    return reader.say("supply.version_of", version=version.version, at=at)


def summary_of(reader: Preferences, chosen: KeptVersion) -> Html:
    """Return what a version is, and where it is as a file."""
    archive = download(reader.say("books.archive"), f"{FILES}.zip?version={chosen.version}")
    pairs = [
        (reader.say("supply.version"), version_name(reader, chosen)),
        (reader.say("supply.imported_by"), chosen.imported_by),
        (reader.say("books.until"), chosen.as_of or reader.say("supply.unknown")),
        (reader.say("books.size"), form.byte_size(chosen.size_bytes)),
        (reader.say("books.note"), chosen.note),
        ("SHA-256", tag("code", chosen.sha256[:12])),
    ]
    return panel(reader.say("books.shown"), facts(pairs), beside=[archive])


def tables_of(reader: Preferences, chosen: KeptVersion | None) -> Html:
    """Return all tables that there may be, those that are not there last."""
    rows = {} if chosen is None else chosen.rows
    named = sorted(table_names(), key=lambda each: each not in rows)
    columns = [
        Column(reader.say("books.table")),
        Column(reader.say("books.says")),
        Column(reader.say("supply.rows"), is_number=True),
        Column(reader.say("books.feeds")),
        Column(reader.say("books.files")),
    ]
    listed = [_table(reader, chosen, name) for name in named]
    name = reader.say("books.tables")
    sample = download(reader.say("supply.sample"), BOOKS_IMPORT.sample)
    return panel(name, table(name, columns, listed), beside=[sample], is_flush=True)


def _table(reader: Preferences, chosen: KeptVersion | None, name: str) -> Row:
    count = None if chosen is None else chosen.rows.get(name)
    feeds = [tag("a", reader.say(text), href=path) for text, path in FEEDS[name].items()]
    kept: list[Html] = []
    if chosen is not None and count is not None:
        query = {"version": str(chosen.version)}
        kept = [
            tag("a", shown, href=address(f"{FILES}/{name}.{ending}", query), download=True)
            for shown, ending in SHEETS
        ]
    return Row(
        [
            tag("code", name),
            reader.say(f"books.table.{name}"),
            badge(reader.say("books.absent"), "warn") if count is None else form.grouped(count),
            tag("div", feeds, class_="actions"),
            tag("div", kept, class_="actions") if kept else None,
        ]
    )


def versions_of(reader: Preferences, known: list[KeptVersion]) -> Html:
    """Return who imported which version when, and why."""
    columns = [
        Column(reader.say("supply.version")),
        Column(reader.say("books.until")),
        Column(reader.say("supply.imported_by")),
        Column(reader.say("books.note")),
        Column(reader.say("books.tables"), is_number=True),
        Column(reader.say("supply.rows"), is_number=True),
        Column("SHA-256"),
    ]
    rows = [
        Row(
            [
                tag("a", version_name(reader, each), href=f"{BOOKS}?version={each.version}"),
                each.as_of,
                each.imported_by,
                each.note,
                str(len(each.rows)),
                form.grouped(sum(each.rows.values())),
                tag("code", each.sha256[:12]),
            ]
        )
        for each in known[:VERSIONS_SHOWN]
    ]
    name = reader.say("supply.versions")
    return panel(
        name, table(name, columns, rows), beside=sheets(f"{FILES}-versions"), is_flush=True
    )
