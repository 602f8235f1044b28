"""How the errors of the client library become refusals."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import nats.errors
import nats.js.errors

from lineshaft.core.errors import Invalid, Unavailable
from lineshaft.infrastructure.bus.errors import BusUnavailable, PayloadTooLarge, StreamFull
from lineshaft.infrastructure.tasks import heeding_cancellation

_STREAM_FULL = {10076, 10077}  # maximum messages exceeded, maximum bytes exceeded
_TOO_LARGE = 10054  # message size exceeds maximum allowed


@contextmanager
def translated(attempt: str) -> Iterator[None]:
    """Turn errors of the client library into refusals.

    Args:
        attempt: what is tried, as in "publish on segment.press-1".
    """
    try:
        with heeding_cancellation():
            yield
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise refusal(error, attempt) from error


def refusal(error: BaseException, attempt: str) -> Unavailable | Invalid:
    """Return the refusal for an error of the client library."""
    code = getattr(error, "err_code", None)
    if code is not None:
        return refusal_of_code(code, attempt)
    if isinstance(error, nats.errors.MaxPayloadError):
        return PayloadTooLarge(f"cannot {attempt}: the message is larger than the bus takes")
    if isinstance(error, nats.errors.NoRespondersError | nats.js.errors.NoStreamResponseError):
        return no_listener(attempt)
    if isinstance(error, asyncio.TimeoutError):
        return BusUnavailable(f"cannot {attempt}: no answer in time")
    return BusUnavailable(f"cannot {attempt}: {str(error) or type(error).__name__}")


def refusal_of_code(code: int | None, attempt: str) -> Unavailable | Invalid:
    """Return the refusal for an error code of the server (its `errors.json`)."""
    if code in _STREAM_FULL:
        return StreamFull(f"cannot {attempt}: the stream is at its maximum")
    if code == _TOO_LARGE:
        return PayloadTooLarge(f"cannot {attempt}: the message is larger than the stream takes")
    return BusUnavailable(f"cannot {attempt}: the server answers with error {code}")


def no_listener(attempt: str) -> BusUnavailable:
    """Return the refusal for a subject that neither a stream nor a process takes."""
    return BusUnavailable(f"cannot {attempt}: nobody listens there")
