"""Cores: used parts that a deposit is paid for until they come back, in versions. Pure.

A core is delivered with a remanufactured part and returned as a used one; nothing of it is ever
changed: who learns more records the next version.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import check_machine_id
from lineshaft.services.facts.versions import check_id, check_text


class CoreReturn(msgspec.Struct, frozen=True):
    """A used part came back and was inspected.

    Attributes:
        received_at: when it arrived; the deadline counts to here.
        model: what came back, which may be an older model than was delivered.
        grade: that the inspection gave it, one of the terms.
        inspected_by: who says so.
    """

    received_at: Instant
    model: str
    grade: str
    inspected_by: str

    def __post_init__(self) -> None:
        """Refuse a return that nobody inspected."""
        check_text(self.model, "model that came back")
        check_text(self.inspected_by, "inspected_by")
        check_id(self.grade, "grade")

    @classmethod
    def from_content(cls, content: Any) -> "CoreReturn":
        """Read canonical or hand-written content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        texts = _texts(content, ("received_at", "model", "grade", "inspected_by"), "a return")
        at = parse_instant(texts["received_at"])
        return cls(at, texts["model"], texts["grade"], texts["inspected_by"])

    def to_content(self) -> dict[str, str]:
        """Return the canonical content."""
        return {
            "grade": self.grade,
            "inspected_by": self.inspected_by,
            "model": self.model,
            "received_at": format_instant(self.received_at),
        }


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """A part that was delivered for a deposit, and what became of the used one.

    Attributes:
        machine: that the part belongs to.
        contract, item: id of the contract, and of its price with the deposit.
        model: what was delivered.
        reference: of the delivery.
        returned: None while nothing came back.
        is_withdrawn: it was recorded by mistake: no deposit was ever due.
    """

    id: str
    machine: str
    contract: str
    item: str
    model: str
    delivered_at: Instant
    reference: str
    returned: CoreReturn | None = None
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        """Refuse what no document could print, and a return before the delivery."""
        check_machine_id(self.machine)
        for what in ("id", "contract", "item"):
            check_id(getattr(self, what), f"{what} of a core")
        check_text(self.model, f"core {self.id}: model")
        check_text(self.reference, f"core {self.id}: reference of the delivery")
        if self.returned is not None and self.returned.received_at < self.delivered_at:
            msg = f"core {self.id} came back before it was delivered"
            raise Invalid(msg)

    @classmethod
    def from_content(cls, content: Any) -> "Core":
        """Read canonical or hand-written content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        needed = ("id", "machine", "contract", "item", "model", "delivered_at", "reference")
        texts = _texts(content, needed, "a core", ("returned", "is_withdrawn"))
        is_withdrawn = content.get("is_withdrawn", False)
        if not isinstance(is_withdrawn, bool):
            msg = "a core: expected true or false as is_withdrawn"
            raise Invalid(msg)
        returned = content.get("returned")
        delivered_at = parse_instant(texts.pop("delivered_at"))
        return cls(
            **texts,
            delivered_at=delivered_at,
            returned=None if returned is None else CoreReturn.from_content(returned),
            is_withdrawn=is_withdrawn,
        )

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        content: dict[str, Any] = {
            "contract": self.contract,
            "delivered_at": format_instant(self.delivered_at),
            "id": self.id,
            "item": self.item,
            "machine": self.machine,
            "model": self.model,
            "reference": self.reference,
        }
        if self.returned is not None:
            content["returned"] = self.returned.to_content()
        return content | {"is_withdrawn": True} if self.is_withdrawn else content


def _texts(
    content: Any, needed: tuple[str, ...], what: str, more: tuple[str, ...] = ()
) -> dict[str, str]:
    is_sound = isinstance(content, Mapping) and (set(needed) <= content.keys() <= {*needed, *more})
    if not (is_sound and all(isinstance(content[name], str) for name in needed)):
        msg = f"{what} needs the texts {', '.join(needed)}"
        raise Invalid(f"{msg}, and may have {', '.join(more)}" if more else msg)
    return {name: content[name] for name in needed}
