"""The invoices that somebody may see, newest first."""

from collections.abc import Sequence

from fastapi import Request

from lineshaft.core.period import zone_named
from lineshaft.services.billing.model import DocumentHead, DocumentQuery
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    page_head,
    pages,
    panel,
    search_field,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

INVOICES_PER_PAGE = 50


async def build(visit: Visit, request: Request) -> None:
    """Show a page of the invoices."""
    title(visit, visit.say("invoices.title"))
    after = request.query_params.get("after", "")
    query = DocumentQuery(before=after or None, limit=INVOICES_PER_PAGE)
    heads = await visit.ask(visit.application.billing.documents, query)
    field = search_field(visit.say("invoices.search"), "invoices") if heads else None
    show(page_head(visit.say("invoices.title"), lead=visit.say("invoices.lead"), beside=field))
    if not heads:
        show(_nothing(visit), "panel")
        return
    following = heads[-1].number if len(heads) == INVOICES_PER_PAGE else None
    nothing = empty_state(visit.say("search.nothing.title"), visit.say("search.nothing.text"))
    content = [
        invoices_table(visit, heads),
        tag("div", nothing, hidden=True, data_nothing_for="invoices"),
        pages(visit, "/invoices", {"after": after}, following),
    ]
    show(panel(None, *content, is_flush=True))


def invoices_table(visit: Visit, heads: Sequence[DocumentHead]) -> Html:
    """Return invoices as a table."""
    columns = [
        Column(visit.say("invoices.number")),
        Column(visit.say("invoices.period")),
        Column(visit.say("invoices.issued")),
        Column(visit.say("invoices.gross"), is_number=True),
    ]
    return table(visit.say("invoices.title"), columns, [_row(visit, head) for head in heads])


def _row(visit: Visit, head: DocumentHead) -> Row:
    return Row(
        [
            tag("a", head.number, href=f"/invoices/{head.number}"),
            visit.period(head.period, zone_named("UTC")),
            visit.instant(head.issued_at),
            tag("strong", form.money(head.gross)),
        ],
        {"data_found_by": "invoices"},
    )


def _nothing(visit: Visit) -> Html:
    return empty_state(visit.say("invoices.none.title"), visit.say("invoices.none.text"))
