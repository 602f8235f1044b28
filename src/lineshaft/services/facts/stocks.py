"""Deliveries and counts of consumables, in versions. Pure.

Nothing of a record is ever changed: who learns more records the next version.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.quantity import Quantity, parse_exact, unit_named
from lineshaft.core.reading import check_machine_id
from lineshaft.services.facts.versions import check_id, check_text

_TEXTS = ("id", "kind", "machine", "contract", "item", "at", "unit", "person", "reference")


class StockKind(StrEnum):
    """What is recorded of a stock."""

    DELIVERY = "delivery"
    COUNT = "count"


class StockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something was delivered to a stock, or the stock was counted.

    Attributes:
        machine: where it was; where the terms say that the site has one stock for all machines of
            the contract, any of them.
        contract, item: id of the contract, and of its price.
        at: a delivery at the instant of a count comes after it.
        quantity: delivered, or there; a count may be zero.
        person: who delivered or counted.
        reference: delivery note or count sheet.
        is_withdrawn: it was recorded by mistake.
    """

    id: str
    kind: StockKind
    machine: str
    contract: str
    item: str
    at: Instant
    quantity: Quantity
    person: str
    reference: str
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        """Refuse what no document could print, and a quantity that cannot be."""
        check_machine_id(self.machine)
        for what in ("id", "contract", "item"):
            check_id(getattr(self, what), f"{what} of a stock record")
        check_text(self.person, f"stock record {self.id}: person")
        check_text(self.reference, f"stock record {self.id}: reference")
        unit_named(self.quantity.unit)
        amount = self.quantity.amount
        if amount < 0 or (self.kind is StockKind.DELIVERY and not amount):
            msg = f"{self.kind} {self.id} of {self.quantity}: expected " + (
                "zero or more" if self.kind is StockKind.COUNT else "more than zero"
            )
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Any) -> "StockRecord":
        """Read canonical or hand-written content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        names = {*_TEXTS, "quantity"}
        is_sound = isinstance(content, Mapping) and names <= content.keys() <= (
            names | {"is_withdrawn"}
        )
        if not (is_sound and all(isinstance(content[name], str) for name in _TEXTS)):
            msg = f"a stock record needs quantity and the texts {', '.join(_TEXTS)}"
            raise Invalid(msg + ", and may have is_withdrawn")
        texts = {name: content[name] for name in _TEXTS}
        is_withdrawn, quantity = content.get("is_withdrawn", False), content["quantity"]
        if not isinstance(is_withdrawn, bool) or isinstance(quantity, bool | float):
            msg = "a stock record: expected true or false as is_withdrawn, an exact quantity"
            raise Invalid(msg)
        if texts["kind"] not in list(StockKind):
            msg = f"a stock record of kind {texts['kind'][:80]!r}: expected delivery or count"
            raise Invalid(msg)
        return cls(
            kind=StockKind(texts.pop("kind")),
            at=parse_instant(texts.pop("at")),
            quantity=Quantity(parse_exact(quantity), texts.pop("unit")),
            is_withdrawn=is_withdrawn,
            **texts,
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        content: dict[str, Any] = {
            "at": format_instant(self.at),
            "contract": self.contract,
            "id": self.id,
            "item": self.item,
            "kind": str(self.kind),
            "machine": self.machine,
            "person": self.person,
            "quantity": str(Fraction(self.quantity.amount)),
            "reference": self.reference,
            "unit": self.quantity.unit,
        }
        return content | {"is_withdrawn": True} if self.is_withdrawn else content
