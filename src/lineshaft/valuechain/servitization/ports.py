"""What servitization needs of the hub."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.servitization.model import RevenueLine

Show = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


class BilledRevenue(Protocol):
    """Knows what Lineshaft bills, and which machines its contracts serve."""

    def lines(self, actor: Actor, show: Show) -> Sequence[RevenueLine]:
        """Return what each issued document adds to the revenue of each month it is for."""
        ...

    def served(self, actor: Actor, days: Sequence[dt.date]) -> list[frozenset[str]]:
        """Return the machines that a contract is in force for, on each of some days."""
        ...
