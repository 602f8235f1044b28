"""Bars and numbers of national tables: floats, as people read them."""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from lineshaft.web import format as form
from lineshaft.web.markup import Html, tag

WIDTH, ROW_HEIGHT = 1_000, 14
DIGITS = 4
"""That a number is shown with, and at least all before the point."""
DECIMALS_MAX = 6


class Bar(msgspec.Struct, frozen=True):
    """A bar, and what is said beside it."""

    value: float
    said: Html


def number_of(value: float) -> str:
    """Write a float with as many digits as mean something."""
    whole = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    leading = 0
    while not whole and value and abs(value) * 10 ** (leading + 1) < 1 and leading < DECIMALS_MAX:
        leading += 1
    decimals = min(max(DIGITS - whole + leading, 0), DECIMALS_MAX)
    return form.rounded(Fraction(value), decimals)


def signed(value: float) -> str:
    """Write a change: what is added has its sign, too."""
    said = number_of(value)
    return f"+{said}" if value > 0 and said != "0" else said


def ranked(names: Sequence[str], rows: Sequence[tuple[str, Sequence[Bar]]]) -> Html:
    """Draw a row of bars for each label, with the numbers beside it; below zero to the left."""
    known = [bar.value for _, bars in rows for bar in bars]
    top, low = max(known, default=0.0), min(known, default=0.0)
    top, low = max(top, 0.0), min(low, 0.0)
    scale = WIDTH / (top - low) if top > low else 0.0
    items = []
    for label, bars in rows:
        rects = []
        for number, bar in enumerate(bars):
            start, size = (min(bar.value, 0.0) - low) * scale, abs(bar.value) * scale
            rects.append(
                tag("rect", x=f"{start:.2f}", y=number * ROW_HEIGHT, width=f"{size:.2f}",
                    height=ROW_HEIGHT, class_=f"plot-{number}")
            )  # fmt: skip
        image = tag("svg", rects, class_="plot-row", aria_hidden="true",
                    viewBox=f"0 0 {WIDTH} {ROW_HEIGHT * len(bars)}",
                    preserveAspectRatio="none")  # fmt: skip
        amounts = tag("span", [bar.said for bar in bars], class_="amounts")
        items.append(tag("li", tag("span", label), image, amounts))
    legend = [
        tag("span", tag("i", class_=f"swatch plot-{number}"), name)
        for number, name in enumerate(names)
    ]
    listed = tag("ol", items, class_="ranked")
    return tag("div", tag("div", legend, class_="legend"), listed, class_="part")
