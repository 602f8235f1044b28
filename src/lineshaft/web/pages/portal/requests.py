"""Service requests: what is wrong with machines, what was done, and what both sides agree on."""

from collections.abc import Callable, Sequence

from fastapi import Request
from msgspec.structs import replace
from nicegui import ui

from lineshaft.platform.twin.model import Machine
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.incidents.model import (
    TEXT_CHARACTERS_MAX,
    IncidentCause,
    RecordedVersion,
    ServiceIncident,
    Side,
    SubjectKind,
)
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import attempt, button, confirm, dialog_card
from lineshaft.web.instants import instant_field, instant_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.names import machine_name, machines_by_id
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, select_field, text_field, widget_table

STEPS = ("reported_at", "acknowledged_at", "on_site_at", "restored_at")
Recorded = RecordedVersion[ServiceIncident]
_Act = Callable[[Visit, Recorded], None]


async def build(visit: Visit, _request: Request) -> None:
    """Show the newest requests, and the buttons of whoever may act on them."""
    title(visit, visit.say("requests.title"))
    machines = await machines_by_id(visit)
    found = await visit.ask(visit.application.incidents.recent)
    show(page_head(visit.say("requests.title"), lead=visit.say("requests.lead")))
    await open_button(visit, machines)
    if not found:
        show(nothing(visit), "panel")
        return
    with ui.element("section").classes("panel flush"):
        await requests_table(visit, machines, found)


def nothing(visit: Visit) -> Html:
    """Say that nothing was requested."""
    return empty_state(visit.say("requests.none.title"), visit.say("requests.none.text"))


async def open_button(visit: Visit, machines: dict[str, Machine]) -> None:
    """Put the button there that begins a request, for whoever may on some machine."""
    resources = [Resource("incident", "*", machine=machine) for machine in sorted(machines)]
    permitted = await visit.ask(
        visit.application.authorizer.permitted, Action.INCIDENT_REPORT, resources
    )
    choices = {one.machine: machine_name(machines, one.machine) for one in permitted if one.machine}
    if choices:
        with ui.element("div").classes("actions"):
            button(visit.say("requests.open"), lambda: _open(visit, choices), "primary")


def _open(visit: Visit, choices: dict[str, str]) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("requests.open")))
        show(tag("p", visit.say("requests.open_text"), class_="soft"))
        machine = select_field(visit.say("requests.machine"), choices, next(iter(choices)))
        text = text_field(visit.say("requests.what"))
        text.props(f"type=textarea maxlength={TEXT_CHARACTERS_MAX}")

        async def act() -> None:
            said = str(text.value or "").strip()
            await visit.ask(visit.application.incidents.report, str(machine.value), said)
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("requests.send"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


async def requests_table(
    visit: Visit, machines: dict[str, Machine], found: Sequence[Recorded]
) -> None:
    """Put requests there, each with what its reader may do about it."""
    keys = ("what", "reported", "state", "agreed", "actions")
    columns = [Column(visit.say(f"requests.{key}")) for key in keys]
    own = Side.CUSTOMER if visit.actor.organisation is not None else Side.PROVIDER
    with widget_table(visit.say("requests.title"), columns):
        for version in found:
            subject = version.subject
            resource = Resource("incident", subject.id, machine=subject.machine)
            may_write = await visit.may(Action.INCIDENT_WRITE, resource)
            may_agree = await visit.may(Action.INCIDENT_APPROVE, resource)
            is_agreed = own in {approval.side for approval in version.approvals}
            with ui.element("tr"):
                _cells(visit, columns, machines, version)
                with ui.element("td"), ui.element("div").classes("actions"):
                    if may_write:
                        _press(visit, "requests.update", version, _update)
                    if may_agree and not is_agreed:
                        _press(visit, "requests.agree", version, _agree)


def _press(visit: Visit, key: str, version: Recorded, act: _Act) -> None:
    button(visit.say(key), lambda: act(visit, version), "small")


def _cells(
    visit: Visit, columns: list[Column], machines: dict[str, Machine], version: Recorded
) -> None:
    subject = version.subject
    place = tag("span", machine_name(machines, subject.machine), class_="sub")
    cell(columns[0], join(subject.note or visit.say("requests.no_note"), place), is_head=True)
    cell(columns[1], join(visit.instant(subject.reported_at)))
    cell(columns[2], state_of(visit, subject))
    sides = {approval.side for approval in version.approvals}
    said = [
        badge(
            visit.say(f"requests.side.{side}"),
            "good" if side in sides else "",
        )
        for side in Side
        if side in sides
    ]
    cell(columns[3], join(said or visit.say("requests.nobody")))


def state_of(visit: Visit, subject: ServiceIncident) -> Html:
    """Say how far a request is, and who answers for it."""
    if subject.is_withdrawn:
        return badge(visit.say("requests.withdrawn"))
    done = [step for step in STEPS if getattr(subject, step) is not None]
    kind = "good" if done[-1] == STEPS[-1] else "warn"
    at = visit.instant(getattr(subject, done[-1])) if len(done) > 1 else ""
    cause = visit.say(f"requests.cause.{subject.cause}")
    detail = " · ".join(part for part in (at, cause) if part)
    return join(
        badge(visit.say(f"requests.step.{done[-1]}"), kind), tag("span", detail, class_="sub")
    )


def _update(visit: Visit, version: Recorded) -> None:
    """Ask what has happened since; it is the next version."""
    of = version.subject
    with dialog_card() as close:
        show(tag("h2", visit.say("requests.update")))
        show(tag("p", visit.say("requests.update_text"), class_="soft"))
        fields = {
            step: instant_field(visit, visit.say(f"requests.step.{step}"), getattr(of, step))
            for step in STEPS[1:]
        }
        causes = {each.value: visit.say(f"requests.cause.{each}") for each in IncidentCause}
        cause = select_field(visit.say("requests.cause"), causes, of.cause.value)
        note = text_field(visit.say("requests.what"), of.note)
        note.props(f"type=textarea maxlength={TEXT_CHARACTERS_MAX}")

        async def act() -> None:
            acknowledged, on_site, restored = (
                instant_of(visit, field, getattr(of, step)) for step, field in fields.items()
            )
            following = replace(
                of,
                acknowledged_at=acknowledged,
                on_site_at=on_site,
                restored_at=restored,
                cause=IncidentCause(str(cause.value)),
                note=str(note.value or "").strip(),
            )
            incidents = visit.application.incidents
            await visit.ask(incidents.record, following, version.version + 1)
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("requests.save"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


def _agree(visit: Visit, version: Recorded) -> None:
    async def act() -> None:
        incidents = visit.application.incidents
        place = SubjectKind.INCIDENT, version.subject.id, version.version
        await visit.ask(incidents.approve, *place)
        ui.navigate.reload()

    texts = "requests.agree_title", "requests.agree_text", "requests.agree"
    confirm(visit, (visit.say(texts[0]), visit.say(texts[1]), visit.say(texts[2])), act)
