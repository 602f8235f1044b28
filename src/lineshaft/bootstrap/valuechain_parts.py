"""What the hub keeps of the value chain, on the foundation: networks, books, the firm's figures."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from lineshaft.bootstrap.firm_parts import build_books, build_firm
from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.servitization_parts import HubRevenue
from lineshaft.bootstrap.table_parts import build_tables
from lineshaft.bootstrap.trade_parts import build_trade
from lineshaft.services.contracts.service import Contracts
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.firm.service import FirmFigures
from lineshaft.valuechain.inputoutput.kept.service import KeptTables
from lineshaft.valuechain.paradox.kept.service import KeptTrade
from lineshaft.valuechain.servitization.service import Servitization
from lineshaft.valuechain.supplynetwork.versions.service import NetworkParts, SupplyNetworks
from lineshaft.valuechain.supplynetwork.versions.store import SqlNetworkStore
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import SUPPLY_NETWORK


class ValueChain(msgspec.Struct, frozen=True):
    """The use cases of the value chain."""

    networks: SupplyNetworks
    books: FirmBooks
    servitization: Servitization
    firm: FirmFigures
    tables: KeptTables
    trade: KeptTrade

    def by_name(self) -> dict[str, Any]:
        """Return them by the names that the application has for them."""
        return asdict(self)


def build_valuechain(base: Foundation, hub: HubRevenue, contracts: Contracts) -> ValueChain:
    """Build the use cases on what the hub has billed, and on what its contracts promise."""
    networks, books = build_networks(base, contracts), build_books(base)
    servitization = Servitization(base.authorizer, hub)
    firm = build_firm(books, networks, servitization, hub)
    tables, trade = build_tables(base), build_trade(base)
    return ValueChain(networks, books, servitization, firm, tables, trade)


def build_networks(base: Foundation, contracts: Contracts) -> SupplyNetworks:
    """Build the use cases of the kept supply network."""
    return SupplyNetworks(
        NetworkParts(
            database=base.database,
            versions=SqlVersionStore(SUPPLY_NETWORK),
            store=SqlNetworkStore(),
            contracts=contracts,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
        )
    )
