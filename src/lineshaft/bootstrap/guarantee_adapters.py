"""The guarantees that a supply network puts at risk, from the contracts of the hub."""

import datetime as dt
from pathlib import Path

from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.service import Contracts
from lineshaft.valuechain.supplynetwork.dependencies import (
    exposures_of,
    in_force_on,
    read_dependencies,
)
from lineshaft.valuechain.supplynetwork.guarantees import Promises
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork


class ContractExposures:
    """Fills the supply network's `GuaranteeExposures` from contracts alone.

    The version that holds on the first day of the outage counts. A scenario remembers its hash, so
    that it is not repeated on other terms.
    """

    def __init__(self, contracts: Contracts, actor: Actor, source: Path) -> None:
        """Take the use cases, who asks, and where the table `dependencies` is."""
        self._contracts = contracts
        self._actor = actor
        self._source = source

    def of_network(self, network: SupplyNetwork, day: dt.date) -> Promises:
        """Return the guarantees of the contracts that the table names.

        Raises:
            TablesInvalid: for a table that is not there or has mistakes.
            NotFound: for a contract that does not bind, or a guarantee that it does not have.
        """
        rows, inputs = read_dependencies(self._source, network)
        ids = sorted({each.contract for each in rows})
        bound = self._contracts.bound(self._actor, ids)
        found = {id_: in_force_on(versions, day) for id_, versions in bound.items()}
        contracts = {id_: each for id_, each in found.items() if each is not None}
        hashes = {f"contract {id_}": each.sha256 for id_, each in contracts.items()}
        versions = {id_: each.version for id_, each in contracts.items()}
        exposures = exposures_of(rows, contracts, network.currency)
        return Promises(exposures, inputs | hashes, versions)
