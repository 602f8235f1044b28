"""A durable pull consumer: messages of a stream, each acknowledged by hand.

The client library's own `fetch` waits for a full batch until its time-out once a first message has
come; here a message is handed over as soon as it is there, and one pull request at a time stays
open on the server. A pull is renewed when it is used up, has ended, or is overdue.
"""

import asyncio
import json
import time
from collections import deque

import msgspec
from nats.aio.msg import Msg
from nats.js import api

from lineshaft.infrastructure.bus.connection import Connection
from lineshaft.infrastructure.bus.errors import BusUnavailable
from lineshaft.infrastructure.bus.translation import translated

PREFETCH_MESSAGES_MAX = 1_000
PULL_TIMEOUTS = 5
"""How long a pull request stays open, in time-outs of the connection; after one more of them
without its end it is taken for lost. So this, too, follows the setting."""
_NS_PER_S = 1_000_000_000
_STATUS = "Status"
_ENDED_WELL = {"404", "408"}  # no messages; the request's time is over


class ConsumerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages of a stream, and how long until one comes again.

    Attributes:
        stream: name of the stream.
        name: name of the consumer; its position outlives processes.
        subject: only messages on this subject; wildcards allowed.
        ack_wait_s: a message that is not acknowledged comes again after so many seconds.
        prefetch_max: most messages that wait in this process and on their way to it.
    """

    stream: str
    name: str
    subject: str
    ack_wait_s: float = 30.0
    prefetch_max: int = PREFETCH_MESSAGES_MAX


class StoredMessage(msgspec.Struct, frozen=True):
    """A message of a stream.

    Attributes:
        subject: where it was published.
        data: its bytes.
        sequence: its place in the stream.
        deliveries: how often it has been delivered, 1 at first.
    """

    subject: str
    data: bytes
    sequence: int
    deliveries: int
    _message: Msg

    async def ack(self) -> None:
        """Say that it is done and must not come again.

        Raises:
            Unavailable: when the bus is gone; the message will come again.
        """
        with translated(f"acknowledge a message on {self.subject}"):
            await self._message.ack()

    async def nak(self, delay_s: float = 0.0) -> None:
        """Ask for it again, not before `delay_s` seconds.

        Raises:
            Unavailable: when the bus is gone; the message will come again anyway.
        """
        with translated(f"give back a message on {self.subject}"):
            await self._message.nak(delay=delay_s)


class PullConsumer:
    """Hands out messages; made by `Bus.consume` and bound again with each new connection."""

    def __init__(self, spec: ConsumerSpec) -> None:
        """Consume as `spec` says."""
        self._spec = spec
        self._connection: Connection | None = None
        self._inbox = ""
        self._waiting: deque[Msg] = deque()
        self._arrived = asyncio.Event()
        self._outstanding = 0
        self._pull_ends_s = 0.0
        self._is_broken = False

    async def attach(self, connection: Connection) -> None:
        """Make the consumer where it is missing, and receive on a new connection.

        What waited in this process is dropped: it comes again.

        Raises:
            Unavailable: when the server does not do it, for example without the stream.
        """
        spec = self._spec
        config = api.ConsumerConfig(
            durable_name=spec.name,
            filter_subject=spec.subject,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=spec.ack_wait_s,
            max_ack_pending=2 * spec.prefetch_max,
        )
        with translated(f"consume the stream {spec.stream}"):
            await connection.streams.add_consumer(spec.stream, config=config)
            if connection is not self._connection:
                inbox = connection.client.new_inbox()
                await connection.client.subscribe(
                    inbox, cb=self._on_message, pending_msgs_limit=2 * spec.prefetch_max
                )
                self._inbox, self._connection = inbox, connection
                self._waiting.clear()
        self._outstanding = 0
        self._is_broken = False

    async def fetch(self, messages_max: int, wait_s: float) -> list[StoredMessage]:
        """Return what is there, at most `messages_max`; wait for the first up to `wait_s` seconds.

        Returns:
            The messages in the order of the stream; none when none came in time, or when the pull
            request ended on the server.

        Raises:
            Unavailable: when there is no connection.
        """
        connection = self._connected()
        if self._is_broken:
            await self.attach(connection)
        await self._pull(connection)
        if not self._waiting:
            self._arrived.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        count = min(messages_max, len(self._waiting))
        return [_stored(self._waiting.popleft()) for _ in range(count)]

    def _connected(self) -> Connection:
        if self._connection is None or not self._connection.client.is_connected:
            msg = f"cannot consume the stream {self._spec.stream}: the bus is not connected"
            raise BusUnavailable(msg)
        return self._connection

    async def _pull(self, connection: Connection) -> None:
        """Keep one pull request open, for as many messages as there is room."""
        now_s = time.monotonic()
        is_open = self._outstanding > 0 and now_s < self._pull_ends_s
        room = self._spec.prefetch_max - len(self._waiting)
        if is_open or room <= 0:
            return
        pull_s = PULL_TIMEOUTS * connection.timeout_s
        request = {"batch": room, "expires": int(pull_s * _NS_PER_S)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._spec.stream}.{self._spec.name}"
        self._outstanding = room
        self._pull_ends_s = now_s + pull_s + connection.timeout_s
        with translated(f"consume the stream {self._spec.stream}"):
            await connection.client.publish(
                subject, json.dumps(request).encode(), reply=self._inbox
            )

    async def _on_message(self, message: Msg) -> None:
        status = (message.headers or {}).get(_STATUS)
        if status and not message.reply:
            # The pull has ended on the server; the next fetch opens another.
            self._outstanding = 0
            self._is_broken = status not in _ENDED_WELL
        else:
            self._outstanding -= 1
            self._waiting.append(message)
        self._arrived.set()


def _stored(message: Msg) -> StoredMessage:
    place = message.metadata
    return StoredMessage(
        message.subject, message.data, place.sequence.stream, place.num_delivered, message
    )
