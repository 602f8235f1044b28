"""The catalogue: what is on sale, by kind, binding and customer class."""

from enum import StrEnum
from typing import TypeVar

from fastapi import Request

from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.contracts.catalogue.model import CatalogueEntry, CatalogueQuery
from lineshaft.services.contracts.model import Binding, CustomerClass, OfferingKind
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    link_button,
    page_head,
    pages,
    panel,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.offerings.words import class_in_words, sale_badge
from lineshaft.web.session import Visit

OFFERINGS_PER_PAGE = 50
FILTERS: dict[str, type[StrEnum]] = {
    "kind": OfferingKind,
    "binding": Binding,
    "customer_class": CustomerClass,
}
MAKE = (Action.CONTRACT_WRITE, Resource("offering", "*"))

_Word = TypeVar("_Word", bound=StrEnum)


async def build(visit: Visit, request: Request) -> None:
    """Show the catalogue."""
    title(visit, visit.say("offerings.title"))
    asked = {name: request.query_params.get(name, "") for name in (*FILTERS, "after")}
    query = CatalogueQuery(
        kind=_chosen(OfferingKind, asked["kind"]),
        binding=_chosen(Binding, asked["binding"]),
        customer_class=_chosen(CustomerClass, asked["customer_class"]),
        after=asked["after"],
        limit=OFFERINGS_PER_PAGE,
    )
    page = await visit.ask(visit.application.catalogue.page, query)
    make = None
    if await visit.may(*MAKE):
        make = link_button(visit.say("offerings.new"), "/packs", kind="primary")
    head = page_head(visit.say("offerings.title"), lead=visit.say("offerings.lead"), beside=make)
    show(head)
    is_filtered = any(asked[name] for name in FILTERS)
    if not page.entries and not is_filtered:
        action = link_button(visit.say("offerings.packs"), "/packs", kind="primary")
        none = empty_state(
            visit.say("offerings.none.title"),
            visit.say("offerings.none.text"),
            action=action if make else None,
        )
        show(none, "panel")
        return
    show(_filters(visit, asked))
    if not page.entries:
        nothing = visit.say("search.nothing.title"), visit.say("offerings.no_match")
        show(empty_state(*nothing), "panel")
        return
    content = [_table(visit, page.entries), pages(visit, "/offerings", asked, page.next)]
    show(panel(None, *content, is_flush=True))


def _chosen(words: type[_Word], text: str) -> _Word | None:
    return words(text) if text in list(words) else None


def _filters(visit: Visit, asked: dict[str, str]) -> Html:
    labels = []
    for name, words in FILTERS.items():
        options = [tag("option", visit.say("offerings.all"), value="")]
        options += [
            tag(
                "option",
                visit.say(f"offering.{name}.{word.value}"),
                value=word.value,
                selected=asked[name] == word.value,
            )
            for word in words
        ]
        select = tag("select", options, name=name, data_submit=True)
        labels.append(tag("label", visit.say(f"offering.{name}"), select))
    button = tag("button", visit.say("range.show"), type="submit", class_="button")
    return tag(
        "form",
        labels,
        tag("noscript", button),
        method="get",
        action="/offerings",
        class_="filters",
    )


def _table(visit: Visit, entries: tuple[CatalogueEntry, ...]) -> Html:
    columns = [
        Column(visit.say("offering.name")),
        Column(visit.say("offering.kind")),
        Column(visit.say("offering.binding")),
        Column(visit.say("offering.customer_class")),
        Column(visit.say("offering.version"), is_number=True),
        Column(visit.say("offering.state")),
    ]
    rows = []
    for entry in entries:
        offering = entry.offering
        name = tag("a", local(visit, offering.name), href=f"/offerings/{offering.id}")
        said = [class_in_words(visit, offering, field) for field in FILTERS]
        rows.append(Row([join(name), *said, str(offering.version), sale_badge(visit, entry)]))
    return table(visit.say("offerings.title"), columns, rows)
