"""What each step of a line says; pure.

A step that a price model or a modifier makes has its sentence here, in both languages.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lineshaft.core.quantity import unit_named
from lineshaft.services.billing.rendering.cores import CoreWords
from lineshaft.services.billing.rendering.savings import SavingWords
from lineshaft.services.billing.rendering.stocks import StockWords
from lineshaft.services.billing.rendering.words import (
    FACTOR_DECIMALS,
    STEP_DECIMALS,
    Words,
    grouped,
    percent_number,
    shown,
)

_SPLIT = ("interest", "principal", "balance")
_PRICED = frozenset(
    {"bundle", "core_closed", "core_delivered", "core_kept", "core_lost"}
    | {"package", "saving", "share"}
)


class StepWords:
    """Says the steps of the lines of one document."""

    def __init__(self, words: Words) -> None:
        """Take the words of the document's page."""
        self._words = words
        self._savings = SavingWords(words)
        self._cores = CoreWords(words)
        self._stocks = StockWords(words)

    def say(self, step: dict[str, Any]) -> str | None:
        """Say a step; rounding is said once, in the footer."""
        kinds: dict[str, Callable[[dict[str, Any]], str]] = {
            "usage": self._measured,
            "sum": self._measured,
            "conversion": self._measured,
            "flat": lambda _: self._words.labels["step_flat"],
            "unit": self._priced,
            "tier": self._priced,
            "tier_fee": self._priced,
            "volume": self._priced,
            "package": self._packed,
            "state": self._of_state,
            "share": self._shared,
            "bundle": self._prorated,
            "allocation": self._allocated,
            "instalment": self._instalment,
            "purchase": self._purchased,
            "machine_share": self._of_machine,
            "proration": self._prorated,
            **self._savings.kinds(),
            **self._cores.kinds(),
            **self._stocks.kinds(),
            "rated": self._compared,
            "documented": self._compared,
            "credited": self._compared,
            "credit": self._credited,
        }
        say = kinds.get(step["kind"], self._changed)
        return None if step["kind"] == "rounding" else say(step)

    def _measured(self, step: dict[str, Any]) -> str:
        return self._words.say(
            f"step_{step['kind']}", quantity=self._words.quantity(step["quantity"])
        )

    def _priced(self, step: dict[str, Any]) -> str:
        above, up_to = step.get("above"), step.get("up_to")
        key = "step_unit"
        if step["kind"] != "unit":
            key = "step_tier_last" if up_to is None else "step_tier_middle"
            key = "step_tier_first" if above == "0" and up_to is not None else key
        if step["kind"] in {"volume", "tier_fee"}:
            key = f"step_{step['kind']}"
        quantity = step.get("quantity")
        return self._words.say(
            key,
            quantity=None if quantity is None else self._words.quantity(quantity),
            price=self._words.money(step["unit_price"]),
            unit=None if quantity is None else quantity["symbol"],
            above=shown(Fraction(above or 0), STEP_DECIMALS),
            up_to=shown(Fraction(up_to or 0), STEP_DECIMALS),
        )

    def _packed(self, step: dict[str, Any]) -> str:
        return self._words.say(
            "step_package",
            quantity=self._words.quantity(step["quantity"]),
            packages=grouped(step["packages"]),
            size=shown(Fraction(step["size"]), STEP_DECIMALS),
            unit=step["quantity"]["symbol"],
            price=self._words.money(step["package_price"]),
        )

    def _of_state(self, step: dict[str, Any]) -> str:
        return self._words.say("step_state", state=step["state"], price=self._priced_unit(step))

    def _priced_unit(self, step: dict[str, Any]) -> str:
        return self._priced({**step, "kind": "unit"})

    def _shared(self, step: dict[str, Any]) -> str:
        names = {line["id"]: self._words.text(line["description"]) for line in self._rated_lines()}
        return self._words.say(
            "step_share",
            percent=percent_number(step["share"]),
            line=names.get(step["base_line"], step["base_line"]),
            base=self._words.unrounded_money(step["base_exact"]),
        )

    def _rated_lines(self) -> list[dict[str, Any]]:
        """Return the lines of the whole rating: a correction shows the lines that differ."""
        rating = self._words.document.get("rating", self._words.document)
        lines: list[dict[str, Any]] = rating["lines"]
        return lines

    def _changed(self, step: dict[str, Any]) -> str:
        """Say what a modifier did."""
        says: dict[str, Callable[[], dict[str, str]]] = {
            "take_or_pay": lambda: (
                {
                    name: self._words.quantity(step[name])
                    for name in ("committed", "used", "missing")
                }
                | {"price": self._words.money(step["price"])}
            ),
            "indexation": lambda: self._indexed(step),
            "minimum": lambda: {"amount": self._words.unrounded_money(step["minimum_exact"])},
            "cap": lambda: {"amount": self._words.unrounded_money(step["cap_exact"])},
            "discount": lambda: {"by": self._discounted(step)},
            "fixed_credit": lambda: {"amount": self._words.money(step["credit"])},
        }
        return self._words.say(f"step_{step['kind']}", **says[step["kind"]]())

    def _discounted(self, step: dict[str, Any]) -> str:
        if "share" in step:
            return f"{percent_number(step['share'])} %"
        return self._words.unrounded_money(step["discount_exact"])

    def _indexed(self, step: dict[str, Any]) -> dict[str, str]:
        indices = [
            self._words.say(
                "step_index",
                id=index["id"],
                weight=shown(Fraction(index["weight"]), STEP_DECIMALS),
                value=shown(Fraction(index["value"]), STEP_DECIMALS),
                base=shown(Fraction(index["base"]), STEP_DECIMALS),
                publication=index["publication"] or self._words.labels["not_published"],
            )
            for index in step["indices"]
        ]
        return {
            "factor": shown(Fraction(step["factor"]), FACTOR_DECIMALS),
            "fixed": shown(Fraction(step["fixed"]), STEP_DECIMALS),
            "indices": " + ".join(indices),
        }

    def _prorated(self, step: dict[str, Any]) -> str:
        unit = (
            self._words.labels["days"] if step["unit"] == "DAY" else unit_named(step["unit"]).symbol
        )
        per_month = step.get("quantity_per_month")
        said = self._words.say(
            "step_proration",
            month=self._words.month(step["month"]),
            part=shown(Fraction(step["part"]), STEP_DECIMALS),
            whole=shown(Fraction(step["whole"]), STEP_DECIMALS),
            unit=unit,
            price=self._words.money(step["amount_per_month"])
            if per_month is None
            else self._words.quantity(per_month),
        )
        if "active" not in step:
            return said
        return said + self._words.say("step_active", percent=percent_number(step["active"]))

    def _allocated(self, step: dict[str, Any]) -> str:
        return self._words.say(
            "step_allocation",
            part=self._words.text(step["description"]),
            amount=self._words.money(step["amount"]),
            alone=self._words.money(step["stand_alone_price"]),
        )

    def _of_machine(self, step: dict[str, Any]) -> str:
        return self._words.say(
            "step_machine_share",
            machine=step["machine"],
            amount=self._words.money(step["amount"]),
            quantity=self._words.quantity(step["quantity"]),
        )

    def _instalment(self, step: dict[str, Any]) -> str:
        said = self._words.say(
            "step_instalment",
            machine=step["machine"],
            number=step["number"],
            months=step["months"],
            due=self._words.instant(step["due_at"]),
        )
        for name in ("residual", "purchase_option"):
            if name in step:
                said += self._words.say(f"step_{name}", amount=self._words.money(step[name]))
        if "interest" in step:
            amounts = {name: self._words.money(step[name]) for name in _SPLIT}
            said += self._words.say("step_interest", **amounts)
        return said

    def _purchased(self, step: dict[str, Any]) -> str:
        at = self._words.instant(step["at"])
        return self._words.say("step_purchase", machine=step["machine"], at=at)

    def _credited(self, step: dict[str, Any]) -> str:
        base = self._words.unrounded_money(step["base_exact"])
        percent = percent_number(step["share"])
        return self._words.say("step_credit", percent=percent, base=base)

    def _compared(self, step: dict[str, Any]) -> str:
        """Say what is right, what a document said, or that the rest is credited."""
        if step["kind"] == "credited":
            return self._words.labels["step_credited"]
        amount = self._words.money(step["amount"])
        return self._words.say(
            f"step_{step['kind']}", amount=amount, document=step.get("document", "")
        )


def step_amount(step: dict[str, Any]) -> str | None:
    """Return what a step adds to its line, exact; None for one that only explains."""
    if "change_exact" in step:
        return str(step["change_exact"])
    is_priced = "unit_price" in step or step["kind"] in _PRICED
    return str(step["amount_exact"]) if is_priced else None
