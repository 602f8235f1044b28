"""What the steps of a counted stock say; pure."""

from collections.abc import Callable
from typing import Any

from lineshaft.services.billing.rendering.words import Words


class StockWords:
    """Says what was counted, delivered and consumed, and what should have been there."""

    def __init__(self, words: Words) -> None:
        """Take the words of the document's page."""
        self._words = words

    def kinds(self) -> dict[str, Callable[[dict[str, Any]], str]]:
        """Return what says each kind of step."""
        kinds = ("stock_opening", "stock_delivery", "stock_consumed", "stock_count")
        return dict.fromkeys(kinds, self._said)

    def _said(self, step: dict[str, Any]) -> str:
        said: dict[str, Any] = {
            name: step[name] for name in ("machine", "person", "reference") if name in step
        }
        for name in ("consumed", "counted", "estimated", "quantity"):
            if name in step:
                said[name] = self._words.quantity(step[name])
        if "at" in step:
            said["at"] = self._words.instant(step["at"])
        if "unit_price" in step:
            said |= {
                "price": self._words.money(step["unit_price"]),
                "unit": step["quantity"]["symbol"],
            }
        return self._words.say(f"step_{step['kind']}", **said)
