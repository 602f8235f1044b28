"""The words of one language and the shape of figures, which every text of a page needs; pure."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lineshaft.core.money import round_half_away
from lineshaft.core.period import parse_instant, to_datetime, zone_named
from lineshaft.services.billing.rendering.labels import LABELS, MONTHS
from lineshaft.services.billing.rendering.model import Language

STEP_DECIMALS = 4
PERCENT_DECIMALS = 2
FACTOR_DECIMALS = 6
_MONTH_UNIT = "MON"
_COUNT_UNIT = "C62"


class Words:
    """A document, its currency and its zone in one language."""

    def __init__(self, document: dict[str, Any], language: Language) -> None:
        """Take the content of a document."""
        self.document, self.language = document, language
        self.labels = LABELS[language]
        self.zone = zone_named(document["service_period"]["time_zone"])
        self.currency = document["currency"]

    def say(self, key: str, **values: object) -> str:
        """Fill in a label."""
        return self.labels[key].format(**values)

    def text(self, local: dict[str, str]) -> str:
        """Choose the text of the language."""
        return local[str(self.language)]

    def instant(self, text: str) -> str:
        """Write an instant in the zone of the document."""
        at = to_datetime(parse_instant(text), self.zone)
        clock = f"{at:%H:%M}" + (f":{at:%S}" if at.second or at.microsecond else "")
        clock += f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
        if self.language is Language.CHINESE:
            return f"{at.year}年{at.month}月{at.day}日 {clock}"
        return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {clock}"

    def day(self, day: dt.date) -> str:
        """Write a day."""
        if self.language is Language.CHINESE:
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def month(self, text: str) -> str:
        """Write a month such as `2017-06`."""
        year, month = text.split("-")[:2]
        if self.language is Language.CHINESE:
            return f"{year}年{int(month)}月"
        return f"{MONTHS[int(month) - 1]} {year}"

    def money(self, amount: str) -> str:
        """Write an amount with its currency; the decimals stay as they are."""
        return f"{grouped(amount)} {self.currency}"

    def quantity(self, quantity: dict[str, str]) -> str:
        """Write a quantity of a document, as it is shown there."""
        if quantity["unit"] == _MONTH_UNIT:
            return self.say("month", count=quantity["exact"])
        if quantity["unit"] == _COUNT_UNIT:
            return grouped(quantity["shown"])
        return f"{grouped(quantity['shown'])} {quantity['symbol']}"

    def unrounded_money(self, exact: str) -> str:
        """Write an exact amount with its currency, see `unrounded`."""
        return f"{unrounded(exact)} {self.currency}"


def grouped(number: str) -> str:
    """Group thousands and write a real minus sign; the decimals stay as they are."""
    return f"{Decimal(number):,f}".replace("-", "\N{MINUS SIGN}")


def shown(value: Fraction, decimals: int) -> str:
    """Round for the eye, half away from zero, without trailing zeros."""
    text = f"{round_half_away(value, decimals):f}"
    return grouped(text.rstrip("0").rstrip(".") if "." in text else text)


def unrounded(exact: str) -> str:
    """Show an exact amount with four decimals, or two where the others are zero."""
    text = f"{round_half_away(Fraction(exact), STEP_DECIMALS):f}"
    return grouped(text.removesuffix("00"))


def percent_number(ratio: Fraction | str) -> str:
    """Show a ratio in percent, without the sign and without trailing zeros."""
    return shown(Fraction(ratio) * 100, PERCENT_DECIMALS)


def percent(ratio: Fraction, decimals: int = PERCENT_DECIMALS) -> str:
    """Show a ratio in percent with its sign and all decimals."""
    return f"{round_half_away(ratio * 100, decimals):f} %"
