"""The firm's books that the hub keeps and the figures of the firm, on the foundation."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.servitization_parts import HubRevenue
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.firm.service import FirmFigures, FirmParts
from lineshaft.valuechain.servitization.service import Servitization
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import FIRM_BOOKS


def build_books(base: Foundation) -> FirmBooks:
    """Build the use cases of the kept books."""
    parts = VersionsParts(
        database=base.database, authorizer=base.authorizer, audit=base.audit, clock=base.clock
    )
    return FirmBooks(parts, SqlVersionStore(FIRM_BOOKS))


def build_firm(
    books: FirmBooks, networks: SupplyNetworks, servitization: Servitization, hub: HubRevenue
) -> FirmFigures:
    """Build the use cases of the firm."""
    return FirmFigures(
        FirmParts(
            books=books,
            networks=networks,
            servitization=servitization,
            documents=hub,
        )
    )
