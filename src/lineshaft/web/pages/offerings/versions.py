"""The next version of an offering, and what differs between two of them."""

from fastapi import Request
from nicegui import ui

from lineshaft.services.contracts.catalogue.model import Change, OfferingChanges
from lineshaft.services.contracts.model import Offering
from lineshaft.web.components import Column, Row, empty_state, notice, page_head, panel, table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.figures import named
from lineshaft.web.pages.contracts.form import OfferingForm, version_number
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.offerings.words import charged
from lineshaft.web.session import Visit


async def build_next(visit: Visit, request: Request) -> None:
    """Show the form that makes the next version of an offering."""
    catalogue, id_ = visit.application.catalogue, request.path_params["offering"]
    offering = (await visit.ask(catalogue.show, id_)).offering
    number = offering.version + 1
    name = visit.say("offering.version_number", version=number)
    title(visit, name)
    show(page_head(name, lead=visit.say("offering.next_lead"), crumbs=_crumbs(visit, offering)))
    form = OfferingForm(visit, offering)
    with ui.element("section").classes("panel part"), ui.element("div").classes("fields"):
        form.add_basics()
    form.add_terms()

    async def save(changes: OfferingChanges) -> None:
        await visit.ask(catalogue.next_version, id_, number, changes)
        ui.navigate.to(f"/offerings/{id_}")

    show(notice("", visit.say("offering.for_ever")))
    form.add_actions(visit.say("offering.save", version=number), save, f"/offerings/{id_}")


async def build_difference(visit: Visit, request: Request) -> None:
    """Show what differs between two versions: value by value, and both in words."""
    catalogue, id_ = visit.application.catalogue, request.path_params["offering"]
    numbers = [version_number(request.query_params.get(name, "")) for name in ("before", "after")]
    changes = await visit.ask(catalogue.compare, id_, *numbers)
    before, after = [(await visit.ask(catalogue.show, id_, each)).offering for each in numbers]
    heading = visit.say("offering.difference_title", before=numbers[0], after=numbers[1])
    title(visit, heading)
    show(page_head(heading, crumbs=_crumbs(visit, after)))
    if not changes:
        same = visit.say("offering.same.title"), visit.say("offering.same.text")
        show(empty_state(*same), "panel")
        return
    show(panel(None, _table(visit, changes, before, after), is_flush=True))
    for offering in (before, after):
        said = visit.say("offering.version_number", version=offering.version)
        show(panel(said, charged(visit, offering)))


def _table(visit: Visit, changes: tuple[Change, ...], before: Offering, after: Offering) -> Html:
    columns = [
        Column(visit.say("offering.value")),
        *(
            Column(visit.say("offering.version_number", version=each.version))
            for each in (before, after)
        ),
    ]
    rows = []
    for change in changes:
        group, label = named(visit, before if change.after is None else after, change.place)
        head = tag("span", label, tag("span", group, class_="sub"))
        rows.append(Row([head, *(_value(each) for each in (change.before, change.after))]))
    return table(visit.say("offering.difference"), columns, rows)


def _value(text: str | None) -> Html:
    return tag("span", "–" if text is None else text)


def _crumbs(visit: Visit, offering: Offering) -> list[tuple[str, str]]:
    return [
        (visit.say("offerings.title"), "/offerings"),
        (local(visit, offering.name), f"/offerings/{offering.id}"),
    ]
