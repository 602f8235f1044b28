"""What a firm sold, has installed, spent on services and worked at: frozen and exact. Pure."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from lineshaft.core.classification import Activity, Binding, CustomerClass, ServiceClass
from lineshaft.core.errors import Invalid

NOT_SAID = ""
"""Stands where the books do not classify a line."""


class SoldKind(StrEnum):
    """What a line of revenue is for."""

    PRODUCT = "product"
    SERVICE = "service"


class CostKind(StrEnum):
    """What a cost of the firm was for."""

    PURCHASED_SERVICE = "purchased_service"
    SERVICE_PAYROLL = "service_payroll"
    OTHER = "other"


class LifeStage(StrEnum):
    """Where a service line stands between its product and a life of its own."""

    EMBEDDED = "embedded"
    GROWING = "growing"
    SPIN_OFF_CANDIDATE = "spin_off_candidate"
    INDEPENDENT = "independent"
    FEEDING_BACK = "feeding_back"


class Grain(StrEnum):
    """How long the periods of a trend are."""

    MONTH = "month"
    QUARTER = "quarter"

    def period_of(self, month: str) -> str:
        """Return the period of a month: `2026-Q1` holds `2026-02`."""
        if self is Grain.MONTH:
            return month
        return quarter_of(month)


def quarter_of(month: str) -> str:
    """Return the quarter of a month.

    Example: `2026-03` is of `2026-Q1`.
    """
    return f"{month[:4]}-Q{(int(month[5:7]) + 2) // 3}"


class RevenueLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one line of a document adds to revenue.

    Attributes:
        date: on which it was earned; of a month that was served, its first day.
        amount: net of tax; below zero on credit notes, and for service credits.
        cost: of delivering it; None where it is not known.
        machine: that it was for; its readings stand behind the amount.
        bundle: the integrated solution that it is a component of, within its document.
        stand_alone_price: of the component sold alone; weighs its share of the bundle.
    """

    date: dt.date
    document: str
    line: str
    customer: str
    item: str
    kind: SoldKind
    amount: Decimal
    currency: str
    customer_class: CustomerClass | None = None
    binding: Binding | None = None
    service_class: ServiceClass | None = None
    service_line: str = ""
    is_recurring: bool = False
    quantity: Fraction | None = None
    cost: Decimal | None = None
    site: str = ""
    machine: str = ""
    bundle: str = ""
    stand_alone_price: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what only a service can be said to be, of a product."""
        if self.kind is SoldKind.PRODUCT and (self.binding or self.service_class):
            msg = "expected binding and service_class of services only"
            raise Invalid(msg)

    @property
    def month(self) -> str:
        """The month that it counts for."""
        return f"{self.date:%Y-%m}"


class InstalledMachine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of the firm's make that somebody runs.

    Attributes:
        removed_on: the first day without it.
        contract_from, contract_to: of a service contract that Lineshaft does not hold.
    """

    machine: str
    product: str
    customer: str
    installed_on: dt.date
    removed_on: dt.date | None = None
    is_connected: bool = False
    contract_from: dt.date | None = None
    contract_to: dt.date | None = None

    def is_there(self, day: dt.date) -> bool:
        """Tell whether it is installed on a day."""
        return self.installed_on <= day and (self.removed_on is None or day < self.removed_on)

    def is_served(self, day: dt.date) -> bool:
        """Tell whether a contract of the firm's books is in force for it on a day."""
        begun = self.contract_from is not None and self.contract_from <= day
        return begun and (self.contract_to is None or day < self.contract_to)


class ServiceInput(msgspec.Struct, frozen=True, kw_only=True):
    """A cost of one month."""

    month: str
    account: str
    kind: CostKind
    amount: Decimal
    currency: str
    service_class: ServiceClass | None = None
    function: str = ""
    site: str = ""


class ActivityMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What the activity-based ledger says of an activity in a month."""

    month: str
    activity: Activity
    hours: Fraction
    revenue: Decimal
    cost: Decimal
    currency: str
    site: str = ""


class Books(msgspec.Struct, frozen=True):
    """The tables of a folder; one that is not there is empty.

    Attributes:
        inputs: SHA-256 of each file that was read, by its name.
    """

    revenue: tuple[RevenueLine, ...] = ()
    installed_base: tuple[InstalledMachine, ...] = ()
    service_inputs: tuple[ServiceInput, ...] = ()
    activities: tuple[ActivityMonth, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
