"""Files of a contract: the classified time of its guarantees in a period."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal

from fastapi import FastAPI, Request, Response

from lineshaft.core.period import Period, format_instant
from lineshaft.infrastructure.sheets import Cell, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.answer import sheet_answer
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.model import AvailabilityGuarantee, ProductionGuarantee, TimeClass
from lineshaft.web.pages.contracts.timeline import classed
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
_COLUMNS = ("guarantee", "machine", "start", "end", "class", "seconds")


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/contracts/{id_}/timeline.{shape}", include_in_schema=False)
    async def timeline(
        request: Request, id_: str, shape: SheetFormat, start: str, end: str
    ) -> Response:
        async def load(visitor: Visit) -> Response:
            period = Period.parse(start, end)
            rows = await visitor.ask(_rows, visitor.application, id_, period)
            name = f"timeline-{id_}-{start[:10]}"
            return await asyncio.to_thread(
                sheet_answer, Sheet("timeline", _COLUMNS, rows), shape, name
            )

        return await for_visitor(request, load)


def _rows(
    actor: Actor, application: Application, contract: str, period: Period
) -> list[tuple[Cell, ...]]:
    """Return every span of each guarantee and machine, in time order, as it is rated now."""
    rated = application.billing.preview(actor, contract, period)
    found: list[tuple[Cell, ...]] = []
    guarantee = rated.contract.terms.guarantee
    if guarantee is not None:
        for slot in rated.contract.slots(period):
            meter = guarantee.meter.on(slot.machine)
            spans = application.metering.timeline(actor, meter, slot.period, rated.known_at)
            found += _spans(guarantee.id, slot.machine, classed(spans, guarantee.classes))
    for promised, outcome in zip(rated.contract.terms.promised, rated.outcomes, strict=True):
        if isinstance(promised, AvailabilityGuarantee | ProductionGuarantee):
            slots = rated.contract.promised_slots(period)
            for place, slot in zip(outcome.usage, slots, strict=False):
                intervals = promised.classified(rated.usage[place], rated.facts.exclusions)
                spans_ = [(each.period, each.time_class) for each in intervals]
                found += _spans(promised.id, slot.machine, spans_)
    return found


def _spans(
    guarantee: str, machine: str, spans: list[tuple[Period, TimeClass]]
) -> Iterator[tuple[Cell, ...]]:
    for span, class_ in spans:
        seconds = Decimal(span.duration_us).scaleb(-6)
        place = format_instant(span.start), format_instant(span.end)
        yield guarantee, machine, *place, class_.value, seconds
