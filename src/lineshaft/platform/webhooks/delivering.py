"""From the outbox to the receivers: what happened becomes deliveries, and deliveries are sent.

A delivery is written before the message of the outbox counts as sent, and its key is (webhook,
event): each event reaches each webhook at least once, under one `webhook-id`, and is written once.
An attempt is noted after it was made; a process that is killed in between makes it again.
Order is not promised: an event that failed is overtaken by later ones.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from lineshaft import __version__
from lineshaft.core.clock import Clock
from lineshaft.core.errors import Unavailable
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database, OutboxMessage, OutboxPublisher
from lineshaft.platform.webhooks.model import (
    AGE_US_MAX,
    ATTEMPTS_MAX,
    FAILING_US_MAX,
    KEPT_US,
    Answer,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
    delay_us,
    signature,
)
from lineshaft.platform.webhooks.ports import Owners, Sender, WebhookStore
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.security.authorisation.service import Authorizer

LOG = structlog.get_logger(__name__)

SENDERS_MAX = 4
"""Webhooks that are served at the same time; one that hangs keeps one of them."""
ROUND_MAX = 100
"""Deliveries of one webhook before another one has its turn."""
PURGED_MAX = 1_000
US_PER_S = 1_000_000
_EVENTS = "event."

ATTEMPTS = Counter(
    "lineshaft_webhook_attempts", "Attempts to deliver an event, by what came of it", ["outcome"]
)
PAUSES = Counter("lineshaft_webhook_pauses", "Webhooks that were paused because they failed")

# What somebody must be allowed to do to be told of an event, by the room that says so. Of a room
# that does not stand here nobody is told.
_NEEDED = {
    "lineshaft/services/billing": (Action.INVOICE_READ, "document"),
    "lineshaft/services/contracts": (Action.CONTRACT_READ, "contract"),
    "lineshaft/services/facts/cores": (Action.CORE_READ, "core"),
    "lineshaft/services/incidents": (Action.INCIDENT_READ, "incident"),
    "lineshaft/services/facts/stocks": (Action.STOCK_READ, "stock"),
    "lineshaft/services/metering": (Action.EXCHANGE_READ, "exchange"),
}


class DeliveringParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that delivering takes."""

    database: Database
    store: WebhookStore
    authorizer: Authorizer
    owners: Owners
    sender: Sender
    clock: Clock
    random: Random


class WebhookFeed:
    """Makes deliveries of what leaves the outbox, and passes it on; an `OutboxPublisher`."""

    def __init__(self, parts: DeliveringParts, publisher: OutboxPublisher) -> None:
        """Stand before `publisher`."""
        self._parts = parts
        self._publisher = publisher

    async def publish_message(self, message: OutboxMessage) -> None:
        """Write the deliveries of an event, then hand the message on.

        Raises:
            Unavailable: when the database or the publisher does not accept it now.
        """
        if message.subject.startswith(_EVENTS):
            await asyncio.to_thread(self.take, message)
        await self._publisher.publish_message(message)

    def take(self, message: OutboxMessage) -> None:
        """Write a delivery for every webhook whose owner may know of an event."""
        parts = self._parts
        with parts.database.read() as connection:
            webhooks = parts.store.webhooks(connection)
        if not webhooks:
            return
        event = json.loads(message.payload)
        kind, now = str(event["type"]), parts.clock.now()
        made = [
            Delivery(
                webhook=webhook.id,
                event=message.id,
                kind=kind,
                payload=message.payload,
                created_at=message.created_at,
                begun_at=now,
                due_at=now,
            )
            for webhook in webhooks
            if webhook.wants(kind) and self._may_know(webhook, event)
        ]
        if made:
            with parts.database.unit_of_work() as unit:
                parts.store.add_deliveries(unit.connection, made)

    def _may_know(self, webhook: Webhook, event: dict[str, Any]) -> bool:
        needed, owner = _NEEDED.get(event["source"]), self._parts.owners.owner(webhook.owner)
        if needed is None or owner is None:
            return False
        action, resource = needed[0], _resource(needed[1], event)
        return self._parts.authorizer.is_allowed(owner, action, resource)


class Deliverer:
    """Sends what is due, with a few threads that exist only while there is something to send."""

    def __init__(self, parts: DeliveringParts) -> None:
        """Send nothing before `run_once`."""
        self._parts = parts
        self._pool = ThreadPoolExecutor(SENDERS_MAX, thread_name_prefix="webhook")
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._purged_at = Instant(0)
        self._is_closed = False

    async def run(self, *, poll_s: float) -> None:
        """Send until cancelled."""
        try:
            while True:
                try:
                    await asyncio.to_thread(self.run_once)
                except Unavailable as error:
                    LOG.warning("the webhooks wait", reason=str(error))
                await asyncio.sleep(poll_s)
        finally:
            self.close()

    def run_once(self) -> int:
        """Begin to serve webhooks that have something due; return how many."""
        now = self._parts.clock.now()
        self._clean(now)
        with self._lock:
            busy = set(self._busy)
        with self._parts.database.read() as connection:
            waiting = self._parts.store.waiting(connection, now, busy)
        begun = waiting[: SENDERS_MAX - len(busy)]
        with self._lock:
            self._busy.update(begun)
        for webhook in begun:
            self._pool.submit(self._serve, webhook)
        return len(begun)

    def close(self) -> None:
        """Begin no other attempt; those under way end within their time."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _serve(self, id_: str) -> None:
        """Send what is due to a webhook until it fails, or others have their turn."""
        parts = self._parts
        try:
            with parts.database.read() as connection:
                due = parts.store.due(connection, id_, parts.clock.now(), ROUND_MAX)
            for delivery in due:
                if self._is_closed or not self._attempt(delivery):
                    return
        except Exception:
            LOG.exception("a webhook could not be served", webhook=id_)
        finally:
            with self._lock:
                self._busy.discard(id_)

    def _attempt(self, delivery: Delivery) -> bool:
        """Make one attempt and note it; return whether to go on with this webhook."""
        parts = self._parts
        with parts.database.read() as connection:
            webhook = parts.store.webhook(connection, delivery.webhook)
        if webhook is None or webhook.state is WebhookState.PAUSED:
            return False
        at = parts.clock.now()
        answer = parts.sender.send(webhook.url, _headers(webhook, delivery, at), delivery.payload)
        now = parts.clock.now()
        made = self._after(delivery, answer, now)
        with parts.database.unit_of_work() as unit:
            unit.lock(f"webhook:{webhook.id}")
            known = parts.store.webhook(unit.connection, webhook.id)
            if known is None:
                return False
            changed = _health(known, answer, now)
            parts.store.note(unit.connection, made, Attempt(at, answer))
            if changed != known:
                parts.store.change(unit.connection, changed)
        self._tell(webhook, changed, made, answer)
        return answer.is_taken

    def _after(self, delivery: Delivery, answer: Answer, now: Instant) -> Delivery:
        """Return a delivery as it is after an attempt."""
        attempts = delivery.attempts + 1
        if answer.is_taken:
            return replace(delivery, attempts=attempts, state=DeliveryState.DELIVERED)
        jitter = self._parts.random.randint(-100, 100)
        due_at = Instant(now + delay_us(attempts, jitter, answer.retry_after_s))
        is_over = attempts >= ATTEMPTS_MAX or due_at - delivery.begun_at > AGE_US_MAX
        state = DeliveryState.DEAD if is_over or answer.is_gone else DeliveryState.PENDING
        return replace(delivery, attempts=attempts, state=state, due_at=due_at)

    def _tell(self, before: Webhook, after: Webhook, made: Delivery, answer: Answer) -> None:
        outcome = made.state.value if made.state is not DeliveryState.PENDING else "failed"
        ATTEMPTS.labels(outcome).inc()
        say: Callable[..., None] = LOG.debug if answer.is_taken else LOG.info
        say(
            "webhook attempt",
            webhook=before.id,
            event_id=made.event,
            outcome=outcome,
            status=answer.status,
            duration_ms=answer.duration_us // 1_000,
        )
        if after.state is WebhookState.PAUSED and before.state is WebhookState.ACTIVE:
            PAUSES.inc()
            LOG.warning("a webhook is paused", webhook=after.id, reason=after.reason)

    def _clean(self, now: Instant) -> None:
        """Once an hour: give up what is too old to be tried, and forget what is too old to see."""
        if now - self._purged_at < 3_600 * US_PER_S:
            return
        self._purged_at = now
        with self._parts.database.unit_of_work() as unit:
            self._parts.store.expire(unit.connection, Instant(now - AGE_US_MAX))
            self._parts.store.purge(unit.connection, Instant(now - KEPT_US), PURGED_MAX)


def _health(webhook: Webhook, answer: Answer, now: Instant) -> Webhook:
    """Return a webhook as it is after an answer; one that fails for long is paused."""
    if answer.is_taken:
        return replace(webhook, failing_since=None)
    since = now if webhook.failing_since is None else webhook.failing_since
    reason = ""
    if answer.is_gone:
        reason = "the receiver answered 410: it wants no more"
    elif now - since >= FAILING_US_MAX:
        reason = f"nothing was taken for {FAILING_US_MAX // (3_600 * US_PER_S)} hours"
    if not reason or webhook.state is WebhookState.PAUSED:
        return replace(webhook, failing_since=since)
    return replace(webhook, failing_since=since, state=WebhookState.PAUSED, reason=reason)


def _headers(webhook: Webhook, delivery: Delivery, at: Instant) -> dict[str, str]:
    timestamp_s = at // US_PER_S
    return {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": f"lineshaft/{__version__}",
        "webhook-id": delivery.event,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": signature(
            webhook.secret, delivery.event, timestamp_s, delivery.payload
        ),
    }


def _resource(kind: str, event: dict[str, Any]) -> Resource:
    """Return what an event is about; what it does not say, nobody of a customer may know."""
    data = event.get("data", {})
    machine, organisation = data.get("machine"), data.get("organisation")
    return Resource(
        kind,
        str(event["subject"]),
        machine=machine if isinstance(machine, str) else None,
        organisation=organisation if isinstance(organisation, str) else None,
    )
