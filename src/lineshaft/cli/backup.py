"""`backup`: save the whole installation, prove that it is saved, and make it again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    settings_of,
    shown_on,
    write_json,
    write_line,
)

if TYPE_CHECKING:
    from lineshaft.bootstrap.restore import Restored
    from lineshaft.infrastructure.backup import BackupManifest, Repository

app = typer.Typer(help="Save the whole installation, and make it again.", no_args_is_help=True)
SKIPPED_HELP = "How many document numbers of each series to pass over."
SPOOLS_HELP = "The spools of edges as well: what waits in them comes again, in a new epoch."
DirectoryArgument = Annotated[Path, typer.Argument(help="Directory of backups.")]
NameOption = Annotated[
    str | None, typer.Option("--snapshot", help="Name of the snapshot; default: the newest.")
]
_MB = 1_000_000


@app.command()
def create(
    directory: DirectoryArgument,
    link: Annotated[
        bool,
        typer.Option("--link", help="Hard links in the place of copies, on the same disk only."),
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Save everything, while the hub runs; what the directory has already is not copied again."""
    from lineshaft.bootstrap.backups import Backups
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        with progress() as bar:
            name, manifest = Backups(application).create(
                LOCAL_OPERATOR, directory, is_linked=link, progress=shown_on(bar)
            )
        if json:
            write_json({"snapshot": name} | _content(manifest))
        else:
            write_line(f"snapshot  {name} in {directory}")
            _show(manifest)
            write_line(
                "warning   the private keys of this hub are in it: whoever reads the directory "
                "can sign in your name"
            )
        raise typer.Exit(1 if manifest.damaged else 0)


@app.command()
def verify(
    directory: DirectoryArgument,
    snapshot: NameOption = None,
    keys: Annotated[
        Path | None, typer.Option(help="The supplier's key file, kept somewhere else.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read every file of a snapshot again; exits 1 when something is wrong. Needs no installation.

    Without --keys the signature is checked with the key file in the backup, which proves that
    nothing was damaged, and not who made it.
    """
    from lineshaft.bootstrap.restore import verify_backup

    with errors_by_kind():
        repository = _repository(directory)
        found = repository.snapshot(snapshot)
        manifest = found.manifest()
        with progress() as bar:
            known = None if keys is None else keys.read_bytes()
            faults = verify_backup(found, repository, known, shown_on(bar))
        if json:
            write_json({"snapshot": found.name, "faults": faults} | _content(manifest))
        else:
            write_line(f"snapshot  {found.name}")
            _show(manifest)
            for fault in faults:
                write_line(f"fault     {fault}")
            if not faults:
                write_line("sound     every file is as it was saved")
        raise typer.Exit(1 if faults else 0)


@app.command("list")
def list_snapshots(directory: DirectoryArgument, json: JsonOption = False) -> None:
    """Show the snapshots of a directory, the oldest first."""
    with errors_by_kind():
        rows = [
            {"snapshot": one.name} | _content(one.manifest())
            for one in _repository(directory).snapshots()
        ]
        if json:
            write_json(rows)
            return
        for row in rows:
            write_line(f"{row['snapshot']}  known at {row['known_at']}  {row['bytes']:,} bytes")


@app.command()
def prune(
    directory: DirectoryArgument,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest snapshots stay.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Remove the oldest snapshots and what only they need. Needs no installation."""
    with errors_by_kind():
        pruned = _repository(directory).prune(keep, is_dry=dry_run)
        if json:
            names = list(pruned.snapshots)
            write_json({"snapshots": names, "store_files": pruned.files, "bytes": pruned.size})
            return
        word = "would go" if dry_run else "removed"
        for name in pruned.snapshots:
            write_line(f"{word:<9} {name}")
        write_line(f"{word:<9} {pruned.files:,} store files, {pruned.size / _MB:,.1f} MB")


@app.command()
def restore(
    directory: DirectoryArgument,
    data: DataOption = None,
    snapshot: NameOption = None,
    at: Annotated[
        str | None, typer.Option(help="Readings as they were known then, RFC 3339.")
    ] = None,
    skip: Annotated[int, typer.Option("--skip-numbers", min=0, help=SKIPPED_HELP)] = 1_000,
    spools: Annotated[bool, typer.Option("--spools", help=SPOOLS_HELP)] = False,
    json: JsonOption = False,
) -> None:
    """Make the installation again in an empty data directory.

    With --at the readings go back to what was known at that instant; documents, contracts, people
    and the audit chain stay as they are in the backup: they have left the house.
    """
    from lineshaft.bootstrap.restore import RestoreOptions, restore_backup
    from lineshaft.core.period import parse_instant
    from lineshaft.infrastructure.clock import SystemClock

    with errors_by_kind():
        options = RestoreOptions(snapshot, None if at is None else parse_instant(at), skip, spools)
        settings = settings_of(data)
        repository = _repository(directory)
        with progress() as bar:
            restored = restore_backup(repository, settings, options, SystemClock(), shown_on(bar))
        if json:
            write_json(_restored(restored))
        else:
            _show_restored(restored, settings.data_dir)


def _repository(directory: Path) -> "Repository":
    from lineshaft.infrastructure.backup import Repository

    return Repository(directory.absolute())


def _content(manifest: "BackupManifest") -> dict[str, Any]:
    from lineshaft.core.period import format_instant

    return {
        "taken_at": format_instant(manifest.taken_at),
        "known_at": format_instant(manifest.known_at),
        "version": manifest.version,
        "store_files": len(manifest.store),
        "bytes": manifest.size,
        "damaged": list(manifest.damaged),
    }


def _show(manifest: "BackupManifest") -> None:
    content = _content(manifest)
    write_line(f"taken at  {content['taken_at']}, last commit {content['known_at']}")
    write_line(f"files     {content['store_files']:,} store files, {manifest.size / _MB:,.1f} MB")
    for path in manifest.damaged:
        write_line(f"damaged   {path}: it could not be saved; run 'lineshaft historian repair'")


def _restored(restored: "Restored") -> dict[str, Any]:
    from lineshaft.core.period import format_instant

    cut = restored.cut
    return (
        {"snapshot": restored.name}
        | _content(restored.manifest)
        | {
            "restored_to": format_instant(cut.at),
            "records_cut": cut.records,
            "numbers_passed_over": restored.numbers,
        }
    )


def _show_restored(restored: "Restored", data_dir: Path) -> None:
    content = _restored(restored)
    write_line(f"restored  {restored.name} into {data_dir}")
    write_line(f"knows     what was known at {content['restored_to']}")
    if restored.cut.records:
        write_line(
            f"cut       {restored.cut.records:,} records that were known later; what depends on "
            "them is refused until their sources have sent them again"
        )
    for series, last in restored.numbers.items():
        write_line(f"numbers   {series}: the next document comes after {last}")
    write_line("next      'lineshaft historian check', then 'lineshaft up'; edges that have sent")
    write_line("          more than this hub knows ask for a new epoch: 'lineshaft source accept'")
