"""Versions of facts that people record of a machine beside its readings. Pure.

A version never changes: who learns more records the next one.
"""

from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant

FACTS_MAX = 10_000
"""Facts of one kind of one machine."""
VERSIONS_MAX = 100
"""Versions of one fact."""
TEXT_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 63
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class Fact(Protocol):
    """What all kinds of facts have."""

    @property
    def id(self) -> str:
        """Its id, one for all its versions."""
        ...

    @property
    def machine(self) -> str:
        """The machine that it is recorded under."""
        ...

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was recorded by mistake."""
        ...

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        ...


F = TypeVar("F", bound=Fact)


class FactVersion(msgspec.Struct, Generic[F], frozen=True):
    """A version of a fact as it is recorded.

    Attributes:
        recorded_at, recorded_by: since when it counts, and which person recorded it.
    """

    fact: F
    version: int
    recorded_at: Instant
    recorded_by: str

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return self.fact.to_content() | {
            "recorded_at": format_instant(self.recorded_at),
            "recorded_by": self.recorded_by,
            "version": self.version,
        }


def in_force(versions: Iterable[FactVersion[F]], known_at: Instant) -> list[F]:
    """Return the facts that were known at an instant; the order of arrival is no matter."""
    last: dict[str, FactVersion[F]] = {}
    for version in versions:
        known = last.get(version.fact.id)
        is_later = known is None or version.version > known.version
        if version.recorded_at <= known_at and is_later:
            last[version.fact.id] = version
    return [version.fact for version in last.values() if not version.fact.is_withdrawn]


def check_text(text: str, what: str) -> None:
    """Refuse a text that no document could print.

    Raises:
        Invalid: when it is empty or too long.
    """
    if not 0 < len(text.strip()) <= TEXT_CHARACTERS_MAX:
        msg = f"{what}: expected 1 to {TEXT_CHARACTERS_MAX} characters"
        raise Invalid(msg)


def check_id(text: str, what: str) -> None:
    """Refuse what cannot be an id.

    Raises:
        Invalid: when it is empty, too long, or has other characters.
    """
    if not (0 < len(text) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(text)):
        msg = f"{what} {text[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, '-', '_', '.'"
        raise Invalid(msg)
