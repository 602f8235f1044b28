"""The digital channel: stand-alone service revenue whose meter reads a connected machine.

A join, invoice line to usage record to machine; nothing is estimated. Pure and exact.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from lineshaft.core.classification import Binding
from lineshaft.valuechain.channels.accounting import Unit
from lineshaft.valuechain.channels.model import (
    BilledUsage,
    ChannelBooks,
    ConnectedMachine,
    quarter_of,
)
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind


class Link(StrEnum):
    """How far the join went from a line of stand-alone service revenue."""

    METERED = "metered"
    NO_USAGE_RECORD = "no_usage_record"
    MACHINE_UNKNOWN = "machine_unknown"
    NOT_CONNECTED = "not_connected"


class LinkedLine(msgspec.Struct, frozen=True):
    """A line of stand-alone service revenue, and what it was joined to."""

    revenue: RevenueLine
    link: Link
    usage: tuple[BilledUsage, ...]


class DigitalRevenue(msgspec.Struct):
    """Sums of a site or the firm in a quarter, in the currency of the lines.

    Attributes:
        digital: of stand-alone services that are metered on a connected machine.
        stand_alone: of all stand-alone services.
        service: of all services.
        unclassified: of services that no binding is said of.
        lines: those of `stand_alone`.
    """

    digital: Decimal = Decimal(0)
    stand_alone: Decimal = Decimal(0)
    service: Decimal = Decimal(0)
    unclassified: Decimal = Decimal(0)
    lines: list[LinkedLine] = msgspec.field(default_factory=list)


def digital_revenue(
    lines: Iterable[RevenueLine], books: ChannelBooks
) -> dict[tuple[Unit, str], DigitalRevenue]:
    """Sum by site and for the firm, by quarter of the lines' days."""
    usage: dict[tuple[str, str], list[BilledUsage]] = defaultdict(list)
    for each in books.usage:
        usage[each.document, each.line].append(each)
    machines = {each.machine: each for each in books.machines}
    found: dict[tuple[Unit, str], DigitalRevenue] = defaultdict(DigitalRevenue)
    for line in lines:
        if line.kind is not SoldKind.SERVICE:
            continue
        linked = None
        if line.binding is Binding.STAND_ALONE:
            linked = _linked(line, tuple(usage[line.document, line.line]), machines)
        for unit in dict.fromkeys([("", ""), (line.site, "")]):
            _count(found[unit, quarter_of(line.date)], line, linked)
    return found


def _linked(
    line: RevenueLine, usage: tuple[BilledUsage, ...], machines: dict[str, ConnectedMachine]
) -> LinkedLine:
    """Join a line; one that bills several records counts only when all machines are connected.

    A line for one machine, such as its part of a document of several, joins to the records of that
    machine alone.
    """
    if not usage:
        return LinkedLine(line, Link.NO_USAGE_RECORD, usage)
    usage = tuple(each for each in usage if each.machine == line.machine) or usage
    known = [machines.get(each.machine) for each in usage]
    if None in known:
        return LinkedLine(line, Link.MACHINE_UNKNOWN, usage)
    days = [each.connected_on for each in known if each is not None]
    # The day of a line is the first of the month that was served: a machine that was connected
    # later in the same quarter was connected when it was read.
    is_connected = all(day and quarter_of(day) <= quarter_of(line.date) for day in days)
    return LinkedLine(line, Link.METERED if is_connected else Link.NOT_CONNECTED, usage)


def _count(into: DigitalRevenue, line: RevenueLine, linked: LinkedLine | None) -> None:
    into.service += line.amount
    if line.binding is None:
        into.unclassified += line.amount
    if linked is not None:
        into.stand_alone += line.amount
        into.lines.append(linked)
        if linked.link is Link.METERED:
            into.digital += line.amount
