"""The plots of the page of the smile curve."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lineshaft.services.contracts.model import Activity
from lineshaft.valuechain.servitization.service import Curve
from lineshaft.web.charts import ACCENT, FONT, LINE, SOFT
from lineshaft.web.pages.valuechain.servitization_plots import framed
from lineshaft.web.session import Preferences

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import Trajectory

POINT = "#c8871a"
NARROW_PX = 700
NUMBER_JS = "(v) => v == null ? '\u2013' : Number(v).toFixed(2)"
_POINT_JS = "(p) => p.data.name + '<br>' + p.data.said"


def curve_options(reader: Preferences, curve: Curve) -> dict[str, Any]:
    """Return the chart: a point for each activity, the fitted curve and its interval."""
    names = {each.position: reader.say(f"offering.activity.{each.value}") for each in Activity}
    unit = reader.say("smile.per_hour", currency=curve.currency)
    points = [
        {
            "value": [activity.position, round(float(figure.value or 0), 4)],
            "name": names[activity.position],
            "said": f"{float(figure.value or 0):.2f} {unit}",
        }
        for activity, figure in curve.margins
    ]
    fit = curve.fitted
    tooltip = {"trigger": "item", "confine": True, ":formatter": _POINT_JS}
    series = [
        *band(
            reader.say("smile.interval"),
            [(each.place, each.low, each.high) for each in fit],
        ),
        _curve_line(reader.say("smile.fitted"), [[each.place, each.value] for each in fit]),
        {
            "type": "scatter",
            "name": reader.say("smile.points"),
            "data": points,
            "symbolSize": 13,
            "itemStyle": {"color": POINT, "borderColor": "#18232a", "borderWidth": 1},
            "animation": False,
            "z": 5,
        },
    ]
    legend = [each["name"] for each in series[1:]]
    # On a narrow screen there is no room for nine names: the table below has the places.
    wrapped = {place: name.replace(" ", "\n") for place, name in names.items()}
    label_js = (
        f"(v) => window.innerWidth < {NARROW_PX} ? String(v) : ({json.dumps(wrapped)})[v] || ''"
    )
    return _plane(reader, series, "smile.curve_said") | {
        "legend": {"top": 0, "left": 0, "data": legend, "textStyle": {"color": SOFT}},
        "tooltip": tooltip,
        "xAxis": _axis("") | {
            "min": 0,
            "max": len(Activity) + 1,
            "interval": 1,
            "splitLine": {"show": False},
            "axisLabel": {"color": SOFT, "interval": 0, ":formatter": label_js},
        },
        "yAxis": _axis(unit),
    }  # fmt: skip


def band(name: str, bounds: Sequence[tuple[float | str, float, float]]) -> list[dict[str, Any]]:
    """Return the area between a low and a high line, as two lines that stand on each other."""
    base = {"type": "line", "stack": "band", "stackStrategy": "all", "symbol": "none",
            "lineStyle": {"opacity": 0}, "silent": True, "animation": False,
            "tooltip": {"show": False}}  # fmt: skip
    low = base | {"name": f"{name} ", "data": [[at, first] for at, first, _ in bounds]}
    spread = base | {
        "name": name,
        "data": [[at, last - first] for at, first, last in bounds],
        "areaStyle": {"color": ACCENT, "opacity": 0.16},
        "itemStyle": {"color": "#b9d3d7"},
    }
    return [low, spread]


def move_options(reader: Preferences, quarters: Sequence[Curve]) -> dict[str, Any]:
    """Return the chart of the curve's depth by quarter, with its interval and the line of zero."""
    known = [each for each in quarters if each.depth.value is not None]
    bounds = [(each.period, float(each.depth.low or 0), float(each.depth.high or 0))
              for each in known]  # fmt: skip
    zero = {"silent": True, "symbol": "none", "lineStyle": {"color": SOFT, "type": "dashed"},
            "label": {"show": False}, "data": [{"yAxis": 0}]}  # fmt: skip
    depth = _curve_line(
        reader.say("smile.depth"), [[each.period, float(each.depth.value or 0)] for each in known]
    )
    series = [
        *band(reader.say("smile.interval"), bounds),
        depth | {"symbol": "circle", "symbolSize": 8, "markLine": zero},
    ]
    labels = [each.period for each in quarters]
    options = framed(
        reader, labels, _axis("") | {"scale": False}, series, "smile.move_said", NUMBER_JS
    )
    options["legend"] |= {"data": [each["name"] for each in series[1:]]}
    return options


def way_options(reader: Preferences, steps: "Trajectory") -> dict[str, Any]:
    """Return the chart of the way up: scale to the right, control upwards, a point a year."""
    points = [
        {
            "value": [round(step.horizontal, 5), round(step.vertical, 5)],
            "name": str(step.year),
            "said": f"H {step.horizontal:.3f}, V {step.vertical:.3f}",
        }
        for step, _ in steps
    ]
    line = _curve_line(reader.say("smile.upgrading"), points) | {
        "symbol": "circle",
        "symbolSize": 11,
        "itemStyle": {"color": POINT, "borderColor": "#18232a", "borderWidth": 1},
        "label": {"show": True, "position": "top", "formatter": "{b}", "color": "#18232a"},
        "labelLayout": {"hideOverlap": True},
    }
    tooltip = {"trigger": "item", "confine": True, ":formatter": _POINT_JS}
    across = _axis(reader.say("smile.horizontal_axis"))
    across |= {"nameLocation": "middle", "nameGap": 28, "nameTextStyle": {"color": SOFT}}
    return _plane(reader, [line], "smile.upgrading_said") | {
        "tooltip": tooltip,
        "grid": {"left": 12, "right": 24, "top": 40, "bottom": 34, "containLabel": True},
        "xAxis": across,
        "yAxis": _axis(reader.say("smile.vertical_axis")),
    }


def _curve_line(name: str, data: list[Any]) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "data": data,
        "symbol": "none",
        "lineStyle": {"color": ACCENT, "width": 2.5},
        "itemStyle": {"color": ACCENT},
        "animation": False,
        "z": 4,
    }


def _axis(name: str) -> dict[str, Any]:
    return {
        "type": "value",
        "scale": True,
        "name": name,
        "nameTextStyle": {"color": SOFT, "align": "left"},
        "axisLabel": {"color": SOFT},
        "splitLine": {"lineStyle": {"color": LINE}},
    }


def _plane(reader: Preferences, series: list[dict[str, Any]], said: str) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {"left": 12, "right": 18, "top": 60, "bottom": 12, "containLabel": True},
        "series": series,
        "aria": {"enabled": True, "label": {"description": reader.say(said)}},
        "textStyle": {"fontFamily": FONT},
    }
