"""Webhooks in SQL."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import insert_into
from lineshaft.platform.webhooks.model import (
    Answer,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
)
from lineshaft.platform.webhooks.tables import WEBHOOK, WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY

_D = WEBHOOK_DELIVERY.c


class SqlWebhookStore:
    """Implements `WebhookStore`."""

    def add(self, connection: sa.Connection, webhook: Webhook) -> None:
        """Keep a new webhook."""
        connection.execute(sa.insert(WEBHOOK).values(**_columns(webhook)))

    def change(self, connection: sa.Connection, webhook: Webhook) -> None:
        """Keep the state of a webhook; nothing when it was removed."""
        connection.execute(
            sa.update(WEBHOOK)
            .where(WEBHOOK.c.id == webhook.id)
            .values(
                state=webhook.state.value,
                reason=webhook.reason,
                failing_since=webhook.failing_since,
            )
        )

    def remove(self, connection: sa.Connection, id_: str) -> None:
        """Remove a webhook with its deliveries and attempts."""
        connection.execute(sa.delete(WEBHOOK_ATTEMPT).where(WEBHOOK_ATTEMPT.c.webhook == id_))
        connection.execute(sa.delete(WEBHOOK_DELIVERY).where(_D.webhook == id_))
        connection.execute(sa.delete(WEBHOOK).where(WEBHOOK.c.id == id_))

    def webhook(self, connection: sa.Connection, id_: str) -> Webhook | None:
        """Return a webhook, or None."""
        row = connection.execute(sa.select(WEBHOOK).where(WEBHOOK.c.id == id_)).first()
        return None if row is None else _webhook(row)

    def webhooks(self, connection: sa.Connection) -> list[Webhook]:
        """Return all webhooks, the oldest first."""
        query = sa.select(WEBHOOK).order_by(WEBHOOK.c.created_at, WEBHOOK.c.id)
        return [_webhook(row) for row in connection.execute(query)]

    def add_deliveries(self, connection: sa.Connection, deliveries: Sequence[Delivery]) -> None:
        """Keep new deliveries; those that are there stay as they are."""
        rows = [
            {
                "webhook": one.webhook,
                "event": one.event,
                "kind": one.kind,
                "payload": one.payload,
                "created_at": one.created_at,
                "state": one.state.value,
                "attempts": one.attempts,
                "begun_at": one.begun_at,
                "due_at": one.due_at,
            }
            for one in deliveries
        ]
        insert = insert_into(connection.dialect.name, WEBHOOK_DELIVERY)
        connection.execute(insert.on_conflict_do_nothing(), rows)

    def waiting(self, connection: sa.Connection, now: Instant, busy: Collection[str]) -> list[str]:
        """Return the active webhooks that have a delivery due, without the busy ones."""
        is_due = (_D.state == DeliveryState.PENDING.value) & (_D.due_at <= now)
        query = (
            sa.select(_D.webhook)
            .join(WEBHOOK, WEBHOOK.c.id == _D.webhook)
            .where(is_due, WEBHOOK.c.state == WebhookState.ACTIVE.value)
            .where(_D.webhook.not_in(sorted(busy)))
            .group_by(_D.webhook)
            .order_by(sa.func.min(_D.due_at))
        )
        return list(connection.scalars(query))

    def due(
        self, connection: sa.Connection, webhook: str, now: Instant, limit: int
    ) -> list[Delivery]:
        """Return deliveries of a webhook that are due, the oldest first."""
        query = (
            sa.select(WEBHOOK_DELIVERY)
            .where(_D.webhook == webhook, _D.state == DeliveryState.PENDING.value, _D.due_at <= now)
            .order_by(_D.created_at, _D.event)
            .limit(limit)
        )
        return [_delivery(row) for row in connection.execute(query)]

    def note(self, connection: sa.Connection, delivery: Delivery, attempt: Attempt | None) -> None:
        """Keep the state of a delivery, and the attempt that it follows from."""
        changed = connection.execute(
            sa.update(WEBHOOK_DELIVERY)
            .where(_D.webhook == delivery.webhook, _D.event == delivery.event)
            .values(state=delivery.state.value, attempts=delivery.attempts, due_at=delivery.due_at)
        ).rowcount
        if attempt is not None and changed:
            table = WEBHOOK_ATTEMPT.c
            last = sa.select(sa.func.coalesce(sa.func.max(table.number), 0)).where(
                table.webhook == delivery.webhook, table.event == delivery.event
            )
            connection.execute(
                sa.insert(WEBHOOK_ATTEMPT).values(
                    number=connection.execute(last).scalar_one() + 1,
                    webhook=delivery.webhook,
                    event=delivery.event,
                    at=attempt.at,
                    status=attempt.answer.status,
                    duration_us=attempt.answer.duration_us,
                    answer=attempt.answer.text,
                )
            )

    def deliveries(
        self,
        connection: sa.Connection,
        webhook: str,
        state: DeliveryState | None,
        behind: tuple[int, str],
        limit: int,
    ) -> list[Delivery]:
        """Return deliveries before (instant, event), the latest first."""
        before = sa.tuple_(_D.created_at, _D.event) < sa.tuple_(*map(sa.literal, behind))
        query = sa.select(WEBHOOK_DELIVERY).where(_D.webhook == webhook, before)
        if state is not None:
            query = query.where(_D.state == state.value)
        query = query.order_by(_D.created_at.desc(), _D.event.desc()).limit(limit)
        return [_delivery(row) for row in connection.execute(query)]

    def delivery(self, connection: sa.Connection, webhook: str, event: str) -> Delivery | None:
        """Return a delivery, or None."""
        query = sa.select(WEBHOOK_DELIVERY).where(_D.webhook == webhook, _D.event == event)
        row = connection.execute(query).first()
        return None if row is None else _delivery(row)

    def attempts(self, connection: sa.Connection, webhook: str, event: str) -> list[Attempt]:
        """Return the attempts of a delivery, the first one first."""
        table = WEBHOOK_ATTEMPT.c
        query = sa.select(WEBHOOK_ATTEMPT).where(table.webhook == webhook, table.event == event)
        return [
            Attempt(Instant(row.at), Answer(row.status, row.answer, row.duration_us))
            for row in connection.execute(query.order_by(table.number))
        ]

    def count_in(self, connection: sa.Connection, webhook: str, period: Period) -> int:
        """Return how many deliveries were made in a period."""
        query = sa.select(sa.func.count()).select_from(WEBHOOK_DELIVERY)
        count: int = connection.execute(query.where(*_in(webhook, period))).scalar_one()
        return count

    def renew(
        self, connection: sa.Connection, webhook: str, which: Period | str, now: Instant
    ) -> int:
        """Let deliveries of a period, or that of an event, begin anew; return how many."""
        return connection.execute(
            sa.update(WEBHOOK_DELIVERY)
            .where(*_in(webhook, which))
            .values(state=DeliveryState.PENDING.value, attempts=0, begun_at=now, due_at=now)
        ).rowcount

    def hasten(self, connection: sa.Connection, webhook: str, now: Instant) -> None:
        """Let everything pending be due now."""
        is_pending = _D.state == DeliveryState.PENDING.value
        connection.execute(
            sa.update(WEBHOOK_DELIVERY).where(_D.webhook == webhook, is_pending).values(due_at=now)
        )

    def expire(self, connection: sa.Connection, before: Instant) -> int:
        """Give up pending deliveries that were begun before an instant; return how many."""
        is_pending = _D.state == DeliveryState.PENDING.value
        return connection.execute(
            sa.update(WEBHOOK_DELIVERY)
            .where(is_pending, _D.begun_at < before)
            .values(state=DeliveryState.DEAD.value)
        ).rowcount

    def purge(self, connection: sa.Connection, before: Instant, limit: int) -> int:
        """Delete finished deliveries made before an instant, with their attempts."""
        old = (
            sa.select(_D.webhook, _D.event)
            .where(_D.state != DeliveryState.PENDING.value, _D.created_at < before)
            .limit(limit)
        )
        found = connection.execute(old).all()
        for webhook, event in found:
            for table in (WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY):
                which = (table.c.webhook == webhook) & (table.c.event == event)
                connection.execute(sa.delete(table).where(which))
        return len(found)


def _in(webhook: str, which: Period | str) -> list[sa.ColumnElement[bool]]:
    if isinstance(which, str):
        return [_D.webhook == webhook, _D.event == which]
    is_within = (_D.created_at >= which.start) & (_D.created_at < which.end)
    return [_D.webhook == webhook, is_within]


def _columns(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "owner": webhook.owner,
        "organisation": webhook.organisation,
        "url": webhook.url,
        "kinds": json.dumps(webhook.kinds),
        "secret": webhook.secret,
        "created_at": webhook.created_at,
        "state": webhook.state.value,
        "reason": webhook.reason,
        "failing_since": webhook.failing_since,
    }


def _webhook(row: sa.Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        owner=row.owner,
        organisation=row.organisation,
        url=row.url,
        kinds=tuple(json.loads(row.kinds)),
        secret=row.secret,
        created_at=Instant(row.created_at),
        state=WebhookState(row.state),
        reason=row.reason,
        failing_since=None if row.failing_since is None else Instant(row.failing_since),
    )


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        webhook=row.webhook,
        event=row.event,
        kind=row.kind,
        payload=row.payload,
        created_at=Instant(row.created_at),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        begun_at=Instant(row.begun_at),
        due_at=Instant(row.due_at),
    )
