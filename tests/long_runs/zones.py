"""Every IANA zone from 2020 to 2035, every clock change: billed periods and business calendars.

In each zone the billed days and months follow on one another with no gap and no overlap, also
around every clock change (I2); the whole days of a calendar are all time; and where a clock change
repeats or skips a civil time, a calendar that names it is refused and never shifted.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from bench.records import Outcome, told
from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    US_PER_DAY,
    US_PER_S,
    AmbiguousTime,
    Instant,
    NonexistentTime,
    Period,
    parse_instant,
    to_datetime,
    zone_named,
)
from lineshaft.services.contracts.calendars import (
    BusinessCalendar,
    instant_after,
    open_periods,
    open_time_us,
)
from lineshaft.services.contracts.model import BillingPeriod, Contract
from tests.services.contracts.examples import contract

ZONES = sorted(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
FULL = len(ZONES)
SLICE = FULL // 20 + 1
START = parse_instant("2020-01-01T00:00:00Z")
END = parse_instant("2036-01-01T00:00:00Z")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WINDOW_US = 3 * US_PER_DAY
PROBE_US = 900 * US_PER_S


def run(count: int, seed: int) -> Outcome:
    """Check `count` zones, drawn by the seed; all of them when there are no more."""
    chosen = random.Random(seed).sample(ZONES, min(count, FULL))
    counts = {"zones": len(chosen), "periods": 0, "transitions": 0, "refused": 0}
    faults: list[str] = []
    for name in told(chosen, len(chosen)):
        changes = list(transitions(name))
        counts["transitions"] += len(changes)
        for billing_period in BillingPeriod:
            counts["periods"] += check_billed(name, billing_period, changes, faults)
        counts["refused"] += check_calendar(name, changes, faults)
    detail = f"{len(faults)} faults" + (f", such as {faults[0]}" if faults else "")
    return Outcome(not faults, detail, counts | {"faults": len(faults)})


def transitions(name: str) -> Iterator[Instant]:
    """Yield the first second after every change of the offset, found by halving."""
    zone = zone_named(name)

    def offset(at: int) -> dt.timedelta | None:
        return to_datetime(Instant(at), zone).utcoffset()

    for low in range(START, END, 7 * US_PER_DAY):
        high = low + 7 * US_PER_DAY
        if offset(low) == offset(high):
            continue
        while high - low > US_PER_S:
            middle = (low + high) // (2 * US_PER_S) * US_PER_S
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        yield Instant(high)


def check_billed(
    name: str, billing_period: BillingPeriod, changes: list[Instant], faults: list[str]
) -> int:
    """Walk through all billed periods; then ask for the one around each clock change."""
    of = contract(time_zone=name, billing_period=billing_period.value, start="2020-01-01T00:00:00Z")
    at, ends = of.starts_at, 0
    while at < END:
        period = of.billed_period(at)
        if period.start != at:
            faults.append(f"{name}: the {billing_period} after {at} begins at {period.start}")
            return ends
        at, ends = period.end, ends + 1
    for change in changes:
        for probe in (*range(-26 * 4, 26 * 4, 16), *range(-6, 6)):
            at = change + probe * PROBE_US
            for instant in (at - 1, at):
                check_around(of, Instant(instant), faults)
    return ends


def check_around(of: Contract, at: Instant, faults: list[str]) -> None:
    """Every instant lies in the billed period that is said to be around it, and it follows."""
    if at < of.starts_at:
        return
    try:
        period = of.billed_period(at)
        before = of.billed_period(Instant(max(period.start - 1, of.starts_at)))
        after = of.billed_period(period.end)
    except Invalid as error:
        faults.append(f"{of.time_zone}: no {of.billing_period} around {at}: {error}")
        return
    is_whole = period.contains(at) and after.start == period.end
    if not is_whole or not (before.end == period.start or before == period):
        faults.append(f"{of.time_zone}: the {of.billing_period} around {at} is {period}")


def check_calendar(name: str, changes: list[Instant], faults: list[str]) -> int:
    """Check open time around each clock change; return how many civil times were refused."""
    refused = 0
    always = calendar(name, ("00:00/24:00",))
    for change in changes:
        middle = change // PROBE_US * PROBE_US
        window = Period(Instant(middle - WINDOW_US), Instant(middle + WINDOW_US))
        if open_periods(always, window) != [window]:
            faults.append(f"{name}: whole days leave a hole around {change}")
        if instant_after(always, window.start, 2 * WINDOW_US) != window.end:
            faults.append(f"{name}: whole days do not count all time around {change}")
        shown = on_the_wall(name, window)
        if all(time.minute % 15 == 0 for time in shown):
            hours = hours_near(name, change)
            refused += sum(check_hour(name, hour, (window, shown), faults) for hour in hours)
    return refused


def hours_near(name: str, change: Instant) -> list[int]:
    """Return the hours of the day that a clock change may touch, and those beside midnight."""
    zone = zone_named(name)
    shown = [to_datetime(Instant(change + side), zone).hour for side in (-1, 0)]
    return sorted({0, 1, 23, *((hour + beside) % 24 for hour in shown for beside in (-1, 0, 1))})


def on_the_wall(name: str, window: Period) -> Counter[dt.datetime]:
    """Return what a clock on the wall shows at each quarter of an hour, and how often."""
    zone = zone_named(name)
    probes = range(window.start, window.end, PROBE_US)
    return Counter(to_datetime(Instant(at), zone).replace(tzinfo=None) for at in probes)


def check_hour(
    name: str,
    hour: int,
    around: tuple[Period, Counter[dt.datetime]],
    faults: list[str],
) -> bool:
    """Compare an hour that is open each day with the clock on the wall; or it must be refused."""
    window, shown = around
    is_refused = False
    try:
        found = open_time_us(calendar(name, (f"{hour:02}:00/{hour + 1:02}:00",)), window)
    except (AmbiguousTime, NonexistentTime):
        is_refused = True
    if is_refused != must_refuse(hour, shown):
        faults.append(f"{name}: {hour:02}:00 is refused: {is_refused}, around {window}")
    elif not is_refused:
        quarters = sum(often for time, often in shown.items() if time.hour == hour)
        if found != quarters * PROBE_US:
            faults.append(f"{name}: {hour:02}:00 is open for {found} us in {window}")
    return is_refused


def must_refuse(hour: int, shown: Counter[dt.datetime]) -> bool:
    """Tell whether a bound of this hour is shown twice or never on a day; midnight never is.

    The first instant of a day stands for its midnight.
    """
    dates = sorted({time.date() for time in shown})
    bounds = [dt.time(each) for each in (hour, hour + 1) if 0 < each < 24]
    times = [dt.datetime.combine(date, bound) for date in dates[1:-1] for bound in bounds]
    return any(shown[time] != 1 for time in times)


def calendar(name: str, hours: tuple[str, ...]) -> BusinessCalendar:
    """Return a calendar of the same hours each day."""
    weekly: dict[str, Any] = dict.fromkeys(DAYS, hours)
    return BusinessCalendar(time_zone=name, weekly=weekly)
