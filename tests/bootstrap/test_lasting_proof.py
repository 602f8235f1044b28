"""The demo's invoice is proven, by the same bytes, whatever becomes of the files below it."""

import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.backups import Backups
from lineshaft.bootstrap.restore import RestoreOptions, restore_backup
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.backup import Repository
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.settings import load_settings
from lineshaft.platform.historian.files.compaction import Compactor
from lineshaft.platform.historian.model import DAY_LEVEL, US_PER_HOUR
from lineshaft.platform.historian.retention.model import RetentionRule
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.evidence.model import Verdict

NUMBER = "LS-2017-000001"
DEMO_S_MAX = 100


def levels(application: Application) -> set[int]:
    with application.database.read() as connection:
        return {file.level for file in application.manifest.files(connection)}


def proven_bundle(application: Application) -> bytes:
    """Verify the invoice with a bundle made from what is stored now, and return the bundle."""
    assert application.historian.check(LOCAL_OPERATOR).faults == ()
    report = application.evidence.report(LOCAL_OPERATOR, NUMBER)
    assert report.verdict is Verdict.PROVEN, report.checks
    return application.evidence.bundle(LOCAL_OPERATOR, NUMBER)


@pytest.mark.crash
@pytest.mark.timeout(180)
def test_the_proof_outlives_compaction_retention_and_the_machine(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "lineshaft.cli", "demo", "--check", "--data", str(data)]
    subprocess.run(command, check=True, timeout=DEMO_S_MAX, stdout=subprocess.DEVNULL)
    settings = load_settings({}, data_dir=data)
    application = build(settings)
    as_received = proven_bundle(application)

    rested = ManualClock(Instant(application.clock.now() + US_PER_HOUR))
    Compactor(application.database, application.manifest, application.files, rested).run()
    assert DAY_LEVEL in levels(application)
    assert proven_bundle(application) == as_received

    retention = application.retention
    retention.set_rule(LOCAL_OPERATOR, RetentionRule("*", 30, keep_rollups=False))
    deleted = retention.apply_rules()
    assert deleted.rows > 50_000
    assert {held.signal.partition("/")[2] for held in deleted.held} >= {"cut_time", "execution"}
    assert proven_bundle(application) == as_received

    Backups(application).create(LOCAL_OPERATOR, tmp_path / "backups")
    application.database.close()
    restored_settings = load_settings({}, data_dir=tmp_path / "restored")
    repository = Repository(tmp_path / "backups")
    restore_backup(repository, restored_settings, RestoreOptions(), SystemClock())
    restored = build(restored_settings)
    assert proven_bundle(restored) == as_received
    restored.database.close()
