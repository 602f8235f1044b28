"""The audit trail: who did what, newest first, and whether anybody has changed it since."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid, LineshaftError
from lineshaft.security.audit.model import AuditEntry, AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.web import errors
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    notice,
    page_head,
    pages,
    panel,
    table,
)
from lineshaft.web.controls import button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

ENTRIES_PER_PAGE = 50
NUMBER_DIGITS_MAX = 18


async def build(visit: Visit, request: Request) -> None:
    """Show a page of the trail."""
    title(visit, visit.say("audit.title"))
    after = request.query_params.get("after", "")
    query = AuditQuery(before=_number(after), limit=ENTRIES_PER_PAGE)
    entries = await visit.ask(visit.application.audit.entries, query)
    show(page_head(visit.say("audit.title"), lead=visit.say("audit.lead")))
    _check_part(visit)
    if not entries:
        none = empty_state(visit.say("audit.none.title"), visit.say("audit.none.text"))
        show(none, "panel")
        return
    following = str(entries[-1].number) if len(entries) == ENTRIES_PER_PAGE else None
    content = [_table(visit, entries), pages(visit, "/audit", {"after": after}, following)]
    show(panel(None, *content, is_flush=True))


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX):
        msg = f"entry {text[:20]!r} of the audit trail: expected a number"
        raise Invalid(msg)
    return int(text)


def _check_part(visit: Visit) -> None:
    """Put the button there that checks every entry against the one before."""
    with ui.element("section").classes("panel part"):
        show(tag("p", visit.say("audit.check_text"), class_="soft"))
        result = ui.element("div").props("aria-live=polite")

        async def run() -> None:
            result.clear()
            try:
                report = await visit.ask(visit.application.audit.verify_chain)
            except LineshaftError as error:
                errors.tell(visit, error)
                return
            with result:
                if report.is_sound:
                    text = visit.say("audit.sound", count=report.count)
                    head = tag("span", report.head_hash.hex(), class_="mono stretched")
                    show(notice(text, head, kind="good"))
                else:
                    text = visit.say("audit.broken", number=report.wrong_number)
                    show(notice(text, tag("span", report.reason, lang="en"), kind="bad"))

        with ui.element("div").classes("actions"):
            button(visit.say("audit.check"), run, "primary")


def _table(visit: Visit, entries: list[AuditEntry]) -> Html:
    keys = ("number", "at", "who", "action", "subject")
    columns = [Column(visit.say(f"audit.{key}")) for key in keys]
    rows = [
        Row(
            [
                str(entry.number),
                visit.instant(entry.at),
                [_who(visit, entry), tag("span", _role(visit, entry.role), class_="sub")],
                tag("code", entry.action),
                tag("code", entry.subject),
            ]
        )
        for entry in entries
    ]
    return table(visit.say("audit.title"), columns, rows)


def _who(visit: Visit, entry: AuditEntry) -> str:
    is_operator = entry.actor == LOCAL_OPERATOR.id
    return visit.say("life.operator") if is_operator else entry.actor_name


def _role(visit: Visit, role: str) -> str:
    return visit.say(f"role.{role}")
