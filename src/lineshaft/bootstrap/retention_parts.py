"""Builds what deletes and corrects readings, for the pages and commands and for intake."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.retention_adapters import DeskSource
from lineshaft.bootstrap.source_adapters import StoredSourceKeys
from lineshaft.platform.historian.desk.service import Desk, DeskParts
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.retention.service import Retention, RetentionParts
from lineshaft.platform.historian.retention.store import SqlRetentionStore

DESK_PREFIX = "d"
"""Of files that others than intake write: it must not take them for its orphans when it starts."""


def desk_files(base: Foundation) -> StoreFiles:
    """Return the directory of the store for a process beside intake."""
    return StoreFiles(base.settings.files_dir, base.ids, prefix=DESK_PREFIX)


def build_retention(base: Foundation, files: StoreFiles) -> Retention:
    """Build the use cases of retention; `files` are those of this process."""
    return Retention(
        RetentionParts(
            database=base.database,
            manifest=base.manifest,
            files=files,
            store=SqlRetentionStore(),
            keys=StoredSourceKeys(base.identity),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
        )
    )


def build_desk(base: Foundation, files: StoreFiles) -> Desk:
    """Build the desk; `files` are those of this process."""
    floor_mb = base.settings.free_space_floor_mb
    return Desk(
        DeskParts(
            database=base.database,
            manifest=base.manifest,
            files=files,
            committer=Committer(base.database, base.manifest, files, base.clock, floor_mb=floor_mb),
            keys=DeskSource(base.identity, base.settings.keys_dir / "desk.key"),
            authorizer=base.authorizer,
            audit=base.audit,
        )
    )
