"""What a period costs as it stands: lines and totals of a preview."""

from lineshaft.services.billing.model import LineKind, RatedDocument, RatedLine
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, table
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.names import local, machines_by_id
from lineshaft.web.pages.contracts.statements import statements
from lineshaft.web.session import Visit

_MONTH = "MON"


async def usage_notices(visit: Visit, rated: RatedDocument) -> Html:
    """Say what is incomplete."""
    machines = await machines_by_id(visit)
    return statements(visit, machines, rated.usage, rated.statements)


def rated_table(visit: Visit, rated: RatedDocument) -> Html:
    """Return lines and totals."""
    columns = [
        Column(visit.say("invoice.line")),
        Column(visit.say("invoice.quantity"), is_number=True),
        Column(visit.say("invoice.completeness"), is_number=True),
        Column(visit.say("invoice.amount"), is_number=True),
    ]
    rows = [_row(visit, rated, line) for line in rated.lines]
    totals = rated.totals
    foot = [
        (visit.say("invoice.net"), form.money(totals.net), None),
        *(
            (
                visit.say("invoice.vat", rate=form.rounded(group.vat.rate)),
                form.money(group.amount),
                None,
            )
            for group in totals.vat
        ),
        (visit.say("invoice.gross"), form.money(totals.gross), "total"),
    ]
    return table(
        visit.say("contract.usage"),
        columns,
        rows,
        [
            tag(
                "tr",
                tag("th", name, scope="row", colspan=3),
                tag("td", value, class_="number"),
                class_=class_,
            )
            for name, value, class_ in foot
        ],
    )


def _row(visit: Visit, rated: RatedDocument, line: RatedLine) -> Row:
    quantity = form.quantity(line.quantity)
    if line.quantity.unit == _MONTH:
        quantity = visit.say("invoice.months", count=str(line.quantity.amount))
    is_credit = line.kind is LineKind.SERVICE_CREDIT
    shares = [] if is_credit else [rated.usage[place].completeness for place in line.usage]
    return Row(
        [
            local(visit, line.description),
            "" if is_credit else quantity,
            form.percent(min(shares)) if shares else "",
            form.money(line.amount),
        ]
    )
