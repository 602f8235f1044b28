"""Parties, offerings and contracts: frozen, versioned, the same content for ever.

A version of an offering or a contract never changes; a change is the next version.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from lineshaft.core.money import currency_exponent
from lineshaft.core.period import (
    Instant,
    Period,
    day_start,
    month_period,
    to_datetime,
    zone_named,
)
from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.calendars import (
    BusinessCalendar,
    instant_after,
    open_periods,
    open_time_us,
)
from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    check_instant,
    from_content,
    to_content,
)
from lineshaft.services.contracts.credits import (
    Direction,
    credit_amount,
    credit_rate,
    granted_rates,
    missed_by,
)
from lineshaft.services.contracts.guarantee import (
    AvailabilityGuarantee,
    CreditBand,
    CreditSchedule,
    EnergyGuarantee,
    Guarantee,
    GuaranteeStep,
    OeeGuarantee,
    ProductionGuarantee,
    QualityGuarantee,
    ResponseGuarantee,
    RestorationGuarantee,
    ServiceGuarantee,
    ThroughputGuarantee,
)
from lineshaft.services.contracts.indicators.availability import Availability, availability
from lineshaft.services.contracts.indicators.classification import (
    Cause,
    Claim,
    ClassDurations,
    ClassifiedInterval,
    TimeClass,
    UnknownPolicy,
    claims_of_states,
    classify,
    classify_states,
    durations_of,
)
from lineshaft.services.contracts.indicators.energy import energy_per_output
from lineshaft.services.contracts.indicators.incident_clock import Statistic, judged_hours
from lineshaft.services.contracts.indicators.oee import Oee, Production, oee
from lineshaft.services.contracts.indicators.production_availability import (
    lost_production,
    production_availability,
)
from lineshaft.services.contracts.indicators.quality import quality_ratio
from lineshaft.services.contracts.indicators.response_time import ResponseMilestone, response_us
from lineshaft.services.contracts.indicators.restoration_time import restoration_us
from lineshaft.services.contracts.indicators.throughput import effectiveness
from lineshaft.services.contracts.meters import MeterTerms
from lineshaft.services.contracts.modifiers import (
    AmountDiscount,
    AnnualCommitment,
    Commitment,
    FixedCredit,
    Indexation,
    IndexValue,
    Modifiers,
    MonthlyAmount,
    MonthlyCommitment,
    PercentDiscount,
    PriceIndex,
    ProrationBasis,
)
from lineshaft.services.contracts.offering import (
    Activity,
    Binding,
    Classification,
    CustomerClass,
    Offering,
    OfferingKind,
    OfferingReference,
    ServiceClass,
    check_version,
)
from lineshaft.services.contracts.prices import (
    FlatPrice,
    GraduatedPrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    PerUnitPrice,
    Price,
    StatePrice,
    Tier,
    UnitPrice,
    VolumePrice,
)
from lineshaft.services.contracts.terms import (
    BaseFee,
    Terms,
    UsagePrice,
    Vat,
    VatCategory,
)
from lineshaft.services.metering.model import Meter

__all__ = [
    "Activity",
    "AmountDiscount",
    "AnnualCommitment",
    "Availability",
    "AvailabilityGuarantee",
    "BaseFee",
    "BillingPeriod",
    "Binding",
    "BusinessCalendar",
    "Cause",
    "Claim",
    "ClassDurations",
    "Classification",
    "ClassifiedInterval",
    "Commitment",
    "Contract",
    "ContractRecord",
    "CreditBand",
    "CreditSchedule",
    "CustomerClass",
    "Direction",
    "EnergyGuarantee",
    "FixedCredit",
    "FlatPrice",
    "GraduatedPrice",
    "Guarantee",
    "GuaranteeStep",
    "IndexValue",
    "Indexation",
    "LocalText",
    "MatrixPrice",
    "MeterTerms",
    "Modifiers",
    "MonthlyAmount",
    "MonthlyCommitment",
    "Oee",
    "OeeGuarantee",
    "Offering",
    "OfferingKind",
    "OfferingReference",
    "PackagePrice",
    "Party",
    "PerUnitPrice",
    "PercentDiscount",
    "PercentagePrice",
    "Price",
    "PriceIndex",
    "Production",
    "ProductionGuarantee",
    "ProrationBasis",
    "QualityGuarantee",
    "ResponseGuarantee",
    "ResponseMilestone",
    "RestorationGuarantee",
    "ServiceClass",
    "ServiceGuarantee",
    "StatePrice",
    "Statistic",
    "Terms",
    "TermsInvalid",
    "ThroughputGuarantee",
    "Tier",
    "TimeClass",
    "UnitPrice",
    "UnknownPolicy",
    "UsagePrice",
    "Vat",
    "VatCategory",
    "VolumePrice",
    "availability",
    "claims_of_states",
    "classify",
    "classify_states",
    "credit_amount",
    "credit_rate",
    "durations_of",
    "effectiveness",
    "energy_per_output",
    "granted_rates",
    "instant_after",
    "judged_hours",
    "lost_production",
    "missed_by",
    "oee",
    "open_periods",
    "open_time_us",
    "production_availability",
    "quality_ratio",
    "response_us",
    "restoration_us",
]

MACHINES_MAX = 100
ADDRESS_LINES_MAX = 6
PAYMENT_DAYS_MAX = 365
SERIES_CHARACTERS_MAX = 20
_COUNTRY_CHARACTERS = 2


class Party(Frozen, frozen=True):
    """Who supplies or buys, with what the law wants on an invoice (EN 16931-1, BG-4 and BG-7).

    Attributes:
        country: code of ISO 3166-1, two capital letters.
        vat_id: VAT identifier with its country prefix, or empty.
        legal_id: number in the register of companies, or empty.
    """

    id: str
    name: str
    address_lines: tuple[str, ...]
    country: str
    vat_id: str
    legal_id: str

    def __post_init__(self) -> None:
        """Refuse what no document could print."""
        check_id(self.id, "party")
        if not self.name.strip():
            msg = f"party {self.id} has no name"
            raise TermsInvalid(msg)
        if not 0 < len(self.address_lines) <= ADDRESS_LINES_MAX:
            msg = f"party {self.id}: expected 1 to {ADDRESS_LINES_MAX} lines of address"
            raise TermsInvalid(msg)
        code = self.country
        if not (len(code) == _COUNTRY_CHARACTERS and code.isascii() and code.isupper()):
            msg = f"party {self.id}: country {code!r}, expected two capital letters (ISO 3166-1)"
            raise TermsInvalid(msg)


class BillingPeriod(StrEnum):
    """How long one billed period is: by the calendar of the contract's zone."""

    DAY = "day"
    MONTH = "month"


class Contract(Frozen, frozen=True, kw_only=True):
    """What a supplier and a customer agreed on, for named machines, from an instant on.

    Attributes:
        organisation: id of the customer's organisation, which may then see the machines.
        offering: what it was made from; `terms` is a copy, and the copy is what counts.
        machines: the machines that are billed together; tiers run over their summed usage.
        start, end: RFC 3339 in UTC; `end` is None while there is none.
        time_zone: IANA zone whose calendar divides time into billed periods.
        invoice_series: the gapless series that its documents are numbered in.
        payment_days: days until a document is due; left out where nothing is agreed.
    """

    id: str
    version: int
    supplier: Party
    customer: Party
    organisation: str
    offering: OfferingReference
    currency: str
    terms: Terms
    machines: tuple[str, ...]
    start: str
    end: str | None = None
    time_zone: str
    billing_period: BillingPeriod
    invoice_series: str
    payment_days: int | msgspec.UnsetType = msgspec.UNSET

    @property
    def payment_term_days(self) -> int | None:
        """Days from the date of a document until it is due; None where nothing is agreed."""
        return None if self.payment_days is msgspec.UNSET else self.payment_days

    def __post_init__(self) -> None:
        """Refuse what could not be metered, billed or numbered."""
        check_version(self.id, self.version, "contract")
        currency_exponent(self.currency)
        zone_named(self.time_zone)
        check_id(self.organisation, "organisation")
        _check_series(self.invoice_series)
        _check_payment_days(self.payment_term_days)
        if not 0 < len(self.machines) <= MACHINES_MAX:
            msg = f"contract {self.id} has {len(self.machines)} machines: 1 to {MACHINES_MAX}"
            raise TermsInvalid(msg)
        if len(set(self.machines)) < len(self.machines):
            msg = f"contract {self.id} names a machine twice: {', '.join(self.machines)}"
            raise TermsInvalid(msg)
        for machine in self.machines:
            check_machine_id(machine)
        start = check_instant(self.start, "start")
        if self.end is not None:
            Period(start, check_instant(self.end, "end"))
        self._check_years()

    @property
    def starts_at(self) -> Instant:
        """The first instant of the contract."""
        return check_instant(self.start, "start")

    @property
    def ends_at(self) -> Instant | None:
        """The first instant after the contract, or None while it has no end."""
        return None if self.end is None else check_instant(self.end, "end")

    def covers(self, period: Period) -> bool:
        """Tell whether the whole period lies within the contract."""
        end = self.ends_at
        return self.starts_at <= period.start and (end is None or period.end <= end)

    def billed_period(self, instant: Instant) -> Period:
        """Return the billed period around an instant: the calendar's, cut to the contract.

        Raises:
            TermsInvalid: when the instant lies outside the contract.
        """
        zone = zone_named(self.time_zone)
        day = to_datetime(instant, zone).date()
        if self.billing_period is BillingPeriod.MONTH:
            calendar = month_period(day.year, day.month, zone)
        else:
            calendar = Period(day_start(day, zone), day_start(day + dt.timedelta(days=1), zone))
        end = calendar.end if self.ends_at is None else min(calendar.end, self.ends_at)
        if not self.starts_at <= instant < end:
            msg = f"contract {self.id} does not cover the instant: it begins at {self.start}"
            raise TermsInvalid(msg)
        return Period(max(calendar.start, self.starts_at), end)

    def year_ending_with(self, period: Period) -> Period | None:
        """Return the contract year that ends with a period; None while the year goes on.

        Years count from the start of the contract; the end of the contract ends one early.

        Raises:
            TermsInvalid: when a year ends within the period.
        """
        zone = zone_named(self.time_zone)
        first = to_datetime(self.starts_at, zone).date()
        year = to_datetime(period.end, zone).year
        ends = [day_start(first.replace(year=each), zone) for each in (year - 1, year)]
        begun = max([self.starts_at, *(end for end in ends if end < period.end)])
        if period.start < begun:
            msg = f"contract {self.id} is held to a quantity by the year, and a year ends within "
            raise TermsInvalid(msg + f"{period}: expected a period of one contract year")
        is_over = period.end in (*ends, self.ends_at)
        return Period(begun, period.end) if is_over else None

    def measurements(self, period: Period) -> tuple[tuple[Meter, Period], ...]:
        """Return what has to be measured to bill a period, in the order of documents.

        Every meter over the period; then, with the last period of a contract year, those that are
        held to a quantity by the year, over the part of the year before.
        """
        measured = [(meter, period) for meter in self.meters()]
        committed = [price.meter for price in self._committed_by_year() if price.meter]
        year = self.year_ending_with(period) if committed else None
        if year is not None and year.start < period.start:
            before = Period(year.start, period.start)
            measured += [(meter.on(m), before) for meter in committed for m in self.machines]
        return tuple(measured)

    def measured_names(self) -> tuple[LocalText, ...]:
        """Return what each of `measurements` is for, in words, in the same order.

        Those of a contract year are there always, also while the year goes on.
        """
        names = [price.description for price in self._committed_by_year() for _ in self.machines]
        return (*self.meter_names(), *names)

    def _committed_by_year(self) -> list[UsagePrice]:
        return [price for price in self.terms.usage_prices if price.is_committed_by_year]

    def _check_years(self) -> None:
        """Refuse contract years that would not consist of whole calendar months."""
        first = to_datetime(self.starts_at, zone_named(self.time_zone))
        is_month_start = first == first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if self._committed_by_year() and not is_month_start:
            msg = f"contract {self.id} is held to a quantity by the year and starts at "
            raise TermsInvalid(msg + f"{first.isoformat()}: expected the start of a month")

    def meters(self) -> tuple[Meter, ...]:
        """Return every meter of every machine, in the order in which documents list the usage."""
        prices = self.terms.usage_prices
        terms = [price.meter for price in prices if price.meter is not None]
        if self.terms.guarantee is not None:
            terms.append(self.terms.guarantee.meter)
        terms += [meter for promised in self.terms.promised for meter in promised.meters()]
        return tuple(meter.on(machine) for meter in terms for machine in self.machines)

    def meter_names(self) -> tuple[LocalText, ...]:
        """Return what each of `meters` is for, in words, in the same order."""
        parts: list[UsagePrice | Guarantee] = [
            price for price in self.terms.usage_prices if price.meter is not None
        ]
        if self.terms.guarantee is not None:
            parts.append(self.terms.guarantee)
        names = [part.description for part in parts]
        names += [each.description for each in self.terms.promised for _ in each.meters()]
        return tuple(name for name in names for _ in self.machines)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content, as documents embed it."""
        return to_content(self)

    @classmethod
    def from_content(cls, content: Any) -> "Contract":
        """Read from JSON content.

        Raises:
            TermsInvalid: naming the place that cannot be read.
        """
        return from_content(content, cls)


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """A version of a contract as it is recorded.

    Attributes:
        activated_at: since when it binds; None while it is a draft.
    """

    contract: Contract
    created_at: Instant
    activated_at: Instant | None


def _check_payment_days(days: int | None) -> None:
    if days is not None and not 0 <= days <= PAYMENT_DAYS_MAX:
        msg = f"a term of payment of {days} days: expected 0 to {PAYMENT_DAYS_MAX}"
        raise TermsInvalid(msg)


def _check_series(series: str) -> None:
    plain = series.isascii() and series.replace("-", "").isalnum() and series == series.upper()
    if not (plain and 0 < len(series) <= SERIES_CHARACTERS_MAX):
        msg = f"invoice series {series!r}: expected at most 20 of A-Z, 0-9 and '-'"
        raise TermsInvalid(msg)
