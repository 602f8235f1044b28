"""Invoices as a table: of everybody on their own page, of one contract on the contract's."""

from collections.abc import Sequence

from lineshaft.core.period import zone_named
from lineshaft.services.billing.model import DocumentHead
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, table
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit


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
