"""Intake as a program: from the stream of segments into the historian."""

import asyncio
from functools import partial

from lineshaft.bootstrap.foundation import build_foundation
from lineshaft.bootstrap.program import hub_bus, run_program, until
from lineshaft.bootstrap.retention_parts import build_retention
from lineshaft.bootstrap.source_adapters import AcceptedSourceKeys, Enrolment
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.backfill.model import key_path
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.keys import load_or_create_keys
from lineshaft.platform.historian.files.compaction import Compactor
from lineshaft.platform.historian.intake.bus import listen, segment_queue
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits, IntakeParts
from lineshaft.platform.historian.intake.reception import Reception
from lineshaft.platform.historian.retention.held import HeldSignals
from lineshaft.platform.historian.retention.store import SqlRetentionStore
from lineshaft.platform.historian.rollups.writer import DayRollups


def run_intake(settings: Settings) -> None:
    """Run intake until SIGTERM or SIGINT."""
    run_program(settings, "intake", partial(_intake, settings))


async def _intake(settings: Settings, stop: asyncio.Event, health: Health) -> None:
    base = build_foundation(settings)
    database, manifest, files, clock = base.database, base.manifest, base.files, base.clock
    retention = build_retention(base, files)
    parts = IntakeParts(
        database=database,
        manifest=manifest,
        reception=Reception(database, manifest, AcceptedSourceKeys(base.identity), clock),
        committer=Committer(
            database, manifest, files, clock, floor_mb=settings.free_space_floor_mb
        ),
        compactor=Compactor(database, manifest, files, clock, DayRollups(database, manifest)),
        health=health,
        clock=clock,
        held=HeldSignals(database, SqlRetentionStore(), clock),
        daily=retention.apply_rules,
    )
    limits = IntakeLimits(settings.commit_ms, settings.commit_readings_max)
    enrolment = Enrolment(base.identity, partial(_local_key, settings))
    async with hub_bus(settings, "intake") as bus:
        intake = Intake(parts, await segment_queue(bus), bus, limits)
        await listen(bus, intake, enrolment)
        try:
            await until(stop, intake.run())
        finally:
            retention.stop()


def _local_key(settings: Settings, source: SourceId) -> str:
    """Return the public key of an edge node or import that shares this data directory, if any."""
    for path in (
        EdgeConfig(source=source, directory=settings.edge_dir).key_path,
        key_path(settings.backfill_dir, source),
    ):
        if path.exists():
            return load_or_create_keys(path).private_key.public_key().public_bytes_raw().hex()
    return ""
