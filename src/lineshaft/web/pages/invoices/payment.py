"""What is owed of a document: its state, payments, disputes, and what finance does about them."""

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import msgspec
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
    DisputedLine,
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


class _Owed(msgspec.Struct, frozen=True):
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
            show(_disputes(visit, owed))
        if owed.letters:
            show(letters_table(visit, owed.letters))
        _buttons(visit, owed)


def _state(visit: Visit, claim: Claim) -> Html:
    due = None if claim.due_on is None else form.date(claim.due_on, visit.language)
    pairs: list[tuple[str, Child]] = [
        (visit.say("payment.state"), states_of(visit, claim)),
        (visit.say("payment.open"), tag("span", form.money(claim.open), class_="big")),
        (visit.say("payment.paid_so_far"), form.money(claim.paid)),
        *(
            [(visit.say("payment.of_this_disputed"), form.money(claim.disputed))]
            if claim.disputed.as_fraction()
            else []
        ),
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


def _disputes(visit: Visit, owed: _Owed) -> Html:
    columns = [
        Column(visit.say("dispute.opened")),
        Column(visit.say("dispute.what")),
        Column(visit.say("invoice.amount"), is_number=True),
        Column(visit.say("dispute.reason")),
        Column(visit.say("dispute.outcome")),
        Column(visit.say("dispute.answer")),
    ]
    rows = [row for one in owed.disputes for row in _dispute_rows(visit, owed, one)]
    return table(visit.say("dispute.title"), columns, rows)


def _dispute_rows(visit: Visit, owed: _Owed, dispute: Dispute) -> list[Row]:
    """Return a row for the whole document, or one for each disputed line."""
    names = _line_names(visit, owed.issued)
    gross = owed.issued.gross
    parts: list[tuple[str, Money, Dispute | DisputedLine]] = [
        (names.get(each.line, each.line), each.amount, each) for each in dispute.lines
    ] or [(visit.say("dispute.whole"), gross, dispute)]
    return [
        Row(
            [
                visit.instant(dispute.opened_at),
                what,
                form.money(amount),
                dispute.reason,
                badge(visit.say("dispute.is_open"), "warn")
                if said.outcome is None
                else visit.say(f"dispute.{said.outcome.value}"),
                said.answer,
            ]
        )
        for what, amount, said in parts
    ]


def _line_names(visit: Visit, issued: IssuedDocument) -> dict[str, str]:
    """Return what the lines of a document are called, by their ids."""
    lines = json.loads(issued.file)["document"]["lines"]
    return {line["id"]: line["description"][visit.language.value] for line in lines}


def _buttons(visit: Visit, owed: _Owed) -> None:
    is_disputed = owed.claim.dispute is not None
    with ui.element("div").classes("actions"):
        if owed.may_record:
            button(visit.say("payment.record"), lambda: _record(visit, owed), "primary")
            if _can_be_taken_back(owed.payments):
                button(visit.say("payment.take_back"), lambda: _take_back(visit, owed))
        if owed.may_dispute and _can_be_disputed(owed):
            button(visit.say("dispute.open"), lambda: _dispute(visit, owed))
        if is_disputed and owed.may_resolve:
            outcomes = list(DisputeOutcome)
            button(visit.say("dispute.resolve"), lambda: _resolve(visit, owed, outcomes))
        elif is_disputed and owed.may_dispute:
            outcomes = [DisputeOutcome.WITHDRAWN]
            button(visit.say("dispute.withdraw"), lambda: _resolve(visit, owed, outcomes))
        if owed.may_remind and owed.claim.undisputed.as_fraction() > 0:
            letter_button(visit, owed.claim, owed.letters)


def _record(visit: Visit, owed: _Owed) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("payment.record")))
        amount = text_field(
            visit.say("payment.amount_in", currency=owed.issued.gross.currency),
            f"{owed.claim.open.amount:f}",
        )
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


def _can_be_disputed(owed: _Owed) -> dict[str, str]:
    """Return what is charged and not disputed: amounts by line; none when the whole is disputed.

    How much higher a credit should be takes an amount, which only the API asks for.
    """
    open_ = [one for one in owed.disputes if one.is_open]
    if any(not one.lines for one in open_):
        return {}
    taken = {line for one in open_ for line in one.open_lines}
    lines = json.loads(owed.issued.file)["document"]["lines"]
    return {
        line["id"]: line["amount"]
        for line in lines
        if line["id"] not in taken and Decimal(line["amount"]) > 0
    }


def _dispute(visit: Visit, owed: _Owed) -> None:
    names, free = _line_names(visit, owed.issued), _can_be_disputed(owed)
    choices = {id_: f"{names[id_]} · {amount}" for id_, amount in free.items()}
    is_first = owed.claim.dispute is None
    with dialog_card() as close:
        show(tag("h2", visit.say("dispute.open")))
        show(tag("p", visit.say("dispute.open_text"), class_="soft"))
        label = visit.say("dispute.lines" if is_first else "dispute.more_lines")
        which = ui.select(choices, label=label, multiple=True, value=[])
        which.props("outlined dense use-chips").classes("wide")
        reason = text_field(visit.say("dispute.reason"))
        reason.props(f"type=textarea maxlength={REASON_CHARACTERS_MAX}")

        async def act() -> None:
            # Without a choice, all that can still be disputed is.
            chosen = list(which.value) or ([] if is_first else list(free))
            await visit.ask(
                visit.application.receivables.open_dispute,
                owed.issued.number,
                str(reason.value or "").strip(),
                dict.fromkeys(chosen),
            )

        _act(visit, visit.say("dispute.open"), act, close)


def _resolve(visit: Visit, owed: _Owed, outcomes: Sequence[DisputeOutcome]) -> None:
    title = "dispute.resolve" if len(outcomes) > 1 else "dispute.withdraw"
    names = _line_names(visit, owed.issued)
    lines = () if owed.claim.dispute is None else owed.claim.dispute.open_lines
    with dialog_card() as close:
        show(tag("h2", visit.say(title)))
        if len(outcomes) > 1:
            show(tag("p", visit.say("dispute.resolve_text"), class_="soft"))
        choices = {line: names.get(line, line) for line in lines}
        which = ui.select(choices, label=visit.say("dispute.what"), multiple=True, value=[*lines])
        which.props("outlined dense use-chips").classes("wide")
        which.set_visibility(len(lines) > 1)
        said = {one.value: visit.say(f"dispute.{one.value}") for one in outcomes}
        outcome = select_field(visit.say("dispute.outcome"), said, outcomes[0].value)
        answer = text_field(visit.say("dispute.answer"))
        answer.props(f"type=textarea maxlength={REASON_CHARACTERS_MAX}")

        async def act() -> None:
            await visit.ask(
                visit.application.receivables.resolve_dispute,
                owed.issued.number,
                DisputeOutcome(outcome.value),
                str(answer.value or "").strip(),
                list(which.value),
            )

        _act(visit, visit.say(title), act, close)


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
    return text_field(visit.say(text), today.isoformat()).props("type=date stack-label")


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
