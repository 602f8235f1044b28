"""Plots over quarters with their intervals, drawn as SVG that fills the width; words stay text."""

import math
import re
from collections.abc import Callable, Sequence

import msgspec

from lineshaft.web.markup import Html, tag

WIDTH, HEIGHT = 1_000, 240
STEPS = 4
"""Parts that the axis has about."""
LABELS = 8
"""Names under a plot; those between are in the titles of the points."""
SERIES_MAX = 6
FILLED = 0.7
"""Share of its place that a bar takes."""
BAR_WIDTH_MAX = 90
ROOM = 0.06
"""Above and below what is drawn, as a part of it."""
Shown = Callable[[float], str]
_ZEROS = re.compile(r"\.0+(?!\d)")


class Point(msgspec.Struct, frozen=True):
    """A value with its interval; without value nothing is drawn at its place."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Stack(msgspec.Struct, frozen=True):
    """One colour of stacked bars: a value from 0 for each label."""

    name: str
    values: Sequence[float]


class _Scale:
    """Places of values between the ends of the axis, which holds 0 and ends at whole steps."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(0.0, *values), max(0.0, *values)
        room = (high - low) * ROOM or 1.0
        low, high = low - room if low < 0 else low, high + room if high > 0 else high
        step = _step((high - low) / STEPS)
        first, last = math.floor(low / step), math.ceil(high / step)
        self.ticks = [number * step for number in range(first, last + 1)]
        self._low, self._size = first * step, (last - first) * step

    def part(self, value: float) -> float:
        """Return the place from 0 at the top to 1 at the bottom."""
        return 1 - (value - self._low) / self._size

    def y(self, value: float) -> float:
        return self.part(value) * HEIGHT


def intervals(title: str, points: Sequence[Point], shown: Shown, *, is_joined: bool) -> Html:
    """Draw values with their intervals: a line in a band, or points with whiskers."""
    ends = [(each.value, each.low, each.high) for each in points]
    scale = _Scale([end for three in ends for end in three if end is not None] or [0.0])
    shapes = [*_grid(scale)]
    xs = [(place + 0.5) * WIDTH / len(points) for place in range(len(points))]
    if is_joined:
        for run in _runs(points):
            shapes += _band(scale, [(xs[at], points[at]) for at in run])
    else:
        shapes += [
            tag("path", d=f"M{x:.1f} {scale.y(one.low):.1f}V{scale.y(one.high):.1f}",
                class_="whisker")
            for x, one in zip(xs, points, strict=True)
            if one.low is not None and one.high is not None
        ]  # fmt: skip
    for x, one in zip(xs, points, strict=True):
        if one.value is not None:
            said = f"{one.label}: {shown(one.value)}"
            if one.low is not None and one.high is not None:
                said += f" ({shown(one.low)} … {shown(one.high)})"
            dot = f"M{x:.1f} {scale.y(one.value):.1f}h0"
            shapes.append(tag("path", tag("title", said), d=dot, class_="dot"))
    return _figure(title, shapes, scale, shown, [one.label for one in points])


def stacked(title: str, labels: Sequence[str], stacks: Sequence[Stack], shown: Shown) -> Html:
    """Draw bars on top of each other, one for each label, with a legend of several."""
    totals = [sum(column) for column in zip(*(each.values for each in stacks), strict=True)]
    scale = _Scale(totals or [0.0])
    shapes = [*_grid(scale)]
    group = WIDTH / max(len(labels), 1)
    width = min(group * FILLED, BAR_WIDTH_MAX)
    for place, label in enumerate(labels):
        base = 0.0
        for number, each in enumerate(stacks):
            value = each.values[place]
            top = scale.y(base + value)
            shapes.append(
                tag(
                    "rect",
                    tag("title", f"{label}, {each.name}: {shown(value)}"),
                    x=f"{(place + 0.5) * group - width / 2:.1f}",
                    y=f"{top:.1f}",
                    width=f"{width:.1f}",
                    height=f"{scale.y(base) - top:.1f}",
                    class_=f"plot-{number}",
                )
            )
            base += value
    legend = [
        tag("span", tag("i", class_=f"swatch plot-{number}"), each.name)
        for number, each in enumerate(stacks)
    ]
    drawn = _figure(title, shapes, scale, shown, labels)
    if len(stacks) == 1:
        return drawn
    return tag("div", drawn, tag("div", legend, class_="legend"), class_="part")


def _runs(points: Sequence[Point]) -> list[list[int]]:
    """Return the places of points without a gap between them."""
    runs: list[list[int]] = [[]]
    for at, each in enumerate(points):
        if each.value is None:
            runs.append([])
        else:
            runs[-1].append(at)
    return [run for run in runs if run]


def _band(scale: _Scale, run: Sequence[tuple[float, Point]]) -> list[Html]:
    known = [(x, one) for x, one in run if one.low is not None and one.high is not None]
    upper = [f"{x:.1f} {scale.y(one.high or 0):.1f}" for x, one in known]
    lower = [f"{x:.1f} {scale.y(one.low or 0):.1f}" for x, one in reversed(known)]
    middle = [f"{x:.1f} {scale.y(one.value or 0):.1f}" for x, one in run]
    shapes = [tag("path", d="M" + "L".join(middle), class_="curve")]
    if len(known) > 1:
        shapes.insert(0, tag("path", d="M" + "L".join([*upper, *lower]) + "Z", class_="band"))
    return shapes


def _grid(scale: _Scale) -> list[Html]:
    return [
        tag("path", d=f"M0 {scale.y(each):.1f}H{WIDTH}", class_="zero" if not each else "grid")
        for each in scale.ticks
    ]


def _figure(
    title: str, shapes: Sequence[Html], scale: _Scale, shown: Shown, labels: Sequence[str]
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
    axis = [
        tag("span", _bare(shown(each)), style=f"top: {scale.part(each):.2%}")
        for each in scale.ticks
    ]
    below = [tag("span", label) for label in _thinned(labels)]
    return tag(
        "figure",
        tag("figcaption", tag("h3", title)),
        tag("div", tag("div", axis, class_="axis", aria_hidden="true"), image, class_="frame"),
        tag("div", below, class_="ticks even", aria_hidden="true"),
        class_="series",
    )


def _bare(text: str) -> str:
    """Return a figure without the zeros that end its decimals."""
    return _ZEROS.sub("", text)


def _thinned(labels: Sequence[str]) -> list[str]:
    """Return the labels, every second or third of them where there is no room for all."""
    every = -(-len(labels) // LABELS)
    return [label if not place % every else "" for place, label in enumerate(labels)]


def _step(about: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least as large."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= about * (1 - 1e-9))
