"""The invoices that somebody may see, newest first."""

from fastapi import Request

from lineshaft.services.billing.model import DocumentQuery
from lineshaft.web.components import (
    empty_state,
    page_head,
    pages,
    panel,
    search_field,
    sheets,
)
from lineshaft.web.documents import claims_of, invoices_table
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
    field = search_field(visit.say("invoices.search"), "invoices")
    beside = [field, *sheets("/files/invoices")] if heads else None
    show(page_head(visit.say("invoices.title"), lead=visit.say("invoices.lead"), beside=beside))
    if not heads:
        show(_nothing(visit), "panel")
        return
    following = heads[-1].number if len(heads) == INVOICES_PER_PAGE else None
    nothing = empty_state(visit.say("search.nothing.title"), visit.say("search.nothing.text"))
    content = [
        invoices_table(visit, heads, await claims_of(visit, heads)),
        tag("div", nothing, hidden=True, data_nothing_for="invoices"),
        pages(visit, "/invoices", {"after": after}, following),
    ]
    show(panel(None, *content, is_flush=True))


def _nothing(visit: Visit) -> Html:
    return empty_state(visit.say("invoices.none.title"), visit.say("invoices.none.text"))
