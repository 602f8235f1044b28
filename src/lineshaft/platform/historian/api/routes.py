"""The questions about stored readings."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat, starmap
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.core.period import format_instant
from lineshaft.core.reading import SignalId, check_machine_id
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.platform.historian.api import formats, readings
from lineshaft.platform.historian.api.answers import NOT_KEPT, Streams, json_answer
from lineshaft.platform.historian.api.csv_rows import csv_rows
from lineshaft.platform.historian.api.described import FILE, PARQUET, REFUSALS, ROWS
from lineshaft.platform.historian.api.formats import MEDIA_TYPES, AnswerFormat
from lineshaft.platform.historian.api.functions import add_functions
from lineshaft.platform.historian.api.grafana import add_grafana
from lineshaft.platform.historian.api.parameters import (
    PAGE_ROWS_MAX,
    STREAM_ROWS_MAX,
    TEXT_CHARACTERS_MAX,
    Asking,
    KnownAtText,
    OpenSpan,
    Rows,
    SignalText,
    SignalTexts,
    Span,
    instant_of,
    machine_named,
    signal_of,
    signals_of,
)
from lineshaft.platform.historian.api.sql import add_sql
from lineshaft.platform.historian.model import RANGE_SCHEMA, RangeQuery, StoredRefusal
from lineshaft.platform.historian.queries.model import ExportQuery
from lineshaft.platform.historian.queries.records import (
    READING_SCHEMA,
    to_arrow,
)
from lineshaft.platform.historian.queries.sql import MACHINES_MAX
from lineshaft.platform.historian.queries.stream import Place
from lineshaft.platform.historian.service import SIGNALS_LISTED_MAX, Historian
from lineshaft.security.authorisation.model import Actor

PREFIX = "/api/v1/historian"
KNOWN_AT_HEADER = "lineshaft-known-at"
"""Says what an answer knows: with it as `known_at`, the same question has the same answer."""

ActorOf = Callable[[Request], Actor]


def router(historian: Historian, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        historian: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, prefix=PREFIX, tags=["historian"], responses=REFUSALS)
    streams = Streams()
    _add_values(routes, historian, streams)
    _add_export(routes, historian, streams)
    _add_others(routes, historian)
    add_functions(routes, historian)
    add_sql(routes, historian)
    add_grafana(routes, historian)
    return routes


def _add_values(routes: APIRouter, historian: Historian, streams: Streams) -> None:
    @routes.get("/latest", responses=ROWS)
    def latest(asking: Annotated[Asking, Depends()], signals: SignalTexts) -> Response:
        """Return the last reading of each signal that has one."""
        found = list(historian.latest(asking.actor, signals_of(signals)).values())
        rows, names = readings.stored(found), [one.signal for one in found]
        if asking.shape is AnswerFormat.JSON:
            return json_answer({"readings": readings.to_text(rows, names)})
        chunks = _chunks([rows], names, asking.shape)
        return Response(b"".join(chunks), media_type=MEDIA_TYPES[asking.shape], headers=NOT_KEPT)

    @routes.get("/readings", responses=ROWS)
    def range_(
        asking: Annotated[Asking, Depends()],
        signal: SignalText,
        span: Annotated[Span, Depends()],
        rows: Annotated[Rows, Depends()],
        known_at: KnownAtText = None,
    ) -> Response:
        """Return the records of a signal in (ts, source, epoch, sequence) order, page by page."""
        named, period = signal_of(signal), span.period
        query = RangeQuery(
            named, period, instant_of(known_at), include_before=False, include_after=False
        )
        stream = historian.stream(asking.actor, query, rows.after)
        headers = {KNOWN_AT_HEADER: format_instant(stream.known_at)}
        if asking.shape is AnswerFormat.JSON:
            page = _page(stream.pieces, named, rows.limit or PAGE_ROWS_MAX)
            return json_answer({"known_at": headers[KNOWN_AT_HEADER]} | page, headers)
        tables = _at_most(stream.pieces, rows.limit or STREAM_ROWS_MAX)
        chunks = _chunks(tables, named, asking.shape)
        return streams.send(chunks, MEDIA_TYPES[asking.shape], headers)


def _add_others(routes: APIRouter, historian: Historian) -> None:
    @routes.get("/refusals")
    def refusals(
        request: Request,
        asking: Annotated[Asking, Depends()],
        span: Annotated[OpenSpan, Depends()],
        page: Annotated[ListPage, Depends()],
        machine: Annotated[str | None, Query(max_length=TEXT_CHARACTERS_MAX)] = None,
    ) -> Response:
        """Return what connectors could not take, page by page, as JSON."""
        found = historian.refusals(asking.actor, machine_named(machine), span.period, page.request)
        return paged(request, "refusals", found, _refusal)

    @routes.get("/signals")
    def signals(
        asking: Annotated[Asking, Depends()],
        machines: Annotated[
            list[str] | None, Query(alias="machine", max_length=MACHINES_MAX)
        ] = None,
        after: Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)] = "",
    ) -> Response:
        """Return the signals that have stored records, in order, page by page, as JSON."""
        chosen = None if machines is None else [check_machine_id(one) for one in machines]
        found = historian.signals(asking.actor, chosen, after)
        last = found[-1] if len(found) == SIGNALS_LISTED_MAX else None
        return json_answer({"signals": found, "next": last})

    @routes.get("/sources")
    def sources(asking: Annotated[Asking, Depends()], signal: SignalText) -> Response:
        """Return the sources and epochs that have stored records of a signal, as JSON."""
        found = historian.sources_of(asking.actor, signal_of(signal))
        return json_answer({"sources": [{"source": name, "epoch": epoch} for name, epoch in found]})


def _add_export(routes: APIRouter, historian: Historian, streams: Streams) -> None:
    @routes.get("/export", response_class=Response, responses=FILE)
    def export(
        asking: Annotated[Asking, Depends()],
        signals: SignalTexts,
        span: Annotated[Span, Depends()],
        known_at: KnownAtText = None,
    ) -> Response:
        """Return the records of signals in a period as one Parquet file."""
        query = ExportQuery(signals_of(signals), span.period, instant_of(known_at))
        found = historian.export(asking.actor, query)
        headers = {
            KNOWN_AT_HEADER: format_instant(found.known_at),
            "content-disposition": 'attachment; filename="readings.parquet"',
        }
        return streams.send(found.parquet(), PARQUET, headers)


def _page(tables: Iterator[pa.Table], signal: SignalId, limit: int) -> dict[str, Any]:
    """Return one page; `next` says behind which record the next one begins."""
    if limit > PAGE_ROWS_MAX:
        msg = f"cannot give {limit} records as JSON: at most {PAGE_ROWS_MAX}; page, or ask for CSV"
        raise Invalid(msg)
    found = pa.concat_tables([RANGE_SCHEMA.empty_table(), *_at_most(tables, limit + 1)])
    listed = found.slice(0, limit)
    place = None
    if found.num_rows > limit:
        last = listed.slice(limit - 1).to_pylist()[0]
        place = str(Place(last["ts"], last["source"], last["epoch"], last["sequence"]))
    return {
        "signal": signal,
        "readings": readings.to_text(listed, repeat(signal)),
        "next": place,
    }


def _at_most(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    for table in tables:
        yield table.slice(0, rows)
        rows -= table.num_rows
        if rows <= 0:
            return


def _chunks(
    tables: Iterable[pa.Table], signals: SignalId | list[SignalId], shape: AnswerFormat
) -> Iterator[bytes]:
    """Write records as CSV or Arrow; `signals` is that of all rows, or of each."""
    named = repeat(signals) if isinstance(signals, str) else iter(signals)
    made = ((table, pa.array(islice(named, table.num_rows), pa.string())) for table in tables)
    if shape is AnswerFormat.ARROW:
        yield from formats.arrow_chunks(starmap(to_arrow, made), READING_SCHEMA)
        return
    yield formats.csv_lines(readings.TEXT_NAMES, [])
    yield from starmap(csv_rows, made)


def _refusal(one: StoredRefusal) -> dict[str, Any]:
    return {
        "signal": one.signal,
        "ts": format_instant(one.ts),
        "reason": one.reason,
        "raw": one.raw.hex(),
        "raw_size": one.raw_size,
        "known_at": format_instant(one.known_at),
        "source": one.source,
        "epoch": one.epoch,
        "sequence": one.sequence,
    }
