"""Files: readings as CSV, and everything that belongs to a document."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from lineshaft.core.errors import Invalid, LineshaftError, NotFound, Unauthorized
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant, parse_instant
from lineshaft.core.reading import RecordKind, SignalId, signal_id
from lineshaft.core.value import Columns, DecimalValue, from_columns
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.web import (
    books_files,
    contract_files,
    desk_files,
    errors,
    finance_files,
    firm_files,
    layout,
    ledger_lists,
    path_files,
    report_files,
    strength_files,
    table_files,
    valuechain_files,
)
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit, preferences, sign_in_path, visit

CSV_ROWS_MAX = 1_000_000
"""Rows in one file; a longer range says at its end that it was cut, and where to go on."""
CSV_SPAN_US = US_PER_DAY
"""Time that is read at once."""
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_HEADER = ("instant", "value", "unit", "status", "kind", "source", "epoch", "record")

_RENDERINGS = {MediaType.HTML: "html", MediaType.PDF: "pdf", MediaType.UBL: "xml"}

Content = tuple[bytes, str]


def add_routes(app: FastAPI, application: Application) -> None:
    """Add the routes; who is signed in may load what the use cases give."""

    @app.get("/machines/{machine}/readings.csv", include_in_schema=False)
    async def readings(request: Request, machine: str) -> Response:
        return await _for_visitor(application, request, lambda v: _readings(v, request, machine))

    contract_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    desk_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))

    finance_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    ledger_lists.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    firm_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    books_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    valuechain_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    path_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    report_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    table_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))
    strength_files.add_routes(app, lambda request, load: _for_visitor(application, request, load))

    @app.get("/files/invoices/{number}/{name}", include_in_schema=False)
    async def document_file(request: Request, number: str, name: str) -> Response:
        async def load(visitor: Visit) -> Response:
            content, media_type = await visitor.ask(_file, application, number, name)
            return attached(content, media_type, f"{number}.{name.removeprefix('invoice.')}")

        return await _for_visitor(application, request, load)


def attached(content: bytes, media_type: str, name: str) -> Response:
    """Return bytes as a file to keep; never as a page of this site."""
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


async def _for_visitor(
    application: Application, request: Request, load: Callable[[Visit], Any]
) -> Response:
    try:
        return await load(await visit(application, request))  # type: ignore[no-any-return]
    except Unauthorized:
        return RedirectResponse(sign_in_path(request.url.path), HTTPStatus.SEE_OTHER)
    except LineshaftError as error:
        errors.log(error, request.url.path)
        reader = preferences(request)
        page = layout.bare_page(reader, reader.say("error.title"), errors.explained(reader, error))
        return HTMLResponse(page, errors.status_of(error))


def _file(actor: Actor, application: Application, number: str, name: str) -> Content:
    return document_content(actor, application, number, name)


def document_content(actor: Actor, application: Application, number: str, name: str) -> Content:
    """Return a file of a document by its name.

    Raises:
        NotFound: for any other name, and for a document that the actor may not see.
    """
    if name == "invoice.json":
        return application.billing.document(actor, number).file, "application/json"
    if name == "evidence.json":
        return application.evidence.bundle(actor, number), "application/json"
    if name == "keys.json":
        application.billing.document(actor, number)
        return application.keys.key_file(), "application/json"
    for language in Language:
        for media_type, suffix in _RENDERINGS.items():
            made = f"invoice.{language.value}.{suffix}"
            if name in {made, f"{made}.rendering.json"}:
                rendering = application.renderings.rendering(actor, number, media_type, language)
                if name == made:
                    return rendering.data, media_type.value
                return rendering.record, "application/json"
    msg = f"document {number} has no file {name[:80]!r}"
    raise NotFound(msg)


async def _readings(visitor: Visit, request: Request, machine: str) -> Response:
    query = request.query_params
    signal = signal_id(machine, query.get("signal", ""))
    period = Period(parse_instant(query.get("from", "")), parse_instant(query.get("to", "")))
    described = await visitor.ask(visitor.application.twin.machine, machine)
    found = described.signal(signal)
    if found is None:
        msg = f"machine {described.name} has no such signal"
        raise Invalid(msg)
    # Asked once before the answer begins: what is refused is refused with a page, not half a file.
    await visitor.ask(visitor.application.historian.downsample, signal, period, 1)
    name = f"{machine}-{found.name}.csv".encode("ascii", "replace").decode().replace('"', "")
    return StreamingResponse(
        _lines(visitor, signal, found.unit_symbol, period),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )


async def _lines(
    visitor: Visit, signal: SignalId, unit: str, period: Period
) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _csv([_HEADER])  # so that spreadsheets read it as UTF-8
    written = 0
    start = period.start
    while start < period.end:
        end = Instant(min(start + CSV_SPAN_US, period.end))
        span = RangeQuery(signal, Period(start, end), include_before=False, include_after=False)
        rows = await visitor.ask(visitor.application.historian.readings, span)
        listed = rows.slice(0, CSV_ROWS_MAX - written).to_pylist()
        yield await asyncio.to_thread(_csv, [_row(row, unit) for row in listed])
        written += len(listed)
        if written >= CSV_ROWS_MAX:
            yield _csv([("# cut", f"{CSV_ROWS_MAX} rows; go on from the last instant above")])
            return
        start = end


def _row(row: dict[str, Any], unit: str) -> tuple[object, ...]:
    kind = RecordKind(row["kind"])
    has_value = kind in {RecordKind.READING, RecordKind.CORRECTION}
    text = row["text"] if kind is RecordKind.READING else None
    value = from_columns(Columns(row["mantissa"], row["exponent"], row["number"], text))
    return (
        format_instant(Instant(row["ts"])),
        _shown(value) if has_value else "",
        unit,
        f"0x{row['status']:08X}",
        kind.name.lower(),
        row["source"],
        row["epoch"],
        row["sequence"],
    )


def _shown(value: Any) -> str:
    """Write a value; text that a spreadsheet would take for a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, DecimalValue | bool | float):
        return str(value)
    text = str(getattr(value, "symbol", value))
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _csv(rows: list[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
