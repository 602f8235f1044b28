"""What charts show of a signal, from the historian to the options of ECharts."""

from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
from nicegui import ui

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, is_good
from lineshaft.core.value import Columns, DecimalValue, from_columns
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.twin.model import Signal
from lineshaft.services.metering.model import Meter
from lineshaft.web.session import Visit

POINTS_MAX = 1_000
EXACT_READINGS_MAX = 1_000
"""Up to so many readings each one is drawn; above, minimum, maximum and mean of buckets."""
STATE_SPANS_MAX = 2_000
STATE_COLOURS = (
    "#0b5563", "#c8871a", "#2e7d4f", "#b5382f", "#6a5a9c", "#4f8fb0", "#8a6d3b", "#7f8c3a",
    "#a34f7d", "#3f6f8f",
)  # fmt: skip
OTHER_COLOUR, UNKNOWN_COLOUR = "#74838d", "#dfe5e8"
ACCENT, SOFT, LINE = "#0b5563", "#4c5a63", "#d5dcda"
US_PER_MS = 1_000
FONT = 'Roboto, "Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'

Point = list[float | None]

# Draws one span of a state; cut to the plot, as zooming leaves spans reaching out of it.
_SPAN_JS = (
    "(params, api) => { const low = params.coordSys.x, high = low + params.coordSys.width;"
    " const start = Math.min(high, Math.max(low, api.coord([api.value(0), 0])[0]));"
    " const end = Math.min(high, Math.max(low, api.coord([api.value(1), 0])[0]));"
    " const middle = api.coord([api.value(0), 0])[1], height = api.size([0, 1])[1] * 0.72;"
    " return {type: 'rect', shape: {x: start, y: middle - height / 2,"
    " width: Math.max(end - start, end > low && start < high ? 1 : 0), height},"
    " style: {fill: api.visual('color')}}; }"
)
_SPAN_TIP_JS = "(p) => p.data.name + '<br>' + p.data.from + ' – ' + p.data.to"


class Curve(msgspec.Struct, frozen=True):
    """A numeric signal.

    Attributes:
        mean: instants in milliseconds and values; None breaks the line.
        band: minimum and maximum where buckets were made.
        count: readings that are drawn.
    """

    mean: list[Point]
    band: tuple[list[Point], list[Point]] | None
    count: int


class States(msgspec.Struct, frozen=True):
    """A signal of states: spans, and the states in the order of their share of the time.

    Attributes:
        is_cut: whether there are more spans than can be drawn.
    """

    spans: list[tuple[Period, str | None]]
    states: list[str]
    is_cut: bool


async def curve(visit: Visit, signal: Signal, period: Period) -> Curve:
    """Read what is drawn of a numeric signal."""
    historian = visit.application.historian
    buckets = await visit.ask(historian.downsample, signal.id, period, POINTS_MAX)
    count = sum(buckets.column("count").to_pylist())
    if count <= EXACT_READINGS_MAX:
        query = RangeQuery(signal.id, period, include_after=False)
        exact = _exact(await visit.ask(historian.readings, query), period)
        if exact is not None:
            return exact
    return _bucketed(buckets, count)


def _exact(rows: pa.Table, period: Period) -> Curve | None:
    """Draw each reading; None where a correction decides, which the historian's buckets respect."""
    points: list[Point] = []
    count = 0
    for row in rows.to_pylist():
        kind = RecordKind(row["kind"])
        if kind is RecordKind.CORRECTION:
            return None
        if kind not in {RecordKind.READING, RecordKind.STATUS}:
            continue
        value = _number(row) if is_good(row["status"]) else None
        if kind is RecordKind.STATUS and is_good(row["status"]):
            continue
        points.append([max(row["ts"], period.start) / US_PER_MS, value])
        count += row["ts"] >= period.start and value is not None
    return Curve(points, None, count)


def _number(row: dict[str, Any]) -> float | None:
    value = from_columns(Columns(row["mantissa"], row["exponent"], row["number"], row["text"]))
    match value:
        case DecimalValue():
            return float(value.as_fraction())
        case float():
            return value
        case _:
            return None


def _bucketed(buckets: pa.Table, count: int) -> Curve:
    rows = buckets.to_pylist()
    starts = [row["bucket_start"] for row in rows]
    width = min((later - at for at, later in pairwise(starts)), default=0)
    mean: list[Point] = []
    low: list[Point] = []
    spread: list[Point] = []
    for before, row in zip([None, *starts], rows, strict=False):
        at = row["bucket_start"] / US_PER_MS
        if before is not None and row["bucket_start"] - before > width:
            gap = (before + width) / US_PER_MS
            for series in (mean, low, spread):
                series.append([gap, None])
        mean.append([at, row["mean"]])
        low.append([at, row["min"]])
        spread.append([at, row["max"] - row["min"]])
    return Curve(mean, (low, spread), count)


async def states(visit: Visit, signal: Signal, period: Period) -> States:
    """Read the time line of a signal of states."""
    content = {
        "id": "shown",
        "machine": signal.id.partition("/")[0],
        "signal": signal.id,
        "kind": "state_duration",
        "unit": "SEC",
        "parameters": {},
    }
    now = visit.application.clock.now()
    line = await visit.ask(
        visit.application.metering.timeline, Meter.from_content(content), period, now
    )
    totals: dict[str, int] = {}
    for span in line:
        if span.state is not None:
            totals[span.state] = totals.get(span.state, 0) + span.period.duration_us
    ranked = sorted(totals, key=lambda state: (-totals[state], state))
    spans = [(span.period, span.state) for span in line]
    return States(spans[:STATE_SPANS_MAX], ranked, len(spans) > STATE_SPANS_MAX)


def colour_of(state: str | None, ranked: list[str]) -> str:
    """Return the colour of a state; the longest ones have colours of their own."""
    if state is None:
        return UNKNOWN_COLOUR
    place = ranked.index(state)
    return STATE_COLOURS[place] if place < len(STATE_COLOURS) else OTHER_COLOUR


def curve_options(visit: Visit, signal: Signal, shown: Curve, period: Period) -> dict[str, Any]:
    """Return the chart of a numeric signal."""
    symbol = signal.unit_symbol
    series: list[dict[str, Any]] = []
    if shown.band is not None:
        low, spread = shown.band
        base = {"type": "line", "stack": "band", "stackStrategy": "all", "symbol": "none",
                "lineStyle": {"opacity": 0}, "silent": True, "animation": False}  # fmt: skip
        series.append(base | {"name": visit.say("chart.minimum"), "data": low})
        area = {"areaStyle": {"color": ACCENT, "opacity": 0.22}}
        series.append(base | area | {"name": visit.say("chart.spread"), "data": spread})
    is_exact = shown.band is None
    series.append(
        {
            "type": "line",
            "name": visit.say("chart.value" if is_exact else "chart.mean"),
            "data": shown.mean,
            "step": "end" if is_exact else False,
            "showSymbol": is_exact and shown.count <= POINTS_MAX // 5,
            "symbolSize": 5,
            "lineStyle": {"color": ACCENT, "width": 1.6},
            "itemStyle": {"color": ACCENT},
            "connectNulls": False,
            "animation": False,
        }
    )
    y_axis = {
        "type": "value",
        "scale": True,
        "name": symbol,
        "nameTextStyle": {"color": SOFT, "align": "left"},
        "axisLabel": {"color": SOFT},
        "splitLine": {"lineStyle": {"color": LINE}},
    }
    tooltip = {"trigger": "axis", "confine": True, "axisPointer": {"type": "line"}}
    return _frame(visit, period, y_axis, series) | {"tooltip": tooltip}


def state_options(visit: Visit, signal: Signal, shown: States, period: Period) -> dict[str, Any]:
    """Return the chart of a signal of states."""
    data = [
        {
            "value": [span.start / US_PER_MS, span.end / US_PER_MS],
            "name": visit.say("value.unknown") if state is None else state,
            "from": visit.instant(span.start),
            "to": visit.instant(span.end),
            "itemStyle": {"color": colour_of(state, shown.states)},
        }
        for span, state in shown.spans
    ]
    series = [
        {"type": "custom", ":renderItem": _SPAN_JS, "encode": {"x": [0, 1]}, "data": data,
         "name": signal.titled(visit.language), "animation": False}
    ]  # fmt: skip
    y_axis = {"type": "category", "data": [""], "axisTick": {"show": False},
              "axisLine": {"show": False}}  # fmt: skip
    tooltip = {"confine": True, ":formatter": _SPAN_TIP_JS}
    return _frame(visit, period, y_axis, series, top=8) | {"tooltip": tooltip}


def _frame(
    visit: Visit,
    period: Period,
    y_axis: dict[str, Any],
    series: list[dict[str, Any]],
    top: int = 34,
) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {"left": 12, "right": 18, "top": top, "bottom": 12, "containLabel": True},
        "xAxis": {
            "type": "time",
            "min": period.start / US_PER_MS,
            "max": period.end / US_PER_MS,
            "axisLabel": {"color": SOFT, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": SOFT}},
        },
        "yAxis": y_axis,
        "series": series,
        "dataZoom": [
            {"type": "inside", "filterMode": "none", "zoomOnMouseWheel": "ctrl",
             "moveOnMouseMove": True, "throttle": 300}
        ],
        "aria": {"enabled": True, "label": {"description": visit.say("chart.description")}},
        "textStyle": {"fontFamily": FONT},
    }  # fmt: skip


def zoom_of(event: Any, period: Period) -> Period | None:
    """Return the period that a zoom of the chart asks for, or None."""
    parts = event.args.get("batch") or [event.args]
    first, last = parts[0].get("start"), parts[0].get("end")
    if first is None or last is None or last - first <= 0:
        return None
    length = period.duration_us
    start = Instant(period.start + int(length * first / 100))
    end = Instant(period.start + int(length * last / 100))
    return Period(start, end) if end - start >= US_PER_MS else None


def put_chart(options: dict[str, Any], classes: str) -> ui.echart:
    """Put a chart on the page; vector graphics stay sharp and can be read by assistive tools."""
    return ui.echart(options, renderer="canvas").classes(classes)
