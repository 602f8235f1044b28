"""What was found, as JSON content: exact numbers are fractions as text."""

from collections.abc import Sequence
from typing import Any

from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.servitization.found import BAND, Dashboard, Reported
from lineshaft.valuechain.servitization.life_cycle import Standing
from lineshaft.valuechain.servitization.smile import Curve


def dashboard_content(found: Dashboard, benchmark: Sequence[Figure] = ()) -> dict[str, Any]:
    """Return a dashboard as JSON content; exact numbers are fractions as text."""
    return {
        "currency": found.currency,
        "vintage": found.vintage,
        "lines": found.line_count,
        "revenue": str(found.revenue),
        "service_revenue": str(found.service_revenue),
        "figures": [figure_row(each) for each in found.whole],
        "trend": [figure_row(each) for each in found.trend],
        "benchmark": [figure_row(Reported(each, "", "", {})) for each in benchmark],
        "context": {
            "indicator": "output_servitization",
            "low": str(BAND.low),
            "high": str(BAND.high),
            "source": BAND.source,
            "says": BAND.says,
        },
        "service_lines": [_standing_row(each) for each in found.stages],
        "alarms": [
            {
                "service_line": each.service_line,
                "reason": each.reason,
                "quarters": {quarter: str(margin) for quarter, margin in each.quarters},
            }
            for each in found.alarms
        ],
    }


def figure_row(each: Reported) -> dict[str, Any]:
    """Return a figure with all that it says of itself, and what its lines are asked by."""
    figure = each.figure
    return {
        "indicator": figure.indicator.name,
        "symbol": figure.indicator.symbol,
        "period": each.period,
        "key": each.key,
        "value": "" if figure.value is None else str(figure.value),
        "unit": figure.indicator.unit,
        "table": figure.table,
        "vintage": figure.vintage,
        "coverage": str(figure.coverage),
        "missing": figure.missing,
        "formula": figure.indicator.formula,
        "source": figure.indicator.source,
        "lines": dict(each.behind),
    }


def _standing_row(each: Standing) -> dict[str, str]:
    numbers = {
        "stand_alone_share": each.stand_alone_share,
        "margin": each.margin,
        "growth": each.growth,
    }
    said = {name: "" if value is None else str(value) for name, value in numbers.items()}
    stage = "" if each.stage is None else each.stage.value
    return {
        "service_line": each.service_line,
        "stage": stage,
        **said,
        "missing": each.missing,
    }


def curve_content(curve: Curve) -> dict[str, Any]:
    """Return a smile curve as JSON content."""
    return {
        "period": curve.period,
        "currency": curve.currency,
        "shape": None if curve.shape is None else curve.shape.value,
        "depth": curve.depth.value,
        "low": curve.depth.low,
        "high": curve.depth.high,
        "missing": curve.depth.missing,
        "table": curve.depth.table,
        "vintage": curve.depth.vintage,
        "coverage": str(curve.depth.coverage),
        "formula": curve.depth.indicator.formula,
        "source": curve.depth.indicator.source,
        "margin_per_hour": {
            activity.value: str(figure.value) for activity, figure in curve.margins
        },
    }
