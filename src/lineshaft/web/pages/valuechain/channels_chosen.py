"""What is shown of the three channels: the figures of one place, by quarter."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core.money import round_half_away
from lineshaft.valuechain.indicator import Figure
from lineshaft.web import format as form
from lineshaft.web.components import notice
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.channels_plots import Point
from lineshaft.web.pages.valuechain.figure import money_of, shown_figure
from lineshaft.web.session import Preferences

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelFigure, ChannelLedger

CHANNELS = "/valuechain/channels"
SPAN = ".."
"""In a quarter, where a figure is of several."""
GAPS_SHOWN = 6
QUARTERS_SHOWN = 12
"""In a table, the last ones; plots show all."""
PERCENT_DECIMALS = 2
RATIOS = frozenset({"malmquist_index", "efficiency_change", "frontier_shift"})
"""Indicators around 1; what else has no unit is a change or a share, in percent."""
RATIO_DECIMALS = 3
HOURS = "HUR"
FIRST = "no quarter before"
"""Missing of a change of the first quarter, which is no gap in the books."""
Gaps = dict[tuple[str, str], list[str]]
"""Quarters by indicator and what is missing."""


class Chosen(msgspec.Struct, frozen=True):
    """A ledger, and the place of it that is looked at: no line is the site, no site the firm."""

    ledger: "ChannelLedger"
    site: str
    line: str

    @property
    def places(self) -> dict[str, tuple[str, str]]:
        """All places by what the address calls them."""
        found = sorted({(each.site, each.line) for each in self.ledger.figures})
        return {place_name(site, line): (site, line) for site, line in found}

    def figures(self, name: str, *, is_of_site: bool = False) -> "list[ChannelFigure]":
        """Return the figures of an indicator; those of the site where lines have none."""
        line = "" if is_of_site else self.line
        return [
            each
            for each in self.ledger.chosen(None, self.site, line)
            if each.figure.indicator.name == name
        ]

    def by_quarter(
        self, name: str, *, is_of_site: bool = False
    ) -> "dict[str, dict[str, ChannelFigure]]":
        """Return measured figures by quarter and by what they are of."""
        found: dict[str, dict[str, ChannelFigure]] = defaultdict(dict)
        for each in self.figures(name, is_of_site=is_of_site):
            if each.quarter and SPAN not in each.quarter and each.figure.value is not None:
                found[each.quarter][each.of] = each
        return dict(sorted(found.items()))

    def mean(self, name: str) -> "ChannelFigure | None":
        """Return the mean of quarters, where there is one."""
        found = [each for each in self.figures(name) if SPAN in each.quarter]
        return found[0] if found else None

    def gaps(self, channel: str, *, is_of_site: bool = False) -> Gaps:
        """Return what is missing of which indicator, with the quarters that it is missing in."""
        line = "" if is_of_site else self.line
        found: Gaps = defaultdict(list)
        for each in self.ledger.figures:
            if each.channel != channel or each.figure.missing == FIRST:
                continue
            is_here = (each.site, each.line) == (self.site, line)
            # What is missing of all books stands once, at the firm.
            if each.figure.value is None and (is_here or not (each.site or each.quarter)):
                found[each.figure.indicator.name, each.figure.missing].append(each.quarter)
        return found


def place_name(site: str, line: str) -> str:
    """Return what the address calls a place."""
    return f"{site}/{line}" if line else site


def shown_value(figure: Figure) -> str:
    """Write the value of a figure as people read it."""
    value, unit = figure.value, figure.indicator.unit
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money_of(Fraction(value), unit)
    if unit == HOURS:
        return f"{form.rounded(Fraction(value), 1)}\N{NO-BREAK SPACE}h"
    if figure.indicator.name in RATIOS:
        return f"{round_half_away(Fraction(value), RATIO_DECIMALS):f}"
    return percent(float(value))


def percent(value: float) -> str:
    """Write a change or a share in percent."""
    return form.percent(Fraction(value), PERCENT_DECIMALS).replace("-", form.MINUS)


def opened(reader: Preferences, each: "ChannelFigure | None") -> Child:
    """Return a figure with its interval, which opens to what it was computed from."""
    if each is None:
        return None
    figure, shown = each.figure, shown_value(each.figure)
    between = None
    if figure.low is not None and figure.high is not None and figure.indicator.name not in RATIOS:
        said = f"{percent(figure.low)} … {percent(figure.high)}"
        between = tag("span", said, class_="sub")
    return [shown_figure(reader, shown, figure), between]


def points(found: "dict[str, dict[str, ChannelFigure]]", quarters: Sequence[str]) -> list[Point]:
    """Return what a plot shows of figures that have one of each quarter."""
    shown = []
    for quarter in quarters:
        each = next(iter(found.get(quarter, {}).values()), None)
        if each is None:
            shown.append(Point(quarter, None))
        else:
            figure = each.figure
            shown.append(Point(quarter, float(figure.value or 0), figure.low, figure.high))
    return shown


def gaps(reader: Preferences, found: Gaps) -> Html | None:
    """Say what was not measured, and what is missing for it."""
    if not found:
        return None
    lines: list[Child] = []
    for (indicator, missing), quarters in list(found.items())[:GAPS_SHOWN]:
        named = sorted(quarter for quarter in quarters if quarter and SPAN not in quarter)
        span = sorted({named[0], named[-1]}) if named else []
        name = reader.say(f"channels.indicator.{indicator}")
        before = f"{name}, {' – '.join(span)}: " if span else f"{name}: "
        lines.append([before, reader.sentence(missing)])
    more = len(found) - GAPS_SHOWN
    if more > 0:
        lines.append(reader.say("channels.more_missing", count=more))
    return notice(reader.say("channels.not_measured"), *lines, kind="warn")
