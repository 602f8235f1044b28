"""When a document's revenue is recognised: slices by calendar month of the contract's zone; pure.

Fees are for standing ready over time and follow its passing (IFRS 15, paragraphs 35(a) and 41);
usage is recognised when it is delivered (B16), and of a period of several months with the last of
them; a service credit is a part of the price of the fee that it lowers (51) and goes with it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.money import Money, allocate, currency_exponent, round_half_away
from lineshaft.core.period import (
    Instant,
    Period,
    month_period,
    parse_instant,
    to_datetime,
    zone_named,
)
from lineshaft.core.quantity import parse_fraction
from lineshaft.services.billing.model import CREDIT_NOTE, Account, AccountKind, LineKind
from lineshaft.services.billing.pricing import allocated
from lineshaft.services.contracts.model import (
    BundlePrice,
    Contract,
    FlatPrice,
    Price,
    ProrationBasis,
)

PERIODS_KNOWN_MAX = 1_024
_OVER_TIME = frozenset({LineKind.BASE_FEE, LineKind.SERVICE_CREDIT})


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What one line adds to the revenue of one month, for one machine.

    Attributes:
        line: id of the line.
        month: of the contract's zone, such as `2026-03`.
        span: the part of the service period in that month, as it was served.
        account: that the revenue, or what lowers it, stands on.
        vat: category and rate of the line, such as `S-19`.
        amount: net of tax; below zero for what lowers the revenue.
        is_deferred: whether it stands as a contract liability until the month is recognised.
    """

    line: str
    month: str
    span: Period
    machine: str
    account: Account
    offering: str
    vat: str
    amount: Money
    is_deferred: bool


class _Month(msgspec.Struct, frozen=True):
    """A month of the service period, and the share of the period that is over at its end."""

    name: str
    span: Period
    share_at_end: Fraction


class _Document(msgspec.Struct, frozen=True, dict=True):
    """What all lines of a document share."""

    contract: Contract
    content: Mapping[str, Any]
    period: Period
    months: Sequence[_Month]
    served: Mapping[str, Fraction]
    issued_at: Instant

    @cached_property
    def prices(self) -> Mapping[str, Price]:
        """The price of each line of usage, by its id."""
        return {price.id: price.price for price in self.contract.terms.usage_prices}

    @property
    def sign(self) -> int:
        """The lines of a credit note lower what is owed."""
        return -1 if self.content["type"] == CREDIT_NOTE else 1

    def goes_with_time(self, line: Mapping[str, Any]) -> bool:
        """Tell whether a line is for standing ready: fees and their credits, flat amounts."""
        price = self.prices.get(line["id"])
        return line["kind"] in _OVER_TIME or isinstance(price, FlatPrice | BundlePrice)

    def period_of(self, line: Mapping[str, Any]) -> Period:
        """Return the period that a line is for: the document's, where it has none of its own."""
        return _period_of(line["period"]) if "period" in line else self.period

    def minor(self, text: str) -> int:
        return int(Decimal(text).scaleb(currency_exponent(self.contract.currency)))

    def money(self, minor: int) -> Money:
        currency = self.contract.currency
        return Money(Decimal(minor).scaleb(-currency_exponent(currency)), currency)


def schedule(contract: Contract, document: Mapping[str, Any]) -> tuple[Slice, ...]:
    """Divide every line of a document over the months in which its revenue is recognised.

    The slices of a line add up to the line: not the amount but the running sum of what goes with
    time is rounded at the end of each month, so that the last slice is the total less the others.
    A correction begins with what was documented before; all documents of a period together are
    sliced as one document of the standing amounts would be.

    A line with a period of its own, such as a fee that is billed in advance, is sliced over that.

    A line is deferred where its period is not over at the date of the document, or where it belongs
    to another month than the one that the document is posted to.

    Deposits are no revenue: they are owed from their document on (IFRS 15, paragraph 55).

    Args:
        contract: the version that the document was made under.
        document: its content.

    Example: 300.00 from January to March 2026, by days, are 103.33 + 93.34 + 103.33.
    """
    period = _period_of(document["service_period"])
    months = _months(contract, period)
    issued_at, served = parse_instant(document["issued_at"]), _served(contract, period)
    of = _Document(contract, document, period, months, served, issued_at)
    running = _before(of)
    slices: list[Slice] = []
    for line in document["lines"]:
        for offering, amount in _by_offering(of, line):
            if "period" in line:
                parts = _of_own_period(of, line, (offering, amount))
            elif of.goes_with_time(line):
                parts, running = _between(of, running, running + amount), running + amount
            else:
                parts = [(months[-1], amount)]
            slices += _slices(of, line, offering, [each for each in parts if each[1]])
    return tuple(slices)


def _by_offering(of: _Document, line: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return what a line adds for each offering: a bundle is several (IFRS 15, paragraph 76).

    A correction adds what is allocated of all that stands, less what was of what stood before.
    """
    added = standing = of.sign * of.minor(line["amount"])
    if "rating" in of.content:
        rated = {each["id"]: of.minor(each["amount"]) for each in of.content["rating"]["lines"]}
        standing = rated.get(line["id"], 0)
    now, before = (_offerings(of, line["id"], each) for each in (standing, standing - added))
    return [
        (offering, after - share) for (offering, after), (_, share) in zip(now, before, strict=True)
    ]


def _offerings(of: _Document, line: str, total: int) -> list[tuple[str, int]]:
    """Divide what stands of a line among the offerings that it is for."""
    bundle = of.prices.get(line)
    if not isinstance(bundle, BundlePrice):
        return [(of.contract.offering.id, total)]
    parts = allocated(of.money(total), bundle)
    return [(part.offering, of.minor(str(share.amount))) for part, share in parts]


def _months(contract: Contract, period: Period) -> Sequence[_Month]:
    fee, prices = contract.terms.base_fee, contract.terms.usage_prices
    bases = [] if fee is None else [fee.proration]
    bases += [each.price.proration for each in prices if isinstance(each.price, BundlePrice)]
    by_days = bool(bases) and bases[0] is not ProrationBasis.ACT_SECONDS
    return _months_of(period, contract.time_zone, by_days)


@lru_cache(PERIODS_KNOWN_MAX)
def _months_of(period: Period, time_zone: str, by_days: bool) -> Sequence[_Month]:  # noqa: FBT001 - a key
    """Return the months of a period, once for all contracts that are billed for it."""
    zone, months = zone_named(time_zone), []
    whole = _length(period, zone, by_days=by_days)
    start = period.start
    while start < period.end:
        day = to_datetime(start, zone)
        end = min(month_period(day.year, day.month, zone).end, period.end)
        over = _length(Period(period.start, end), zone, by_days=by_days)
        months.append(_Month(day.strftime("%Y-%m"), Period(start, end), over / whole))
        start = end
    return tuple(months)


def _length(period: Period, zone: ZoneInfo, *, by_days: bool) -> Fraction:
    """Return a length in seconds, or in civil days where the first fee is prorated by days."""
    if not by_days:
        return period.seconds
    return Fraction((_day(period.end, zone) - _day(period.start, zone)).days)


def _day(instant: Instant, zone: ZoneInfo) -> dt.date:
    return to_datetime(instant, zone).date()


def _before(of: _Document) -> int:
    """Return what had been documented over time before this document: 0 for a first one."""
    rating = of.content.get("rating")
    if rating is None:
        return 0
    standing = _over_time(of, rating["lines"])
    return standing - of.sign * _over_time(of, of.content["lines"])


def _over_time(of: _Document, lines: Sequence[Mapping[str, Any]]) -> int:
    ours = [line for line in lines if "period" not in line and of.goes_with_time(line)]
    return sum(of.minor(line["amount"]) for line in ours)


def _of_own_period(
    of: _Document, line: Mapping[str, Any], added: tuple[str, int]
) -> list[tuple[_Month, int]]:
    """Return what each month has more of a line with a period of its own.

    What stands is sliced over the period that is right now, what stood over the one that the last
    document of the line said: a fee that ends early leaves the months that it does not reach.

    Args:
        of: the document.
        line: of it.
        added: the offering, and what the document adds for it.
    """
    offering, amount = added
    before, said = _documented(of, line, offering)
    now = _months(of.contract, of.period_of(line))
    parts: dict[str, tuple[_Month, int]] = {}
    for ours, total, sign in ((said, before, -1), (now, before + amount, 1)):
        for month, minor in zip(ours, _cut(ours, total), strict=True):
            known, sum_ = parts.get(month.name, (month, 0))
            both = Period(
                min(known.span.start, month.span.start), max(known.span.end, month.span.end)
            )
            parts[month.name] = (_Month(month.name, both, month.share_at_end), sum_ + sign * minor)
    return [parts[name] for name in sorted(parts)]


def _documented(
    of: _Document, line: Mapping[str, Any], offering: str
) -> tuple[int, Sequence[_Month]]:
    """Return what the documents before said of a line for an offering, and for which months."""
    said = [
        (-1 if document["type"] == CREDIT_NOTE else 1, each)
        for document in of.content.get("corrects", ())
        for each in document["lines"]
        if (each["id"], each["vat"]) == (line["id"], line["vat"])
    ]
    if not said:
        return 0, ()
    total = sum(sign * of.minor(each["amount"]) for sign, each in said)
    shares = dict(_offerings(of, line["id"], total))
    return shares[offering], _months(of.contract, of.period_of(said[-1][1]))


def _between(of: _Document, before: int, after: int) -> list[tuple[_Month, int]]:
    """Return what each month has more when the running sum has grown."""
    cuts = zip(_cut(of.months, before), _cut(of.months, after), strict=True)
    return [(month, now - then) for month, (then, now) in zip(of.months, cuts, strict=True)]


def _cut(months: Sequence[_Month], total: int) -> list[int]:
    """Divide minor units over months: the share at the end of each is rounded."""
    if len(months) == 1:
        return [total]
    ends = [int(round_half_away(total * month.share_at_end, 0)) for month in months]
    return [end - before for end, before in zip(ends, [0, *ends], strict=False)]


def _slices(
    of: _Document, line: Mapping[str, Any], offering: str, parts: Sequence[tuple[_Month, int]]
) -> Iterator[Slice]:
    account = _account(of, line, offering)
    is_revenue = account.kind is not AccountKind.REFUND_LIABILITY
    posted = of.months[0].name
    is_over = of.period_of(line).end <= of.issued_at
    is_late = not is_over or any(month.name != posted for month, _ in parts)
    weights = _machine_weights(of, line)
    for month, minor in parts:
        whole = of.money(minor)
        shares = [whole] if len(weights) == 1 else allocate(whole, list(weights.values()))
        for machine, amount in zip(weights, shares, strict=True):
            if amount.amount:
                yield Slice(
                    line=line["id"],
                    month=month.name,
                    span=month.span,
                    machine=machine,
                    account=account,
                    offering=offering,
                    vat=f"{line['vat']['category']}-{line['vat']['rate']}",
                    amount=amount,
                    is_deferred=is_revenue and is_late,
                )


def _account(of: _Document, line: Mapping[str, Any], offering: str) -> Account:
    if line["kind"] == LineKind.CORE_DEPOSIT:
        return Account(AccountKind.REFUND_LIABILITY, of.contract.id)
    if line["kind"] == LineKind.SERVICE_CREDIT:
        return Account(AccountKind.SERVICE_CREDITS)
    return Account(AccountKind.REVENUE, offering)


def _machine_weights(of: _Document, line: Mapping[str, Any]) -> Mapping[str, Fraction]:
    """Return how much of a line each machine has: by its usage, or by the time that it served."""
    used: dict[str, Fraction] = {}
    served = _served(of.contract, of.period_of(line)) if "period" in line else of.served
    if line["kind"] == LineKind.USAGE and len(served) > 1:
        for place in line["usage"]:
            record = of.content["usage"][place]
            amount = abs(parse_fraction(record["quantity"]["amount"]))
            machine = record["meter"]["machine"]
            used[machine] = used.get(machine, Fraction(0)) + amount
    return used if any(used.values()) else served


def _period_of(content: Mapping[str, Any]) -> Period:
    return Period.parse(content["start"], content["end"])


def _served(contract: Contract, period: Period) -> dict[str, Fraction]:
    """Return how long each machine served in a period; all the same where none did."""
    served: dict[str, Fraction] = {}
    for slot in contract.slots(period):
        served[slot.machine] = served.get(slot.machine, Fraction(0)) + slot.period.seconds
    return served or dict.fromkeys(contract.machines, Fraction(1))
