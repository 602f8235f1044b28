"""Correcting an issued period: the difference is shown first, and nothing happens without a yes."""

from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.billing.model import CREDIT_NOTE, Difference, IssuedDocument, RatedDocument
from lineshaft.services.billing.service import RELEASE_CHARACTERS_MAX, shortfalls
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, table
from lineshaft.web.controls import attempt, button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field


async def correct_part(visit: Visit, issued: IssuedDocument) -> None:
    """Put the button there for whoever may correct; it opens the difference."""
    resource = Resource("contract", issued.contract, organisation=issued.organisation)
    if not await visit.may(Action.INVOICE_CORRECT, resource):
        return
    with ui.element("section").classes("panel part").props("id=correct"):
        show(tag("h2", visit.say("correct.title")))
        show(tag("p", visit.say("correct.text"), class_="soft"))
        with ui.element("div").classes("actions"):
            button(visit.say("correct.open"), lambda: _preview(visit, issued))


async def _preview(visit: Visit, issued: IssuedDocument) -> None:
    try:
        rated, found = await visit.ask(
            visit.application.billing.preview_correction, issued.contract, issued.period
        )
    except LineshaftError as error:
        errors.tell(visit, error)
        return
    with dialog_card() as close:
        show(tag("h2", visit.say("correct.title")))
        if found is None:
            show(tag("p", visit.say("correct.nothing")))
        else:
            _difference(visit, issued, rated, found)
        with ui.element("div").classes("actions"):
            button(visit.say("action.close" if found is None else "action.cancel"), close)


def _difference(
    visit: Visit, issued: IssuedDocument, rated: RatedDocument, found: Difference
) -> None:
    kind = "correct.credits" if found.type == CREDIT_NOTE else "correct.charges"
    show(tag("p", visit.say(kind, amount=form.money(found.totals.gross))))
    show(_lines(visit, found))
    show(tag("p", visit.say("correct.for_ever"), class_="soft"))
    reason = None
    if shortfalls(rated):
        show(tag("p", visit.say("issue.incomplete")))
        reason = text_field(visit.say("issue.reason"))
        reason.props(f"maxlength={RELEASE_CHARACTERS_MAX}")

    async def act() -> None:
        said = str(reason.value or "").strip() if reason is not None else ""
        correction = await visit.ask(
            visit.application.billing.correct, issued.contract, issued.period, said or None
        )
        ui.navigate.to(f"/invoices/{correction.document.number}")

    with ui.element("div").classes("actions"):
        button(visit.say("correct.confirm"), lambda: attempt(visit, act), "primary")


def _lines(visit: Visit, found: Difference) -> Html:
    columns = [
        Column(visit.say("invoice.line")),
        Column(visit.say("invoice.amount"), is_number=True),
    ]
    rows = [Row([local(visit, line.description), form.money(line.amount)]) for line in found.lines]
    totals = [
        (visit.say("invoice.net"), found.totals.net, None),
        *(
            (visit.say("invoice.vat", rate=form.rounded(group.vat.rate)), group.amount, None)
            for group in found.totals.vat
        ),
        (visit.say("invoice.gross"), found.totals.gross, "total"),
    ]
    foot = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", form.money(amount), class_="number"),
            class_=class_,
        )
        for name, amount, class_ in totals
    ]
    return table(visit.say("correct.title"), columns, rows, foot)
