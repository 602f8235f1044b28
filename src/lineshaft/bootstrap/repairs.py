"""Repairs the store of an installation that does not run."""

from collections.abc import Sequence
from pathlib import Path

from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.source_adapters import StoredSourceKeys
from lineshaft.infrastructure.backup import Progress, Repository, no_progress
from lineshaft.infrastructure.processes import lock_data_dir
from lineshaft.platform.historian.proof.model import RepairReport
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.repair import Repairer, RepairParts
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.security.authorisation.model import Action, Actor, Resource


def repair_store(
    application: Application,
    actor: Actor,
    backups: Sequence[Path] = (),
    *,
    is_giving_up: bool = False,
    progress: Progress = no_progress,
) -> RepairReport:
    """Put right what can be, and write down who did it.

    Args:
        application: of an installation whose programs do not run.
        actor: an administrator.
        backups: directories of backups to take files from.
        is_giving_up: whether what cannot be repaired is written down as lost.
        progress: is told how far it is.

    Raises:
        Forbidden: when the actor is no administrator.
        DataDirectoryTaken: while Lineshaft runs there.
    """
    application.authorizer.authorize(actor, Action.STORE_REPAIR, Resource("hub", "*"))
    database, manifest, files = application.database, application.manifest, application.files
    prover = Prover(database, manifest, Scanner(files), StoredSourceKeys(application.identity))
    repairer = Repairer(
        RepairParts(database, manifest, files, prover),
        [Repository(directory.absolute()) for directory in backups],
    )
    with lock_data_dir(application.settings.data_dir):
        report = repairer.repair(
            application.clock.now(), is_giving_up=is_giving_up, progress=progress
        )
        detail = {
            "restored": len(report.restored),
            "rebuilt": len(report.rebuilt),
            "described": len(report.described),
            "indexed": report.indexed,
            "latest": report.latest,
            "summed": report.summed,
            "unrepaired": [one.path for one in report.unrepaired][:100],
            "given_up": report.given_up,
        }
        with database.unit_of_work() as unit:
            application.audit.append(unit.connection, actor, Action.STORE_REPAIR, "store", detail)
    return report
