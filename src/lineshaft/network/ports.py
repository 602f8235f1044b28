"""What a source needs of the bus; `infrastructure.bus.Bus` is one, tests have another."""

from asyncio import Future
from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class Message(Protocol):
    """A message as it came."""

    @property
    def data(self) -> bytes:
        """Its bytes."""
        ...


class Subscription(Protocol):
    """A subscription that can be ended."""

    async def close(self) -> None:
        """End it for good."""
        ...


class SourceBus(Protocol):
    """The connection to the hub; it is made again by itself after each loss."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection now."""
        ...

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` after each connection from now on."""
        ...

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now.

        Raises:
            Unavailable: when there is no connection.
        """
        ...

    async def publish_async(self, subject: str, data: bytes) -> "Future[int]":
        """Put into the stream of that subject; the future says when the stream has it.

        Raises:
            Unavailable: when there is no connection, or no room.
        """
        ...

    async def request(self, subject: str, data: bytes) -> bytes:
        """Ask and return the answer.

        Raises:
            Unavailable: when nobody answers in time.
        """
        ...

    async def subscribe(
        self, subject: str, receive: Callable[[Any], Awaitable[None]]
    ) -> Subscription:
        """Call `receive` with each `Message` on a subject, now and after each reconnection."""
        ...
