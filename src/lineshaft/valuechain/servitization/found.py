"""What a dashboard shows, and what the literature says beside it. Pure."""

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.servitization.life_cycle import (
    ALONE_IN_A_YEAR,
    GROWTH_IN_A_YEAR,
    MARGIN_IN_A_YEAR,
    MarginAlarm,
    Standing,
)


class Context(msgspec.Struct, frozen=True):
    """What the literature says of a figure: never a promise for one firm."""

    low: Fraction
    high: Fraction
    source: str
    says: str


BAND = Context(
    Fraction(20, 100),
    Fraction(30, 100),
    "Fang, Palmatier & Steenkamp 2008, J. Marketing 72:1-14; 477 US firms, 1990-2005",
    "on average the value of these firms rose with the service share only from here on; "
    "this is context and no promise for one firm",
)
"""The service share of revenue in the literature."""


_SOURCE = "lines of documents as of IFRS 15, net of tax"
REVENUE = Indicator(
    name="revenue",
    symbol="R",
    unit="",
    formula="sum of the amounts of all lines",
    source=_SOURCE,
    range="(-inf, inf)",
)
SERVICE_REVENUE = Indicator(
    name="service_revenue",
    symbol="R_s",
    unit="",
    formula="sum of the amounts of the lines of services",
    source=_SOURCE,
    range="(-inf, inf)",
)


class Reported(msgspec.Struct, frozen=True):
    """A figure, what it is of, and the question that finds the lines behind it.

    Attributes:
        period: empty for all months that were asked for.
        key: service line, kind or cell of the matrix; empty for the whole.
        behind: what `RevenueColumns.page` finds its lines by; empty where there are none.
    """

    figure: Figure
    period: str
    key: str
    behind: Mapping[str, str]


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown of the servitization of a firm.

    Attributes:
        whole: figures of all months together.
        trend: the same figures of each period.
        stages, alarms: by service line, at the end of the last quarter, of all that came before it
            too: advice.
        stage_months: that the stages look at, as a period of lines.
        sites, years: that lines name, whether chosen or not.
        revenue: of services and of everything, exactly.
    """

    currency: str
    vintage: str
    whole: tuple[Reported, ...]
    trend: tuple[Reported, ...]
    stages: tuple[Standing, ...]
    alarms: tuple[MarginAlarm, ...]
    stage_months: str
    sites: tuple[str, ...]
    years: tuple[str, ...]
    service_revenue: Fraction
    revenue: Fraction
    line_count: int


def standing_figures(found: Dashboard, standing: Standing) -> tuple[Reported, Reported, Reported]:
    """Return stand-alone share, margin and growth of a service line, with the lines behind them."""
    name, months = standing.service_line, found.stage_months
    site = {key: said for key, said in found.whole[0].behind.items() if key == "site"}
    behind = site | {"kind": "service", "service_line": name, "month": months}
    table = found.whole[0].figure.table
    vintage = months.replace("..", " to ")
    numbers = (
        (ALONE_IN_A_YEAR, standing.stand_alone_share, "revenue above its credits"),
        (MARGIN_IN_A_YEAR, standing.margin, "cost of what was sold"),
        (GROWTH_IN_A_YEAR, standing.growth, "the four quarters before"),
    )
    alone, margin, growth = (
        Reported(
            Figure(
                indicator,
                value,
                table,
                vintage,
                Fraction(value is not None),
                missing="" if value is not None else missing,
            ),
            "",
            name,
            behind,
        )
        for indicator, value, missing in numbers
    )
    return alone, margin, growth


def revenue_figures(found: Dashboard) -> tuple[Reported, Reported]:
    """Return the revenue of services and of everything, with the lines behind them."""
    share = found.whole[0]
    behind = {key: said for key, said in share.behind.items() if key != "kind"}
    table, vintage = share.figure.table, share.figure.vintage
    services = Figure(SERVICE_REVENUE, found.service_revenue, table, vintage, Fraction(1))
    everything = Figure(REVENUE, found.revenue, table, vintage, Fraction(1))
    return (
        Reported(services, "", "", behind | {"kind": "service"}),
        Reported(everything, "", "", behind),
    )
