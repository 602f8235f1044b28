"""Issuing an invoice: what it will say is shown first, and nothing happens without a yes."""

from collections.abc import Callable

from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.core.period import zone_named
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.service import RELEASE_CHARACTERS_MAX, shortfalls
from lineshaft.web import errors
from lineshaft.web.controls import button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.rated import rated_table
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field


def issue_button(visit: Visit, rated: RatedDocument, notices: Html) -> None:
    """Put the button there; it opens the preview."""
    is_over = rated.period.end <= visit.application.clock.now()
    with ui.element("div").classes("actions"):
        control = button(
            visit.say("issue.open"), lambda: _preview(visit, rated, notices), "primary"
        )
        if not is_over:
            control.props("disabled")
            show(tag("span", visit.say("issue.not_over"), class_="soft"))


def _preview(visit: Visit, rated: RatedDocument, notices: Html) -> None:
    zone = zone_named(rated.contract.time_zone)
    with dialog_card() as close:
        show(tag("h2", visit.say("issue.title")))
        said = visit.say(
            "issue.text",
            customer=rated.contract.customer.name,
            period=visit.period(rated.period, zone),
        )
        show(tag("p", said))
        show(notices)
        show(rated_table(visit, rated))
        show(tag("p", visit.say("issue.for_ever"), class_="soft"))
        reason = None
        if shortfalls(rated):
            show(tag("p", visit.say("issue.incomplete")))
            reason = text_field(visit.say("issue.reason"))
            reason.props(f"maxlength={RELEASE_CHARACTERS_MAX}")

        async def issue() -> None:
            said = "" if reason is None else str(reason.value or "").strip()
            await _issue(visit, rated, said or None, close)

        with ui.element("div").classes("actions"):
            button(visit.say("issue.confirm"), issue, "primary")
            button(visit.say("action.cancel"), close)


async def _issue(
    visit: Visit, rated: RatedDocument, reason: str | None, close: Callable[[], None]
) -> None:
    billing = visit.application.billing
    try:
        issued = await visit.ask(billing.issue, rated.contract.id, rated.period, reason=reason)
    except LineshaftError as error:
        errors.tell(visit, error)
        close()
        return
    ui.navigate.to(f"/invoices/{issued.number}")
