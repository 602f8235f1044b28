"""The guarantees that a supply network puts at risk, from the contracts of the hub."""

from collections.abc import Sequence
from pathlib import Path

from lineshaft.core import canonical
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.service import Contracts
from lineshaft.valuechain.supplynetwork.dependencies import exposures_of, read_dependencies
from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork


class ContractExposures:
    """Fills the supply network's `GuaranteeExposures` from contracts, one reading at a time.

    The last version of a contract that binds counts. A scenario remembers its hash, so that it is
    not repeated on other terms.
    """

    def __init__(self, contracts: Contracts, actor: Actor, source: Path) -> None:
        """Take the use cases, who asks, and where the table `dependencies` is."""
        self._contracts = contracts
        self._actor = actor
        self._source = source
        self._inputs: dict[str, str] = {}

    def of_network(self, network: SupplyNetwork) -> Sequence[GuaranteeExposure]:
        """Return the guarantees of the contracts that the table names.

        Raises:
            TablesInvalid: for a table that is not there or has mistakes.
            NotFound: for a contract that does not bind, or a guarantee that it does not have.
        """
        rows, inputs = read_dependencies(self._source, network)
        ids = sorted({each.contract for each in rows})
        bound = self._contracts.bound(self._actor, ids)
        contracts = {id_: versions[-1] for id_, versions in bound.items()}
        found = exposures_of(rows, contracts, network.currency)
        hashes = {
            f"contract {id_}": canonical.sha256_hex(canonical.encode(contract.to_content()))
            for id_, contract in contracts.items()
        }
        self._inputs = inputs | hashes
        return found

    def inputs(self) -> dict[str, str]:
        """Return the hashes of the table and of the contracts, by name."""
        return self._inputs
