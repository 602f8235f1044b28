"""The outbox's way onto the bus."""

from typing import TYPE_CHECKING

from lineshaft.infrastructure.bus.client import Bus

if TYPE_CHECKING:
    # an edge has a bus and no database
    from lineshaft.infrastructure.database import OutboxMessage


class BusPublisher:
    """Publishes messages of the outbox into the stream that takes their subject."""

    def __init__(self, bus: Bus) -> None:
        """Publish through `bus`."""
        self._bus = bus

    async def publish_message(self, message: "OutboxMessage") -> None:
        """Return when the stream has the message; a repetition is recognised by its id.

        Raises:
            Unavailable: when the bus does not take it now.
        """
        await self._bus.publish_stored(message.subject, message.payload, message_id=message.id)
