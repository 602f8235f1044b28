"""Contracts: frozen, versioned, the same content for ever."""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from lineshaft.core import canonical
from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import (
    Instant,
    Period,
    anchored_period,
    day_start,
    intersect,
    subtract,
    to_datetime,
    zone_named,
)
from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.assets import (
    AssetBinding,
    Pause,
    Slot,
    check_bindings,
    check_pauses,
    gaps_of,
    slots_of,
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
from lineshaft.services.contracts.meters import MeterTerms
from lineshaft.services.contracts.offering import OfferingReference, check_version
from lineshaft.services.contracts.parties import OTHER_PARTIES_MAX, OtherParty, Party
from lineshaft.services.contracts.renewal import Renewal
from lineshaft.services.contracts.revenue import RevenueShare, check_shares, split_revenue
from lineshaft.services.contracts.terms import Terms, UsagePrice
from lineshaft.services.metering.model import Meter

MACHINES_MAX = 100
PAYMENT_DAYS_MAX = 365
SERIES_CHARACTERS_MAX = 20
ANCHOR_DAY_MAX = 31
_MONTHS_PER_YEAR = 12


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
        anchor_day: day of the month on which billed months begin, the last one of a shorter month;
            left out: the first.
        parties: financiers and partners; left out where there are none.
        revenue_split: what they get of the net revenue; the supplier keeps the rest.
        renewal: how it renews itself; left out: it runs to its `end`, or until it is ended.
        bindings: which machine serves in which place when; left out: all of them all the time.
        pauses: when it rests; left out where it never did.
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
    payment_days: int | UnsetType = UNSET
    anchor_day: int | UnsetType = UNSET
    parties: tuple[OtherParty, ...] | UnsetType = UNSET
    revenue_split: tuple[RevenueShare, ...] | UnsetType = UNSET
    renewal: Renewal | UnsetType = UNSET
    bindings: tuple[AssetBinding, ...] | UnsetType = UNSET
    pauses: tuple[Pause, ...] | UnsetType = UNSET

    @property
    def payment_term_days(self) -> int | None:
        """Days from the date of a document until it is due; None where nothing is agreed."""
        return None if self.payment_days is UNSET else self.payment_days

    def __post_init__(self) -> None:
        """Refuse what could not be metered, billed or numbered."""
        check_version(self.id, self.version, "contract")
        currency_exponent(self.currency)
        self.terms.check_currency(self.currency)
        zone_named(self.time_zone)
        check_id(self.organisation, "organisation")
        _check_series(self.invoice_series)
        _check_payment_days(self.payment_term_days)
        _check_machines(self.id, self.machines)
        start = check_instant(self.start, "start")
        if self.end is not None:
            Period(start, check_instant(self.end, "end"))
        self._check_anchor()
        self._check_years()
        self._check_parties()
        if self.bindings is not UNSET:
            check_bindings(self.bindings, self.machines)
        if self.pauses is not UNSET:
            check_pauses(self.pauses)

    @property
    def starts_at(self) -> Instant:
        """The first instant of the contract."""
        return check_instant(self.start, "start")

    @property
    def ends_at(self) -> Instant | None:
        """The first instant after the contract, or None while it has no end."""
        return None if self.end is None else check_instant(self.end, "end")

    @property
    def opening(self) -> Period | None:
        """What stands for the time before the contract on its opening document: no usage.

        The calendar's period up to the start of the contract: with its document the first fees are
        billed in advance. None where fees are billed in arrears.
        """
        if not self.terms.are_fees_ahead:
            return None
        return Period(self._calendar_at(Instant(self.starts_at - 1)).start, self.starts_at)

    def is_opening(self, period: Period) -> bool:
        """Tell whether a period stands for the time before the contract."""
        return period == self.opening

    def covers(self, period: Period) -> bool:
        """Tell whether the whole period lies within the contract."""
        end = self.ends_at
        return self.starts_at <= period.start and (end is None or period.end <= end)

    def billed_period(self, instant: Instant) -> Period:
        """Return the billed period around an instant: the calendar's, cut to the contract.

        Months begin on the anchor day, by the calendar of the zone; the day sticks: 31 January,
        28 February, 31 March.

        Raises:
            TermsInvalid: when the instant lies outside the contract.
        """
        calendar = self._calendar_at(instant)
        end = calendar.end if self.ends_at is None else min(calendar.end, self.ends_at)
        if not self.starts_at <= instant < end:
            msg = f"contract {self.id} does not cover the instant: it begins at {self.start}"
            raise TermsInvalid(msg, contract=self.id)
        return Period(max(calendar.start, self.starts_at), end)

    def _calendar_at(self, instant: Instant) -> Period:
        """Return the month or the day around an instant, whether the contract covers it or not."""
        if self.billing_period is BillingPeriod.MONTH:
            return self._month(self._month_number(instant))
        zone = zone_named(self.time_zone)
        day = to_datetime(instant, zone).date()
        return Period(day_start(day, zone), day_start(day + dt.timedelta(days=1), zone))

    def fees_after(self, period: Period) -> Period | None:
        """Return the period whose fees are billed with the document of a period, in advance.

        That is the billed period behind it; None where the contract ends with it.
        """
        if self.ends_at is not None and self.ends_at <= period.end:
            return None
        return Period(period.end, self.billed_period(period.end).end)

    def _month(self, number: int) -> Period:
        """Return a month counted from year 1 on; it begins on the anchor day."""
        day = 1 if self.anchor_day is UNSET else self.anchor_day
        return anchored_period(dt.date(1, 1, day), number, zone_named(self.time_zone))

    def _month_number(self, instant: Instant) -> int:
        day = to_datetime(instant, zone_named(self.time_zone)).date()
        number = (day.year - 1) * _MONTHS_PER_YEAR + day.month - 1
        return number if self._month(number).start <= instant else number - 1

    def year_ending_with(self, period: Period) -> Period | None:
        """Return the contract year that ends with a period; None while the year goes on.

        Years count from the start of the contract; the end of the contract ends one early.

        Raises:
            TermsInvalid: when a year ends within the period.
        """
        begun, ends = self._year_of(period)
        is_over = period.end in (*ends, self.ends_at)
        return Period(begun, period.end) if is_over else None

    def periods_before(self, period: Period) -> list[Period]:
        """Return the billed periods of the contract year before a period, the earliest first.

        Raises:
            TermsInvalid: when a year ends within the period.
        """
        at, _ = self._year_of(period)
        found = []
        while at < period.start:
            found.append(Period(at, min(self.billed_period(at).end, period.start)))
            at = found[-1].end
        return found

    def _year_of(self, period: Period) -> tuple[Instant, list[Instant]]:
        """Return the start of the contract year that a period lies in, and where years end."""
        first = self._month_number(self.starts_at)
        years = (self._month_number(period.end) - first) // _MONTHS_PER_YEAR
        ends = [self._month(first + each * _MONTHS_PER_YEAR).start for each in (years - 1, years)]
        begun = max([self.starts_at, *(end for end in ends if end < period.end)])
        if period.start < begun:
            msg = f"contract {self.id} is held to a quantity by the year, and a year ends within "
            msg += f"{period}: expected a period of one contract year"
            raise TermsInvalid(msg, contract=self.id)
        return begun, ends

    def slots(self, period: Period) -> tuple[Slot, ...]:
        """Return which machine is metered over which part of a period, in the order of documents.

        Without bindings that is every machine over the whole of it.
        """
        if self.bindings is UNSET:
            return tuple(Slot(machine, period) for machine in self.machines)
        return tuple(slots_of(self.bindings, period))

    def promised_slots(self, period: Period) -> tuple[Slot, ...]:
        """Return the slots that guarantees are judged on: pauses are left out."""
        slots, paused = self.slots(period), self.paused(period)
        if not paused:
            return slots
        return tuple(
            Slot(slot.machine, part) for slot in slots for part in subtract([slot.period], paused)
        )

    def paused(self, period: Period) -> list[Period]:
        """Return the parts of a period in which the contract rests."""
        if self.pauses is UNSET:
            return []
        return intersect([pause.period for pause in self.pauses], [period])

    def paused_slots(self, period: Period) -> list[Period]:
        """Return the paused time of every place, a machine in it or not: excluded of guarantees."""
        spans = [*(slot.period for slot in self.slots(period)), *self._gaps(period)]
        paused = self.paused(period)
        return [part for span in spans for part in intersect([span], paused)]

    def empty_slots(self, period: Period) -> list[Period]:
        """Return when no machine stood in a place between two that did, pauses left out.

        That is the provider's downtime: it owes the place, not the machine.
        """
        paused = self.paused(period)
        return [part for gap in self._gaps(period) for part in subtract([gap], paused)]

    def _gaps(self, period: Period) -> list[Period]:
        return [] if self.bindings is UNSET else gaps_of(self.bindings, period)

    def measurements(self, period: Period) -> tuple[tuple[Meter, Period], ...]:
        """Return what has to be measured to bill a period, in the order of documents.

        Every meter over the slots of the period; then, with the last period of a contract year,
        those that are held to a quantity by the year, over the part of the year before; then those
        of prices that are carried, over each billed period of the year before. Before the contract
        nothing is measured.
        """
        if self.is_opening(period):
            return ()
        slots, promised = self.slots(period), self.promised_slots(period)
        measured = _over(_meters_of(self.metered_prices()), slots)
        measured += _over(self.promised_meters(), promised)
        measured += _over(_meters_of(self.committed_prices()), self.committed_slots(period))
        for price, spans in self.carried_slots(period):
            for span in spans:
                measured += _over(_meters_of([price]), span)
        return tuple(measured)

    def measured_names(self, period: Period) -> tuple[LocalText, ...]:
        """Return what each of `measurements` is for, in words, in the same order."""
        slots, promised = self.slots(period), self.promised_slots(period)
        names = [
            name for price in self.metered_prices() for name, _ in price.measured for _ in slots
        ]
        if self.terms.guarantee is not None:
            names += [self.terms.guarantee.description for _ in promised]
        for each in self.terms.promised:
            names += [each.description for _ in each.meters() for _ in promised]
        before = self.committed_slots(period)
        names += [price.description for price in self.committed_prices() for _ in before]
        for price, spans in self.carried_slots(period):
            names += [name for span in spans for name, _ in price.measured for _ in span]
        return tuple(names)

    def committed_slots(self, period: Period) -> tuple[Slot, ...]:
        """Return the slots of the contract year before its last period; none while it goes on."""
        year = self.year_ending_with(period) if self.committed_prices() else None
        if year is None or year.start == period.start:
            return ()
        return self.slots(Period(year.start, period.start))

    def carried_slots(self, period: Period) -> list[tuple[UsagePrice, list[tuple[Slot, ...]]]]:
        """Return the prices that are carried, with the slots of each billed period before."""
        carried = [price for price in self.terms.usage_prices if price.is_carried_by_year]
        spans = [self.slots(span) for span in self.periods_before(period)] if carried else []
        return [(price, spans) for price in carried]

    def metered_prices(self) -> list[UsagePrice]:
        """Return the prices of what is measured, in the order of the terms."""
        return [price for price in self.terms.usage_prices if price.meter is not None]

    def committed_prices(self) -> list[UsagePrice]:
        """Return the prices that are held to a quantity by the year."""
        return [price for price in self.terms.usage_prices if price.is_committed_by_year]

    def promised_meters(self) -> list[MeterTerms]:
        """Return the meters of the guarantees, in the order of the terms."""
        meters = [] if self.terms.guarantee is None else [self.terms.guarantee.meter]
        return meters + [meter for each in self.terms.promised for meter in each.meters()]

    def meters(self) -> tuple[Meter, ...]:
        """Return every meter of every machine, in the order of the terms."""
        terms = [*_meters_of(self.metered_prices()), *self.promised_meters()]
        return tuple(meter.on(machine) for meter in terms for machine in self.machines)

    def partner_shares(self, lines: Sequence[tuple[str, Money]]) -> dict[str, Money]:
        """Return what each other party gets of rated lines, by its id: see `split_revenue`."""
        shares = () if self.revenue_split is UNSET else self.revenue_split
        return split_revenue(shares, lines, self.currency)

    def term_around(self, instant: Instant) -> Period | None:
        """Return the term of a contract that renews itself; None for any other."""
        if self.renewal is UNSET:
            return None
        return self.renewal.term_around(instant, self.starts_at, zone_named(self.time_zone))

    def earliest_end(self, notice_at: Instant) -> Instant:
        """Return when the contract ends at the earliest if notice is given at an instant."""
        if self.renewal is UNSET:
            return max(notice_at, Instant(self.starts_at + 1))
        zone = zone_named(self.time_zone)
        return self.renewal.earliest_end(notice_at, self.starts_at, zone)

    @property
    def sha256(self) -> str:
        """The SHA-256 of its canonical content, hexadecimal: what is offered and accepted."""
        return canonical.sha256_hex(canonical.encode(self.to_content()))

    def _check_anchor(self) -> None:
        if self.anchor_day is UNSET:
            return
        is_month = self.billing_period is BillingPeriod.MONTH
        if not (is_month and 1 <= self.anchor_day <= ANCHOR_DAY_MAX):
            msg = f"contract {self.id}: anchor_day = {self.anchor_day}, expected 1 to "
            raise TermsInvalid(msg + f"{ANCHOR_DAY_MAX}, of a contract that is billed by months")

    def _check_years(self) -> None:
        """Refuse contract years that would not consist of whole billed months."""
        carried = [price for price in self.terms.usage_prices if price.is_carried_by_year]
        if carried and self.billing_period is not BillingPeriod.MONTH:
            msg = f"contract {self.id} carries {carried[0].id} from period to period: expected one "
            raise TermsInvalid(msg + "that is billed by months")
        if not (self.committed_prices() or carried):
            return
        if self._month(self._month_number(self.starts_at)).start != self.starts_at:
            first = to_datetime(self.starts_at, zone_named(self.time_zone))
            msg = f"contract {self.id} is held to a quantity by the year and starts at "
            raise TermsInvalid(msg + f"{first.isoformat()}: expected the start of a month")

    def _check_parties(self) -> None:
        others = () if self.parties is UNSET else self.parties
        ids = [self.supplier.id, self.customer.id, *(each.party.id for each in others)]
        if len(others) > OTHER_PARTIES_MAX or len(set(ids[2:]) - set(ids[:2])) < len(others):
            msg = f"contract {self.id} has {len(others)} other parties: expected at most "
            raise TermsInvalid(msg + f"{OTHER_PARTIES_MAX}, each once")
        shares = () if self.revenue_split is UNSET else self.revenue_split
        terms = self.terms
        lines = (terms.base_fee, terms.guarantee, *terms.usage_prices, *terms.promised)
        check_shares(shares, set(ids[2:]), {part.id for part in lines if part is not None})

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


class ContractRecord(msgspec.Struct, frozen=True):
    """A version of a contract as it is recorded.

    Attributes:
        activated_at: since when it binds; None while it is a draft.
    """

    contract: Contract
    created_at: Instant
    activated_at: Instant | None


def _meters_of(prices: Sequence[UsagePrice]) -> list[MeterTerms]:
    return [meter for price in prices for _, meter in price.measured]


def _over(meters: Sequence[MeterTerms], slots: Sequence[Slot]) -> list[tuple[Meter, Period]]:
    return [(meter.on(machine), span) for meter in meters for machine, span in slots]


def _check_machines(id_: str, machines: Sequence[str]) -> None:
    if not 0 < len(machines) <= MACHINES_MAX:
        msg = f"contract {id_} has {len(machines)} machines: 1 to {MACHINES_MAX}"
        raise TermsInvalid(msg)
    if len(set(machines)) < len(machines):
        msg = f"contract {id_} names a machine twice: {', '.join(machines)}"
        raise TermsInvalid(msg)
    for machine in machines:
        check_machine_id(machine)


def _check_payment_days(days: int | None) -> None:
    if days is not None and not 0 <= days <= PAYMENT_DAYS_MAX:
        msg = f"a term of payment of {days} days: expected 0 to {PAYMENT_DAYS_MAX}"
        raise TermsInvalid(msg)


def _check_series(series: str) -> None:
    plain = series.isascii() and series.replace("-", "").isalnum() and series == series.upper()
    if not (plain and 0 < len(series) <= SERIES_CHARACTERS_MAX):
        msg = f"invoice series {series!r}: expected at most 20 of A-Z, 0-9 and '-'"
        raise TermsInvalid(msg)
