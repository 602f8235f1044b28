"""Builds what deletes, corrects and records readings: pages, commands and intake use it."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.retention_adapters import HubSource, TwinSignals
from lineshaft.bootstrap.source_adapters import StoredSourceKeys
from lineshaft.platform.historian.desk.model import DESK
from lineshaft.platform.historian.desk.service import Desk, DeskParts
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.retention.held import HeldSignals
from lineshaft.platform.historian.retention.service import Retention, RetentionParts
from lineshaft.platform.historian.retention.store import SqlRetentionStore
from lineshaft.platform.historian.usage.commits import CommitParts
from lineshaft.platform.historian.usage.model import API
from lineshaft.platform.historian.usage.service import UsageEvents, UsageParts
from lineshaft.platform.historian.usage.store import SqlUsageEventStore
from lineshaft.platform.twin.store import SqlMachineStore

OWN_SOURCES = {DESK: "desk.key", API: "api.key"}
"""The sources of the hub itself, with the files of their keys."""
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
            keys=HubSource(base.identity, DESK, base.settings.keys_dir / OWN_SOURCES[DESK]),
            authorizer=base.authorizer,
            audit=base.audit,
        )
    )


def build_usage(base: Foundation, files: StoreFiles) -> UsageEvents:
    """Build the use cases of usage events; `files` are those of this process."""
    floor_mb = base.settings.free_space_floor_mb
    commits = CommitParts(
        database=base.database,
        manifest=base.manifest,
        store=SqlUsageEventStore(),
        files=files,
        committer=Committer(base.database, base.manifest, files, base.clock, floor_mb=floor_mb),
        held=HeldSignals(base.database, SqlRetentionStore(), base.clock),
        keys=HubSource(base.identity, API, base.settings.keys_dir / OWN_SOURCES[API]),
        clock=base.clock,
    )
    signals = TwinSignals(base.database, SqlMachineStore())
    return UsageEvents(UsageParts(commits, signals, base.authorizer))
