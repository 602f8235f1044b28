"""Plots of amounts, drawn as SVG that fills the width; words stay text beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lineshaft.core.money import Money
from lineshaft.web import format as form
from lineshaft.web.markup import Html, tag

WIDTH, HEIGHT = 1_000, 200
TICKS = 6
"""Names under a plot; those between are in the titles of the bars."""
FILLED = 0.8
"""Share of the width of a group that its bars take."""


@dataclass(frozen=True)
class Series:
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
    return _figure(title, [*rects, baseline], ends, _ticks(labels), [line.name for line in series])


def counts(title: str, classes: Sequence[tuple[Money, int]], unit: str) -> Html:
    """Draw how often amounts came up, from the smallest to the largest."""
    most = max(count for _, count in classes)
    rects = []
    for place, (amount, count) in enumerate(classes):
        x, width = _bar(place, 0, (len(classes), 1))
        size = HEIGHT * count / most
        text = f"{form.money(amount)}: {form.grouped(count)} {unit}"
        rects.append(_rect(text, (x, HEIGHT - size, width, size), 0))
    labels = _ticks([form.money(amount) for amount, _ in classes])
    ends = f"{form.grouped(most)} {unit}", f"0 {unit}"
    return _picture(title, rects, ends, labels)


def _figure(
    title: str,
    shapes: Sequence[Html],
    ends: tuple[Money, Money],
    labels: Sequence[str],
    names: Sequence[str],
) -> Html:
    legend = [
        tag("span", tag("i", class_=f"swatch plot-{number}"), name)
        for number, name in enumerate(names)
    ]
    picture = _picture(title, shapes, (form.money(ends[0]), form.money(ends[1])), labels)
    return tag("div", tag("div", legend, class_="legend"), picture, class_="part")


def _picture(
    title: str, shapes: Sequence[Html], ends: tuple[str, str], labels: Sequence[str]
) -> Html:
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
        tag("div", [tag("span", label) for label in labels], class_="ticks", aria_hidden="true"),
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
    width = group * FILLED / lines
    return place * group + group * (1 - FILLED) / 2 + number * width, width


def _ticks(labels: Sequence[str]) -> list[str]:
    """Return the first, the last, and some between."""
    if len(labels) <= TICKS:
        return list(labels)
    places = {round(number * (len(labels) - 1) / (TICKS - 1)) for number in range(TICKS)}
    return [labels[place] for place in sorted(places)]


def _zero(money: Money) -> Money:
    return Money.zero(money.currency)
