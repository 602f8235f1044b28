"""What the supply network needs of others."""

from collections.abc import Sequence
from typing import Protocol

from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork


class GuaranteeExposures(Protocol):
    """Knows which guarantees of which contracts rely on which items."""

    def of_network(self, network: SupplyNetwork) -> Sequence[GuaranteeExposure]:
        """Return them; amounts are of the network's currency, items are those of the network."""
        ...

    def inputs(self) -> dict[str, str]:
        """Return the hashes of what they were last read from, by name."""
        ...
