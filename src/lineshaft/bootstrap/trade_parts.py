"""The world's trade that the hub keeps, on the foundation."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.valuechain.paradox.kept.service import KeptTrade
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import WORLD_TRADE

TRADE_DIR = "trade"


def build_trade(base: Foundation) -> KeptTrade:
    """Build the use cases of the kept trade."""
    parts = VersionsParts(
        database=base.database, authorizer=base.authorizer, audit=base.audit, clock=base.clock
    )
    return KeptTrade(parts, SqlVersionStore(WORLD_TRADE), base.settings.data_dir / TRADE_DIR)
