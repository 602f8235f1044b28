"""Sends answers: whole ones, and streams that end with the client, the time or the last row."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pyarrow as pa
from fastapi import Response
from fastapi.responses import StreamingResponse

from lineshaft.core.errors import RateLimited, Unavailable
from lineshaft.platform.historian.api import formats
from lineshaft.platform.historian.api.formats import MEDIA_TYPES, AnswerFormat

STREAMS_MAX = 8
"""Streams that one process sends at the same time."""
STREAM_S_MAX = 900.0
"""How long one stream may take."""
NOT_KEPT = {"cache-control": "no-store"}


class TooManyStreams(RateLimited):
    """As many streams as one process sends are under way."""


class StreamTooLong(Unavailable):
    """A stream took longer than its time; it is cut, so that nobody takes it for whole."""


class Streams:
    """Counts the streams that are under way."""

    def __init__(self, count_max: int = STREAMS_MAX, seconds_max: float = STREAM_S_MAX) -> None:
        """Let `count_max` run at once, each for `seconds_max` seconds."""
        self._free = threading.Semaphore(count_max)
        self._count_max, self._seconds_max = count_max, seconds_max

    def send(
        self, chunks: Iterator[bytes], media_type: str, headers: dict[str, str] | None = None
    ) -> Response:
        """Answer with chunks; the first is made before the answer begins.

        What is refused up to there is refused with its own status. What fails later cuts the
        connection: an answer that ends as it should is whole.

        Raises:
            TooManyStreams: when `count_max` streams are under way.
        """
        if not self._free.acquire(blocking=False):
            msg = f"cannot send another stream: {self._count_max} are under way; try again later"
            raise TooManyStreams(msg)
        flow = _Flow(chunks, self._free.release, time.monotonic() + self._seconds_max)
        try:
            first = next(chunks, b"")
        except BaseException:
            flow.close()
            raise
        body = _sent(flow, first)
        return StreamingResponse(body, media_type=media_type, headers=NOT_KEPT | (headers or {}))


class _Flow:
    """The chunks of one stream; taken and closed from different threads."""

    def __init__(self, chunks: Iterator[bytes], release: Any, until: float) -> None:
        self._chunks, self._release, self._until = chunks, release, until
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self) -> bytes | None:
        """Return the next chunk; None after the last."""
        with self._lock:
            if self._is_closed:
                return None
            if time.monotonic() > self._until:
                msg = "the stream took too long and is cut: ask for a shorter period"
                raise StreamTooLong(msg)
            return next(self._chunks, None)

    def close(self) -> None:
        """End it, once."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                try:
                    close = getattr(self._chunks, "close", None)
                    if close is not None:
                        close()
                finally:
                    self._release()

    def __del__(self) -> None:
        # A client that has left before the first byte was sent never begins the stream.
        self.close()


async def _sent(flow: _Flow, first: bytes) -> AsyncIterator[bytes]:
    try:
        yield first
        while (chunk := await asyncio.to_thread(flow.take)) is not None:
            yield chunk
    finally:
        # Also when the client has gone: a read that is under way ends first.
        await asyncio.shield(asyncio.to_thread(flow.close))


def whole(
    table: pa.Table, shape: AnswerFormat, name: str, head: dict[str, Any] | None = None
) -> Response:
    """Answer with a table that is there as a whole.

    Args:
        table: its instants are timestamps.
        shape: the format.
        name: of the list of rows in JSON.
        head: further members in JSON.
    """
    if shape is AnswerFormat.JSON:
        return json_answer((head or {}) | {name: formats.rows_of(table)})
    return sheet(table, shape)


def sheet(table: pa.Table, shape: AnswerFormat) -> Response:
    """Answer with a table as CSV or Arrow."""
    if shape is AnswerFormat.CSV:
        chunks = formats.csv_chunks([table], table.column_names)
    else:
        chunks = formats.arrow_chunks([table], table.schema)
    return Response(b"".join(chunks), media_type=MEDIA_TYPES[shape], headers=NOT_KEPT)


def json_answer(content: Any, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    data, media_type = formats.json_bytes(content), MEDIA_TYPES[AnswerFormat.JSON]
    return Response(data, media_type=media_type, headers=NOT_KEPT | (headers or {}))
