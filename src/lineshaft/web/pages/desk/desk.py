"""The saved studies of the design desk, and the way to a new one."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.services.contracts.model import Offering
from lineshaft.services.desk.model import Months, SavedStudy, Study, Variant
from lineshaft.web import errors
from lineshaft.web.components import Column, Row, empty_state, page_head, panel, table
from lineshaft.web.controls import button, dialog_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.desk.months import last_months, month_fields
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field

_ID_PREFIX = "study"


async def build(visit: Visit, _request: Request) -> None:
    """Show the studies."""
    title(visit, visit.say("desk.title"))
    saved = await visit.ask(visit.application.design.studies)
    offerings = await visit.ask(visit.application.contracts.offerings)
    show(page_head(visit.say("desk.title"), lead=visit.say("desk.lead")))
    if not offerings:
        said = visit.say("desk.no_offerings.title"), visit.say("desk.no_offerings.text")
        show(empty_state(*said, "lineshaft apply my-plant"), "panel")
        return
    with ui.element("div").classes("actions"):
        button(visit.say("desk.new"), lambda: _new(visit, offerings, saved), "primary")
    if not saved:
        show(empty_state(visit.say("desk.none.title"), visit.say("desk.none.text")), "panel")
        return
    columns = [
        Column(visit.say("desk.study")),
        Column(visit.say("desk.months")),
        Column(visit.say("desk.variants")),
        Column(visit.say("desk.saved")),
    ]
    rows = [_row(visit, each) for each in saved]
    show(panel(None, table(visit.say("desk.title"), columns, rows), is_flush=True))


def _row(visit: Visit, saved: SavedStudy) -> Row:
    study = saved.study
    return Row(
        [
            tag("a", study.name, href=f"/desk/{study.id}"),
            visit.say("desk.from_to", first=study.months.first, last=study.months.last),
            ", ".join(each.label for each in study.variants),
            visit.instant(saved.saved_at),
        ]
    )


def _new(visit: Visit, offerings: list[Offering], saved: list[SavedStudy]) -> None:
    by_id = {each.id: each for each in offerings}
    names = {each.id: local(visit, each.name) for each in offerings}
    with dialog_card() as close:
        show(tag("h2", visit.say("desk.new")))
        show(tag("p", visit.say("desk.new_text"), class_="soft"))
        name = text_field(visit.say("desk.name"))
        offering = select_field(visit.say("desk.offering"), names, offerings[0].id)
        first, last = month_fields(visit, last_months(visit.application.clock))

        async def make() -> None:
            design, chosen = visit.application.design, by_id[str(offering.value)]
            said = str(name.value or "").strip() or local(visit, chosen.name)
            try:
                study = Study(
                    id=_free_id(saved),
                    version=1,
                    name=said,
                    months=Months(str(first.value or ""), str(last.value or "")),
                    variants=(
                        Variant(visit.say("desk.as_contracted")),
                        Variant(visit.say("desk.new_tariff"), chosen),
                    ),
                    known_at=await visit.ask(design.known_now),
                )
                await visit.ask(design.save, study)
            except LineshaftError as error:
                errors.tell(visit, error)
                return
            close()
            ui.navigate.to(f"/desk/{study.id}")

        with ui.element("div").classes("actions"):
            button(visit.say("desk.make"), make, "primary")
            button(visit.say("action.cancel"), close)


def _free_id(saved: list[SavedStudy]) -> str:
    """Return an id that no study has: its number among them."""
    taken = {each.study.id for each in saved}
    number = len(taken) + 1
    while f"{_ID_PREFIX}-{number}" in taken:
        number += 1
    return f"{_ID_PREFIX}-{number}"
