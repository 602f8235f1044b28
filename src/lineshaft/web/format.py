"""Figures, instants and durations as people read them, in both languages.

Nothing is computed here that anything else is computed from. Amounts and quantities stay exact: a
shown figure that had to be rounded is rounded half away from zero.
"""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from lineshaft.core.money import Money, currency_exponent, round_half_away
from lineshaft.core.period import US_PER_S, Instant, Period, to_datetime
from lineshaft.core.quantity import Quantity, unit_named
from lineshaft.web.texts import Language, say

MINUS = "\N{MINUS SIGN}"
QUANTITY_DECIMALS = 6
PERCENT_DECIMALS = 2
_MINUTES = 60
_US_PER_MS = 1_000
_HOUR_S = 3_600
_DAY_S = 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def grouped(number: Decimal | str | int) -> str:
    """Group thousands and write a real minus sign; decimals stay as they are."""
    return f"{Decimal(number):,f}".replace("-", MINUS)


def rounded(value: Fraction, decimals: int = QUANTITY_DECIMALS) -> str:
    """Round for the eye, without trailing zeros behind the point."""
    text = f"{round_half_away(value, decimals):f}"
    return grouped(text.rstrip("0").rstrip(".") if "." in text else text)


def money(value: Money) -> str:
    """Write an amount with all decimals of its currency, and the currency."""
    return amount(f"{value.amount:.{currency_exponent(value.currency)}f}", value.currency)


def amount(text: str, currency: str) -> str:
    """Write an amount that is decimal text already."""
    return f"{grouped(text)}\N{NO-BREAK SPACE}{currency}"


def quantity(value: Quantity) -> str:
    """Write a quantity with the symbol of its unit."""
    return measure(value.amount, value.unit)


def measure(value: Fraction, unit: str) -> str:
    """Write a figure with the symbol of a unit of UN/ECE Rec 20."""
    symbol = unit_named(unit).symbol
    return f"{rounded(value)}\N{NO-BREAK SPACE}{symbol}" if symbol else rounded(value)


def percent(ratio: Fraction, decimals: int = PERCENT_DECIMALS) -> str:
    """Write a ratio in percent."""
    return f"{round_half_away(ratio * 100, decimals):,f}\N{NO-BREAK SPACE}%"


def day(instant: Instant, zone: ZoneInfo, language: Language) -> str:
    """Write the civil day of an instant."""
    return date(to_datetime(instant, zone).date(), language)


def date(on: dt.date, language: Language) -> str:
    """Write a civil day."""
    if language is Language.CHINESE:
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def clock_time(instant: Instant, zone: ZoneInfo) -> str:
    """Write the civil time of an instant, as fine as it is."""
    at = to_datetime(instant, zone)
    text = f"{at:%H:%M}" + (f":{at:%S}" if at.second or at.microsecond else "")
    return text + (f".{at.microsecond:06d}".rstrip("0") if at.microsecond else "")


def zone_label(instant: Instant, zone: ZoneInfo) -> str:
    """Name the zone of an instant by its offset, such as `UTC+02:00`."""
    offset_s = int((to_datetime(instant, zone).utcoffset() or dt.timedelta()).total_seconds())
    if not offset_s:
        return "UTC"
    minutes = abs(offset_s) // _MINUTES
    return f"UTC{'+' if offset_s > 0 else MINUS}{minutes // _MINUTES:02d}:{minutes % _MINUTES:02d}"


def instant(at: Instant, zone: ZoneInfo, language: Language) -> str:
    """Write day, time and zone of an instant."""
    return f"{day(at, zone, language)}, {clock_time(at, zone)} {zone_label(at, zone)}"


def fine(at: Instant, zone: ZoneInfo, language: Language) -> str:
    """Write an instant with at least milliseconds, so that a column of them stays even."""
    civil = to_datetime(at, zone)
    digits = f"{civil.microsecond:06d}"
    shown = digits if civil.microsecond % _US_PER_MS else digits[:3]
    return f"{day(at, zone, language)}, {civil:%H:%M:%S}.{shown} {zone_label(at, zone)}"


def second(at: Instant, zone: ZoneInfo, language: Language) -> str:
    """Write an instant to the second, for the eye."""
    return instant(Instant(at - at % US_PER_S), zone, language)


def period(span: Period, zone: ZoneInfo, language: Language) -> str:
    """Write a period; whole civil days are named without times, the last one inclusive."""
    start, end = to_datetime(span.start, zone), to_datetime(span.end, zone)
    is_whole = not any((start.hour, start.minute, start.second, start.microsecond)) and not any(
        (end.hour, end.minute, end.second, end.microsecond)
    )
    if not is_whole:
        first = f"{day(span.start, zone, language)}, {clock_time(span.start, zone)}"
        return f"{first} \N{EN DASH} {instant(span.end, zone, language)}"
    first = day(span.start, zone, language)
    last = day(Instant(span.end - 1), zone, language)
    return first if first == last else f"{first} \N{EN DASH} {last}"


def duration(duration_us: int, language: Language) -> str:
    """Write a duration exactly, in hours, minutes and seconds."""
    seconds, fraction = divmod(duration_us, US_PER_S)
    minutes, rest = divmod(seconds, _MINUTES)
    hours, minutes = divmod(minutes, _MINUTES)
    last = f"{rest}" + (f".{fraction:06d}".rstrip("0") if fraction else "")
    parts = (
        (grouped(hours), "unit.hours"),
        (str(minutes), "unit.minutes"),
        (last, "unit.seconds"),
    )
    shown = [f"{count}\N{NO-BREAK SPACE}{say(language, unit)}" for count, unit in parts]
    kept = [text for text, (count, _) in zip(shown, parts, strict=True) if count != "0"]
    return " ".join(kept) or shown[-1]


def short_duration(duration_us: int, language: Language) -> str:
    """Write a duration roughly: its two largest units."""
    seconds = duration_us // US_PER_S
    if seconds < _MINUTES:
        return f"{seconds}\N{NO-BREAK SPACE}{say(language, 'unit.seconds')}"
    units = (
        (_DAY_S, "unit.days"),
        (_HOUR_S, "unit.hours"),
        (_MINUTES, "unit.minutes"),
        (1, "unit.seconds"),
    )
    first = next(place for place, (size, _) in enumerate(units) if seconds >= size)
    words = []
    for size, name in units[first : first + 2]:
        count, seconds = divmod(seconds, size)
        words += [f"{count}\N{NO-BREAK SPACE}{say(language, name)}"] if count else []
    return " ".join(words)


def byte_size(count: int) -> str:
    """Write a number of bytes in decimal units."""
    size, names = Fraction(count), iter(("B", "kB", "MB", "GB", "TB"))
    name = next(names)
    while size >= _KILO and name != "TB":
        size, name = size / _KILO, next(names)
    return f"{rounded(size, 0 if name == 'B' else 1)}\N{NO-BREAK SPACE}{name}"


_KILO = 1_000
