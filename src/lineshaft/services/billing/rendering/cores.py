"""What the steps of a core deposit say; pure."""

from collections.abc import Callable
from typing import Any

from lineshaft.services.billing.rendering.words import Words, percent_number


class CoreWords:
    """Says which parts were delivered, came back or were lost, and what is kept of a deposit."""

    def __init__(self, words: Words) -> None:
        """Take the words of the document's page."""
        self._words = words

    def kinds(self) -> dict[str, Callable[[dict[str, Any]], str]]:
        """Return what says each kind of step."""
        kinds = ("core_delivered", "core_closed", "core_lost")
        return dict.fromkeys(kinds, self._named) | {"core_kept": self._kept}

    def _named(self, step: dict[str, Any]) -> str:
        said = dict(step)
        for name in ("closed_at", "delivered_at"):
            if name in step:
                said[name] = self._words.instant(step[name])
        return self._words.say(f"step_{step['kind']}", **said)

    def _kept(self, step: dict[str, Any]) -> str:
        said = {name: step[name] for name in ("core", "grade", "model")}
        return self._words.say(
            "step_core_kept",
            **said,
            at=self._words.instant(step["received_at"]),
            by=step["inspected_by"],
            deposit=self._words.money(step["deposit"]),
            percent=percent_number(step["share"]),
            refund=self._words.unrounded_money(step["refund_exact"]),
            upgrade=self._words.money(step["upgrade"]),
        )
