"""Exchanges of meters, in versions that never change and count once they are approved. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.quantity import parse_exact, unit_named
from lineshaft.core.reading import SignalId, machine_of

EXCHANGES_MAX = 500
"""Exchanges of one signal."""
VERSIONS_MAX = 100
"""Versions of one exchange."""
REFERENCE_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 63
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class MeterExchange(msgspec.Struct, frozen=True):
    """The meter behind a signal was exchanged, and a work order says so.

    Attributes:
        at: when, in true time; the readings up to here are of the old meter.
        old_final, new_start: last value of the old meter and first of the new one.
        unit: of both, UN/ECE Rec 20.
        reference: the work order.
        is_withdrawn: it was recorded by mistake: no meter was exchanged.
    """

    id: str
    signal: SignalId
    at: Instant
    old_final: Fraction
    new_start: Fraction
    unit: str
    reference: str
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown unit, and an exchange that no work order names."""
        unit_named(self.unit)
        if not (0 < len(self.id) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(self.id)):
            msg = (
                f"exchange {self.id[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, '-', "
                "'_', '.'"
            )
            raise Invalid(msg)
        if not (self.reference.strip() and len(self.reference) <= REFERENCE_CHARACTERS_MAX):
            msg = (
                f"exchange {self.id}: expected the work order as reference, at most "
                f"{REFERENCE_CHARACTERS_MAX} characters"
            )
            raise Invalid(msg)

    @property
    def machine(self) -> str:
        """The machine that the meter is on."""
        return machine_of(self.signal)

    @classmethod
    def from_content(cls, content: Any) -> "MeterExchange":
        """Read canonical or hand-written content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        needed = {"at", "id", "new_start", "old_final", "reference", "signal", "unit"}
        if not isinstance(content, Mapping) or not (
            needed <= content.keys() <= needed | {"is_withdrawn"}
        ):
            msg = f"an exchange needs {', '.join(sorted(needed))}, and may have is_withdrawn"
            raise Invalid(msg)
        is_withdrawn = content.get("is_withdrawn", False)
        texts = {name: content[name] for name in ("at", "id", "reference", "signal", "unit")}
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(
            is_withdrawn, bool
        ):
            msg = f"an exchange: expected texts as {', '.join(texts)}, is_withdrawn true or false"
            raise Invalid(msg)
        return cls(
            id=texts["id"],
            signal=SignalId(texts["signal"]),
            at=parse_instant(texts["at"]),
            old_final=_exact(content["old_final"]),
            new_start=_exact(content["new_start"]),
            unit=texts["unit"],
            reference=texts["reference"],
            is_withdrawn=is_withdrawn,
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        content = {
            "at": format_instant(self.at),
            "id": self.id,
            "new_start": str(self.new_start),
            "old_final": str(self.old_final),
            "reference": self.reference,
            "signal": self.signal,
            "unit": self.unit,
        }
        return content | {"is_withdrawn": True} if self.is_withdrawn else content


class ExchangeApproval(msgspec.Struct, frozen=True):
    """Another person than the one who recorded a version has approved it.

    Attributes:
        by: id of that person.
        at: it counts since then.
    """

    by: str
    at: Instant


class ExchangeVersion(msgspec.Struct, frozen=True):
    """A version of an exchange as it is recorded.

    Attributes:
        recorded_at, recorded_by: when, and by which person.
        approval: None while nobody has approved it; then it counts for nothing.
    """

    exchange: MeterExchange
    version: int
    recorded_at: Instant
    recorded_by: str
    approval: ExchangeApproval | None = None

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        approval = self.approval
        return {
            **self.exchange.to_content(),
            "approved_at": None if approval is None else format_instant(approval.at),
            "approved_by": None if approval is None else approval.by,
            "recorded_at": format_instant(self.recorded_at),
            "recorded_by": self.recorded_by,
            "version": self.version,
        }


def in_force(versions: Iterable[ExchangeVersion], known_at: Instant) -> list[MeterExchange]:
    """Return the exchanges that were approved by an instant, in time order.

    Of each it is the last approved version; one that nobody has approved changes nothing, and what
    was withdrawn is left out. The order of arrival does not matter.
    """
    last: dict[str, ExchangeVersion] = {}
    for version in versions:
        known = last.get(version.exchange.id)
        is_approved = version.approval is not None and version.approval.at <= known_at
        if is_approved and (known is None or version.version > known.version):
            last[version.exchange.id] = version
    found = [version.exchange for version in last.values() if not version.exchange.is_withdrawn]
    return sorted(found, key=lambda exchange: (exchange.at, exchange.id))


def _exact(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        msg = f"value of a meter {value!r}: expected an exact number, such as 12 or '98765.4'"
        raise Invalid(msg)
    return parse_exact(value)
