"""Streams of the API: so many at once, for so long, and never beyond their client."""

from collections.abc import Iterator

import pytest

from lineshaft.platform.historian.api.answers import Streams, StreamTooLong, TooManyStreams


def chunks(*given: bytes) -> Iterator[bytes]:
    yield from given


async def test_streams_at_once_are_limited() -> None:
    streams = Streams(count_max=1)
    first = streams.send(chunks(b"a", b"b"), "text/csv")
    with pytest.raises(TooManyStreams):
        streams.send(chunks(b"a"), "text/csv")
    assert b"".join([chunk async for chunk in first.body_iterator]) == b"ab"
    assert streams.send(chunks(b"a"), "text/csv").status_code == 200


async def test_a_stream_that_fails_at_once_gives_its_place_back() -> None:
    streams = Streams(count_max=1)

    def refused() -> Iterator[bytes]:
        raise TooManyStreams("no")
        yield b""

    with pytest.raises(TooManyStreams, match="no"):
        streams.send(refused(), "text/csv")
    streams.send(chunks(b"a"), "text/csv")


async def test_a_stream_ends_with_its_time_and_with_its_client() -> None:
    closed = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"a"
        finally:
            closed.append(True)

    late = Streams(count_max=1, seconds_max=0.0)
    with pytest.raises(StreamTooLong):
        async for _ in late.send(endless(), "text/csv").body_iterator:
            pass
    assert closed == [True]
    body = Streams().send(endless(), "text/csv").body_iterator
    assert await anext(body) == b"a"
    await body.aclose()
    assert closed == [True, True]
