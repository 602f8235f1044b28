"""Messages that are pushed as they come and stored nowhere."""

from collections.abc import Awaitable, Callable

import msgspec
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

from lineshaft.infrastructure.bus.connection import Connection
from lineshaft.infrastructure.bus.translation import translated

SUBSCRIPTION_MESSAGES_MAX = 4_096
SUBSCRIPTION_BYTES_MAX = 16 * 1024 * 1024


class BusMessage(msgspec.Struct, frozen=True):
    """A message as it came.

    Attributes:
        subject: where it was published.
        data: its bytes.
    """

    subject: str
    data: bytes
    _message: Msg

    async def respond(self, data: bytes) -> None:
        """Answer a request.

        Raises:
            Unavailable: when the bus is gone, or the message asked for no answer.
        """
        with translated(f"answer a request on {self.subject}"):
            await self._message.respond(data)


Receive = Callable[[BusMessage], Awaitable[None]]


class Subscription:
    """A subscription that is made again with each new connection."""

    def __init__(self, subject: str, receive: Receive) -> None:
        """Call `receive` with each message on `subject`, one after the other.

        What waits is at most `SUBSCRIPTION_MESSAGES_MAX` messages and `SUBSCRIPTION_BYTES_MAX`
        bytes; above that the newest are dropped, which is logged and counted.
        """
        self._subject = subject
        self._receive = receive
        self._present: NatsSubscription | None = None
        self._is_closed = False

    async def attach(self, connection: Connection) -> None:
        """Subscribe on a new connection; on return the server knows."""
        if self._is_closed:
            return
        with translated(f"subscribe to {self._subject}"):
            self._present = await connection.client.subscribe(
                self._subject,
                cb=self._on_message,
                pending_msgs_limit=SUBSCRIPTION_MESSAGES_MAX,
                pending_bytes_limit=SUBSCRIPTION_BYTES_MAX,
            )
            await connection.round_trip()

    async def close(self) -> None:
        """End the subscription for good."""
        self._is_closed = True
        present, self._present = self._present, None
        if present is not None:
            with translated(f"unsubscribe from {self._subject}"):
                await present.unsubscribe()

    async def _on_message(self, message: Msg) -> None:
        await self._receive(BusMessage(message.subject, message.data, message))
