"""A connection to the bus that is made again for ever, and what can be done with it.

The client library's own reconnection keeps what was published meanwhile in memory and can end for
good; here a lost connection is closed and a new one is made, and whoever publishes while there is
none is told so at once. What must not be lost has a spool or an outbox behind it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Counter, Gauge

from lineshaft.core.errors import Refusal
from lineshaft.infrastructure.bus.connection import Connection
from lineshaft.infrastructure.bus.consumer import ConsumerSpec, PullConsumer
from lineshaft.infrastructure.bus.errors import BusUnavailable
from lineshaft.infrastructure.bus.server import inbox_prefix
from lineshaft.infrastructure.bus.stream import StreamSpec
from lineshaft.infrastructure.bus.subscription import Receive, Subscription
from lineshaft.infrastructure.bus.translation import translated
from lineshaft.infrastructure.tasks import cancel, heeding_cancellation

LOG = logging.getLogger(__name__)

TIMEOUT_S_DEFAULT = 2.0
PENDING_BYTES_MAX = 8 * 1024 * 1024
ATTACHMENTS_MAX = 1_000
BACKOFF_S_MIN = 0.05
BACKOFF_S_MAX = 2.0

CONNECTED = Gauge("lineshaft_bus_connected", "Whether this process is connected to the bus")
CONNECTIONS = Counter("lineshaft_bus_connections", "Connections made to the bus")
ERRORS = Counter("lineshaft_bus_errors", "Errors that the bus reported, such as a refused subject")

_NEVER_S = 86_400


class _Attachment(Protocol):
    """What has to be made again on each new connection."""

    async def attach(self, connection: Connection) -> None: ...


class Bus:
    """The bus as a process sees it; used as `async with Bus(url, name="intake") as bus`."""

    def __init__(self, url: str, *, name: str, timeout_s: float = TIMEOUT_S_DEFAULT) -> None:
        """Prepare; the connection is made, and kept, inside the `async with` block.

        Args:
            url: `nats://USER:PASSWORD@HOST:PORT`; several, separated by commas, are one cluster.
            name: name of this process on the server.
            timeout_s: how long a request may take, and how long a silent server is trusted.
        """
        self._servers = [part.strip() for part in url.split(",")]
        first = urlsplit(self._servers[0])
        self._user, self._password = unquote(first.username or ""), unquote(first.password or "")
        self._name = name
        self._timeout_s = timeout_s
        self._attachments: list[_Attachment] = []
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._attaching = asyncio.Lock()
        self._connected = asyncio.Event()
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.why_not = "not connected yet"

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection now; `why_not` says why there is none."""
        return self._connected.is_set()

    async def wait_connected(self, timeout_s: float) -> None:
        """Wait until there is a connection and everything is attached to it.

        Raises:
            BusUnavailable: when it takes longer than `timeout_s` seconds.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._connected.wait()
        except TimeoutError as error:
            msg = f"cannot connect to the bus within {timeout_s:g} s: {self.why_not}"
            raise BusUnavailable(msg) from error

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` after each connection from now on; a refusal of it is logged."""
        self._callbacks.append(callback)

    async def publish(self, subject: str, data: bytes) -> None:
        """Send a message to whoever listens now; nobody confirms it.

        Raises:
            Unavailable: when there is no connection.
            PayloadTooLarge: when it is larger than the bus takes.
        """
        with translated(f"publish on {subject}"):
            await self._present().client.publish(subject, data)

    async def publish_stored(self, subject: str, data: bytes, *, message_id: str = "") -> int:
        """Put a message into the stream that takes the subject and return its sequence there.

        Args:
            subject: where to.
            data: the message.
            message_id: a repetition with the same id within the stream's window is not stored.

        Raises:
            Unavailable: when it is not confirmed in time; it may be stored all the same.
            StreamFull: when the stream is at its maximum.
            PayloadTooLarge: when it is larger than the stream takes.
        """
        return await (await self.publish_async(subject, data, message_id=message_id))

    async def publish_async(
        self, subject: str, data: bytes, *, message_id: str = ""
    ) -> asyncio.Future[int]:
        """Do as `publish_stored`, but return a future of the sequence, which must be awaited.

        At most `WINDOW_MESSAGES_MAX` are on their way; above that this waits for room.
        """
        with translated(f"publish on {subject}"):
            return await self._present().publish(subject, data, message_id)

    async def request(self, subject: str, data: bytes) -> bytes:
        """Ask and return the answer.

        Raises:
            Unavailable: when nobody listens there or no answer comes in time.
        """
        with translated(f"ask on {subject}"):
            client = self._present().client
            answer: Msg = await client.request(subject, data, timeout=self._timeout_s)
        return bytes(answer.data)

    async def subscribe(self, subject: str, receive: Receive) -> Subscription:
        """Call `receive` with each message on a subject, now and after each reconnection."""
        subscription = Subscription(subject, receive)
        await self._attach(subscription)
        return subscription

    async def ensure_stream(self, spec: StreamSpec) -> None:
        """Make a stream, now and after each reconnection, should the server have lost it."""
        await self._attach(spec)

    async def consume(self, spec: ConsumerSpec) -> PullConsumer:
        """Make a durable consumer, now and after each reconnection, and return it."""
        consumer = PullConsumer(spec)
        await self._attach(consumer)
        return consumer

    async def check(self) -> str:
        """Ask the server for a sign of life; return why there is none, or an empty text."""
        try:
            with translated("reach the bus"):
                await self._present().round_trip()
        except BusUnavailable as error:
            return str(error)
        return ""

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._keep_connected())
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._keeper is None:
            return
        await cancel(self._keeper)

    def _present(self) -> Connection:
        if self._connection is None or not self._connection.client.is_connected:
            msg = f"cannot use the bus: {self.why_not or 'the connection is lost'}"
            raise BusUnavailable(msg)
        return self._connection

    async def _attach(self, attachment: _Attachment) -> None:
        if len(self._attachments) >= ATTACHMENTS_MAX:
            msg = f"cannot use the bus for more than {ATTACHMENTS_MAX} subscriptions and streams"
            raise BusUnavailable(msg)
        async with self._attaching:
            if self._connection is not None and self._connection.client.is_connected:
                await attachment.attach(self._connection)
            self._attachments.append(attachment)

    async def _keep_connected(self) -> None:
        """Connect, attach, wait for the loss; again and again until cancelled."""
        failures = 0
        while True:
            lost = asyncio.Event()
            client = Client()
            try:
                with heeding_cancellation():
                    await self._connect(client, lost)
                failures = 0
                await self._until_lost(client, lost)
                self.why_not = "the connection is lost"
                LOG.warning("the connection to the bus is lost")
            except (nats.errors.Error, Refusal, TimeoutError, OSError) as error:
                failures += 1
                self.why_not = str(error) or type(error).__name__
                if failures == 1:
                    LOG.warning("cannot connect to the bus: %s", self.why_not)
            finally:
                self._forget()
                await self._abandon(client)
            await asyncio.sleep(backoff_s(failures))

    async def _connect(self, client: Client, lost: asyncio.Event) -> None:
        async def on_closed() -> None:
            lost.set()

        async with asyncio.timeout(self._timeout_s):
            await client.connect(
                self._servers,
                name=self._name,
                user=self._user or None,
                password=self._password or None,
                inbox_prefix=inbox_prefix(self._user),
                error_cb=_on_error,
                closed_cb=on_closed,
                allow_reconnect=False,
                # The least that tries each server once; the waiting is done here.
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=self._timeout_s,
                # The sign of life is asked for here, since the library's stops with its reader.
                ping_interval=_NEVER_S,
                pending_size=PENDING_BYTES_MAX,
                flush_timeout=self._timeout_s,
            )
            connection = Connection(client, self._timeout_s)
            await connection.open()
        async with self._attaching:
            for attachment in self._attachments:
                await attachment.attach(connection)
            self._connection = connection
        self.why_not = ""
        self._connected.set()
        CONNECTED.set(1)
        CONNECTIONS.inc()

    async def _until_lost(self, client: Client, lost: asyncio.Event) -> None:
        for callback in self._callbacks:
            try:
                await callback()
            except Refusal as error:
                LOG.warning("after connecting to the bus: %s", error)
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout_s / 2):
                    await lost.wait()
            if not lost.is_set() and await self.check():
                return

    def _forget(self) -> None:
        """Tell everyone who waits that the connection is gone."""
        self._connected.clear()
        CONNECTED.set(0)
        if self._connection is not None:
            self._connection.end()
        self._connection = None

    async def _abandon(self, client: Client) -> None:
        # A frozen server takes no farewell: it is not waited for any longer than that.
        with contextlib.suppress(nats.errors.Error, TimeoutError, OSError):
            async with asyncio.timeout(self._timeout_s):
                await client.close()


def backoff_s(failures: int) -> float:
    """Return the wait before the next connection: doubled with each failure, with a maximum."""
    doublings = min(max(0, failures - 1), 16)
    return min(BACKOFF_S_MAX, BACKOFF_S_MIN * float(1 << doublings))


async def _on_error(error: Exception) -> None:
    ERRORS.inc()
    LOG.warning("the bus reports: %s", str(error) or type(error).__name__)
