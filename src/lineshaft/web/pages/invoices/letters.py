"""Letters on what is owed of a document: those that are written, and the next one."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.services.billing.dunning.model import DunningTerms, Letter
from lineshaft.services.billing.receivables.model import Claim
from lineshaft.services.billing.rendering.model import Language as DocumentLanguage
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, download, table
from lineshaft.web.controls import attempt, button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field


def letters_table(visit: Visit, letters: Sequence[Letter]) -> Html:
    """Return the letters with their files, in the reader's language."""
    columns = [
        Column(visit.say("letter.letter")),
        Column(visit.say("letter.written")),
        Column(visit.say("letter.total"), is_number=True),
        Column(visit.say("files.title")),
    ]
    return table(visit.say("letter.title"), columns, [_row(visit, each) for each in letters])


def _row(visit: Visit, letter: Letter) -> Row:
    content, language = letter.content, DocumentLanguage(visit.language.value)
    place = f"/files/letters/{letter.document}/{letter.level}"
    files = [
        download("PDF", f"{place}/letter.{language}.pdf"),
        download("HTML", f"{place}/letter.{language}.html"),
    ]
    return Row(
        [
            visit.say(f"letter.{letter.level}"),
            visit.instant(letter.written_at),
            form.amount(content["total"], content["currency"]),
            tag("div", files, class_="actions"),
        ]
    )


def letter_button(visit: Visit, claim: Claim, letters: Sequence[Letter]) -> None:
    """Put the button for the next letter there, where one may be written."""
    written = {letter.level for letter in letters}
    following = max(written, default=0) + 1
    levels = [0] if not written else []
    levels += [following] if following <= claim.dunning_level else []
    if levels:
        button(visit.say("letter.write"), lambda: _write(visit, claim, levels))


def _write(visit: Visit, claim: Claim, levels: Sequence[int]) -> None:
    choices = {str(level): visit.say(f"letter.{level}") for level in levels}
    currency = claim.open.currency
    with dialog_card() as close:
        show(tag("h2", visit.say("letter.write")))
        show(tag("p", visit.say("letter.text"), class_="soft"))
        level = select_field(visit.say("letter.letter"), choices, str(levels[-1]))
        fee = text_field(visit.say("letter.fee", currency=currency), "0")
        interest = text_field(visit.say("letter.interest"), "0")

        async def act() -> None:
            terms = DunningTerms(
                Money.rounded(_number(str(fee.value or "")), currency),
                _number(str(interest.value or "")),
            )
            number = claim.document.number
            await visit.ask(visit.application.dunning.write, number, int(level.value), terms)
            close()
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("letter.confirm"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


def _number(text: str) -> Fraction:
    try:
        return Fraction(Decimal(text.strip()))
    except (InvalidOperation, ValueError, OverflowError) as error:
        msg = f"cannot read {text[:20]!r}: expected digits such as 40.00"
        raise Invalid(msg) from error
