"""Requests to a hub: its refusals as errors, and a bounded number of attempts."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec

from lineshaft.core.errors import KINDS, InvariantError, Refusal, Unavailable

ATTEMPTS_MAX = 4
WAIT_S_FIRST = 0.5
WAIT_S_MAX = 10.0
TIMEOUT_S = 60.0
"""Without a byte, a connection is taken for lost."""
PROBLEM_BYTES_MAX = 64 * 1024
_ANSWERED = {httpx.codes.OK, httpx.codes.MULTI_STATUS}
_KINDS = {kind.__name__: kind for kind in KINDS}


class Asked(msgspec.Struct, frozen=True):
    """A question: its path behind the address of the hub, and what goes with it."""

    path: str
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    json: dict[str, Any] | None = None


class Connection:
    """Asks one hub as one person."""

    def __init__(self, http: httpx.Client, sleep: Callable[[float], None] = time.sleep) -> None:
        """Use an HTTP client that knows the address and the token."""
        self._http, self._sleep = http, sleep

    def content(self, asked: Asked, accept: str) -> bytes:
        """Return the whole answer.

        Raises:
            Refusal: what the hub refuses; Unavailable when it does not answer.
        """
        last: Refusal | None = None
        for attempt in range(ATTEMPTS_MAX):
            if last is not None:
                self.wait(attempt, last)
            try:
                with self.open(asked, accept) as response:
                    return response.read()
            except Refusal as error:
                if not error.is_retryable:
                    raise
                last = error
            except httpx.TransportError as error:
                last = unreachable(error)
        assert last is not None  # noqa: S101 - there was at least one attempt
        raise last

    @contextlib.contextmanager
    def open(self, asked: Asked, accept: str) -> Iterator[httpx.Response]:
        """Send one request and give its answer, whose body is still to be read.

        Raises:
            Refusal: what the hub refuses.
            httpx.TransportError: when it does not answer.
        """
        method = "GET" if asked.json is None else "POST"
        with self._http.stream(
            method, asked.path, params=asked.params, json=asked.json, headers={"accept": accept}
        ) as response:
            if response.status_code not in _ANSWERED:
                raise _refusal(response)
            yield response

    def wait(self, attempt: int, refused: Refusal | None = None) -> None:
        """Wait before another attempt: longer each time, and as long as the hub asks for."""
        wanted = getattr(refused, "retry_after_s", 0.0)
        self._sleep(min(max(WAIT_S_FIRST * 2.0 ** (attempt - 1), wanted), WAIT_S_MAX))


def unreachable(error: httpx.TransportError) -> Unavailable:
    """Return the error of a hub that does not answer."""
    refusal = Unavailable(f"the hub does not answer: {type(error).__name__} {error}")
    refusal.__cause__ = error
    return refusal


def _refusal(response: httpx.Response) -> Exception:
    """Return the error that the problem details of an answer tell (RFC 9457)."""
    response.read()
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    told = problem if isinstance(problem, dict) else {}
    said = str(told.get("detail") or f"the hub answered {response.status_code}")
    kind = _KINDS.get(str(told.get("error")))
    if kind is None:
        is_busy = response.status_code in {429, 502, 503, 504}
        return Unavailable(said) if is_busy else InvariantError(said)
    refusal = kind(said)
    after = response.headers.get("retry-after", "")
    if after.isdigit():
        refusal.retry_after_s = float(after)  # type: ignore[attr-defined]
    return refusal
