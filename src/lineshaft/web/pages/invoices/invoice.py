"""An invoice as it was issued, its files, and the way down to the readings of each line."""

import json
from typing import Any

from fastapi import Request

from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.billing.model import IssuedDocument
from lineshaft.services.billing.rendering.model import Language as DocumentLanguage
from lineshaft.services.billing.service import rerated
from lineshaft.services.metering.model import UsageRecord
from lineshaft.web.components import Column, Row, download, facts, page_head, panel, table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import machines_by_id
from lineshaft.web.pages.contracts.promises import outcome_panels
from lineshaft.web.pages.contracts.statements import statements
from lineshaft.web.pages.invoices.correct import correct_part
from lineshaft.web.pages.invoices.payment import payment_part
from lineshaft.web.pages.invoices.proof import proof_part
from lineshaft.web.session import Visit


async def build(visit: Visit, request: Request) -> None:
    """Show an invoice."""
    number = request.path_params["number"]
    issued = await visit.ask(visit.application.billing.document, number)
    document = json.loads(issued.file)["document"]
    view = await visit.ask(
        visit.application.renderings.view, number, DocumentLanguage(visit.language.value)
    )
    title(visit, f"{view['title']} {number}")
    resource = Resource("document", number, organisation=issued.organisation)
    has_proof = await visit.may(Action.EVIDENCE_READ, resource)
    show(_head(visit, view, issued))
    usage = [UsageRecord.from_content(content) for content in document["usage"]]
    show(statements(visit, await machines_by_id(visit), usage, document["statements"]))
    show(_parties(view))
    show(_lines(visit, document, view, number, has_proof=has_proof))
    if view["guarantee"]:
        show(_guarantee(visit, view["guarantee"]))
    if view["guarantees"]:
        for part in outcome_panels(visit, rerated(document), await machines_by_id(visit)):
            show(part)
    await payment_part(visit, issued)
    await correct_part(visit, issued)
    show(_files(visit, number, has_proof=has_proof))
    if has_proof:
        proof_part(visit, number)


def _head(visit: Visit, view: dict[str, Any], issued: IssuedDocument) -> Html:
    return page_head(
        f"{view['title']} {issued.number}",
        lead=view["customer"]["name"],
        crumbs=[(visit.say("invoices.title"), "/invoices")],
        beside=[
            tag(
                "a",
                visit.say("invoice.contract"),
                href=f"/contracts/{issued.contract}",
                class_="button",
            )
        ],
    )


def _parties(view: dict[str, Any]) -> Html:
    parties = [
        tag(
            "div",
            tag("h3", party["label"], class_="soft"),
            tag("p", tag("strong", party["name"])),
            [tag("p", line) for line in party["lines"]],
        )
        for party in (view["supplier"], view["customer"])
    ]
    pairs = [(name, value) for name, value in view["facts"]]
    return panel(
        None, tag("div", tag("div", parties, class_="columns"), facts(pairs), class_="part")
    )


def _lines(
    visit: Visit, document: dict[str, Any], view: dict[str, Any], number: str, *, has_proof: bool
) -> Html:
    _, description, quantity, amount = view["columns"]
    columns = [
        Column(description),
        Column(quantity, is_number=True),
        Column(amount, is_number=True),
    ]
    rows = []
    pairs = zip(document["lines"], view["lines"], strict=True)
    for place, (line, shown) in enumerate(pairs, start=1):
        path = f"/invoices/{number}/lines/{place}" if has_proof and line["usage"] else None
        rows.append(_line(visit, shown, path))
    foot = [
        tag(
            "tr",
            tag("th", total["label"], scope="row", colspan=2),
            tag("td", total["value"], class_="number"),
            class_="total" if total["strong"] else None,
        )
        for total in view["totals"]
    ]
    return panel(
        view["lines_title"], table(view["lines_title"], columns, rows, foot), is_flush=True
    )


def _line(visit: Visit, shown: dict[str, Any], path: str | None) -> Row:
    steps = [tag("li", note) for note in shown["notes"]]
    steps += [tag("li", f"{step['text']} = {step['amount']}") for step in shown["steps"]]
    link: Child = None
    if path is not None:
        link = tag("a", visit.say("invoice.readings"), href=path, class_="readings-link")
    heading = [shown["description"], tag("ul", steps, class_="steps") if steps else None, link]
    return Row([heading, shown["quantity"], tag("strong", shown["amount"])])


def _guarantee(visit: Visit, guarantee: dict[str, Any]) -> Html:
    segments = [
        tag(
            "i",
            class_=f"class-{entry['class']}",
            style=f"width:{entry['share_ppm'] / 10_000:.4f}%",
            title=f"{entry['label']}: {entry['share']}",
        )
        for entry in guarantee["classes"]
    ]
    columns = [
        Column(visit.say("guarantee.class")),
        Column(visit.say("guarantee.duration"), is_number=True),
        Column(visit.say("guarantee.share"), is_number=True),
    ]
    rows = [
        Row(
            [
                [
                    tag(
                        "span",
                        tag("i", class_=f"swatch class-{entry['class']}"),
                        class_="swatch-holder",
                    ),
                    entry["label"],
                ],
                entry["duration"],
                entry["share"],
            ]
        )
        for entry in guarantee["classes"]
    ]
    content = [
        tag("p", guarantee["text"]),
        facts([(name, value) for name, value in guarantee["results"]]),
        tag("div", segments, class_="bar", role="img", aria_label=guarantee["title"]),
        table(guarantee["title"], columns, rows),
    ]
    return panel(guarantee["title"], tag("div", content, class_="part"))


def _files(visit: Visit, number: str, *, has_proof: bool) -> Html:
    names = [
        ("files.pdf_en", "invoice.en.pdf"),
        ("files.pdf_zh", "invoice.zh-Hans.pdf"),
        ("files.html_en", "invoice.en.html"),
        ("files.html_zh", "invoice.zh-Hans.html"),
        ("files.ubl_en", "invoice.en.xml"),
        ("files.ubl_zh", "invoice.zh-Hans.xml"),
        ("files.json", "invoice.json"),
        ("files.keys", "keys.json"),
    ]
    if has_proof:
        names.insert(-1, ("files.bundle", "evidence.json"))
    links = [download(visit.say(text), f"/files/invoices/{number}/{name}") for text, name in names]
    text = tag("p", visit.say("files.text"), class_="soft")
    content = tag("div", text, tag("div", links, class_="actions"), class_="part")
    return panel(visit.say("files.title"), content)
