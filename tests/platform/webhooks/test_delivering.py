"""Webhooks against a real server: it fails, hangs, says 410, comes back; killed in between."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import force_setattr

from lineshaft.core.clock import CountingIds, ManualClock
from lineshaft.core.errors import Forbidden, Unavailable
from lineshaft.core.events import Event
from lineshaft.core.pages import CursorInvalid, PageRequest
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.infrastructure.database import Database, OutboxMessage, OutboxRelay
from lineshaft.platform.webhooks import delivering, service
from lineshaft.platform.webhooks.delivering import Deliverer, DeliveringParts, WebhookFeed
from lineshaft.platform.webhooks.errors import (
    ReplayTooLarge,
    TooManyWebhooks,
    WebhookNotFound,
)
from lineshaft.platform.webhooks.model import (
    AGE_US_MAX,
    ATTEMPTS_MAX,
    FAILING_US_MAX,
    KEPT_US,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookInvalid,
    WebhookState,
    signature,
)
from lineshaft.platform.webhooks.sending import HttpSender
from lineshaft.platform.webhooks.service import WebhookParts, Webhooks
from lineshaft.platform.webhooks.store import SqlWebhookStore
from lineshaft.platform.webhooks.tables import WEBHOOK_ATTEMPT
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import Actor, Grant, Role
from lineshaft.security.authorisation.policybook import load_policies
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]
NOW = Instant(1_800_000_000_000_000)
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
OTHER = Actor("usr_o", Role.CUSTOMER, "other", "Otto")
ENGINEER = Actor("usr_e", Role.ENGINEER, None, "Emil")
Open = Callable[..., Database]


class Receiver:
    """A real HTTP server that answers as it is told and keeps what came."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers, self.body = 200, {"x": "y"}, b"thanks"
        self.release = threading.Event()
        self.release.set()
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((headers, self.rfile.read(size)))
                receiver.release.wait()
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?tenant=1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class People(dict[str, Actor]):
    """Who uses the hub."""

    def owner(self, key: str) -> Actor | None:
        return self.get(key)


class Bus:
    """Takes messages, or does not."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_down = False

    async def publish_message(self, message: OutboxMessage) -> None:
        if self.is_down:
            raise Unavailable("no bus")
        self.taken.append(message.id)


class Post:
    """Webhooks over one database, with a clock that is moved by hand."""

    def __init__(self, database: Database, **options: Any) -> None:
        self.database, self.clock = database, ManualClock(NOW)
        store, grants = SqlWebhookStore(), SqlGrantStore()
        authorizer = Authorizer(database, grants, self.clock, load_policies())
        self.people = People({one.id: one for one in (FINANCE, CUSTOMER, OTHER, ENGINEER)})
        self.webhooks = Webhooks(
            WebhookParts(
                database=database,
                store=store,
                authorizer=authorizer,
                audit=AuditChain(database, SqlAuditStore(), authorizer, self.clock),
                clock=self.clock,
                ids=CountingIds(),
                secret_bytes=Random(7).randbytes,
                allows_private=options.get("allows_private", True),
            )
        )
        self.parts = DeliveringParts(
            database=database,
            store=store,
            authorizer=authorizer,
            owners=self.people,
            sender=HttpSender(
                allows_private=options.get("sends_private", True),
                timeout_s=options.get("timeout_s", 5.0),
            ),
            clock=self.clock,
            random=Random(7),
        )
        self.bus = Bus()
        self.feed = WebhookFeed(self.parts, self.bus)
        self.grants, self.authorizer = grants, authorizer
        self._number = 0

    def happens(self, kind: str = "InvoiceIssued", **data: Any) -> str:
        """Let an event leave the outbox; return its id."""
        self._number += 1
        room = data.pop("room", "lineshaft/services/billing")
        id_ = f"evt_{self._number:04d}"
        event = Event(id_, room, kind, f"INV-{self._number}", self.clock.now(), data)
        self.feed.take(OutboxMessage(id_, "event.billing", event.to_json(), self.clock.now()))
        return id_

    def deliver(self) -> int:
        """Send everything that is due now."""
        deliverer = Deliverer(self.parts)
        begun = deliverer.run_once()
        deliverer._pool.shutdown(wait=True)
        return begun

    def states(self, webhook: Webhook) -> list[tuple[str, DeliveryState, int]]:
        page = self.webhooks.deliveries(FINANCE, webhook.id)
        return [(one.event, one.state, one.attempts) for one in reversed(page.items)]


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def test_an_event_arrives_signed_as_its_owner_can_check(post: Post, receiver: Receiver) -> None:
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    first = post.happens(organisation="acme", gross={"amount": "12.50", "currency": "EUR"})
    second = post.happens("PaymentReceived")
    assert post.deliver() == 1
    assert receiver.ids() == [first, second]
    headers, body = receiver.got[0]
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert int(headers["webhook-timestamp"]) == NOW // 1_000_000
    assert headers["webhook-signature"] == signature(webhook.secret, first, NOW // 1_000_000, body)
    assert json.loads(body)["data"]["gross"] == {"amount": "12.50", "currency": "EUR"}
    delivery, attempts = post.webhooks.delivery(FINANCE, webhook.id, first)
    assert (delivery.state, delivery.payload) == (DeliveryState.DELIVERED, body)
    assert [(one.answer.status, one.answer.text) for one in attempts] == [(200, "thanks")]
    assert attempts[0].answer.duration_us > 0
    assert post.deliver() == 0  # once


def test_nobody_is_told_what_he_may_not_know(post: Post, receiver: Receiver) -> None:
    own = post.webhooks.add(CUSTOMER, receiver.url, ())
    other = post.webhooks.add(OTHER, receiver.url, ())
    chosen = post.webhooks.add(FINANCE, receiver.url, ("MeterExchangeApproved",))
    with post.database.unit_of_work() as unit:
        grant = Grant("acme", "mazak01", NOW, Instant(NOW + US_PER_DAY), "c")
        post.authorizer.add_grant(unit.connection, grant)
    invoice = post.happens(organisation="acme")
    post.happens("PaymentReceived")  # says of no organisation whose it is
    post.happens("SomethingElse", room="lineshaft/services/unheard-of", organisation="acme")
    metering = "lineshaft/services/metering"
    exchange = post.happens("MeterExchangeApproved", room=metering, machine="mazak01")
    elsewhere = post.happens("MeterExchangeApproved", room=metering, machine="press-1")
    told = {one: [event for event, _, _ in post.states(one)] for one in (own, other, chosen)}
    assert told == {own: [invoice, exchange], other: [], chosen: [exchange, elsewhere]}
    # Of another's webhook nobody of a customer knows; what somebody has left, is told of nothing.
    assert [one.id for one in post.webhooks.webhooks(CUSTOMER)] == [own.id]
    for ask in (post.webhooks.webhook, post.webhooks.pause, post.webhooks.remove):
        with pytest.raises(WebhookNotFound):
            ask(CUSTOMER, other.id)
    with pytest.raises(WebhookNotFound):
        post.webhooks.delivery(CUSTOMER, own.id, elsewhere)
    with pytest.raises(Forbidden):
        post.webhooks.add(ENGINEER, receiver.url, ())
    del post.people[CUSTOMER.id]
    post.happens(organisation="acme")
    assert len(post.states(own)) == 2


def test_a_receiver_that_fails_is_tried_again_until_it_comes_back(
    post: Post, receiver: Receiver
) -> None:
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    event = post.happens()
    receiver.status, receiver.body = 503, b"later\x00"
    post.deliver()
    assert post.deliver() == 0  # not before its time
    post.clock.advance(6_000_000)
    receiver.headers = {"retry-after": "600"}
    post.deliver()
    post.clock.advance(599_000_000)
    assert post.deliver() == 0
    receiver.status = 302  # a redirect leads nowhere
    receiver.headers = {"location": "http://127.0.0.1:1/"}
    post.clock.advance(1_000_000)
    post.deliver()
    receiver.status = 204
    post.clock.advance(100_000_000)
    post.deliver()
    assert receiver.ids() == [event] * 4
    _, attempts = post.webhooks.delivery(FINANCE, webhook.id, event)
    assert [one.answer.status for one in attempts] == [503, 503, 302, 204]
    assert attempts[0].answer.text == "later "
    assert post.webhooks.webhook(FINANCE, webhook.id).failing_since is None


def test_what_is_never_taken_is_given_up_and_can_be_replayed(
    post: Post, receiver: Receiver
) -> None:
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    event, late = post.happens(), None
    receiver.status = 500
    for _ in range(ATTEMPTS_MAX):
        post.deliver()
        post.webhooks.resume(FINANCE, webhook.id)  # it is paused on the way
        post.clock.advance(US_PER_DAY // 4 * 6 // 5)
        with post.database.unit_of_work() as unit:  # its age is the other limit: see below
            age = sa.text("UPDATE webhook_delivery SET begun_at = :now")
            unit.connection.execute(age, {"now": post.clock.now()})
    assert post.states(webhook) == [(event, DeliveryState.DEAD, ATTEMPTS_MAX)]
    late = post.happens()
    post.clock.advance(AGE_US_MAX + 1)
    post.deliver()
    assert post.states(webhook)[1][:2] == (late, DeliveryState.DEAD)
    receiver.status, sent = 200, len(receiver.got)
    post.webhooks.resume(FINANCE, webhook.id)
    assert post.webhooks.replay(FINANCE, webhook.id, event) == 1
    everything = Period(NOW, post.clock.now())
    assert post.webhooks.replay(FINANCE, webhook.id, everything) == 2
    post.deliver()
    assert receiver.ids()[sent:] == [event, late]  # under the same ids as before
    assert {state for _, state, _ in post.states(webhook)} == {DeliveryState.DELIVERED}
    with pytest.raises(WebhookNotFound):
        post.webhooks.replay(FINANCE, webhook.id, "evt_9")


def test_one_that_fails_for_long_is_paused_and_says_so(post: Post, receiver: Receiver) -> None:
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    post.happens()
    receiver.status = 500
    post.deliver()
    post.clock.advance(FAILING_US_MAX)
    post.deliver()
    paused = post.webhooks.webhook(FINANCE, webhook.id)
    assert (paused.state, paused.reason) == (WebhookState.PAUSED, "nothing was taken for 24 hours")
    waiting, sent = post.happens(), len(receiver.got)
    assert post.deliver() == 0
    receiver.status = 200
    post.webhooks.resume(FINANCE, webhook.id)
    post.deliver()
    assert receiver.ids()[sent:] == ["evt_0001", waiting]
    # 410 means that it wants no more.
    receiver.status = 410
    post.happens()
    post.deliver()
    gone = post.webhooks.webhook(FINANCE, webhook.id)
    assert gone.state is WebhookState.PAUSED
    assert "410" in gone.reason
    assert post.states(webhook)[2][1] is DeliveryState.DEAD
    post.clock.advance(KEPT_US + 1)
    post.deliver()
    assert post.states(webhook) == []
    post.webhooks.remove(FINANCE, webhook.id)
    assert post.webhooks.webhooks(FINANCE) == []


def test_a_receiver_that_hangs_costs_its_time_and_no_other(
    database: Database, receiver: Receiver
) -> None:
    post, other = Post(database, timeout_s=0.3), Receiver()
    try:
        hanging = post.webhooks.add(FINANCE, receiver.url, ())
        post.webhooks.add(FINANCE, other.url, ())
        closed = post.webhooks.add(FINANCE, "http://127.0.0.1:1/", ())
        receiver.release.clear()
        event = post.happens()
        assert post.deliver() == 3
        assert other.ids() == [event]
        _, attempts = post.webhooks.delivery(FINANCE, hanging.id, event)
        assert (attempts[0].answer.status, attempts[0].answer.text) == (
            None,
            "no answer within 0.3 s",
        )
        _, attempts = post.webhooks.delivery(FINANCE, closed.id, event)
        assert "refused" in attempts[0].answer.text
    finally:
        other.close()


def test_nothing_is_sent_into_this_network(database: Database, receiver: Receiver) -> None:
    post = Post(database, allows_private=False)
    with pytest.raises(WebhookInvalid):
        post.webhooks.add(FINANCE, receiver.url, ())
    sender = HttpSender(allows_private=False)
    for host in ("127.0.0.1", "localhost", "[::1]"):
        answer = sender.send(f"https://{host}:{receiver.server.server_port}/", {}, b"{}")
        assert answer.status is None
        assert "is an address of this machine or network" in answer.text
    assert receiver.got == []


def test_limits(post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WEBHOOKS_PER_ORGANISATION_MAX", 1)
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    with pytest.raises(TooManyWebhooks):
        post.webhooks.add(FINANCE, receiver.url, ())
    post.webhooks.add(CUSTOMER, receiver.url, ())
    monkeypatch.setattr(delivering, "ROUND_MAX", 2)
    events = [post.happens() for _ in range(5)]
    paged: list[str] = []
    after = ""
    while True:
        page = post.webhooks.deliveries(FINANCE, webhook.id, None, PageRequest(2, after))
        paged += [one.event for one in page.items]
        if page.next is None:
            break
        after = page.next
    assert paged == events[::-1]
    with pytest.raises(CursorInvalid):
        post.webhooks.deliveries(FINANCE, webhook.id, None, PageRequest(2, "x"))
    post.deliver()
    assert receiver.ids() == events[:2]
    state = DeliveryState.PENDING
    assert len(post.webhooks.deliveries(FINANCE, webhook.id, state).items) == 3
    monkeypatch.setattr(service, "REPLAYED_MAX", 4)
    with pytest.raises(ReplayTooLarge):
        post.webhooks.replay(FINANCE, webhook.id, Period(NOW, Instant(NOW + 1)))


async def test_the_outbox_makes_each_delivery_once_however_often_it_repeats(
    post: Post, receiver: Receiver
) -> None:
    webhook = post.webhooks.add(FINANCE, receiver.url, ())
    event = Event("evt_1", "lineshaft/services/billing", "InvoiceIssued", "INV-1", NOW)
    with post.database.unit_of_work() as unit:
        unit.publish(OutboxMessage("evt_1", "event.billing", event.to_json(), NOW))
    relay = OutboxRelay(post.database, post.feed, post.clock)
    post.bus.is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            await relay.run_once()
    post.bus.is_down = False
    assert await relay.run_once() == 1
    assert post.bus.taken == ["evt_1"]
    assert post.states(webhook) == [("evt_1", DeliveryState.PENDING, 0)]


@pytest.mark.crash
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_killed_between_sending_and_noting_it_is_sent_again_under_the_same_id(
    database_url: str, open_database: Open, receiver: Receiver, tmp_path: Path
) -> None:
    child = os.fork()
    if child == 0:
        post = Post(Database(database_url))
        post.webhooks.add(FINANCE, receiver.url, ())
        post.happens()

        class Killed(SqlWebhookStore):
            def note(self, *_args: Any) -> None:
                os.kill(os.getpid(), signal.SIGKILL)

        force_setattr(post.parts, "store", Killed())
        post.deliver()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    post = Post(open_database(database_url))
    (webhook,) = post.webhooks.webhooks(FINANCE)
    assert post.states(webhook) == [("evt_0001", DeliveryState.PENDING, 0)]
    post.deliver()
    assert receiver.ids() == ["evt_0001", "evt_0001"]
    assert receiver.got[0][1] == receiver.got[1][1]
    assert post.states(webhook) == [("evt_0001", DeliveryState.DELIVERED, 1)]
    with post.database.read() as connection:
        assert len(connection.execute(sa.select(WEBHOOK_ATTEMPT)).all()) == 1


def test_content_is_what_scripts_read(post: Post, receiver: Receiver) -> None:
    webhook = post.webhooks.add(CUSTOMER, receiver.url, ("InvoiceIssued",))
    assert "secret" not in webhook.to_content()
    assert webhook.to_content()["kinds"] == ["InvoiceIssued"]
    delivery = Delivery("w", "e", "K", b"{}", NOW, NOW, NOW)
    assert delivery.to_content()["due_at"] == "2027-01-15T08:00:00Z"
