"""A webhook, its deliveries and attempts; signing and the plan of repeating are pure.

The signature is that of Standard Webhooks 1.0 (symmetric, `v1`): HMAC-SHA256 over
`id.timestamp.body`, with a secret that is written as `whsec_` and base64.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, format_instant

WEBHOOKS_PER_ORGANISATION_MAX = 20
"""Webhooks of one customer, or of all the maker's own people together."""
KINDS_MAX = 50
"""Kinds of events that one webhook names."""
URL_CHARACTERS_MAX = 2_000
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with

ATTEMPTS_MAX = 12
"""Times that a delivery is tried before it is given up."""
AGE_US_MAX = 3 * US_PER_DAY
"""How old a delivery may be when it is tried again."""
DELAY_FIRST_US = 5_000_000
DELAY_FACTOR = 4
DELAY_US_MAX = US_PER_DAY // 4
JITTER_PERCENT = 20
"""So much less or more: those that failed together do not come together again."""
FAILING_US_MAX = US_PER_DAY
"""A webhook that has not taken anything for so long is paused."""
KEPT_US = 30 * US_PER_DAY
"""How long a delivery and its attempts can be looked at and replayed."""
REPLAYED_MAX = 10_000
"""Deliveries of one replay."""
ANSWER_CHARACTERS_MAX = 500
"""What is kept of an answer."""

_GONE = 410
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,79}", re.ASCII)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class WebhookInvalid(Invalid):
    """An address or a kind of event that cannot be used."""


class WebhookState(StrEnum):
    """Whether a webhook is served."""

    ACTIVE = "active"
    PAUSED = "paused"


class DeliveryState(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Webhook(msgspec.Struct, frozen=True):
    """Somebody wants to be told of events.

    Attributes:
        owner: id of the person in whose name it is told: what that person may not see is not sent.
        organisation: of the owner; None for the maker's own people.
        kinds: types of events; none means all.
        secret: signs what is sent; shown to the owner once.
        reason: why it is paused; empty while it is not.
        failing_since: of the first failure after which nothing was taken.
    """

    id: str
    owner: str
    organisation: str | None
    url: str
    kinds: tuple[str, ...]
    secret: str
    created_at: Instant
    state: WebhookState = WebhookState.ACTIVE
    reason: str = ""
    failing_since: Instant | None = None

    def wants(self, kind: str) -> bool:
        """Tell whether events of a type are asked for."""
        return not self.kinds or kind in self.kinds

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content, without the secret."""
        failing = None if self.failing_since is None else format_instant(self.failing_since)
        return {
            "id": self.id,
            "url": self.url,
            "kinds": list(self.kinds),
            "organisation": self.organisation,
            "created_at": format_instant(self.created_at),
            "state": self.state.value,
            "reason": self.reason,
            "failing_since": failing,
        }


class Delivery(msgspec.Struct, frozen=True):
    """One event on its way to one webhook.

    Attributes:
        event: id of the event, and `webhook-id` of every attempt, replays included: a receiver
            counts it once.
        payload: the event (CloudEvents 1.0.2, structured JSON), the same bytes each time.
        attempts: so far; a replay begins anew.
        begun_at: when it was made, or replayed.
        due_at: when it is tried next.
    """

    webhook: str
    event: str
    kind: str
    payload: bytes
    created_at: Instant
    begun_at: Instant
    due_at: Instant
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content, without the event itself."""
        is_due = self.state is DeliveryState.PENDING
        return {
            "event": self.event,
            "kind": self.kind,
            "created_at": format_instant(self.created_at),
            "state": self.state.value,
            "attempts": self.attempts,
            "due_at": format_instant(self.due_at) if is_due else None,
        }


class Answer(msgspec.Struct, frozen=True):
    """What came of one attempt.

    Attributes:
        status: HTTP status; None when there was no answer.
        text: the beginning of the answer, or why there was none.
        retry_after_s: what the answer asks for, in seconds.
    """

    status: int | None
    text: str
    duration_us: int
    retry_after_s: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it: any status 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more (Standard Webhooks: 410)."""
        return self.status == _GONE


class Attempt(msgspec.Struct, frozen=True):
    """An attempt as it is kept."""

    at: Instant
    answer: Answer

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "at": format_instant(self.at),
            "status": self.answer.status,
            "duration_ms": self.answer.duration_us // 1_000,
            "answer": self.answer.text,
        }


def new_secret(random_bytes: bytes) -> str:
    """Write random bytes as a secret."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def signature(secret: str, id_: str, timestamp_s: int, body: bytes) -> str:
    """Return the header `webhook-signature`.

    Raises:
        WebhookInvalid: when the secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        msg = "cannot sign: the secret of the webhook is no base64"
        raise WebhookInvalid(msg) from error
    signed = f"{id_}.{timestamp_s}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def delay_us(attempts: int, jitter: int, retry_after_s: int = 0) -> int:
    """Return how long to wait after so many attempts, in microseconds.

    Args:
        attempts: that have failed, 1 or more.
        jitter: from -100 to 100: how much of `JITTER_PERCENT` is added.
        retry_after_s: what the receiver asked for; it is not tried before, up to the maximum.

    Example: 5 s, 20 s, 80 s, 320 s … up to 6 h, each ± 20 %.
    """
    plain: int = min(DELAY_FIRST_US * DELAY_FACTOR ** (attempts - 1), DELAY_US_MAX)
    jittered = plain + plain * JITTER_PERCENT * jitter // 10_000
    return max(jittered, min(retry_after_s * 1_000_000, DELAY_US_MAX))


def check_url(url: str, *, allows_private: bool) -> str:
    """Pass an address that something may be sent to.

    Args:
        url: the address.
        allows_private: also without encryption, and to hosts of this network.

    Raises:
        WebhookInvalid: for any other.
    """
    schemes = {"https", "http"} if allows_private else {"https"}
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        msg = f"cannot read the address {url[:80]!r}"
        raise WebhookInvalid(msg) from error
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}')
    is_whole = parts.scheme in schemes and bool(parts.hostname) and has_port
    if not (is_plain and is_whole) or parts.username is not None or len(url) > URL_CHARACTERS_MAX:
        msg = f"cannot send to {url[:80]!r}: expected {' or '.join(sorted(schemes))}://HOST/…, "
        msg += f"without a user, at most {URL_CHARACTERS_MAX} characters"
        raise WebhookInvalid(msg)
    return url


def check_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Pass types of events, each once.

    Raises:
        WebhookInvalid: when one cannot be a type, or there are too many.
    """
    wrong = [kind for kind in kinds if _KIND.fullmatch(kind) is None]
    if wrong or len(kinds) > KINDS_MAX:
        msg = f"cannot tell of events {[kind[:80] for kind in wrong[:3]]}: expected at most "
        msg += f"{KINDS_MAX} types such as InvoiceIssued"
        raise WebhookInvalid(msg)
    return tuple(dict.fromkeys(kinds))


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet, and none of this machine or network.

    An IPv6 address that carries an IPv4 one counts as that; translated and tunnelled ones never
    do (IANA special-purpose address registries; RFC 6052, RFC 3056, RFC 4380).
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64 or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
