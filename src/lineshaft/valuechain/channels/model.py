"""The books that the three channels are computed from: rows and their meaning. Pure."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from lineshaft.core.classification import ServiceClass
from lineshaft.core.errors import Invalid

MONTHS_PER_QUARTER = 3
QUARTERS_MAX = 200
"""From the first to the last, of one set of books."""


class AssetKind(StrEnum):
    """What an asset is to production: it makes, or it connects and computes."""

    OPERATING = "operating"
    IT = "it"


class PurchaseKind(StrEnum):
    """What was bought."""

    GOODS = "goods"
    SERVICE = "service"


class WorkedHours(msgspec.Struct, frozen=True):
    """Hours of one activity on one line in a quarter, and what they cost."""

    quarter: str
    site: str
    line: str
    activity: str
    hours: Fraction
    wage_cost: Decimal
    currency: str
    is_monitored: bool


class CapitalAsset(msgspec.Struct, frozen=True):
    """Something that serves for longer; its user cost of a quarter is at constant prices."""

    asset: str
    kind: AssetKind
    site: str
    line: str
    user_cost: Decimal
    currency: str
    first_quarter: str
    last_quarter: str | None

    def is_there(self, quarter: str) -> bool:
        """Return whether it served in a quarter."""
        return self.first_quarter <= quarter <= (self.last_quarter or quarter)


class Purchase(msgspec.Struct, frozen=True):
    """Something that was bought for a line."""

    date: dt.date
    site: str
    line: str
    supplier: str
    kind: PurchaseKind
    service_class: ServiceClass | None
    amount: Decimal
    currency: str
    price_index: Fraction

    def __post_init__(self) -> None:
        """Check that goods have no service class.

        Raises:
            ValueError: when they have one.
        """
        if self.kind is PurchaseKind.GOODS and self.service_class is not None:
            msg = "expected a service_class of services only"
            raise ValueError(msg)


class PayrollCost(msgspec.Struct, frozen=True):
    """What a function of the house costs that books no hours on a line."""

    quarter: str
    site: str
    line: str
    function: str
    is_service_function: bool
    amount: Decimal
    currency: str
    price_index: Fraction


class LineOutput(msgspec.Struct, frozen=True):
    """What a line made in a quarter; `energy_kwh` is None where it is not known."""

    quarter: str
    site: str
    line: str
    product: str
    good: Fraction
    bad: Fraction
    unit_value: Decimal
    currency: str
    price_index: Fraction
    energy_kwh: Fraction | None


class LineConnection(msgspec.Struct, frozen=True):
    """When a line was connected; never yet without a day."""

    site: str
    line: str
    connected_on: dt.date | None


class BilledUsage(msgspec.Struct, frozen=True):
    """The usage record that an invoice line bills, and the machine that its meter reads."""

    document: str
    line: str
    usage_record: str
    meter: str
    machine: str


class ConnectedMachine(msgspec.Struct, frozen=True):
    """A machine of the house or of a customer; not connected without a day."""

    machine: str
    connected_on: dt.date | None
    owner: str


class Metered(msgspec.Struct, frozen=True):
    """Usage that documents bill, and since when its machines are connected, beside the books."""

    usage: tuple[BilledUsage, ...] = ()
    machines: tuple[ConnectedMachine, ...] = ()


class ChannelBooks(msgspec.Struct, frozen=True):
    """All that was read; a table that was not there is empty.

    Attributes:
        name: of the folder or the workbook.
        inputs: SHA-256 of each file by its name.
    """

    name: str
    hours: tuple[WorkedHours, ...] = ()
    assets: tuple[CapitalAsset, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    payroll: tuple[PayrollCost, ...] = ()
    output: tuple[LineOutput, ...] = ()
    roll_out: tuple[LineConnection, ...] = ()
    usage: tuple[BilledUsage, ...] = ()
    machines: tuple[ConnectedMachine, ...] = ()
    inputs: dict[str, str] = msgspec.field(default_factory=dict)

    def with_metered(self, metered: Metered) -> "ChannelBooks":
        """Return books with usage and machines beside their own; the first connection counts.

        Example: not connected by the books, connected on 2026-02-03 by what documents rest on:
        connected on 2026-02-03.
        """
        if not metered.usage:
            return self
        machines = {each.machine: each for each in metered.machines}
        for each in self.machines:
            other = machines.get(each.machine, each)
            days = [day for day in (each.connected_on, other.connected_on) if day is not None]
            machines[each.machine] = replace(each, connected_on=min(days, default=None))
        return replace(self, usage=self.usage + metered.usage, machines=tuple(machines.values()))


def quarter_of(day: dt.date) -> str:
    """Return the quarter of a day: 2026-02-03 is in 2026-Q1."""
    return f"{day.year:04}-Q{(day.month - 1) // MONTHS_PER_QUARTER + 1}"


def quarter_number(quarter: str) -> int:
    """Return the number of a quarter since the year 0, to compute with."""
    return int(quarter[:4]) * 4 + int(quarter[-1]) - 1


def quarter_named(number: int) -> str:
    """Return the quarter with a number."""
    return f"{number // 4:04}-Q{number % 4 + 1}"


def quarters_between(first: str, last: str) -> tuple[str, ...]:
    """Return all quarters from the first to the last, both included.

    Raises:
        Invalid: for more than `QUARTERS_MAX`.
    """
    numbers = range(quarter_number(first), quarter_number(last) + 1)
    if len(numbers) > QUARTERS_MAX:
        msg = f"{first} to {last}: expected at most {QUARTERS_MAX} quarters"
        raise Invalid(msg)
    return tuple(map(quarter_named, numbers))
