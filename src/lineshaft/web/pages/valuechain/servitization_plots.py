"""The trend of the shares of services, with what the literature says beside them."""

from collections.abc import Sequence
from typing import Any

from lineshaft.valuechain.servitization.service import BAND, Dashboard, Reported
from lineshaft.web.charts import FONT, LINE, SOFT, STATE_COLOURS
from lineshaft.web.session import Preferences

SHARES = ("output_servitization", "stand_alone_share", "recurring_share", "attach_rate")
TOP_PERCENT_MIN = 35
"""The band of the literature is always to be seen."""
BAND_COLOUR = "rgba(200, 135, 26, 0.16)"
PERCENT_JS = "(v) => v == null ? '\u2013' : v.toFixed(2) + ' %'"


def trend_options(reader: Preferences, found: Dashboard) -> dict[str, Any]:
    """Return the chart: a line for each share, and the band of the literature."""
    periods = periods_of(found)
    values = {(each.period, each.figure.indicator.name): each for each in whole_of(found.trend)}
    series = []
    for number, name in enumerate(SHARES):
        data = [_percent(values.get((period, name))) for period in periods]
        if any(each is not None for each in data):
            series.append(line(reader.say(f"servitization.name.{name}"), data, number))
    if series:
        series[0] |= {"markArea": _band(reader), "lineStyle": {"width": 3}}
    highest = max((each for one in series for each in one["data"] if each is not None), default=0)
    top = max(TOP_PERCENT_MIN, min(100, int(highest * 1.1) // 10 * 10 + 10))
    y_axis = {"type": "value", "min": 0, "max": top, "axisLabel": {"formatter": "{value} %"}}
    return framed(reader, periods, y_axis, series, "servitization.trend_said")


def periods_of(found: Dashboard) -> list[str]:
    """Return the periods of the trend, in order."""
    return list(dict.fromkeys(each.period for each in found.trend))


def whole_of(listed: Sequence[Reported]) -> list[Reported]:
    """Return the figures that are of a whole, not of a part of it."""
    return [each for each in listed if not each.key]


def line(name: str, data: Sequence[Any], number: int) -> dict[str, Any]:
    """Return a line of a chart with a point at each value."""
    colour = STATE_COLOURS[number % len(STATE_COLOURS)]
    return {
        "type": "line",
        "name": name,
        "data": list(data),
        "symbolSize": 7,
        "itemStyle": {"color": colour},
        "lineStyle": {"width": 1.6},
        "connectNulls": False,
        "animation": False,
    }


def framed(
    reader: Preferences,
    labels: Sequence[str],
    y_axis: dict[str, Any],
    series: list[dict[str, Any]],
    said: str,
    format_js: str = PERCENT_JS,
) -> dict[str, Any]:
    """Return a chart over periods, with its legend and what is read aloud of it."""
    return {
        "animation": False,
        "legend": {"top": 0, "left": 0, "type": "scroll", "textStyle": {"color": SOFT}},
        "grid": {"left": 8, "right": 14, "top": 44, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": list(labels),
            "axisLabel": {"color": SOFT, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": SOFT}},
        },
        "yAxis": {"splitLine": {"lineStyle": {"color": LINE}}} | y_axis,
        "tooltip": {"trigger": "axis", "confine": True, ":valueFormatter": format_js},
        "series": series,
        "aria": {"enabled": True, "label": {"description": reader.say(said)}},
        "textStyle": {"fontFamily": FONT},
    }


def _percent(each: Reported | None) -> float | None:
    if each is None or each.figure.value is None:
        return None
    return round(float(each.figure.value) * 100, 4)


def _band(reader: Preferences) -> dict[str, Any]:
    low, high = float(BAND.low * 100), float(BAND.high * 100)
    label = {"position": "insideTopLeft", "color": "#7a4d00", "fontSize": 12}
    text = reader.say("servitization.band", low=f"{low:.0f}", high=f"{high:.0f}")
    return {
        "silent": True,
        "itemStyle": {"color": BAND_COLOUR},
        "label": label,
        "data": [[{"name": text, "yAxis": low}, {"yAxis": high}]],
    }
