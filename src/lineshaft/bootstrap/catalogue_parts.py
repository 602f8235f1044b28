"""Offerings and contracts, and the catalogue that they stand in."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.retention_adapters import BillingHolds
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.catalogue.service import Catalogue, CatalogueParts
from lineshaft.services.contracts.catalogue.store import SqlCatalogueStore
from lineshaft.services.contracts.service import ContractParts, Contracts
from lineshaft.services.contracts.store import SqlContractStore


def build_contracts(base: Foundation, holds: BillingHolds) -> Contracts:
    """Build the use cases of offerings and contracts."""
    return Contracts(
        ContractParts(
            database=base.database,
            store=SqlContractStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
            keys=base.keys,
            holds=holds,
            sales=SqlCatalogueStore(),
            documents=SqlDocumentStore(),
        )
    )


def build_catalogue(base: Foundation, contracts: Contracts) -> Catalogue:
    """Build the use cases of the catalogue."""
    return Catalogue(
        CatalogueParts(
            database=base.database,
            store=SqlCatalogueStore(),
            contracts=contracts,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
        )
    )
