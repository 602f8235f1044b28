"""Reads one event as a producer sends it: exactly, or with the reason why not. Pure."""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import SignalId, machine_of, name_of, signal_id
from lineshaft.core.value import Columns, check_text, parse_decimal
from lineshaft.platform.historian.usage.model import Claim, is_event_id

MEMBERS = frozenset({"id", "signal", "ts", "value", "text"})
DIGEST_BYTES = 16
"""Of the SHA-256 over the content: enough that no two contents of one id are ever taken for one."""
SIGNALS_CACHED_MAX = 10_000
_GIVEN_CHARACTERS_MAX = 80

T = TypeVar("T")


class NumberText(str):
    """The digits of a JSON number, which never was a binary float."""

    __slots__ = ()


def claim_of(element: Any, ts_max: Instant) -> Claim:
    """Read an event.

    Args:
        element: a JSON object with id, signal, ts and value or text; numbers are `NumberText`.
        ts_max: the latest instant that an event may have.
    """
    try:
        return _good(element, ts_max)
    except Invalid as error:
        return _bad(element, ts_max, str(error))


def on_unknown_signal(claim: Claim) -> Claim:
    """Return a claim on a signal that no machine has as a bad one."""
    reason = f"no machine has a signal {claim.signal}"
    return replace(claim, columns=None, reason=reason, can_be_kept=False)


def content_digest(
    signal: SignalId, ts: int, mantissa: int | None, exponent: int | None, text: str | None
) -> bytes:
    """Return by what two events of one id are compared; of a number without trailing zeros."""
    content = f"e{signal}\n{ts}\n{mantissa}\n{exponent}\n{text}".encode()
    return hashlib.sha256(content).digest()[:DIGEST_BYTES]


def _good(element: Any, ts_max: Instant) -> Claim:
    if not isinstance(element, dict) or not element.keys() <= MEMBERS:
        msg = f"expected an object with id, signal, ts and value or text, got {_shown(element)}"
        raise Invalid(msg)
    signal, ts = _signal(element.get("signal")), _ts(element.get("ts"), ts_max)
    if not is_event_id(element.get("id")):
        msg = (
            f"id {_shown(element.get('id'))}: expected a text of 1 to 200 visible ASCII characters"
        )
        raise Invalid(msg)
    columns = _value(element)
    digest = content_digest(signal, ts, *_reduced(columns), columns.text)
    return Claim(element["id"], signal, ts, digest, columns)


def _bad(element: Any, ts_max: Instant, reason: str) -> Claim:
    raw = json.dumps(element, sort_keys=True, separators=(",", ":")).encode()
    members = element if isinstance(element, dict) else {}
    id_ = members["id"] if is_event_id(members.get("id")) else None
    signal = _read(_signal, members.get("signal"))
    ts = _read(parse_instant, str(members.get("ts")))
    is_ahead = ts is not None and ts > ts_max
    return Claim(
        id=id_,
        signal=signal,
        ts=ts if ts is not None and ts >= 0 else None,
        digest=hashlib.sha256(b"r" + raw).digest()[:DIGEST_BYTES],
        reason=reason,
        raw=raw,
        can_be_kept=id_ is not None and signal is not None and not is_ahead,
    )


def _read(read: Callable[[Any], T], value: Any) -> T | None:
    try:
        return read(value)
    except Invalid:
        return None


def _signal(value: Any) -> SignalId:
    if type(value) is not str:
        msg = f"signal {_shown(value)}: expected a text such as press-1/energy"
        raise Invalid(msg)
    return signal_of(value)


@functools.lru_cache(maxsize=SIGNALS_CACHED_MAX)
def signal_of(text: str) -> SignalId:
    """Read a signal.

    Raises:
        Invalid: when it is none.
    """
    # JSON can carry half a surrogate pair, which no database takes.
    readable = text.encode("utf-8", "replace").decode()
    return signal_id(machine_of(readable), name_of(readable))


def _ts(value: Any, ts_max: Instant) -> Instant:
    if type(value) is not str:
        msg = f"ts {_shown(value)}: expected RFC 3339, such as 2027-01-31T00:00:00Z"
        raise Invalid(msg)
    ts = parse_instant(value)
    if not 0 <= ts <= ts_max:
        msg = f"ts {value}: expected an instant from 1970 to {format_instant(ts_max)}"
        raise Invalid(msg)
    return ts


def _value(element: dict[str, Any]) -> Columns:
    if ("value" in element) == ("text" in element):
        msg = "expected either value, a decimal number, or text"
        raise Invalid(msg)
    if "text" in element:
        text = element["text"]
        if type(text) is not str:
            msg = f"text {_shown(text)}: expected a text"
            raise Invalid(msg)
        return Columns(text=check_text(text))
    value = element["value"]
    if not isinstance(value, str):
        msg = f"value {_shown(value)}: expected a decimal number such as 12.5"
        raise Invalid(msg)
    number = parse_decimal(value)
    return Columns(mantissa=number.mantissa, exponent=number.exponent)


def _reduced(columns: Columns) -> tuple[int | None, int | None]:
    """Return a number without trailing zeros: 1.50 and 1.5 say the same of a quantity."""
    mantissa, exponent = columns.mantissa, columns.exponent
    if mantissa is None or exponent is None:
        return None, None
    if mantissa == 0:
        return 0, 0
    while mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent


def _shown(value: Any) -> str:
    return ascii(value)[:_GIVEN_CHARACTERS_MAX]
