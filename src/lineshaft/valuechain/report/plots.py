"""Plots of a report as SVG: the same picture on the page and in print."""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import groupby

from lineshaft.valuechain.report.model import (
    CellShape,
    PlotKind,
    ReportCell,
    ReportLanguage,
    ReportPlot,
)
from lineshaft.valuechain.report.shown import day, shown

WIDTH = 720
HEIGHT = 200
LEFT, RIGHT = 92, 16
ROW = 28
NAMES = 190
COLOURS = ("#0b4f6c", "#d07a1f", "#2e7d5b", "#7a5195")
STATES = ("#7fb8a0", "#e0a638", "#b8372b")
INK, QUIET, RULE, BAND = "#17202a", "#55616e", "#d5dbe1", "#f4e7cf"
FONTS = {
    ReportLanguage.ENGLISH: "'Lineshaft Sans', 'Lineshaft Sans SC', 'Noto Sans', sans-serif",
    ReportLanguage.CHINESE: "'Lineshaft Sans SC', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif",
}
Up = Callable[[float], float]
"""Where a value stands, in pixels from the top."""
TICKS = 4
LABELS_MAX = 12
MARKS_MAX = 30
TEXT = 12
LINE = 17
TURN = 28
"""Degrees by which labels are turned that do not fit beside each other."""
_WIDE = 0x2E80
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


class _Canvas:
    """Collects shapes."""

    def __init__(self, plot: ReportPlot, language: ReportLanguage) -> None:
        self.plot, self.language = plot, language
        self.parts: list[str] = []

    def text(self, at: tuple[float, float], said: str, anchor: str = "start", **more: str) -> None:
        colour, weight = more.get("fill", QUIET), more.get("weight", "400")
        self.parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" fill="{colour}" font-size="{TEXT}" '
            f'font-weight="{weight}" text-anchor="{anchor}">{escape(said)}</text>'
        )

    def rect(self, place: tuple[float, float, float, float], fill: str, said: str = "") -> None:
        x, y, width, height = place
        title = f"<title>{escape(said)}</title>" if said else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{fill}">{title}</rect>'
        )

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        self.parts.append(
            f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
            f'stroke="{colour}" stroke-width="1"/>'
        )

    def dot(self, at: tuple[float, float], colour: str, said: str) -> None:
        self.parts.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="4" fill="{colour}">'
            f"<title>{escape(said)}</title></circle>"
        )

    def way(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )

    def value(self, number: float) -> str:
        """Write a number as the plot's cells are written."""
        cell = ReportCell(number, self.plot.cell_kind, self.plot.unit)
        return shown(cell, self.language)

    def tick(self, number: float) -> str:
        """Write a number of an axis: short, without its unit."""
        if self.plot.cell_kind is CellShape.PERCENT:
            return f"{number * 100:.4g}\N{NO-BREAK SPACE}%"
        return shown(ReportCell(round(number, 9), CellShape.NUMBER), self.language)

    def legend(self, names: Sequence[str], colours: Sequence[str], y: float) -> int:
        """Name the colours; return the rows that it takes."""
        x, rows = float(LEFT), 1
        for name, colour in zip(names, colours, strict=False):
            if x > LEFT and x + 18 + _width(name) > WIDTH - RIGHT:
                x, rows = float(LEFT), rows + 1
            at = y + (rows - 1) * LINE
            self.rect((x, at - 10, 12, 12), colour)
            self.text((x + 18, at), name, fill=INK)
            x += 18 + _width(name) + 22
        return rows

    def finished(self, height: float) -> str:
        """Return the picture."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" role="img" '
            f'aria-label="{escape(self.plot.title)}" '
            f'font-family="{FONTS[self.language]}">{"".join(self.parts)}</svg>'
        )


def drawn(plot: ReportPlot, language: ReportLanguage) -> str:
    """Return a plot as SVG."""
    canvas = _Canvas(plot, language)
    match plot.kind:
        case PlotKind.RANKED:
            return _ranked(canvas)
        case PlotKind.STRIPS:
            return _strips(canvas)
        case PlotKind.POINTS:
            return _points(canvas)
        case PlotKind.BARS | PlotKind.LINES:
            return _framed(canvas)


def _ranked(canvas: _Canvas) -> str:
    plot = canvas.plot
    values = [value or 0.0 for value in plot.series[0].values]
    most = max([*values, 0.0]) or 1.0
    room = WIDTH - NAMES - 120
    for place, (label, value) in enumerate(zip(plot.labels, values, strict=True)):
        y = place * ROW + 4.0
        size = max(value, 0.0) / most * room
        canvas.text((NAMES - 8, y + 15), _cut(label, NAMES - 12), "end", fill=INK)
        canvas.rect((NAMES, y, size, ROW - 8), COLOURS[0], f"{label}: {canvas.value(value)}")
        canvas.text((NAMES + size + 6, y + 15), canvas.value(value), fill=INK)
    return canvas.finished(len(values) * ROW + 4)


def _strips(canvas: _Canvas) -> str:
    plot = canvas.plot
    count = len(plot.labels)
    room = WIDTH - NAMES - RIGHT
    for place, series in enumerate(plot.series):
        y = place * ROW + 4.0
        canvas.text((NAMES - 8, y + 15), _cut(series.name, NAMES - 12), "end", fill=INK)
        first = 0
        for state, group in groupby(int(value or 0) for value in series.values):
            days = len(list(group))
            x = NAMES + first / count * room
            said = f"{series.name}: {plot.axes[state]}, {days}"
            canvas.rect((x, y, days / count * room, ROW - 8), STATES[state], said)
            first += days
    bottom = len(plot.series) * ROW + 18.0
    for at in (0, count // 3, 2 * count // 3, count - 1):
        x = NAMES + at / count * room
        anchor = {0: "start", count - 1: "end"}.get(at, "middle")
        on = day(dt.date.fromisoformat(plot.labels[at]), canvas.language)
        canvas.text((x if at < count - 1 else WIDTH - RIGHT, bottom), on, anchor)
    canvas.legend(plot.axes, STATES, bottom + 24)
    return canvas.finished(bottom + 34)


def _points(canvas: _Canvas) -> str:
    plot = canvas.plot
    side, top = 380.0, 10.0
    left = (WIDTH - side) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * side, top + (1 - y) * side

    canvas.rect((left + side / 2, top, side / 2, side / 2), "#fbeeee")
    for part in (0.0, 0.5, 1.0):
        canvas.line(at(part, 0), at(part, 1), RULE)
        canvas.line(at(0, part), at(1, part), RULE)
    known = zip(plot.series[0].values, plot.series[1].values, strict=True)
    places = [at(x or 0.0, y or 0.0) for x, y in known]
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    for label, place in zip(plot.labels, places, strict=True):
        canvas.dot(place, COLOURS[0], label)
        _named(canvas, _cut(label, 180), place, taken)
    canvas.text((WIDTH / 2, top + side + 20), f"{plot.axes[0]} \N{RIGHTWARDS ARROW}", "middle")
    canvas.text((left - 10, top + 12), f"{plot.axes[1]} \N{UPWARDS ARROW}", "end")
    return canvas.finished(top + side + 30)


def _named(
    canvas: _Canvas,
    label: str,
    place: tuple[float, float],
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write a name beside its point, where nothing else stands yet if there is such a place."""
    x, y = place
    width = _width(label)
    spots = [
        (x + 8, y + 4),
        (x - 8 - width, y + 4),
        (x - width / 2, y - 10),
        (x - width / 2, y + 18),
    ]
    spots += [(x + 8, y - 12), (x + 8, y + 20), (x - 8 - width, y - 12), (x - 8 - width, y + 20)]
    boxes = [(left, base - TEXT, left + width, base + 3) for left, base in spots]
    free = [box for box in boxes if not any(_overlaps(box, other) for other in taken)]
    chosen = (free or boxes)[0]
    taken.append(chosen)
    canvas.text((chosen[0], chosen[3] - 3), label, fill=INK)


def _overlaps(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart


def _framed(canvas: _Canvas) -> str:
    """Draw bars or lines over labels, with an axis of round numbers."""
    plot = canvas.plot
    known = [value for each in plot.series for value in each.values if value is not None]
    band = plot.band[:2] if plot.band else ()
    ticks = _ticks(min([0.0, *known, *band]), max([0.0, *known, *band]))
    low, high = ticks[0], ticks[-1]
    names = [each.name for each in plot.series if each.name]
    top = 12.0 + LINE * canvas.legend(names, COLOURS, 14) if names else 14.0
    top += LINE if plot.unit else 0
    if plot.unit:
        canvas.text((LEFT - 8, top - 12), plot.unit, "end")

    def up(value: float) -> float:
        return top + (high - value) / (high - low) * HEIGHT

    if plot.band:
        y = up(plot.band[1])
        canvas.rect((LEFT, y, WIDTH - LEFT - RIGHT, up(plot.band[0]) - y), BAND, plot.band[2])
        canvas.text((WIDTH - RIGHT - 4, y + 14), plot.band[2], "end")
    for tick in ticks:
        colour = QUIET if tick == 0 else RULE
        canvas.line((LEFT, up(tick)), (WIDTH - RIGHT, up(tick)), colour)
        canvas.text((LEFT - 8, up(tick) + 4), canvas.tick(tick), "end")
    if plot.kind is PlotKind.BARS:
        _bars(canvas, up)
    else:
        _lines(canvas, up)
    lines = _labels(canvas, top + HEIGHT + LINE)
    return canvas.finished(top + HEIGHT + 12 + lines * LINE)


def _bars(canvas: _Canvas, up: Up) -> None:
    plot = canvas.plot
    group = (WIDTH - LEFT - RIGHT) / len(plot.labels)
    width = min(group * 0.72 / len(plot.series), 60.0)
    for number, each in enumerate(plot.series):
        for place, value in enumerate(each.values):
            if value is None:
                continue
            x = LEFT + (place + 0.5) * group + (number - len(plot.series) / 2) * width
            y, base = sorted((up(value), up(0.0)))
            said = f"{plot.labels[place]} {each.name}: {canvas.value(value)}"
            canvas.rect((x, y, width - 2, base - y), COLOURS[number], said)
            if len(plot.labels) * len(plot.series) <= LABELS_MAX:
                canvas.text((x + width / 2, y - 4), canvas.value(value), "middle", fill=INK)


def _lines(canvas: _Canvas, up: Up) -> None:
    plot = canvas.plot
    group = (WIDTH - LEFT - RIGHT) / len(plot.labels)
    for number, each in enumerate(plot.series):
        colour = COLOURS[number]
        spots = [
            None if value is None else (LEFT + (place + 0.5) * group, up(value))
            for place, value in enumerate(each.values)
        ]
        for is_there, run in groupby(spots, key=lambda spot: spot is not None):
            if is_there:
                canvas.way([spot for spot in run if spot is not None], colour)
        if len(plot.labels) > MARKS_MAX:
            continue
        for label, spot, value in zip(plot.labels, spots, each.values, strict=True):
            if spot is not None and value is not None:
                canvas.dot(spot, colour, f"{label} {each.name}: {canvas.value(value)}")


def _labels(canvas: _Canvas, y: float) -> int:
    """Write the labels under a frame; return how many lines they take."""
    plot = canvas.plot
    count = len(plot.labels)
    group = (WIDTH - LEFT - RIGHT) / count
    places = range(count) if count <= LABELS_MAX else range(0, count, math.ceil(count / 6))
    room = (WIDTH - LEFT - RIGHT) / len(places) - 6
    names = {place: _label(plot.labels[place], canvas.language) for place in places}
    wrapped = {place: _wrapped(name, room) for place, name in names.items()}
    widest = max(_width(line) for lines in wrapped.values() for line in lines)
    if widest > room:
        return _turned(canvas, names, (y, group))
    for place, lines in wrapped.items():
        for row, line in enumerate(lines):
            canvas.text((LEFT + (place + 0.5) * group, y + row * LINE), line, "middle")
    return max(map(len, wrapped.values()))


def _turned(canvas: _Canvas, names: Mapping[int, str], where: tuple[float, float]) -> int:
    y, group = where
    for place, name in names.items():
        x = LEFT + (place + 0.5) * group + 6
        canvas.parts.append(f'<g transform="rotate(-{TURN} {x:.1f} {y:.1f})">')
        canvas.text((x, y), name, "end")
        canvas.parts.append("</g>")
    longest = max(map(_width, names.values()))
    return math.ceil((longest * math.sin(math.radians(TURN)) + TEXT) / LINE)


def _label(label: str, language: ReportLanguage) -> str:
    try:
        return day(dt.date.fromisoformat(label), language)
    except ValueError:
        return label


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers that hold both ends."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in _NICE if each * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def _width(text: str) -> float:
    return sum(TEXT if ord(sign) >= _WIDE else TEXT * 0.56 for sign in text)


def _cut(text: str, room: float) -> str:
    if _width(text) <= room:
        return text
    while text and _width(text) > room - TEXT:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _wrapped(text: str, room: float) -> list[str]:
    """Break a label into lines: between words, and anywhere between wide characters."""
    lines: list[str] = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and _width(joined) <= room:
            lines[-1] = joined
        else:
            lines += _broken(word, room)
    return lines


def _broken(word: str, room: float) -> list[str]:
    if _width(word) <= room or ord(word[0]) < _WIDE:
        return [word]
    size = max(int(room // TEXT), 1)
    return [word[start : start + size] for start in range(0, len(word), size)]
