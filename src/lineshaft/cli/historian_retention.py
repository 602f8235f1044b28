"""`historian correct`, `delete`, `holds`, `rules`: what may change in the store."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.core.value import Value
    from lineshaft.platform.historian.desk.model import ReadingAt, RecordTarget
    from lineshaft.platform.historian.model import StoredReading
    from lineshaft.platform.historian.retention.model import DeletionReport, Hold

ReasonOption = Annotated[str, typer.Option("--reason", help="For the record; it is needed.")]

holds = typer.Typer(help="What nobody may delete.", no_args_is_help=True)
rules = typer.Typer(help="What is deleted when it is old.", no_args_is_help=True)


def correct(
    target: Annotated[
        str, typer.Argument(help="A signal with --at, or SOURCE/EPOCH/SEQUENCE of a reading.")
    ],
    value: Annotated[
        str, typer.Argument(help="As the signal writes it: 12.5, true, a text, 3=ACTIVE; or none.")
    ],
    reason: ReasonOption,
    at: Annotated[str, typer.Option(help="Instant of the reading, RFC 3339.")] = "",
    data: DataOption = None,
) -> None:
    """Replace a reading by another value; the old one stays what was known before."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        desk = application_of(data).desk
        place = _target(target, at)
        reading = desk.reading(LOCAL_OPERATOR, place)
        made = desk.correct(LOCAL_OPERATOR, place, _value(value, reading), reason)
        write_line(
            f"{reading.signal}: {_shown(reading.value)} is {value} now, by correction "
            f"{made.sequence} of {made.source}/{made.epoch}"
        )


def delete(
    signals: Annotated[list[str], typer.Argument(help="Signals; * stands for any characters.")],
    reason: ReasonOption,
    before: Annotated[str, typer.Option(help="Everything before this instant, RFC 3339.")],
    start: Annotated[str, typer.Option(help="Nothing before this instant.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    drop_rollups: Annotated[
        bool, typer.Option("--drop-rollups", help="Delete the roll-ups of the days as well.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Delete what signals said: whole blocks only, and nothing that is held."""
    from msgspec.structs import replace

    from lineshaft.core.period import Period, parse_instant
    from lineshaft.platform.historian.retention.model import Deletion
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        deletion = Deletion.before(signals, parse_instant(before), reason)
        if start:
            deletion = replace(deletion, period=Period(parse_instant(start), deletion.period.end))
        deletion = replace(deletion, keep_rollups=not drop_rollups)
        retention = application_of(data).retention
        act = retention.plan if dry_run else retention.delete
        _write_report(act(LOCAL_OPERATOR, deletion), is_plan=dry_run, json=json)


@holds.command("list")
def list_holds(data: DataOption = None, json: JsonOption = False) -> None:
    """List what is held, and until when."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        rows = [_hold_row(one) for one in application_of(data).retention.holds(LOCAL_OPERATOR)]
        if json:
            write_json(rows)
        else:
            columns = ["hold", "signals", "from", "to", "until", "reason"]
            write_table("holds", columns, [list(row.values()) for row in rows])


@holds.command("set")
def set_hold(
    name: Annotated[str, typer.Argument(help="Name of the hold; the same again changes it.")],
    signals: Annotated[str, typer.Argument(help="A signal; * stands for any characters.")],
    start: Annotated[str, typer.Option(help="Begin of what is held, RFC 3339.")],
    reason: ReasonOption,
    end: Annotated[str, typer.Option(help="End of what is held; without it, open.")] = "",
    until: Annotated[str, typer.Option(help="Until when; without it, until released.")] = "",
    data: DataOption = None,
) -> None:
    """Hold what signals said in a period, so that nobody deletes it."""
    from lineshaft.core.period import parse_instant
    from lineshaft.platform.historian.retention.model import Hold
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        hold = Hold(
            name,
            signals,
            parse_instant(start),
            parse_instant(end) if end else None,
            parse_instant(until) if until else None,
            reason,
        )
        write_line(str(application_of(data).retention.hold(LOCAL_OPERATOR, hold)))


@holds.command()
def release(
    name: Annotated[str, typer.Argument(help="Name of the hold.")],
    reason: ReasonOption,
    data: DataOption = None,
) -> None:
    """Let go of a hold."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).retention.release_hold(LOCAL_OPERATOR, name, reason)
        write_line(f"{name} holds nothing any more")


@rules.command("list")
def list_rules(data: DataOption = None, json: JsonOption = False) -> None:
    """List after how many days what is deleted."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = application_of(data).retention.rules(LOCAL_OPERATOR)
        if json:
            write_json([rule.to_content() for rule in found])
        else:
            rows = [
                [rule.pattern, str(rule.days), "stay" if rule.keep_rollups else "go"]
                for rule in found
            ]
            write_table("rules", ["signals", "days", "roll-ups"], rows)


@rules.command("set")
def set_rule(
    signals: Annotated[str, typer.Argument(help="A signal; * stands for any characters.")],
    days: Annotated[int, typer.Option(help="Readings older than this are deleted.")],
    drop_rollups: Annotated[
        bool, typer.Option("--drop-rollups", help="Delete the roll-ups of the days as well.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Delete what is older than some days, once a day from now on."""
    from lineshaft.platform.historian.retention.model import RetentionRule
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        rule = RetentionRule(signals, days, keep_rollups=not drop_rollups)
        application_of(data).retention.set_rule(LOCAL_OPERATOR, rule)
        write_line(f"{signals} is kept for {days} days")


@rules.command()
def remove(
    signals: Annotated[str, typer.Argument(help="The pattern of the rule.")],
    data: DataOption = None,
) -> None:
    """Take a rule back."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).retention.remove_rule(LOCAL_OPERATOR, signals)
        write_line(f"there is no rule on {signals} any more")


@rules.command("apply")
def apply_rules(data: DataOption = None, json: JsonOption = False) -> None:
    """Delete now what the rules say; intake does the same once a day."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        report = application_of(data).retention.apply_rules(LOCAL_OPERATOR)
        _write_report(report, is_plan=False, json=json)


def _target(text: str, at: str) -> "RecordTarget | ReadingAt":
    from lineshaft.core.errors import Invalid
    from lineshaft.core.period import parse_instant
    from lineshaft.core.reading import SignalId, SourceId
    from lineshaft.platform.historian.desk.model import ReadingAt, RecordTarget

    if at:
        return ReadingAt(SignalId(text), parse_instant(at))
    source, _, rest = text.partition("/")
    epoch, _, sequence = rest.partition("/")
    if not (epoch.isdecimal() and sequence.isdecimal()):
        msg = (
            f"cannot find the reading {text}: expected SOURCE/EPOCH/SEQUENCE, or a signal and --at"
        )
        raise Invalid(msg)
    return RecordTarget(SourceId(source), int(epoch), int(sequence))


def _value(text: str, reading: "StoredReading") -> "Value":
    """Read a value as the reading that it replaces has it."""
    from lineshaft.core.errors import Invalid
    from lineshaft.core.value import EnumerationValue, parse_decimal

    if text == "none":
        return None
    match reading.value:
        case bool():
            if text not in {"true", "false"}:
                msg = f"cannot read {text!r}: expected true or false"
                raise Invalid(msg)
            return text == "true"
        case EnumerationValue():
            code, _, symbol = text.partition("=")
            if not code.lstrip("-").isdecimal() or not symbol:
                msg = f"cannot read {text!r}: expected a code and its symbol, such as 3=ACTIVE"
                raise Invalid(msg)
            return EnumerationValue(int(code), symbol)
        case str():
            return text
        case float():
            return float(parse_decimal(text).as_fraction())
        case _:
            return parse_decimal(text)


def _shown(value: "Value") -> str:
    return "none" if value is None else str(value)


def _hold_row(hold: "Hold") -> dict[str, str]:
    from lineshaft.core.period import format_instant

    return {
        "hold": hold.id,
        "signals": hold.pattern,
        "from": format_instant(hold.start),
        "to": "open" if hold.end is None else format_instant(hold.end),
        "until": "released" if hold.keep_until is None else format_instant(hold.keep_until),
        "reason": hold.reason,
    }


def _write_report(report: "DeletionReport", *, is_plan: bool, json: bool) -> None:
    from msgspec.structs import asdict

    if json:
        content: dict[str, Any] = asdict(report)
        write_json(content | {"is_plan": is_plan, "held": [asdict(one) for one in report.held]})
        return
    verb = "would be" if is_plan else "were"
    write_line(
        f"{report.rows:,} readings in {report.blocks:,} blocks of {report.segments:,} segments "
        f"{verb} deleted, in {report.files:,} files: about {report.byte_estimate:,} bytes"
    )
    for one in report.held:
        write_line(f"held      {one.rows:,} readings of {one.signal}: {one.hold}")
