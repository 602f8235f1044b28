"""What a document says beside its amounts, with the names that people know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lineshaft.core.reading import name_of
from lineshaft.platform.twin.model import Machine
from lineshaft.services.metering.model import UsageRecord
from lineshaft.web import format as form
from lineshaft.web.components import notice
from lineshaft.web.markup import Html, join
from lineshaft.web.pages.contracts.names import machine_name
from lineshaft.web.session import Visit

INCOMPLETE = "usage_incomplete"


def statements(
    visit: Visit,
    machines: dict[str, Machine],
    usage: Sequence[UsageRecord],
    said: Iterable[Mapping[str, Any]],
) -> Html:
    """Say what is incomplete by the names of signals and machines; the rest in its own words."""
    lines = [_line(visit, machines, usage, statement) for statement in said]
    return notice(visit.say("statement.title"), *lines) if lines else join()


def _line(
    visit: Visit,
    machines: dict[str, Machine],
    usage: Sequence[UsageRecord],
    statement: Mapping[str, Any],
) -> str:
    if statement["code"] != INCOMPLETE:
        return str(statement["text"][visit.language.value])
    record = usage[statement["usage"][0]]
    return visit.say(
        "statement.incomplete",
        signal=signal_name(visit, machines, record),
        machine=machine_name(machines, record.meter.machine),
        percent=form.percent(record.completeness),
        refused=form.grouped(record.refusal_count),
        excluded=form.grouped(record.exclusion_count),
    )


def signal_name(visit: Visit, machines: dict[str, Machine], record: UsageRecord) -> str:
    """Return what people call the signal that a usage record was measured on."""
    machine = machines.get(record.meter.machine)
    signal = None if machine is None else machine.signal(record.meter.signal)
    return name_of(record.meter.signal) if signal is None else signal.titled(visit.language)
