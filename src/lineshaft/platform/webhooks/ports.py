"""What webhooks need of a database, of the people of the hub, and of the network."""

from collections.abc import Collection, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.platform.webhooks.model import Answer, Attempt, Delivery, DeliveryState, Webhook
from lineshaft.security.authorisation.model import Actor


class WebhookStore(Protocol):
    """Keeps webhooks, deliveries and attempts."""

    def add(self, connection: sa.Connection, webhook: Webhook) -> None:
        """Keep a new webhook."""
        ...

    def change(self, connection: sa.Connection, webhook: Webhook) -> None:
        """Keep the state of a webhook; nothing when it was removed."""
        ...

    def remove(self, connection: sa.Connection, id_: str) -> None:
        """Remove a webhook with its deliveries and attempts."""
        ...

    def webhook(self, connection: sa.Connection, id_: str) -> Webhook | None:
        """Return a webhook, or None."""
        ...

    def webhooks(self, connection: sa.Connection) -> list[Webhook]:
        """Return all webhooks, the oldest first."""
        ...

    def add_deliveries(self, connection: sa.Connection, deliveries: Sequence[Delivery]) -> None:
        """Keep new deliveries; those that are there stay as they are."""
        ...

    def waiting(self, connection: sa.Connection, now: Instant, busy: Collection[str]) -> list[str]:
        """Return the active webhooks that have a delivery due, without the busy ones."""
        ...

    def due(
        self, connection: sa.Connection, webhook: str, now: Instant, limit: int
    ) -> list[Delivery]:
        """Return deliveries of a webhook that are due, the oldest first."""
        ...

    def note(self, connection: sa.Connection, delivery: Delivery, attempt: Attempt | None) -> None:
        """Keep the state of a delivery, and the attempt that it follows from."""
        ...

    def deliveries(
        self,
        connection: sa.Connection,
        webhook: str,
        state: DeliveryState | None,
        behind: tuple[int, str],
        limit: int,
    ) -> list[Delivery]:
        """Return deliveries before (instant, event), the latest first."""
        ...

    def delivery(self, connection: sa.Connection, webhook: str, event: str) -> Delivery | None:
        """Return a delivery, or None."""
        ...

    def attempts(self, connection: sa.Connection, webhook: str, event: str) -> list[Attempt]:
        """Return the attempts of a delivery, the first one first."""
        ...

    def count_in(self, connection: sa.Connection, webhook: str, period: Period) -> int:
        """Return how many deliveries were made in a period."""
        ...

    def renew(
        self, connection: sa.Connection, webhook: str, which: Period | str, now: Instant
    ) -> int:
        """Let deliveries of a period, or that of an event, begin anew; return how many."""
        ...

    def hasten(self, connection: sa.Connection, webhook: str, now: Instant) -> None:
        """Let everything pending be due now."""
        ...

    def expire(self, connection: sa.Connection, before: Instant) -> int:
        """Give up pending deliveries that were begun before an instant; return how many."""
        ...

    def purge(self, connection: sa.Connection, before: Instant, limit: int) -> int:
        """Delete finished deliveries made before an instant, with their attempts."""
        ...


class Owners(Protocol):
    """Says who somebody is now."""

    def owner(self, key: str) -> Actor | None:
        """Return the actor; None for who does not use the hub any more."""
        ...


class Sender(Protocol):
    """Sends one message."""

    def send(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send, and return what came of it; it never raises for what the other side does."""
        ...
