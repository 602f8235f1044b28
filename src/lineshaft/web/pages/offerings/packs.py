"""The packs to begin an offering with, and the form that makes it."""

from fastapi import Request
from nicegui import ui

from lineshaft.services.contracts.catalogue.model import OfferingChanges
from lineshaft.services.contracts.packs.model import Pack
from lineshaft.web.components import badge, link_button, notice, page_head, panel
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.form import OfferingForm, is_id
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.offerings.offerings import MAKE
from lineshaft.web.pages.offerings.words import charged, class_in_words, measured
from lineshaft.web.session import Visit


async def build_shelf(visit: Visit, _request: Request) -> None:
    """Show every pack with what it sells."""
    title(visit, visit.say("packs.title"))
    packs = await visit.ask(visit.application.catalogue.packs)
    may_make = await visit.may(*MAKE)
    crumbs = [(visit.say("offerings.title"), "/offerings")]
    show(page_head(visit.say("packs.title"), lead=visit.say("packs.lead"), crumbs=crumbs))
    cards = [_card(visit, pack, may_make=may_make) for pack in packs]
    show(tag("div", cards, class_="cards"))


async def build_pack(visit: Visit, request: Request) -> None:
    """Show a pack in words, and the form that makes an offering of it."""
    pack = await visit.ask(visit.application.catalogue.pack, request.path_params["pack"])
    name = local(visit, pack.offering.name)
    title(visit, name)
    crumbs = [
        (visit.say("offerings.title"), "/offerings"),
        (visit.say("packs.title"), "/packs"),
    ]
    show(page_head(name, lead=local(visit, pack.about), crumbs=crumbs))
    show(panel(visit.say("offering.terms"), charged(visit, pack.offering)))
    show(panel(visit.say("offering.measured"), measured(visit, pack.offering)))
    if await visit.may(*MAKE):
        _form(visit, pack)


def _card(visit: Visit, pack: Pack, *, may_make: bool) -> Html:
    text = visit.say("packs.use" if may_make else "packs.show")
    return tag(
        "section",
        tag("div", tag("h2", local(visit, pack.offering.name)), class_="panel-head"),
        tag("p", badge(class_in_words(visit, pack.offering, "kind"))),
        tag("p", local(visit, pack.about), class_="grow"),
        tag("div", link_button(text, f"/packs/{pack.id}", kind="small"), class_="actions"),
        class_="panel part",
    )


def _form(visit: Visit, pack: Pack) -> None:
    form = OfferingForm(visit, pack.offering)
    show(tag("h2", visit.say("packs.make")))
    with ui.element("section").classes("panel part"), ui.element("div").classes("fields"):
        id_ = form.checked(visit.say("offering.id"), "", "form.identifier", is_id)
        form.add_basics()
    form.add_terms()

    async def save(changes: OfferingChanges) -> None:
        catalogue, name = visit.application.catalogue, str(id_.value or "").strip()
        made = await visit.ask(catalogue.from_pack, pack.id, name, changes)
        ui.navigate.to(f"/offerings/{made.offering.id}")

    show(notice("", visit.say("offering.for_ever")))
    form.add_actions(visit.say("packs.save"), save, "/packs")
