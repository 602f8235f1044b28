"""The supply network that the hub keeps, on the foundation."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.valuechain.supplynetwork.versions.service import NetworkParts, SupplyNetworks
from lineshaft.valuechain.supplynetwork.versions.store import SqlNetworkStore


def build_networks(base: Foundation) -> SupplyNetworks:
    """Build the use cases of the kept supply network."""
    return SupplyNetworks(
        NetworkParts(
            database=base.database,
            store=SqlNetworkStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
        )
    )
