"""The readings behind an invoice line: how it came about, and every row it rests on."""

import json
from fractions import Fraction
from typing import Any

from fastapi import Request

from lineshaft.core.errors import NotFound
from lineshaft.core.pages import Page, PageRequest
from lineshaft.core.reading import RecordKind, is_good
from lineshaft.core.value import DecimalValue
from lineshaft.platform.twin.model import Machine
from lineshaft.services.billing.rendering.model import Language as DocumentLanguage
from lineshaft.services.evidence.model import LineReading
from lineshaft.services.metering.model import UsageRecord
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    facts,
    notice,
    page_head,
    pages,
    panel,
    table,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import machine_name, machines_by_id
from lineshaft.web.pages.contracts.statements import signal_name
from lineshaft.web.pages.invoices.proof import proof_part
from lineshaft.web.session import Visit
from lineshaft.web.values import shown_value

READINGS_PER_PAGE = 100


async def build(visit: Visit, request: Request) -> None:
    """Show what is behind a line; lines are numbered from 1, as on the document."""
    number, place = request.path_params["number"], request.path_params["line"]
    issued = await visit.ask(visit.application.billing.document, number)
    document = json.loads(issued.file)["document"]
    index = int(place) - 1 if place.isascii() and place.isdigit() and len(place) < 6 else -1
    if not 0 <= index < len(document["lines"]):
        msg = f"document {number} has no line {place[:20]!r}"
        raise NotFound(msg)
    language = DocumentLanguage(visit.language.value)
    view = await visit.ask(visit.application.renderings.view, number, language)
    shown = view["lines"][index]
    title(visit, f"{shown['description']} – {number}")
    show(_head(visit, view, shown, number))
    show(_steps(visit, document, document["lines"][index], shown))
    machines = await machines_by_id(visit)
    usage = [
        UsageRecord.from_content(document["usage"][i]) for i in document["lines"][index]["usage"]
    ]
    show(_usage(visit, machines, usage))
    after = request.query_params.get("after", "")
    page = await visit.ask(
        visit.application.evidence.readings_behind,
        number,
        document["lines"][index]["id"],
        PageRequest(READINGS_PER_PAGE, after),
    )
    show(_rows(visit, machines, page, f"/invoices/{number}/lines/{place}", after))
    proof_part(visit, number)


def _head(visit: Visit, view: dict[str, Any], shown: dict[str, Any], number: str) -> Html:
    return page_head(
        shown["description"],
        lead=visit.say("readings.lead", amount=f"{shown['amount']} {_currency(view)}"),
        crumbs=[
            (visit.say("invoices.title"), "/invoices"),
            (f"{view['title']} {number}", f"/invoices/{number}"),
        ],
    )


def _currency(view: dict[str, Any]) -> str:
    return str(view["totals"][-1]["value"]).rsplit(" ", 1)[-1]


def _steps(
    visit: Visit, document: dict[str, Any], line: dict[str, Any], shown: dict[str, Any]
) -> Html:
    """Say each step from the usage to the amount; the last one is the only rounding."""
    steps: list[tuple[str, str]] = [(note, "") for note in shown["notes"]]
    steps += [(step["text"], step["amount"]) for step in shown["steps"]]
    exact = Fraction(line["amount_exact"])
    rounding = visit.say("readings.rounding", exact=form.rounded(exact))
    steps.append((rounding, form.amount(line["amount"], document["currency"])))
    items = [
        tag("li", tag("span", text), tag("span", amount, class_="number") if amount else None)
        for text, amount in steps
    ]
    return panel(visit.say("readings.steps"), tag("ol", items, class_="steps wide"))


def _usage(visit: Visit, machines: dict[str, Machine], usage: list[UsageRecord]) -> Html:
    parts = [_record(visit, machines, record) for record in usage]
    return panel(visit.say("readings.usage"), tag("div", parts, class_="part"))


def _record(visit: Visit, machines: dict[str, Machine], record: UsageRecord) -> Html:
    meter = record.meter
    name = signal_name(visit, machines, record)
    covered = form.duration(record.covered_us, visit.language)
    whole = form.duration(record.period.duration_us, visit.language)
    pairs: list[tuple[str, Child]] = [
        (visit.say("readings.machine"), machine_name(machines, meter.machine)),
        (visit.say("readings.signal"), name),
        (visit.say("readings.meter"), visit.say(f"meter.{meter.kind.value}")),
        (visit.say("readings.quantity"), form.quantity(record.quantity)),
        (
            visit.say("invoice.completeness"),
            visit.say("readings.covered", percent=form.percent(record.completeness),
                      covered=covered, whole=whole),
        ),
        (visit.say("readings.refused"), form.grouped(record.refusal_count)),
        (visit.say("readings.excluded"), form.grouped(record.exclusion_count)),
        (visit.say("readings.known_at"), visit.instant(record.known_at)),
    ]  # fmt: skip
    incomplete = None
    if not record.is_complete:
        incomplete = notice(visit.say("invoice.incomplete"), visit.say("readings.incomplete"))
    return tag("div", facts(pairs), incomplete, class_="part")


def _rows(
    visit: Visit, machines: dict[str, Machine], page: Page[LineReading], path: str, after: str
) -> Html:
    if not page.items:
        nothing = empty_state(visit.say("readings.none.title"), visit.say("readings.none.text"))
        return panel(visit.say("readings.title"), nothing)
    columns = [
        Column(visit.say("readings.at")),
        Column(visit.say("readings.value"), is_number=True),
        Column(visit.say("readings.change"), is_number=True),
        Column(visit.say("readings.kind")),
        Column(visit.say("readings.source")),
        Column(visit.say("readings.record"), is_number=True),
        Column(visit.say("readings.segment"), is_number=True),
    ]
    rows = []
    before: LineReading | None = None
    for reading in page.items:
        rows.append(_row(visit, reading, before))
        before = reading if _decimal(reading) is not None else before
    content = [
        table(visit.say("readings.title"), columns, rows),
        pages(visit, path, {"after": after}, page.next),
    ]
    return panel(visit.say("readings.title"), *content, is_flush=True, id_="rows")


def _decimal(reading: LineReading) -> Fraction | None:
    is_value = isinstance(reading.value, DecimalValue) and is_good(reading.status)
    return (
        reading.value.as_fraction()
        if is_value and isinstance(reading.value, DecimalValue)
        else None
    )


def _row(visit: Visit, reading: LineReading, before: LineReading | None) -> Row:
    own = None
    if reading.own_ts is not None:
        said = visit.say("readings.own_stamp", at=_exact(visit, reading.own_ts))
        own = tag("span", said, class_="sub")
    value = shown_value(visit, reading.value, reading.status)
    if reading.kind in {RecordKind.REFUSAL, RecordKind.COUNT}:
        value = ""
    return Row(
        [
            [_exact(visit, reading.ts), own],
            value,
            _change(reading, before),
            visit.say(f"kind.{reading.kind.name}"),
            visit.say("readings.source_epoch", source=reading.source, epoch=reading.epoch),
            form.grouped(reading.sequence),
            "" if reading.segment is None else form.grouped(reading.segment),
        ]
    )


def _exact(visit: Visit, at: Any) -> str:
    return form.fine(at, visit.zone, visit.language)


def _change(reading: LineReading, before: LineReading | None) -> str:
    """Return by how much the value differs from the one before it, exactly."""
    value = _decimal(reading)
    earlier = None if before is None or before.usage != reading.usage else _decimal(before)
    if value is None or earlier is None:
        return ""
    change = form.rounded(value - earlier, 18)
    return f"+{change}" if value > earlier else change
