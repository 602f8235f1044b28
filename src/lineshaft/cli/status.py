"""`status`: how the installation is, whether its programs run or not."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.infrastructure.settings import Settings

SILENT_BEATS = 3
"""A source is said to be silent after so many beats that did not come."""
REFUSED_SHOWN_MAX = 100
_US_PER_S = 1_000_000
_MB = 1_000_000


def status(
    data: DataOption = None,
    json: JsonOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every stored file and prove it again; slow.")
    ] = False,
) -> None:
    """Show which programs run, what is stored, and what is wrong; --check exits 1 on a fault."""
    with errors_by_kind():
        application = application_of(data)
        content = _content(application)
        faults = _checked(application) if check else []
        content["problems"] += faults
        if json:
            write_json(content)
        else:
            _show(content)
            if check and not faults:
                write_line("check     every stored file and the audit chain are sound")
        raise typer.Exit(1 if faults else 0)


def _content(application: "Application") -> dict[str, Any]:
    from lineshaft import __version__
    from lineshaft.core.pages import PageRequest
    from lineshaft.infrastructure.files import free_bytes
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.model import DocumentQuery

    settings, historian = application.settings, application.historian
    reports = application.programs.reports(LOCAL_OPERATOR)
    programs = [
        {
            "name": one.name,
            "state": one.state,
            "pid": one.pid,
            "restarts": one.restarts,
            "failing": sorted(why for why in one.checks.values() if why),
        }
        for one in reports
    ]
    stored, unread = _stored(application)
    refused = historian.refused_segments(LOCAL_OPERATOR, PageRequest(REFUSED_SHOWN_MAX))
    content: dict[str, Any] = {
        "version": __version__,
        "data": str(settings.data_dir),
        "is_up": bool(programs),
        "pages": _pages(settings) if programs else None,
        "programs": programs,
        "machines": len(application.twin.machines(LOCAL_OPERATOR)),
        "contracts": len(application.contracts.contracts(LOCAL_OPERATOR)),
        "documents": len(application.billing.documents(LOCAL_OPERATOR, DocumentQuery())),
        **stored,
        "refused_segments": len(refused.items),
        "free_mb": free_bytes(settings.data_dir) // _MB,
        "sources": _sources(application),
    }
    return content | {"problems": unread + _problems(settings, content)}


def _stored(application: "Application") -> tuple[dict[str, int | None], list[str]]:
    """Return how much is stored, and why it cannot be counted: no count leaves a file out."""
    from lineshaft.platform.historian.errors import StoreFileDamaged
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    try:
        totals = application.historian.totals(LOCAL_OPERATOR)
    except StoreFileDamaged as error:
        return dict.fromkeys(("records", "readings", "refusals")), [str(error)]
    counts = {name: getattr(totals, name) for name in ("records", "readings", "refusals")}
    return counts, []


def _pages(settings: "Settings") -> str | None:
    path = settings.run_dir / "api.port"
    if not path.exists():
        return None
    return f"http://{settings.listen_host}:{path.read_text(encoding='utf-8').strip()}"


def _sources(application: "Application") -> list[dict[str, Any]]:
    from lineshaft.core.period import format_instant
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    historian, now = application.historian, application.clock.now()
    marks = historian.marks(LOCAL_OPERATOR)
    rows = []
    for source in application.identity.sources(LOCAL_OPERATOR):
        mark = marks.get((source.id, source.epoch))
        beat = historian.last_beat(LOCAL_OPERATOR, source.id)
        stored = mark.sequence if mark else 0
        is_current = beat is not None and beat.epoch == source.epoch
        rows.append(
            {
                "source": source.id,
                "state": str(source.state),
                "asks": source.is_waiting,
                "epoch": source.epoch,
                "stored": stored,
                "underway": max(0, beat.mark - stored) if beat and is_current else 0,
                "last_beat": format_instant(beat.received_at) if beat else None,
                "silent_s": (now - beat.received_at) // _US_PER_S if beat else None,
            }
        )
    return rows


def _problems(settings: "Settings", content: dict[str, Any]) -> list[str]:
    found = [
        f"the program {program['name']} is {program['state']}"
        for program in content["programs"]
        if program["state"] != "ready"
    ]
    for program in content["programs"]:
        found += [f"the program {program['name']} says: {why}" for why in program["failing"]]
    for source in content["sources"]:
        name = source["source"]
        if source["asks"]:
            found.append(f"the source {name} waits for 'lineshaft source accept {name}'")
        is_silent = (source["silent_s"] or 0) > SILENT_BEATS * settings.beat_s
        if content["is_up"] and source["state"] == "accepted" and is_silent:
            found.append(f"the source {name} has been silent for {source['silent_s']} s")
    if content["refused_segments"]:
        found.append(f"{content['refused_segments']} refused segments are kept for inspection")
    if content["free_mb"] < settings.free_space_floor_mb:
        found.append(
            f"{content['free_mb']} MB are free: below {settings.free_space_floor_mb} MB, intake "
            "takes nothing"
        )
    return found


def _checked(application: "Application") -> list[str]:
    """Return what the historian's own check and that of the audit chain find."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with progress() as bar:
        bar.add_task("checking every stored file", total=None)
        report = application.historian.check(LOCAL_OPERATOR)
        chain = application.audit.verify_chain(LOCAL_OPERATOR)
    faults = list(report.faults)
    if not chain.is_sound:
        faults.append(f"audit entry {chain.wrong_number}: {chain.reason}")
    return faults


def _show(content: dict[str, Any]) -> None:
    write_line(f"data      {content['data']}")
    if content["is_up"]:
        write_line(f"pages     {content['pages'] or 'not yet'}")
    else:
        write_line("programs  not running: 'lineshaft up' starts them")
    write_line(
        f"plant     {content['machines']} machines, {content['contracts']} contracts, "
        f"{content['documents']} documents"
    )
    counted = "not counted"
    if content["records"] is not None:
        counted = f"{content['readings']:,} readings, {content['refusals']:,} refusals"
    write_line(f"stored    {counted}; {content['free_mb']:,} MB free")
    if content["programs"]:
        columns = ["name", "state", "pid", "restarts"]
        write_table("\nprograms", columns, [_cells(p, columns) for p in content["programs"]])
    columns = ["source", "state", "epoch", "stored", "underway", "last_beat"]
    write_table("\nsources", columns, [_cells(s, columns) for s in content["sources"]])
    write_line()
    for problem in content["problems"]:
        write_line(f"problem   {problem}")


def _cells(row: dict[str, Any], columns: list[str]) -> list[str]:
    return ["" if row[column] is None else str(row[column]) for column in columns]
