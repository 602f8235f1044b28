"""Read and write frozen terms as the JSON content that documents embed.

Decimals and rationals travel as strings (a hand-written integer is read too), instants as RFC
3339. An unknown field is refused, so that a word spelt wrongly never silently means nothing.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.quantity import parse_exact

DECIMALS_MAX = 9
DIGITS_MAX = 18
ID_CHARACTERS_MAX = 63

_T = TypeVar("_T")
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class TermsInvalid(Invalid):
    """Terms that contradict themselves or cannot be read."""


class Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that never changes and refuses fields that it does not know."""


class LocalText(Frozen, frozen=True):
    """A text for the reader of a document, in both languages."""

    en: str
    zh_hans: str = msgspec.field(name="zh-Hans")

    def to_content(self) -> dict[str, str]:
        """Return the JSON content."""
        return {"en": self.en, "zh-Hans": self.zh_hans}


def to_content(value: Frozen) -> dict[str, Any]:
    """Return the JSON content of a frozen value: exactly what reading it back gives."""
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value, enc_hook=_encode))
    return content


def from_content(content: Any, kind: type[_T]) -> _T:
    """Read a frozen value from JSON content.

    Raises:
        TermsInvalid: naming the place, when a field is missing, unknown or of another kind, or
            when there is a float anywhere: money never meets one.
    """
    try:
        canonical.encode(content)
    except canonical.NotCanonical as error:
        msg = f"cannot read a {kind.__name__}: {error}"
        raise TermsInvalid(msg) from error
    return from_canonical(content, kind)


def from_canonical(content: Any, kind: type[_T]) -> _T:
    """Read a frozen value from content that was canonical JSON; parts of it may be read already.

    Raises:
        TermsInvalid: naming the place.
    """
    try:
        return msgspec.convert(content, kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        msg = f"cannot read a {kind.__name__}: {error}"
        raise TermsInvalid(msg) from error


def _encode(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(value)
    msg = f"no content for a {type(value).__name__}"
    raise NotImplementedError(msg)


def _decode(kind: type[Any], content: Any) -> Any:
    if kind is Fraction and isinstance(content, int | str) and not isinstance(content, bool):
        try:
            return parse_exact(content)
        except Invalid as error:
            raise ValueError(str(error)) from error
    msg = f"expected a number such as 90 or '0.5' for a {kind.__name__}, got {content!r}"
    raise ValueError(msg)


def check_price(value: Decimal, what: str) -> None:
    """Pass a price or fee: plain decimal notation, zero or more.

    Raises:
        TermsInvalid: otherwise; a price is never negative (EN 16931-1, BT-146, BR-27).
    """
    digits = value.as_tuple()
    is_plain = isinstance(digits.exponent, int) and -DECIMALS_MAX <= digits.exponent <= 0
    if not is_plain or digits.sign or len(digits.digits) > DIGITS_MAX:
        msg = f"{what} {value}: expected zero or more, in plain digits such as 45.00"
        raise TermsInvalid(msg)


def check_id(value: str, what: str) -> None:
    """Pass an identifier: lower-case letters, digits, `-`, `_` and `.`, 1 to 63 characters.

    Raises:
        TermsInvalid: otherwise.
    """
    if not (0 < len(value) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(value)):
        msg = f"{what} {value[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, '-', '_', '.'"
        raise TermsInvalid(msg)


@lru_cache(maxsize=1_024)
def check_instant(text: str, what: str) -> Instant:
    """Read an instant that is written as documents write it: UTC, `Z`, no needless digits.

    The last ones are remembered: a contract reads its own start for every period.

    Raises:
        TermsInvalid: for any other spelling of the same instant.
    """
    instant = parse_instant(text)
    if format_instant(instant) != text:
        msg = f"{what} {text!r}: expected {format_instant(instant)!r}"
        raise TermsInvalid(msg)
    return instant
