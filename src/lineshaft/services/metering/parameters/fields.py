"""Takes the parameters of a meter out of content, each checked. Pure."""

import enum
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S
from lineshaft.core.quantity import parse_exact
from lineshaft.services.metering.hours import Hours


class Fields:
    """Takes fields out of content; what is left at the end nobody knows."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Take from this."""
        self._left = dict(content)

    def number(self, name: str, default: Fraction | None = None) -> Fraction:
        """Take an exact number that must be there, or a default."""
        value = self.number_or_none(name, default)
        if value is None:
            msg = f"{name} is missing: expected an exact number"
            raise Invalid(msg)
        return value

    def number_or_none(self, name: str, default: Fraction | None) -> Fraction | None:
        """Take an exact number, or None for "none"."""
        if name not in self._left:
            return default
        value = self._left.pop(name)
        if value is None:
            return None
        if isinstance(value, Fraction):
            return value
        if not isinstance(value, int | str | Decimal) or isinstance(value, bool):
            msg = f"{name} = {value!r}: expected an exact number, such as 12 or '0.5' or '1/3'"
            raise Invalid(msg)
        try:
            return parse_exact(value)
        except Invalid as error:
            msg = f"{name} = {error}"
            raise Invalid(msg) from error

    def text(self, name: str, default: str | None) -> str:
        """Take a text that is not empty."""
        value = self._left.pop(name, default)
        if not isinstance(value, str) or not value:
            msg = f"{name} = {value!r}: expected a text"
            raise Invalid(msg)
        return value

    def text_or_none(self, name: str) -> str | None:
        """Take a text that is not empty, or None where there is none."""
        return None if self._left.get(name) is None else self.text(name, None)

    def choice(self, name: str, choices: type[enum.StrEnum], default: str) -> str:
        """Take one of the values of an enumeration."""
        value = self._left.pop(name, default)
        if value not in list(choices):
            msg = f"{name} = {value!r}: expected one of {', '.join(choices)}"
            raise Invalid(msg)
        return str(value)

    def flag(self, name: str) -> bool:
        """Take true or false; false where it is not there."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            msg = f"{name} = {value!r}: expected true or false"
            raise Invalid(msg)
        return value

    def list(self, name: str) -> list[Any]:
        """Take a list."""
        value = self._left.pop(name, [])
        if not isinstance(value, list | tuple):
            msg = f"{name} = {value!r}: expected a list"
            raise Invalid(msg)
        return list(value)

    def table_or_none(self, name: str) -> Mapping[str, Any] | None:
        """Take a table, or None where there is none."""
        value = self._left.pop(name, None)
        if value is not None and not isinstance(value, Mapping):
            msg = f"{name} = {value!r}: expected a table"
            raise Invalid(msg)
        return value

    def end(self) -> None:
        """Refuse what nobody has taken."""
        if self._left:
            msg = f"unknown parameters of a meter: {', '.join(sorted(map(str, self._left)))}"
            raise Invalid(msg)


def text_or_none(value: Fraction | None) -> str | None:
    """Write a number that may be missing."""
    return None if value is None else str(value)


def microseconds(seconds: Fraction, name: str) -> int:
    """Return a duration in microseconds.

    Raises:
        Invalid: when it is finer than that.
    """
    duration_us = seconds * US_PER_S
    if duration_us.denominator != 1:
        msg = f"{name} {seconds}: finer than a microsecond"
        raise Invalid(msg)
    return int(duration_us)


def hours_in(fields: Fields) -> Hours | None:
    """Take the hours in which usage counts; None: always."""
    content = fields.table_or_none("hours")
    return None if content is None else Hours.from_content(content)


def hours_content(hours: Hours | None) -> dict[str, Any]:
    """Return the canonical content of hours; those that are not restricted are not named."""
    return {} if hours is None else {"hours": hours.to_content()}
