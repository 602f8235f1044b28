"""One connection, and the publications on it that wait for the stream's confirmation.

The client library's own `publish_async` never settles a publication that the server refuses, so the
confirmations are received here (NATS JetStream wire API, "Publish Ack").
"""

import asyncio
import itertools
import json
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api

from lineshaft.infrastructure.bus.errors import (
    BusUnavailable,
    no_listener,
    refusal,
    refusal_of_code,
)

WINDOW_MESSAGES_MAX = 256
_STATUS = "Status"


@dataclass(frozen=True)
class _Publication:
    confirmed: asyncio.Future[int]
    expiry: asyncio.TimerHandle
    attempt: str


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
        self._waiting: dict[str, _Publication] = {}

    async def open(self) -> None:
        """Listen for confirmations."""
        await self.client.subscribe(f"{self._inbox}.*", cb=self._on_confirmation)

    async def publish(self, subject: str, data: bytes, message_id: str) -> asyncio.Future[int]:
        """Send a message and return the future of its sequence; wait for room in the window."""
        async with asyncio.timeout(self.timeout_s):
            await self._window.acquire()
        loop = asyncio.get_running_loop()
        token = f"{self._inbox}.{next(self._numbers)}"
        attempt = f"publish on {subject}"
        expiry = loop.call_later(self.timeout_s, self._refuse, token, TimeoutError())
        publication = _Publication(loop.create_future(), expiry, attempt)
        self._waiting[token] = publication
        headers = {api.Header.MSG_ID: message_id} if message_id else None
        try:
            await self.client.publish(subject, data, reply=token, headers=headers)
        except BaseException:
            self._take(token)
            raise
        return publication.confirmed

    def end(self) -> None:
        """Refuse what still waits: the connection is gone."""
        for token in list(self._waiting):
            self._refuse(token, nats.errors.ConnectionClosedError())

    def _take(self, token: str) -> _Publication | None:
        publication = self._waiting.pop(token, None)
        if publication is not None:
            publication.expiry.cancel()
            self._window.release()
        return publication

    def _refuse(self, token: str, error: Exception) -> None:
        publication = self._take(token)
        if publication is not None and not publication.confirmed.done():
            publication.confirmed.set_exception(refusal(error, publication.attempt))

    async def _on_confirmation(self, message: Msg) -> None:
        publication = self._take(message.subject)
        if publication is None or publication.confirmed.done():
            return
        outcome = _outcome(message, publication.attempt)
        if isinstance(outcome, int):
            publication.confirmed.set_result(outcome)
        else:
            publication.confirmed.set_exception(outcome)


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
