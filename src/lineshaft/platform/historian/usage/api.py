"""Usage events over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import PAGE_SIZE_MAX, Page, PageRequest
from lineshaft.core.period import format_instant
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.infrastructure.pages import (
    FILES,
    FormatParameter,
    ListFormat,
    ListPage,
    as_file,
    paged,
)
from lineshaft.infrastructure.routes import REPEATABLE, problems, signed_in_routes
from lineshaft.infrastructure.sheets import ROWS_MAX, SheetFormat
from lineshaft.platform.historian.api.answers import json_answer
from lineshaft.platform.historian.api.described import REFUSALS
from lineshaft.platform.historian.api.parameters import TEXT_CHARACTERS_MAX
from lineshaft.platform.historian.usage.bodies import of_body, of_text
from lineshaft.platform.historian.usage.errors import UsageBatchTooLarge
from lineshaft.platform.historian.usage.model import (
    API,
    BATCH_EVENTS_MAX,
    IDS_ASKED_MAX,
    StoredUsage,
    UsageAnswer,
    UsageMode,
    UsageOutcome,
    UsageReceipt,
)
from lineshaft.platform.historian.usage.service import UsageEvents
from lineshaft.security.authorisation.model import Actor

PATH = "/api/v1/usage"
BODY_BYTES_MAX = 4 * 1024 * 1024
"""Body of one request."""
JSON, NDJSON = "application/json", "application/x-ndjson"

ActorOf = Callable[[Request], Actor]
ProducerText = Annotated[
    str,
    Query(
        max_length=TEXT_CHARACTERS_MAX,
        description="Whoever gives the events their ids: lower-case letters, digits, . _ and -.",
    ),
]
_EVENT = {
    "type": "object",
    "required": ["id", "signal", "ts"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "signal": {"type": "string", "description": "machine/name"},
        "ts": {"type": "string", "format": "date-time"},
        "value": {
            "type": ["string", "number"],
            "description": "A decimal; kept digit for digit, never as a binary float.",
        },
        "text": {"type": "string", "description": "A state or the like, in place of `value`."},
    },
}
_EVENTS = {"type": "array", "items": _EVENT, "maxItems": BATCH_EVENTS_MAX}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "additionalProperties": False,
                    "properties": {"events": _EVENTS},
                }
            },
            NDJSON: {"schema": {"type": "string", "description": "One event a line."}},
        },
    }
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    207: {"description": "Some events were not recorded as they were sent; each says why."},
    **problems(
        {
            409: "An id comes again with other content; the first stays. `index` says which.",
            413: f"The body is larger than {BODY_BYTES_MAX} bytes.",
            415: f"The body is neither {JSON} nor {NDJSON}.",
        }
    ),
}


_COLUMNS = (
    *("id", "outcome", "signal", "ts", "value", "text", "reason"),
    *("source", "epoch", "sequence"),
)
"""Of a file of usage."""


def router(usage: UsageEvents, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        usage: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["usage"], responses=REFUSALS)

    @routes.post(PATH, openapi_extra=_BODY | REPEATABLE, responses=_RESPONSES)
    async def record(
        request: Request,
        producer: ProducerText,
        mode: Annotated[
            UsageMode, Query(description="Whether one bad event keeps the others out.")
        ] = UsageMode.ATOMIC,
    ) -> Response:
        """Record usage events, each id of a producer once and for ever.

        The answer is sent when they are durable; the same request may be sent again at any time.
        """
        body, media_type = await _body(request), _media_type(request)

        def recorded() -> Response:
            events = events_of(body, media_type)
            return _answered(usage.record(request.state.actor, producer, events, mode))

        return await run_in_threadpool(recorded)

    @routes.get(PATH, responses=FILES)
    def read(
        request: Request,
        producer: ProducerText,
        page: Annotated[ListPage, Depends()],
        ids: Annotated[
            list[str] | None,
            Query(alias="id", max_length=IDS_ASKED_MAX, description="Only these; no pages."),
        ] = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return what is recorded of a producer, page by page in the order of its records."""
        answer: Page[StoredUsage]
        actor: Actor = request.state.actor
        if shape is not ListFormat.JSON:
            whole = _whole(usage, actor, producer)
            return as_file("usage", map(_stored, whole), SheetFormat(shape.value), _COLUMNS)
        if ids:
            answer = Page(usage.find(actor, producer, ids), None)
        else:
            answer = usage.page(actor, producer, page.request)
        return paged(request, "events", answer, _stored)

    return routes


def events_of(body: bytes, media_type: str) -> list[Any]:
    """Read the events of a body; no number becomes a binary float.

    Raises:
        Invalid: when a JSON body is not `{"events": […]}`. Of NDJSON a bad line is a bad event.
        UsageBatchTooLarge: when there are more lines than a request may have.
    """
    if media_type == NDJSON:
        lines = body.removesuffix(b"\n").split(b"\n") if body else []
        if len(lines) > BATCH_EVENTS_MAX:
            msg = f"cannot record {len(lines)} lines at once: at most {BATCH_EVENTS_MAX}"
            raise UsageBatchTooLarge(msg)
        return [_event_of(line) for line in lines]
    try:
        content = of_body(body)
    except (ValueError, RecursionError) as error:
        msg = f"cannot read the body as JSON: {error}"
        raise Invalid(msg) from error
    match content:
        case {"events": list(events)} if len(content) == 1:
            return events
        case _:
            msg = 'cannot read the body: expected {"events": [...]} and nothing else'
            raise Invalid(msg)


def _event_of(line: bytes) -> Any:
    try:
        return of_text(line)
    except (ValueError, RecursionError):
        return line.decode("utf-8", "replace")


async def _body(request: Request) -> bytes:
    """Read the body, and no more of it than the maximum."""
    parts, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > BODY_BYTES_MAX:
                said = f"the body is larger than {BODY_BYTES_MAX} bytes"
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
            parts.append(chunk)
    except ClientDisconnect as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body ended too early") from error
    return b"".join(parts)


def _media_type(request: Request) -> str:
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named not in {JSON, NDJSON}:
        said = f"cannot read a body of type {named[:80]!r}: expected {JSON} or {NDJSON}"
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, said)
    return named


# ---- answers


def _whole(usage: UsageEvents, actor: Actor, producer: str) -> Iterator[StoredUsage]:
    """Yield everything of a producer, up to one more than a file takes."""
    count, page = 0, usage.page(actor, producer, PageRequest(PAGE_SIZE_MAX))
    while True:
        yield from page.items
        count += len(page.items)
        if page.next is None or count > max(ROWS_MAX.values()):
            return
        page = usage.page(actor, producer, PageRequest(PAGE_SIZE_MAX, page.next))


class _Receipt(msgspec.Struct, omit_defaults=True, gc=False):
    """What an answer says of an event; members without a value are left out."""

    id: str | None
    outcome: UsageOutcome
    source: str = ""
    epoch: int = 0
    sequence: int = 0
    reason: str = ""


def _answered(answer: UsageAnswer) -> Response:
    known_at = None if answer.known_at is None else format_instant(answer.known_at)
    said = list(map(_receipt, answer.receipts))
    response = json_answer({"known_at": known_at, "counts": answer.counts(), "events": said})
    if not answer.is_complete:
        response.status_code = HTTPStatus.MULTI_STATUS
    return response


def _receipt(one: UsageReceipt) -> _Receipt:
    place = one.place
    if place is None:
        return _Receipt(one.id, one.outcome, reason=one.reason)
    return _Receipt(one.id, one.outcome, API, place.epoch, place.sequence, one.reason)


def _stored(one: StoredUsage) -> dict[str, Any]:
    """Return an event; its members are null where its record was deleted."""
    columns = one.columns
    value = text = reason = None
    if columns is not None and one.is_refused:
        reason = RefusalDetail.decode(columns.text or "").reason
    elif columns is not None:
        text = columns.text
        if columns.mantissa is not None:
            value = Decimal(columns.mantissa).scaleb(columns.exponent or 0)
    return {
        "id": one.id,
        "outcome": UsageOutcome.REFUSED if one.is_refused else UsageOutcome.STORED,
        "signal": one.signal,
        "ts": None if one.ts is None else format_instant(one.ts),
        "value": value,
        "text": text,
        "reason": reason,
        "source": one.place.source,
        "epoch": one.place.epoch,
        "sequence": one.place.sequence,
    }
