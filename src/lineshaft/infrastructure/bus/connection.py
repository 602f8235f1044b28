"""One connection, and what was sent on it and waits for an answer.

The client library's own `publish_async` never settles a publication that the server refuses, and
its `flush` can overtake what was sent before it; so the confirmations (NATS JetStream wire API,
"Publish Ack") and the signs of life are received here.
"""

import asyncio
import itertools
import json

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api

from lineshaft.infrastructure.bus.errors import BusUnavailable
from lineshaft.infrastructure.bus.translation import no_listener, refusal, refusal_of_code

WINDOW_MESSAGES_MAX = 256
_STATUS = "Status"
_PROBE = b'{"seq": 0}'  # comes back to us and reads like a confirmation


class _Expected(msgspec.Struct, frozen=True):
    answer: asyncio.Future[int]
    expiry: asyncio.TimerHandle
    attempt: str
    window: asyncio.Semaphore | None


class Connection:
    """A client that is connected, with its window of unconfirmed publications."""

    def __init__(self, client: Client, timeout_s: float) -> None:
        """Wrap a connected client; every wait on it ends after `timeout_s` seconds."""
        self.client = client
        self.timeout_s = timeout_s
        self.streams: JetStreamContext = client.jetstream(timeout=timeout_s)
        self._inbox = client.new_inbox()
        self._numbers = itertools.count()
        self._window = asyncio.Semaphore(WINDOW_MESSAGES_MAX)
        self._waiting: dict[str, _Expected] = {}

    async def open(self) -> None:
        """Listen for answers."""
        await self.client.subscribe(f"{self._inbox}.*", cb=self._on_answer)

    async def publish(self, subject: str, data: bytes, message_id: str) -> asyncio.Future[int]:
        """Send a message and return the future of its sequence; wait for room in the window."""
        async with asyncio.timeout(self.timeout_s):
            await self._window.acquire()
        token, answer = self._expect(f"publish on {subject}", self._window)
        headers = {api.Header.MSG_ID: message_id} if message_id else None
        try:
            await self.client.publish(subject, data, reply=token, headers=headers)
        except BaseException:
            self._take(token)
            raise
        return answer

    async def round_trip(self) -> None:
        """Send a message to ourselves: when it is back, the server has all that was sent before.

        Raises:
            BusUnavailable: when it is not back in time.
        """
        token, answer = self._expect("reach the bus", None)
        await self.client.publish(token, _PROBE)
        await answer

    def end(self) -> None:
        """Refuse what still waits: the connection is gone."""
        for token in list(self._waiting):
            self._refuse(token, nats.errors.ConnectionClosedError())

    def _expect(
        self, attempt: str, window: asyncio.Semaphore | None
    ) -> tuple[str, asyncio.Future[int]]:
        loop = asyncio.get_running_loop()
        token = f"{self._inbox}.{next(self._numbers)}"
        expiry = loop.call_later(self.timeout_s, self._refuse, token, TimeoutError())
        expected = _Expected(loop.create_future(), expiry, attempt, window)
        self._waiting[token] = expected
        return token, expected.answer

    def _take(self, token: str) -> _Expected | None:
        expected = self._waiting.pop(token, None)
        if expected is not None:
            expected.expiry.cancel()
            if expected.window is not None:
                expected.window.release()
        return expected

    def _refuse(self, token: str, error: Exception) -> None:
        expected = self._take(token)
        if expected is not None and not expected.answer.done():
            expected.answer.set_exception(refusal(error, expected.attempt))

    async def _on_answer(self, message: Msg) -> None:
        expected = self._take(message.subject)
        if expected is None or expected.answer.done():
            return
        outcome = _outcome(message, expected.attempt)
        if isinstance(outcome, int):
            expected.answer.set_result(outcome)
        else:
            expected.answer.set_exception(outcome)


def _outcome(message: Msg, attempt: str) -> int | Exception:
    """Return the sequence in the stream, or the refusal."""
    if _STATUS in (message.headers or {}):
        return no_listener(attempt)
    try:
        answer = json.loads(message.data)
        if "error" in answer:
            return refusal_of_code(answer["error"].get("err_code"), attempt)
        return int(answer["seq"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return BusUnavailable(f"cannot {attempt}: the answer cannot be read")
