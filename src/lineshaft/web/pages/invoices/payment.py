"""What is owed of a document: its state, payments, disputes, and what finance does about them."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import to_datetime
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.billing.dunning.model import Letter
from lineshaft.services.billing.model import IssuedDocument
from lineshaft.services.billing.receivables.model import (
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    TAKEN_BACK,
    Claim,
    Dispute,
    DisputeOutcome,
    Payment,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, facts, table
from lineshaft.web.controls import attempt, button, dialog_card
from lineshaft.web.documents import states_of
from lineshaft.web.layout import show
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.invoices.letters import letter_button, letters_table
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field


@dataclass(frozen=True)
class _Owed:
    """What is known of a document's payment, and what the reader may do."""

    issued: IssuedDocument
    claim: Claim
    payments: Sequence[Payment]
    disputes: Sequence[Dispute]
    letters: Sequence[Letter]
    may_remind: bool
    may_record: bool
    may_dispute: bool
    may_resolve: bool


async def payment_part(visit: Visit, issued: IssuedDocument) -> None:
    """Put the panel there."""
    receivables = visit.application.receivables
    claims = await visit.ask(receivables.claims, issued.number)
    resource = Resource("document", issued.number, organisation=issued.organisation)
    owed = _Owed(
        issued=issued,
        claim=next(one for one in claims if one.document.number == issued.number),
        payments=await visit.ask(receivables.payments, issued.number),
        disputes=await visit.ask(receivables.disputes, issued.number),
        letters=await visit.ask(visit.application.dunning.letters, issued.number),
        may_remind=await visit.may(Action.DUNNING_WRITE, resource),
        may_record=await visit.may(Action.PAYMENT_RECORD, resource),
        may_dispute=await visit.may(Action.DISPUTE_OPEN, resource),
        may_resolve=await visit.may(Action.DISPUTE_RESOLVE, resource),
    )
    with ui.element("section").classes("panel part").props("id=payment"):
        show(tag("h2", visit.say("payment.title")))
        show(_state(visit, owed.claim))
        if owed.payments:
            show(_payments(visit, owed.payments))
        if owed.disputes:
            show(_disputes(visit, owed.disputes))
        if owed.letters:
            show(letters_table(visit, owed.letters))
        _buttons(visit, owed)


def _state(visit: Visit, claim: Claim) -> Html:
    due = None if claim.due_on is None else form.date(claim.due_on, visit.language)
    pairs: list[tuple[str, Child]] = [
        (visit.say("payment.state"), states_of(visit, claim)),
        (visit.say("payment.open"), tag("span", form.money(claim.open), class_="big")),
        (visit.say("payment.paid_so_far"), form.money(claim.paid)),
        (visit.say("payment.due"), due or visit.say("payment.no_term")),
    ]
    return facts(pairs)


def _payments(visit: Visit, payments: Sequence[Payment]) -> Html:
    columns = [
        Column(visit.say("payment.reference")),
        Column(visit.say("payment.received_on")),
        Column(visit.say("invoice.amount"), is_number=True),
    ]
    rows = [
        Row([one.reference, form.date(one.received_on, visit.language), form.money(one.amount)])
        for one in payments
    ]
    return table(visit.say("payment.payments"), columns, rows)


def _disputes(visit: Visit, disputes: Sequence[Dispute]) -> Html:
    columns = [
        Column(visit.say("dispute.opened")),
        Column(visit.say("dispute.reason")),
        Column(visit.say("dispute.outcome")),
        Column(visit.say("dispute.answer")),
    ]
    rows = [
        Row(
            [
                visit.instant(one.opened_at),
                one.reason,
                badge(visit.say("dispute.is_open"), "warn")
                if one.outcome is None
                else visit.say(f"dispute.{one.outcome.value}"),
                one.answer,
            ]
        )
        for one in disputes
    ]
    return table(visit.say("dispute.title"), columns, rows)


def _buttons(visit: Visit, owed: _Owed) -> None:
    is_disputed = owed.claim.dispute is not None
    with ui.element("div").classes("actions"):
        if owed.may_record:
            button(visit.say("payment.record"), lambda: _record(visit, owed), "primary")
            if _can_be_taken_back(owed.payments):
                button(visit.say("payment.take_back"), lambda: _take_back(visit, owed))
        if owed.may_dispute and not is_disputed:
            button(visit.say("dispute.open"), lambda: _dispute(visit, owed))
        if owed.may_resolve and is_disputed:
            button(visit.say("dispute.resolve"), lambda: _resolve(visit, owed))
        if owed.may_remind and not is_disputed and owed.claim.open.as_fraction() > 0:
            letter_button(visit, owed.claim, owed.letters)


def _record(visit: Visit, owed: _Owed) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("payment.record")))
        amount = text_field(visit.say("payment.amount_in", currency=owed.issued.gross.currency))
        amount.value = f"{owed.claim.open.amount:f}"
        received_on = _date_field(visit, "payment.received_on")
        reference = text_field(visit.say("payment.reference"))
        reference.props(f"maxlength={REFERENCE_CHARACTERS_MAX}")

        async def act() -> None:
            given = _money(str(amount.value or ""), owed.issued.gross.currency)
            await visit.ask(
                visit.application.receivables.record_payment,
                owed.issued.number,
                given,
                _date(str(received_on.value or "")),
                str(reference.value or "").strip(),
            )

        _act(visit, visit.say("payment.record_confirm"), act, close)


def _take_back(visit: Visit, owed: _Owed) -> None:
    choices = {
        one.reference: f"{one.reference} · {form.money(one.amount)}"
        for one in _can_be_taken_back(owed.payments)
    }
    with dialog_card() as close:
        show(tag("h2", visit.say("payment.take_back")))
        show(tag("p", visit.say("payment.take_back_text"), class_="soft"))
        which = select_field(visit.say("payment.reference"), choices, next(iter(choices)))
        day = _date_field(visit, "payment.taken_back_on")

        async def act() -> None:
            await visit.ask(
                visit.application.receivables.take_back,
                owed.issued.number,
                str(which.value),
                _date(str(day.value or "")),
            )

        _act(visit, visit.say("payment.take_back"), act, close)


def _dispute(visit: Visit, owed: _Owed) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("dispute.open")))
        show(tag("p", visit.say("dispute.open_text"), class_="soft"))
        reason = text_field(visit.say("dispute.reason"))
        reason.props(f"type=textarea maxlength={REASON_CHARACTERS_MAX}")

        async def act() -> None:
            await visit.ask(
                visit.application.receivables.open_dispute,
                owed.issued.number,
                str(reason.value or "").strip(),
            )

        _act(visit, visit.say("dispute.open"), act, close)


def _resolve(visit: Visit, owed: _Owed) -> None:
    outcomes = {one.value: visit.say(f"dispute.{one.value}") for one in DisputeOutcome}
    with dialog_card() as close:
        show(tag("h2", visit.say("dispute.resolve")))
        show(tag("p", visit.say("dispute.resolve_text"), class_="soft"))
        outcome = select_field(visit.say("dispute.outcome"), outcomes, DisputeOutcome.UPHELD.value)
        answer = text_field(visit.say("dispute.answer"))
        answer.props(f"type=textarea maxlength={REASON_CHARACTERS_MAX}")

        async def act() -> None:
            await visit.ask(
                visit.application.receivables.resolve_dispute,
                owed.issued.number,
                DisputeOutcome(outcome.value),
                str(answer.value or "").strip(),
            )

        _act(visit, visit.say("dispute.resolve"), act, close)


def _act(
    visit: Visit, yes: str, act: Callable[[], Awaitable[None]], close: Callable[[], None]
) -> None:
    """Put the buttons of a dialog there; what is done shows on the page read anew."""

    async def done() -> None:
        await act()
        close()
        ui.navigate.reload()

    with ui.element("div").classes("actions"):
        button(yes, lambda: attempt(visit, done), "primary")
        button(visit.say("action.cancel"), close)


def _can_be_taken_back(payments: Sequence[Payment]) -> list[Payment]:
    back = {one.reference for one in payments if one.reference.startswith(TAKEN_BACK)}
    return [
        one
        for one in payments
        if one.reference not in back
        and f"{TAKEN_BACK} {one.reference}"[:REFERENCE_CHARACTERS_MAX] not in back
    ]


def _date_field(visit: Visit, text: str) -> ui.input:
    today = to_datetime(visit.application.clock.now(), visit.zone).date()
    field = text_field(visit.say(text)).props("type=date stack-label")
    field.value = today.isoformat()
    return field


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        msg = f"cannot read the day {text[:20]!r}: expected such as 2027-06-30"
        raise Invalid(msg) from error


def _money(text: str, currency: str) -> Money:
    """Read an amount as people type it: fewer decimals than the currency has are filled up."""
    try:
        given = Fraction(Decimal(text.strip()))
    except (InvalidOperation, ValueError, OverflowError) as error:
        msg = f"cannot read the amount {text[:20]!r}: expected digits such as 100.00"
        raise Invalid(msg) from error
    money = Money.rounded(given, currency)
    if money.as_fraction() != given:
        msg = f"{text[:20]} {currency} has more decimals than the currency"
        raise Invalid(msg)
    return money
