"""The national tables that the hub keeps, on the foundation."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.valuechain.inputoutput.kept.service import KeptTableParts, KeptTables
from lineshaft.valuechain.inputoutput.kept.store import SqlTableStore

TABLES_DIR = "tables"


def build_tables(base: Foundation) -> KeptTables:
    """Build the use cases of the kept national tables."""
    return KeptTables(
        KeptTableParts(
            database=base.database,
            store=SqlTableStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            directory=base.settings.data_dir / TABLES_DIR,
        )
    )
