"""What a thing is: machines, their signals, and the latest value of each. Pure."""

from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.quantity import UnknownUnit, unit_named
from lineshaft.core.reading import SignalId, SourceId, check_machine_id, machine_of, name_of

SIGNALS_PER_MACHINE_MAX = 10_000
NAME_CHARACTERS_MAX = 200
CATEGORIES = ("SAMPLE", "EVENT", "CONDITION")


class MachineInvalid(Invalid):
    """A machine or signal that cannot be described like that."""


class Signal(msgspec.Struct, frozen=True):
    """A series of readings of a machine, and what it means.

    Attributes:
        unit: code of UN/ECE Rec 20; empty where there is none.
        unit_name: in words, for a unit that the recommendation does not have.
        category: SAMPLE, EVENT or CONDITION (MTConnect Part 2, clause 7.2.2).
        type: the protocol's own type.
        semantic_id: what it means, as an IRI or IRDI (IEC 61360); empty where nobody said.
        title: how people call it, by language.
        is_numeric: whether its readings are numbers.
    """

    id: SignalId
    unit: str = ""
    unit_name: str = ""
    category: str = "SAMPLE"
    type: str = ""
    semantic_id: str = ""
    title: dict[str, str] = msgspec.field(default_factory=dict)
    is_numeric: bool = True

    def __post_init__(self) -> None:
        """Refuse a unit without a name, and an unknown category."""
        if self.unit and not self.unit_name:
            unit_named(self.unit)
        if self.category not in CATEGORIES:
            msg = f"signal {self.id}: category {self.category!r}, expected {', '.join(CATEGORIES)}"
            raise MachineInvalid(msg)

    @property
    def name(self) -> str:
        """Its name within the machine."""
        return name_of(self.id)

    @property
    def unit_symbol(self) -> str:
        """How the unit is written beside a value: as Rec 20 does, else in words.

        The unit one is not written (SI Brochure, section 5.4.7).
        """
        if self.unit in {"", "C62"}:
            return ""
        try:
            known = unit_named(self.unit)
        except UnknownUnit:
            return self.unit_name
        # The recommendation gives some units two symbols: "% or pct".
        return known.symbol.partition(" or ")[0] or self.unit_name or known.name

    def titled(self, language: str) -> str:
        """Return what people call it in a language, or its name."""
        return self.title.get(language) or self.title.get("en") or self.name

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "unit": self.unit,
            "unit_name": self.unit_name,
            "category": self.category,
            "type": self.type,
            "semantic_id": self.semantic_id,
            "title": dict(self.title),
            "is_numeric": self.is_numeric,
        }

    @classmethod
    def from_content(cls, content: Any) -> "Signal":
        """Read from JSON content."""
        return cls(**content)


class Machine(msgspec.Struct, frozen=True):
    """A machine and its signals.

    Attributes:
        global_asset_id: identifies it worldwide (IEC 61406, or an IRI); empty where it has none.
        site, area: where it stands (IEC 62264-1, equipment hierarchy).
        signals: by id.
    """

    id: str
    name: str
    description: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    site: str = ""
    area: str = ""
    global_asset_id: str = ""
    signals: tuple[Signal, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a bad id, an empty name, and signals of another machine or twice."""
        check_machine_id(self.id)
        if not (0 < len(self.name.strip()) <= NAME_CHARACTERS_MAX):
            msg = f"machine {self.id}: expected a name of 1 to {NAME_CHARACTERS_MAX} characters"
            raise MachineInvalid(msg)
        ids = [signal.id for signal in self.signals]
        if len(ids) > SIGNALS_PER_MACHINE_MAX or len(set(ids)) < len(ids):
            msg = (
                f"machine {self.id}: expected at most {SIGNALS_PER_MACHINE_MAX} signals, once each"
            )
            raise MachineInvalid(msg)
        for id_ in ids:
            if machine_of(id_) != self.id:
                msg = f"machine {self.id}: signal {id_} belongs to another machine"
                raise MachineInvalid(msg)

    def signal(self, id_: SignalId) -> Signal | None:
        """Return one of its signals, or None."""
        return next((signal for signal in self.signals if signal.id == id_), None)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "manufacturer": self.manufacturer,
            "model": self.model,
            "serial": self.serial,
            "site": self.site,
            "area": self.area,
            "global_asset_id": self.global_asset_id,
            "signals": [signal.to_content() for signal in self.signals],
        }

    @classmethod
    def from_content(cls, content: Any) -> "Machine":
        """Read from JSON content."""
        signals = tuple(Signal.from_content(signal) for signal in content["signals"])
        return cls(**(content | {"signals": signals}))


class LiveEntry(msgspec.Struct, frozen=True):
    """The latest value of a signal, for the eye.

    Attributes:
        display: as text; empty where there is none.
        number: for charts, where it is one.
        source: who said so; None for a value that was read from the historian at start.
        sequence: of its record; what is beyond the source's last committed record is not stored.
        is_stored: whether it is in the historian already.
    """

    signal: SignalId
    ts: Instant
    status: int
    display: str
    number: float | None
    source: SourceId | None = None
    sequence: int = 0
    is_stored: bool = True
