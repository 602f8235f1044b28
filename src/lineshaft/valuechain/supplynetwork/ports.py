"""What the supply network needs of others."""

import datetime as dt
from typing import Protocol

from lineshaft.valuechain.supplynetwork.guarantees import Promises
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork


class GuaranteeExposures(Protocol):
    """Knows which guarantees of which contracts rely on which items."""

    def of_network(self, network: SupplyNetwork, day: dt.date) -> Promises:
        """Return what holds on a day; amounts are of the network's currency, items are its own."""
        ...
