"""What the steps of an energy saving say; pure."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lineshaft.services.billing.rendering.words import (
    STEP_DECIMALS,
    Words,
    percent_number,
    shown,
)


class SavingWords:
    """Says how a saving came about: baseline, drivers, adjustments, and what is carried."""

    def __init__(self, words: Words) -> None:
        """Take the words of the document's page."""
        self._words = words

    def kinds(self) -> dict[str, Callable[[dict[str, Any]], str]]:
        """Return what says each kind of step."""
        return {
            "saving": self._saving,
            "saving_adjustment": self._adjustment,
            "saving_baseline": self._baseline,
            "saving_before": self._before,
        }

    def _baseline(self, step: dict[str, Any]) -> str:
        quantity = self._words.quantity
        weights = [
            f"{shown(Fraction(each['per_unit']), STEP_DECIMALS)} × {quantity(each['quantity'])}"
            for each in step["weights"]
        ]
        return self._words.say(
            "step_saving_baseline",
            **step["baseline"],
            expected=quantity(step["expected"]),
            terms=" + ".join([quantity(step["fixed"]), *weights]),
        )

    def _adjustment(self, step: dict[str, Any]) -> str:
        return self._words.say(
            "step_saving_adjustment",
            kind=self._words.labels[f"saving_{step['adjustment_kind']}"],
            adjusted=self._words.quantity(step["adjusted"]),
            reason=self._words.text(step["reason"]),
            by=step["approved_by"],
            at=self._words.instant(step["approved_at"]),
        )

    def _before(self, step: dict[str, Any]) -> str:
        names = ("carried_on", "saved")
        quantities = {name: self._words.quantity(step[name]) for name in names}
        instants = {name: self._words.instant(step[name]) for name in ("start", "end")}
        return self._words.say("step_saving_before", **quantities, **instants)

    def _saving(self, step: dict[str, Any]) -> str:
        names = ("carried", "carried_on", "measured", "quantity", "saved")
        quantities = {name: self._words.quantity(step[name]) for name in names}
        said = self._words.say(
            "step_saving",
            **quantities,
            percent=percent_number(step["share"]),
            tariff=self._words.money(step["tariff"]),
            unit=step["quantity"]["symbol"],
        )
        if step["carried_on"]["exact"] != "0":
            said += self._words.say("step_saving_carried_on", **quantities)
        return said
