"""Figures of the channels, with all that a reader needs to judge them."""

import math
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.valuechain.channels.accounting import Estimate, Unit
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.libraries import needed

CONFIDENCE = 0.95
CHANGES_MIN = 3
"""Quarters without which a mean has no interval."""
Value = Decimal | Fraction | float | None


class Channel(StrEnum):
    """How servitization changes what a maker earns (Huang & Ma, section 3.2)."""

    CAPITAL = "capital"
    TECHNOLOGY = "technology"
    DIGITAL = "digital"
    ATTRIBUTION = "attribution"


class ChannelFigure(msgspec.Struct, frozen=True):
    """A figure of a channel, of the firm (no site), a site (no line) or a line.

    Attributes:
        quarter: of the change to it from the quarter before; several: `2025-Q2..2026-Q1`.
        of: what it is of, where there are several: a factor, an activity, a quarter from the
            connection.
    """

    channel: Channel
    site: str
    line: str
    quarter: str
    of: str
    figure: Figure


class Sheet(msgspec.Struct):
    """The figures so far, all from the same books."""

    table: str
    figures: list[ChannelFigure] = msgspec.field(default_factory=list)

    def add(
        self,
        indicator: tuple[Channel, Indicator],
        place: tuple[Unit, str],
        value: Value,
        of: str = "",
        **said: Any,
    ) -> None:
        """Add a figure.

        Args:
            indicator: and the channel that it is of.
            place: unit and quarter.
            value: None when it was not measured; then `missing` is said.
            of: a factor or an activity.
            said: more of the `Figure`: coverage, low, high, missing, table.
        """
        channel, what = indicator
        (site, line), quarter = place
        none = Fraction(0) if value is None else Fraction(1)
        carried: dict[str, Any] = {"table": self.table, "coverage": none} | said
        figure = Figure(indicator=what, value=value, vintage=quarter or "no quarter", **carried)
        self.figures.append(ChannelFigure(channel, site, line, quarter, of, figure))

    def missing(
        self, indicator: tuple[Channel, Indicator], place: tuple[Unit, str], what: str
    ) -> None:
        """Add a figure that was not measured, and what was missing."""
        self.add(indicator, place, None, missing=what)


def in_currency(indicator: Indicator, currency: str) -> Indicator:
    """Return an indicator whose unit is that of the data."""
    return replace(indicator, unit=currency)


def mean_with_interval(values: Sequence[float]) -> Estimate | None:
    """Return the mean and its interval (Student's t); None below `CHANGES_MIN` values.

    Raises:
        ExtraMissing: without the extra that has SciPy.
    """
    count = len(values)
    if count < CHANGES_MIN:
        return None
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    special: Any = needed("scipy.special")
    reach = float(special.stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance / count)
    return Estimate(mean, mean - reach, mean + reach)
