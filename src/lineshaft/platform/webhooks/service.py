"""The use cases of webhooks: make one, look at what was sent, replay, pause, remove."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.pages import FIRST_PAGE, Page, PageRequest, cursor_at, place_of
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.platform.webhooks.errors import (
    ReplayTooLarge,
    TooManyWebhooks,
    WebhookNotFound,
)
from lineshaft.platform.webhooks.model import (
    REPLAYED_MAX,
    SECRET_BYTES,
    WEBHOOKS_PER_ORGANISATION_MAX,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
    check_kinds,
    check_url,
    new_secret,
)
from lineshaft.platform.webhooks.ports import WebhookStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

_LISTED = "deliveries"
_LATEST = (2**63 - 1, "")


class WebhookParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases take.

    Attributes:
        secret_bytes: `secrets.token_bytes`, or a seeded source in a test.
        allows_private: whether addresses of this machine and network may be sent to.
    """

    database: Database
    store: WebhookStore
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    secret_bytes: Callable[[int], bytes]
    allows_private: bool


class Webhooks:
    """Webhooks of those who may have them; safe to share between threads."""

    def __init__(self, parts: WebhookParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def add(self, actor: Actor, url: str, kinds: tuple[str, ...]) -> Webhook:
        """Make a webhook in the name of the actor; its secret is in no other answer.

        Args:
            actor: what it may not see is not sent.
            url: where to.
            kinds: types of events; none means all.

        Raises:
            WebhookInvalid: for an address or a type that cannot be used.
            TooManyWebhooks: when the organisation has as many as it may have.
            Forbidden: when the actor may have none.
        """
        resource = Resource("webhook", "*", organisation=actor.organisation)
        self._parts.authorizer.authorize(actor, Action.WEBHOOK_WRITE, resource)
        made = Webhook(
            id=self._parts.ids.new_id("whk"),
            owner=actor.id,
            organisation=actor.organisation,
            url=check_url(url, allows_private=self._parts.allows_private),
            kinds=check_kinds(kinds),
            secret=new_secret(self._parts.secret_bytes(SECRET_BYTES)),
            created_at=self._parts.clock.now(),
        )
        with self._database.unit_of_work() as unit:
            unit.lock("webhooks")
            others = self._store.webhooks(unit.connection)
            count = sum(each.organisation == actor.organisation for each in others)
            if count >= WEBHOOKS_PER_ORGANISATION_MAX:
                msg = f"there are {count} webhooks, which is the maximum; remove one first"
                raise TooManyWebhooks(msg)
            self._store.add(unit.connection, made)
            self._audit(unit, actor, made, "added")
        return made

    def webhooks(self, actor: Actor) -> list[Webhook]:
        """Return the webhooks that the actor may see, the oldest first.

        Raises:
            Forbidden: when the actor may have none.
        """
        own = Resource("webhook", "*", organisation=actor.organisation)
        self._parts.authorizer.authorize(actor, Action.WEBHOOK_READ, own)
        with self._database.read() as connection:
            found = self._store.webhooks(connection)
        return [each for each in found if self._may(actor, Action.WEBHOOK_READ, each)]

    def webhook(self, actor: Actor, id_: str) -> Webhook:
        """Return a webhook.

        Raises:
            WebhookNotFound: when there is none, or the actor may not know of it.
        """
        with self._database.read() as connection:
            found = self._store.webhook(connection, id_)
        return self._visible(actor, found, id_)

    def pause(self, actor: Actor, id_: str) -> Webhook:
        """Send nothing more until it is resumed; what happens meanwhile waits.

        Raises:
            WebhookNotFound: when there is none, or the actor may not know of it.
        """
        return self._set(actor, id_, WebhookState.PAUSED, f"paused by {actor.name}")

    def resume(self, actor: Actor, id_: str) -> Webhook:
        """Go on with what waits, at once.

        Raises:
            WebhookNotFound: when there is none, or the actor may not know of it.
        """
        return self._set(actor, id_, WebhookState.ACTIVE, "")

    def remove(self, actor: Actor, id_: str) -> None:
        """Remove a webhook and what is known of its deliveries.

        Raises:
            WebhookNotFound: when there is none, or the actor may not know of it.
        """
        with self._database.unit_of_work() as unit:
            known = self._writable(unit, actor, id_)
            self._store.remove(unit.connection, id_)
            self._audit(unit, actor, known, "removed")

    def deliveries(
        self,
        actor: Actor,
        id_: str,
        state: DeliveryState | None = None,
        page: PageRequest = FIRST_PAGE,
    ) -> Page[Delivery]:
        """Return deliveries of a webhook, the latest first.

        Raises:
            WebhookNotFound: when there is no such webhook, or the actor may not know of it.
            CursorInvalid: when the page begins behind a cursor that we never gave.
        """
        self.webhook(actor, id_)
        at, event = place_of(_LISTED, page.after, _LATEST)
        with self._database.read() as connection:
            behind = (int(at), str(event))
            found = self._store.deliveries(connection, id_, state, behind, page.size + 1)
        shown = found[: page.size]
        is_more = len(found) > page.size
        last = cursor_at(_LISTED, shown[-1].created_at, shown[-1].event) if is_more else None
        return Page(shown, last)

    def delivery(self, actor: Actor, id_: str, event: str) -> tuple[Delivery, list[Attempt]]:
        """Return a delivery and every attempt, the first one first.

        Raises:
            WebhookNotFound: when there is none, or the actor may not know of it.
        """
        self.webhook(actor, id_)
        with self._database.read() as connection:
            found = self._store.delivery(connection, id_, event)
            attempts = self._store.attempts(connection, id_, event)
        if found is None:
            msg = f"webhook {id_} has no delivery of event {event[:80]}"
            raise WebhookNotFound(msg)
        return found, attempts

    def replay(self, actor: Actor, id_: str, which: str | Period) -> int:
        """Send again, under the same `webhook-id`: one event, or all that came in a period.

        Returns:
            How many deliveries begin anew.

        Raises:
            WebhookNotFound: when there is no such webhook or delivery.
            ReplayTooLarge: for more than `REPLAYED_MAX` deliveries.
        """
        with self._database.unit_of_work() as unit:
            self._writable(unit, actor, id_)
            if isinstance(which, Period):
                count = self._store.count_in(unit.connection, id_, which)
                if count > REPLAYED_MAX:
                    msg = f"cannot replay {count} deliveries at once: at most {REPLAYED_MAX}; "
                    msg += "choose a shorter period"
                    raise ReplayTooLarge(msg)
            count = self._store.renew(unit.connection, id_, which, self._parts.clock.now())
        if isinstance(which, str) and not count:
            msg = f"webhook {id_} has no delivery of event {which[:80]}"
            raise WebhookNotFound(msg)
        return count

    # ---- who may

    def _set(self, actor: Actor, id_: str, state: WebhookState, reason: str) -> Webhook:
        with self._database.unit_of_work() as unit:
            known = self._writable(unit, actor, id_)
            if known.state is state:
                return known
            made = replace(known, state=state, reason=reason, failing_since=None)
            self._store.change(unit.connection, made)
            if state is WebhookState.ACTIVE:
                self._store.hasten(unit.connection, id_, self._now())
            self._audit(unit, actor, made, state.value)
        return made

    def _now(self) -> Instant:
        return self._parts.clock.now()

    def _writable(self, unit: UnitOfWork, actor: Actor, id_: str) -> Webhook:
        unit.lock(f"webhook:{id_}")
        known = self._visible(actor, self._store.webhook(unit.connection, id_), id_)
        self._parts.authorizer.authorize(actor, Action.WEBHOOK_WRITE, _resource(known))
        return known

    def _visible(self, actor: Actor, found: Webhook | None, id_: str) -> Webhook:
        if found is None or not self._may(actor, Action.WEBHOOK_READ, found):
            msg = f"there is no webhook {id_[:80]}"
            raise WebhookNotFound(msg)
        return found

    def _may(self, actor: Actor, action: Action, webhook: Webhook) -> bool:
        return self._parts.authorizer.is_allowed(actor, action, _resource(webhook))

    def _audit(self, unit: UnitOfWork, actor: Actor, webhook: Webhook, what: str) -> None:
        detail = {"what": what, "webhook": webhook.to_content()}
        subject = f"webhook/{webhook.id}"
        self._parts.audit.append(unit.connection, actor, Action.WEBHOOK_WRITE, subject, detail)


def _resource(webhook: Webhook) -> Resource:
    return Resource("webhook", webhook.id, organisation=webhook.organisation)
