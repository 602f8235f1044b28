"""Invoices as a table: of everybody on their own page, of one contract on the contract's."""

from collections.abc import Mapping, Sequence

from lineshaft.core.period import zone_named
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.model import DocumentHead
from lineshaft.services.billing.receivables.model import Claim, PaymentState
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, table
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

STATE_KINDS = {
    PaymentState.OPEN: "",
    PaymentState.PARTLY_PAID: "warn",
    PaymentState.PAID: "good",
    PaymentState.OVERDUE: "bad",
    PaymentState.REFUND_DUE: "warn",
}


async def claims_of(visit: Visit, heads: Sequence[DocumentHead]) -> dict[str, Claim]:
    """Return what is open of invoices, by number; a period is asked for once."""
    first = {(head.contract, head.period): head.number for head in heads}

    def ask(actor: Actor) -> dict[str, Claim]:
        receivables = visit.application.receivables
        found = [receivables.claims(actor, number) for number in first.values()]
        return {claim.document.number: claim for claims in found for claim in claims}

    return await visit.ask(ask)


def states_of(visit: Visit, claim: Claim) -> list[Html]:
    """Return the state of payment, the reminder that is due, and whether it is disputed."""
    states = [badge(visit.say(f"payment.{claim.state.value}"), STATE_KINDS[claim.state])]
    if claim.dunning_level:
        states.append(badge(visit.say(f"dunning.{claim.dunning_level}"), "warn"))
    if claim.dispute is not None:
        states.append(badge(visit.say("payment.disputed"), "warn"))
    elif claim.awaits_correction:
        states.append(badge(visit.say("payment.awaits_correction"), "warn"))
    return states


def invoices_table(
    visit: Visit, heads: Sequence[DocumentHead], claims: Mapping[str, Claim]
) -> Html:
    """Return invoices as a table.

    Args:
        visit: who looks.
        heads: the invoices.
        claims: what is open of them, by number.
    """
    columns = [
        Column(visit.say("invoices.number")),
        Column(visit.say("invoices.period")),
        Column(visit.say("invoices.issued")),
        Column(visit.say("payment.due")),
        Column(visit.say("payment.state")),
        Column(visit.say("invoices.gross"), is_number=True),
    ]
    rows = [_row(visit, head, claims[head.number]) for head in heads]
    return table(visit.say("invoices.title"), columns, rows)


def _row(visit: Visit, head: DocumentHead, claim: Claim) -> Row:
    return Row(
        [
            tag("a", head.number, href=f"/invoices/{head.number}"),
            visit.period(head.period, zone_named("UTC")),
            visit.instant(head.issued_at),
            "" if claim.due_on is None else form.date(claim.due_on, visit.language),
            states_of(visit, claim),
            tag("strong", form.money(head.gross)),
        ],
        {"data_found_by": "invoices"},
    )
