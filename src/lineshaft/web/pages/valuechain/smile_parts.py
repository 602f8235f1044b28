"""The parts of the page of the smile curve that are read: what it says, and its tables."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.servitization.service import Curve, Shape
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import money_of, shown_figure, worded
from lineshaft.web.pages.valuechain.firm_parts import DASH
from lineshaft.web.session import Preferences

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import Trajectory

QUARTERS_SHOWN = 8
DECIMALS = 3
SHAPES = {Shape.SMILE: "good", Shape.INVERTED: "warn", Shape.NOT_SHOWN: ""}


def shape_said(reader: Preferences, curve: Curve) -> Html:
    """Say what the data allow to say, with the coefficient and its interval."""
    depth = reader.say("smile.depth"), _depth(reader, curve)
    return tag(
        "div",
        tag("p", tag("strong", _shape(reader, curve))),
        tag("p", f"{depth[0]}: ", depth[1]),
        class_=f"notice {SHAPES[curve.shape] if curve.shape else 'warn'}".strip(),
    )


def _shape(reader: Preferences, curve: Curve) -> Child:
    if curve.shape is None:
        return worded(reader, curve.depth.missing)
    return reader.say(f"smile.shape.{curve.shape.value}")


def _depth(reader: Preferences, curve: Curve) -> Html:
    """Return the coefficient with its interval, as a figure."""
    depth = curve.depth
    if depth.value is None or depth.low is None or depth.high is None:
        return shown_figure(reader, DASH, depth)
    value, low, high = (_number(float(each)) for each in (depth.value, depth.low, depth.high))
    unit = reader.say("smile.per_hour", currency=curve.currency)
    return shown_figure(reader, reader.say("smile.within", value=value, low=low, high=high,
                                         unit=unit), depth)  # fmt: skip


def _number(value: float) -> str:
    return form.grouped(f"{value:.{DECIMALS}f}")


def places_table(reader: Preferences, curve: Curve) -> Html:
    """Return the margin of an hour of each activity, in the order of the value chain."""
    columns = [
        Column(reader.say("smile.activity")),
        Column(reader.say("smile.place"), is_number=True),
        Column(reader.say("smile.margin"), is_number=True),
    ]
    rows = [
        Row(
            [
                reader.say(f"offering.activity.{activity.value}"),
                str(activity.position),
                _margin(reader, figure, curve.currency),
            ]
        )
        for activity, figure in curve.margins
    ]
    return table(reader.say("smile.margin"), columns, rows)


def _margin(reader: Preferences, figure: Figure, currency: str) -> Html:
    shown = DASH if figure.value is None else money_of(Fraction(figure.value), currency)
    return shown_figure(reader, shown, figure)


def move_table(reader: Preferences, quarters: Sequence[Curve]) -> Html:
    """Return the curve of each quarter, the last one first."""
    columns = [
        Column(reader.say("smile.quarter")),
        Column(reader.say("smile.depth")),
        Column(reader.say("smile.says")),
    ]
    rows = [Row([each.period, _depth(reader, each), _said(reader, each)])
            for each in reversed(quarters)]  # fmt: skip
    return table(reader.say("smile.move"), columns, rows)


def _said(reader: Preferences, curve: Curve) -> Html:
    if curve.shape is None:
        return worded(reader, curve.depth.missing)
    return badge(reader.say(f"smile.short.{curve.shape.value}"), SHAPES[curve.shape])


def periods_table(reader: Preferences, quarters: Sequence[Curve]) -> Html:
    """Return the margin of an hour of each activity in each of the last quarters."""
    shown = quarters[-QUARTERS_SHOWN:]
    activities = list(dict.fromkeys(each for curve in shown for each, _ in curve.margins))
    activities.sort(key=lambda each: each.position)
    of = {(curve.period, each): figure for curve in shown for each, figure in curve.margins}
    columns = [Column(reader.say("smile.activity"))]
    columns += [Column(curve.period, is_number=True) for curve in shown]
    rows = []
    for each in activities:
        cells = [
            _margin(reader, of[curve.period, each], curve.currency)
            if (curve.period, each) in of
            else DASH
            for curve in shown
        ]
        rows.append(Row([reader.say(f"offering.activity.{each.value}"), *cells]))
    name = reader.say("smile.by_quarter")
    inner = tag("div", table(name, columns, rows), class_="wide-table", tabindex=0, role="region",
                aria_label=name)  # fmt: skip
    return tag("details", tag("summary", name), inner)


def years_table(reader: Preferences, steps: "Trajectory") -> Html:
    """Return the positions of each year, and what the arrow that leads there means."""
    columns = [
        Column(reader.say("smile.year")),
        Column(reader.say("smile.horizontal"), is_number=True),
        Column(reader.say("smile.vertical"), is_number=True),
        Column(reader.say("smile.way")),
    ]
    rows = []
    for step, (horizontal, vertical) in reversed(steps):
        moved = reader.say(f"smile.way.{step.move.replace(' ', '_')}") if step.move else DASH
        locked = badge(reader.say("smile.locked_in"), "bad") if step.is_locked_in else None
        figures = [shown_figure(reader, _number(float(figure.value or 0)), figure)
                   for figure in (horizontal, vertical)]  # fmt: skip
        rows.append(Row([str(step.year), *figures, [moved, " ", locked]]))
    return table(reader.say("smile.upgrading"), columns, rows)
