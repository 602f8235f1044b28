"""`historian repair`: put right what can be, and say what cannot."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    shown_on,
    write_json,
    write_line,
)

if TYPE_CHECKING:
    from lineshaft.platform.historian.proof.model import RepairReport

PARTS_SHOWN_MAX = 100


def repair(
    backup: Annotated[
        list[Path] | None,
        typer.Option("--backup", help="Directory of backups to take files from; several may be."),
    ] = None,
    give_up: Annotated[
        bool,
        typer.Option("--give-up", help="Write down as lost what cannot be repaired."),
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Repair damaged store files and what is said of them; exits 1 when something stays damaged.

    The programs of the hub must not run. What stays damaged is never under-counted: a question, a
    measurement or an invoice that needs it is refused.
    """
    from lineshaft.bootstrap.repairs import repair_store
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application = application_of(data)
        with progress() as bar:
            report = repair_store(
                application,
                LOCAL_OPERATOR,
                backup or [],
                is_giving_up=give_up,
                progress=shown_on(bar),
            )
        if json:
            write_json(_content(report))
        else:
            _show(report)
        raise typer.Exit(0 if report.is_sound else 1)


def _content(report: "RepairReport") -> dict[str, Any]:
    from lineshaft.core.period import format_instant

    return {
        "files": report.files,
        "restored": list(report.restored),
        "rebuilt": list(report.rebuilt),
        "described": list(report.described),
        "indexed": report.indexed,
        "latest": report.latest,
        "summed": report.summed,
        "orphans": list(report.orphans),
        "given_up": report.given_up,
        "unrepaired": [
            {
                "file": one.path,
                "why": one.why,
                "parts": [
                    {
                        "signal": part.signal,
                        "start": format_instant(part.period.start),
                        "end": format_instant(part.period.end),
                        "records": part.records,
                    }
                    for part in one.parts
                ],
            }
            for one in report.unrepaired
        ],
    }


def _show(report: "RepairReport") -> None:
    content = _content(report)
    write_line(f"files     {report.files:,} store files looked at")
    for word, why in (
        ("restored", "from a backup, to the byte"),
        ("rebuilt", "from other files with the same records"),
        ("described", "the manifest said something else of its rows"),
        ("orphans", "removed: no manifest names it"),
    ):
        for path in content[word]:
            write_line(f"{word:<9} {path}: {why}")
    write_line(
        f"indices   {report.indexed:,} entries, {report.latest:,} last values and "
        f"{report.summed:,} roll-ups put right"
    )
    for file in content["unrepaired"]:
        state = "given up" if report.given_up else "damaged"
        write_line(f"{state:<9} {file['file']}: {file['why']}")
        for part in file["parts"][:PARTS_SHOWN_MAX]:
            write_line(
                f"lost      {part['signal']}: {part['records']:,} records from {part['start']} "
                f"to before {part['end']}"
            )
    if report.unrepaired:
        write_line("refused   what needs these records is refused, and never counted without them")
    else:
        write_line("sound     nothing is damaged any more")
