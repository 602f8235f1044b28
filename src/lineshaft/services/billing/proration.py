"""What a monthly amount comes to over a part of a month."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    US_PER_S,
    Instant,
    Period,
    day_start,
    intersect,
    month_period,
    to_datetime,
    total_us,
)
from lineshaft.services.contracts.model import ProrationBasis

MONTHS_MAX = 1_200
DAYS_30_360 = 30
_MONTHS_PER_YEAR = 12


class NotWholeDays(Invalid):
    """A period that is billed by days and does not begin and end at midnight of the zone."""


class MonthShare(msgspec.Struct, frozen=True):
    """The share of one calendar month, such as 86400/2592000 of June 2017.

    Attributes:
        month: year and month, ISO 8601.
        part, whole: lengths in `unit`: SEC or DAY of UN/ECE Rec 20.
        active: share of the part's seconds in which the contract did not rest.
        amount: exact and not rounded.
    """

    month: str
    part: Fraction
    whole: Fraction
    unit: str
    amount: Fraction
    active: Fraction = Fraction(1)


def prorate(
    per_month: Decimal | Fraction,
    period: Period,
    zone: ZoneInfo,
    basis: ProrationBasis,
    paused: Sequence[Period] = (),
) -> tuple[MonthShare, ...]:
    """Divide a monthly amount or quantity over a period, month by month: amount * part / whole.

    Linear: the shares of a period that is cut in two add up to the share of the whole.

    Example: 7,430.00 for March 2026 in Berlin (743 h) from the 29th on (71 h) are 710.00 by
    ACT_SECONDS, 7430 * 3/31 = 719.03 by ACT_DAYS and 7430 * 2/30 = 495.33 by 30/360.

    Pauses are taken off by the second, whatever the basis: a pause may cut a day.

    Raises:
        Invalid: for a period of more than `MONTHS_MAX` months.
        NotWholeDays: by days, for a period that cuts a civil day.
    """
    whole = Fraction(per_month)
    return tuple(
        _without(_share(whole, period, month, (zone, basis)), month, period, paused)
        for month in _months(period, zone)
    )


def _without(
    share: MonthShare, month: Period, period: Period, paused: Sequence[Period]
) -> MonthShare:
    """Take the pauses of a month off its share."""
    inside = Period(max(period.start, month.start), min(period.end, month.end))
    paused_us = total_us(intersect([inside], paused))
    if not paused_us:
        return share
    active = Fraction(inside.duration_us - paused_us, inside.duration_us)
    return replace(share, active=active, amount=share.amount * active)


def _months(period: Period, zone: ZoneInfo) -> Iterator[Period]:
    start = period.start
    for _ in range(MONTHS_MAX):
        day = to_datetime(start, zone)
        month = month_period(day.year, day.month, zone)
        yield month
        start = month.end
        if start >= period.end:
            return
    msg = f"cannot divide a fee over {period}: more than {MONTHS_MAX} months"
    raise Invalid(msg)


def _share(
    amount: Fraction, period: Period, month: Period, rule: tuple[ZoneInfo, ProrationBasis]
) -> MonthShare:
    zone, basis = rule
    inside = Period(max(period.start, month.start), min(period.end, month.end))
    if basis is ProrationBasis.ACT_SECONDS:
        unit, part, whole = "SEC", inside.seconds, month.seconds
    elif basis is ProrationBasis.ACT_DAYS:
        unit, part, whole = "DAY", _days(inside, zone), _days(month, zone)
    else:
        unit, part, whole = "DAY", _days_30_360(inside, zone), Fraction(DAYS_30_360)
    name = to_datetime(month.start, zone).strftime("%Y-%m")
    return MonthShare(name, part, whole, unit, amount * part / whole)


def _days(period: Period, zone: ZoneInfo) -> Fraction:
    return Fraction((_midnight(period.end, zone) - _midnight(period.start, zone)).days)


def _days_30_360(period: Period, zone: ZoneInfo) -> Fraction:
    """Count days of months of 30 (ISDA 2006 Definitions, section 4.16(g), 30E/360).

    The count telescopes, so that parts add up: the 31st has no day of its own, the last day of
    February has those that it lacks.
    """
    return Fraction(_day_30_360(period.end, zone) - _day_30_360(period.start, zone))


def _day_30_360(instant: Instant, zone: ZoneInfo) -> int:
    day = _midnight(instant, zone)
    return (day.year * _MONTHS_PER_YEAR + day.month) * DAYS_30_360 + min(day.day, DAYS_30_360)


def _midnight(instant: Instant, zone: ZoneInfo) -> dt.date:
    day = to_datetime(instant, zone).date()
    if day_start(day, zone) != instant:
        local = to_datetime(Instant(instant - instant % US_PER_S), zone).isoformat()
        msg = f"cannot bill by days: {local} is not the start of a day in {zone.key}"
        raise NotWholeDays(msg)
    return day
