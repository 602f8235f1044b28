"""Plots of amounts, drawn as SVG that fills the width; words stay text beside it."""

from collections.abc import Sequence

import msgspec

from lineshaft.core.money import Money
from lineshaft.web import format as form
from lineshaft.web.markup import Html, tag

WIDTH, HEIGHT = 1_000, 200
TICKS = 6
"""Names under a plot; those between are in the titles of the bars."""
FILLED = 0.8
"""Share of the width of a group that its bars take."""
BAR_WIDTH_MAX = 70
ROW_HEIGHT = 14


class Series(msgspec.Struct, frozen=True):
    """One colour of a plot: an amount for each label."""

    name: str
    amounts: Sequence[Money]


def bars(title: str, labels: Sequence[str], series: Sequence[Series]) -> Html:
    """Draw bars in groups, one for each label; amounts below zero hang under the line."""
    known = [each for line in series for each in line.amounts]
    highest = max(known, key=lambda each: each.amount)
    lowest = min(known, key=lambda each: each.amount)
    top, low = max(float(highest.amount), 0.0), min(float(lowest.amount), 0.0)
    scale = HEIGHT / (top - low) if top > low else 0.0
    rects = []
    for place, label in enumerate(labels):
        for number, line in enumerate(series):
            amount = line.amounts[place]
            x, width = _bar(place, number, (len(labels), len(series)))
            size = abs(float(amount.amount)) * scale
            y = (top - max(float(amount.amount), 0.0)) * scale
            text = f"{label}, {line.name}: {form.money(amount)}"
            rects.append(_rect(text, (x, y, width, size), number))
    baseline = tag("line", x1=0, x2=WIDTH, y1=f"{top * scale:.2f}", y2=f"{top * scale:.2f}")
    ends = (highest if top else _zero(highest), lowest if low else _zero(lowest))
    shown = _ticks(labels)
    texts = form.money(ends[0]), form.money(ends[1])
    is_even = len(shown) == len(labels)
    picture = _picture(title, [*rects, baseline], texts, shown, is_even=is_even)
    return tag("div", _legend(series), picture, class_="part")


def ranked(title: str, labels: Sequence[str], series: Sequence[Series]) -> Html:
    """Draw a row of bars for each label, with the amounts beside it."""
    known = [float(each.amount) for line in series for each in line.amounts]
    top, low = max(*known, 0.0), min(*known, 0.0)
    scale = WIDTH / (top - low) if top > low else 0.0
    rows = []
    for place, label in enumerate(labels):
        rects = []
        for number, line in enumerate(series):
            amount = float(line.amounts[place].amount)
            start, y = (min(amount, 0.0) - low) * scale, number * ROW_HEIGHT
            rects.append(_rect(line.name, (start, y, abs(amount) * scale, ROW_HEIGHT), number))
        image = tag(
            "svg",
            rects,
            class_="plot-row",
            viewBox=f"0 0 {WIDTH} {ROW_HEIGHT * len(series)}",
            preserveAspectRatio="none",
            aria_hidden="true",
        )
        amounts = [tag("span", form.money(line.amounts[place])) for line in series]
        rows.append(tag("li", tag("span", label), image, tag("span", amounts, class_="amounts")))
    listed = tag("ol", rows, class_="ranked")
    return tag("div", _legend(series), tag("h3", title), listed, class_="part")


def counts(title: str, classes: Sequence[tuple[Money, int]], unit: str) -> Html:
    """Draw how often amounts came up, from the smallest to the largest."""
    most = max(count for _, count in classes)
    rects = []
    for place, (amount, count) in enumerate(classes):
        x, width = _bar(place, 0, (len(classes), 1))
        size = HEIGHT * count / most
        text = f"{form.money(amount)}: {form.grouped(count)} {unit}"
        rects.append(_rect(text, (x, HEIGHT - size, width, size), 0))
    ends = f"{form.grouped(most)} {unit}", f"0 {unit}"
    labels = _ticks([form.money(amount) for amount, _ in classes])
    return _picture(title, rects, ends, labels, is_even=len(labels) == len(classes))


def _legend(series: Sequence[Series]) -> Html:
    swatches = [
        tag("span", tag("i", class_=f"swatch plot-{number}"), line.name)
        for number, line in enumerate(series)
    ]
    return tag("div", swatches, class_="legend")


def _picture(
    title: str,
    shapes: Sequence[Html],
    ends: tuple[str, str],
    labels: Sequence[str],
    *,
    is_even: bool,
) -> Html:
    ticks = "ticks even" if is_even else "ticks"
    image = tag(
        "svg",
        shapes,
        class_="plot",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=title,
    )
    return tag(
        "figure",
        tag("figcaption", tag("h3", title)),
        tag("div", ends[0], class_="ticks", aria_hidden="true"),
        image,
        tag("div", ends[1], class_="ticks", aria_hidden="true"),
        tag("div", [tag("span", label) for label in labels], class_=ticks, aria_hidden="true"),
    )


def _rect(title: str, place: tuple[float, float, float, float], number: int) -> Html:
    x, y, width, height = place
    return tag(
        "rect",
        tag("title", title),
        x=f"{x:.2f}",
        y=f"{y:.2f}",
        width=f"{width:.2f}",
        height=f"{height:.2f}",
        class_=f"plot-{number}",
    )


def _bar(place: int, number: int, counts_: tuple[int, int]) -> tuple[float, float]:
    groups, lines = counts_
    group = WIDTH / groups
    width = min(group * FILLED / lines, BAR_WIDTH_MAX)
    return (place + 0.5) * group + (number - lines / 2) * width, width


def _ticks(labels: Sequence[str]) -> list[str]:
    """Return the first, the last, and some between."""
    if len(labels) <= TICKS:
        return list(labels)
    places = {round(number * (len(labels) - 1) / (TICKS - 1)) for number in range(TICKS)}
    return [labels[place] for place in sorted(places)]


def _zero(money: Money) -> Money:
    return Money.zero(money.currency)
