"""Who may come in: the people, their roles, and letting somebody in or out."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.security.authorisation.model import Role
from lineshaft.security.identity.model import Organisation, Person
from lineshaft.security.identity.service import NewPerson, PersonChange
from lineshaft.web import errors
from lineshaft.web.components import page_head
from lineshaft.web.controls import attempt, button, confirm, dialog_card, secret_shown_once
from lineshaft.web.layout import show, title
from lineshaft.web.markup import tag
from lineshaft.web.pages.people.rows import people_columns, person_cells
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field, widget_table

ROLES = (Role.ADMINISTRATOR, Role.ENGINEER, Role.FINANCE, Role.AUDITOR, Role.CUSTOMER)


async def build(visit: Visit, _request: Request) -> None:
    """Show the people."""
    title(visit, visit.say("people.title"))
    identity = visit.application.identity
    people = await visit.ask(identity.users)
    organisations = await visit.ask(identity.organisations)
    show(page_head(visit.say("people.title"), lead=visit.say("people.lead")))
    with ui.element("div").classes("actions"):
        button(visit.say("people.add"), lambda: _add(visit, organisations), "primary")
    names = {each.id: each.name for each in organisations}
    with (
        ui.element("section").classes("panel flush"),
        widget_table(visit.say("people.title"), people_columns(visit)),
    ):
        for person in people:
            _row(visit, person, names.get(person.organisation or "", ""))


def _row(visit: Visit, person: Person, organisation: str) -> None:
    with ui.element("tr").props('data-found-by="people"'):
        person_cells(visit, person, organisation)
        with ui.element("td"), ui.element("div").classes("actions"):
            if person.is_active:
                button(visit.say("people.reset"), lambda: _reset(visit, person), "small")
                if person.id != visit.actor.id:
                    button(visit.say("people.deactivate"), lambda: _leave(visit, person), "small")
            else:
                button(visit.say("people.activate"), lambda: _activate(visit, person), "small")


def _add(visit: Visit, organisations: Sequence[Organisation]) -> None:
    roles = {role.value: visit.say(f"role.{role.value}") for role in ROLES}
    names = {"": visit.say("people.no_organisation")}
    names |= {each.id: each.name for each in organisations}
    with dialog_card() as close:
        show(tag("h2", visit.say("people.add")))
        name = text_field(visit.say("people.name"))
        user_name = text_field(visit.say("people.user_name"))
        role = select_field(visit.say("people.role"), roles, Role.ENGINEER.value)
        organisation = select_field(visit.say("people.organisation"), names, "")

        async def add() -> None:
            wanted = NewPerson(
                user_name=str(user_name.value or "").strip().lower(),
                name=str(name.value or "").strip(),
                role=Role(role.value),
                organisation=organisation.value or None,
            )
            try:
                made = await visit.ask(visit.application.identity.create_user, wanted)
            except LineshaftError as error:
                errors.tell(visit, error)
                return
            close()
            text = visit.say("people.password_text", name=made.person.user_name)
            secret_shown_once(visit, visit.say("people.password"), text, made.password)

        with ui.element("div").classes("actions"):
            button(visit.say("people.add_confirm"), add, "primary")
            button(visit.say("action.cancel"), close)


def _leave(visit: Visit, person: Person) -> None:
    async def act() -> None:
        change = PersonChange(is_active=False)
        await visit.ask(visit.application.identity.change_user, person.user_name, change)
        ui.navigate.reload()

    texts = (
        visit.say("people.deactivate_title", name=person.name),
        visit.say("people.deactivate_text"),
        visit.say("people.deactivate"),
    )
    confirm(visit, texts, act)


async def _activate(visit: Visit, person: Person) -> None:
    async def act() -> None:
        change = PersonChange(is_active=True)
        await visit.ask(visit.application.identity.change_user, person.user_name, change)
        ui.navigate.reload()

    await attempt(visit, act)


def _reset(visit: Visit, person: Person) -> None:
    async def act() -> None:
        made = await visit.ask(visit.application.identity.reset_password, person.user_name)
        text = visit.say("people.password_text", name=made.person.user_name)
        secret_shown_once(visit, visit.say("people.password"), text, made.password)

    texts = (
        visit.say("people.reset_title", name=person.name),
        visit.say("people.reset_text"),
        visit.say("people.reset"),
    )
    confirm(visit, texts, act)
