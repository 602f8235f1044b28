"""Who looks after a dependency of the register: noted, undone, with who said so."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.valuechain.supplynetwork.versions.service import (
    ACTION_CHARACTERS_MAX,
    OWNER_CHARACTERS_MAX,
    Care,
    CareNote,
)
from lineshaft.web import errors
from lineshaft.web.components import Column, Row, address, table
from lineshaft.web.controls import button
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.tabs import REGISTER
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field

NOTES_SHOWN = 10


def care_link(visit: Visit, item: str) -> Html:
    """Return the link that opens the form of a dependency."""
    path = address(REGISTER, {"care": item})
    said = visit.say("supply.care_of", item=item)
    return tag("a", visit.say("supply.care_edit"), href=path, class_="sub", aria_label=said)


async def care_form(visit: Visit, item: str) -> None:
    """Show a dependency's owner and action to be changed, and what was noted of it before.

    Raises:
        NotFound: when the item is not in the register.
    """
    care = visit.application.networks.care
    noted = await visit.ask(care.notes, item)
    found = await visit.ask(visit.application.networks.register)
    row = next(each for each in found.rows() if each["item"] == item)

    def done(act: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def acted() -> None:
            try:
                await act()
            except LineshaftError as error:
                errors.tell(visit, error)
                return
            ui.navigate.to(REGISTER)

        return acted

    with ui.element("section").classes("panel part").props("id=care"):
        show(tag("h2", visit.say("supply.care_of", item=item)))
        show(tag("p", visit.say("supply.care_text"), class_="soft"))
        with ui.element("div").classes("outage-question"):
            owner = text_field(visit.say("supply.field.owner"), row["owner"])
            owner.props(f"maxlength={OWNER_CHARACTERS_MAX}")
            action = text_field(visit.say("supply.field.action"), row["action"])
            action.props(f"maxlength={ACTION_CHARACTERS_MAX}")
            due_label = visit.say("supply.care_due")
            due = text_field(due_label, row["action_due_on"] or "")

        async def save() -> None:
            said = [str(each.value or "").strip() for each in (owner, action, due)]
            await visit.ask(care.note, item, Care(*said))

        async def undo() -> None:
            await visit.ask(care.undo, item)

        with ui.element("div").classes("actions"):
            button(visit.say("supply.care_save"), done(save), "primary")
            if noted:
                button(visit.say("supply.care_undo"), done(undo))
            show(tag("a", visit.say("action.cancel"), href=REGISTER, class_="button"))
        if noted:
            show(_notes(visit, noted[:NOTES_SHOWN]))


def _notes(visit: Visit, notes: list[CareNote]) -> Html:
    columns = [
        Column(visit.say("supply.noted")),
        Column(visit.say("supply.field.owner")),
        Column(visit.say("supply.field.action")),
        Column(visit.say("supply.field.action_due_on")),
    ]
    rows = [
        Row(
            [
                f"{visit.instant(each.noted_at)}, {each.noted_by}",
                visit.say("supply.care_files") if each.care.owner is None else each.care.owner,
                each.care.action,
                each.care.due_on,
            ]
        )
        for each in notes
    ]
    return table(visit.say("supply.care_notes"), columns, rows)
