"""Use cases of servitization: the dashboard, the lines behind it, the smile curve.

Files are read by whoever can read them; what the hub has billed is read by whoever may read its
ledger.
"""

import calendar
import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core.money import CURRENCY_EXPONENTS
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.servitization.columns import (
    BATCH_LINES,
    KEYS,
    LINES_PAGE_MAX,
    Cell,
    LinePage,
    RevenueColumns,
    footer,
    months_of,
    revenue_schema,
    write_columns,
)
from lineshaft.valuechain.servitization.content import (
    curve_content,
    dashboard_content,
    figure_row,
)
from lineshaft.valuechain.servitization.errors import QuestionInvalid
from lineshaft.valuechain.servitization.found import (
    BAND,
    Dashboard,
    Reported,
    revenue_figures,
    standing_figures,
)
from lineshaft.valuechain.servitization.indicators import MEMBERS
from lineshaft.valuechain.servitization.life_cycle import (
    COSTS_MORE,
    FALLING,
    YEAR_QUARTERS,
    MarginAlarm,
    Standing,
    alarms,
    standings,
)
from lineshaft.valuechain.servitization.measured import Measured
from lineshaft.valuechain.servitization.model import (
    Books,
    Grain,
    RevenueLine,
    ServiceInput,
    quarter_of,
)
from lineshaft.valuechain.servitization.ports import BilledRevenue, Show
from lineshaft.valuechain.servitization.schema import TABLES, read_books
from lineshaft.valuechain.servitization.smile import Curve, Shape, curves
from lineshaft.valuechain.servitization.view import (
    Fleet,
    Rates,
    View,
    counted,
    inputs_of,
    rates_of,
    views_of,
)

if TYPE_CHECKING:
    from lineshaft.security.authorisation.service import Authorizer

__all__ = [
    "BAND",
    "BATCH_LINES",
    "COSTS_MORE",
    "FALLING",
    "LINES_PAGE_MAX",
    "TABLES",
    "Asked",
    "BilledRevenue",
    "Curve",
    "Dashboard",
    "LinePage",
    "MarginAlarm",
    "Rates",
    "Reported",
    "RevenueColumns",
    "Servitization",
    "Shape",
    "Show",
    "Standing",
    "benchmarks_of",
    "curve_content",
    "curves",
    "dashboard",
    "dashboard_content",
    "days_of",
    "figure_row",
    "footer",
    "grain_named",
    "months_of",
    "rates_named",
    "read_books",
    "revenue_figures",
    "revenue_schema",
    "standing_figures",
    "where_named",
    "write_columns",
]

_LEDGER = Resource("ledger", "*")
_MONTH_CHARACTERS = 7


BENCHMARKS = frozenset(
    {
        "input_servitization_direct",
        "input_servitization_complete",
        "input_servitization_share",
        "services_in_manufacturing_exports",
    }
)
"""The four definitions of a national table; they differ by up to four times."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a dashboard is of.

    Attributes:
        first, last: months, both included; empty for no bound.
        where: keys of the lines that count, such as a site.
        rates: None where there is one currency only.
    """

    first: str = ""
    last: str = ""
    grain: Grain = Grain.QUARTER
    where: Mapping[str, str] = msgspec.field(default_factory=dict)
    rates: Rates | None = None

    def __post_init__(self) -> None:
        """Refuse what is no month."""
        for month in (self.first, self.last):
            if month and not _is_month(month):
                msg = f"a month of {month!r}: expected such as 2026-03"
                raise QuestionInvalid(msg)

    def has(self, month: str) -> bool:
        """Tell whether a month counts."""
        return (not self.first or self.first <= month) and (not self.last or month <= self.last)

    def inputs(self, books: Books) -> list[ServiceInput]:
        """Return the costs that count: of the months, and of the site where one is chosen."""
        site = self.where.get("site")
        listed = books.service_inputs
        return [each for each in listed if self.has(each.month) and site in {None, each.site}]


class Servitization:
    """What the hub itself knows: revenue that it has billed, and contracts in force."""

    def __init__(self, authorizer: "Authorizer", hub: BilledRevenue) -> None:
        """Take who may ask, and who knows."""
        self._authorizer = authorizer
        self._hub = hub

    def billed(self, actor: Actor, show: Show) -> Sequence[RevenueLine]:
        """Return what every issued document adds to the revenue of each month."""
        self._authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        return self._hub.lines(actor, show)

    def served(self, actor: Actor, days: Sequence[dt.date]) -> dict[dt.date, frozenset[str]]:
        """Return the machines that a contract is in force for, on each of some days."""
        self._authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        return dict(zip(days, self._hub.served(actor, days), strict=True))


def rates_named(currency: str, rates: Sequence[str]) -> Rates | None:
    """Read the currency to count in, and rates such as `USD=0.92`; None where nothing is said.

    Raises:
        QuestionInvalid: for another text, or rates without a currency.
    """
    if not currency and not rates:
        return None
    found = {}
    for text in rates:
        name, _, value = text.partition("=")
        try:
            found[name] = Fraction(Decimal(value))
        except (InvalidOperation, ValueError, OverflowError) as error:
            msg = f"a rate of {text!r}: expected such as USD=0.92"
            raise QuestionInvalid(msg) from error
        if name not in CURRENCY_EXPONENTS or found[name] <= 0:
            msg = f"a rate of {text!r}: expected a currency of ISO 4217 and a number above 0"
            raise QuestionInvalid(msg)
    if currency not in CURRENCY_EXPONENTS:
        msg = f"rates into {currency!r}: expected the currency to count in, of ISO 4217"
        raise QuestionInvalid(msg)
    return Rates(currency, found)


def grain_named(name: str) -> Grain:
    """Read how long the periods of a trend are.

    Raises:
        QuestionInvalid: for another text.
    """
    if name not in {each.value for each in Grain}:
        msg = f"periods of a {name}: expected month or quarter"
        raise QuestionInvalid(msg)
    return Grain(name)


def where_named(texts: Sequence[str]) -> dict[str, str]:
    """Read which lines are wanted, such as `site=Chemnitz`.

    Raises:
        QuestionInvalid: for another text, or a key that lines are not chosen by.
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or name not in KEYS:
            msg = f"lines where {text!r}: expected a key and its value, such as kind=service; "
            raise QuestionInvalid(msg + f"keys are {', '.join(KEYS)}")
        found[name] = value
    return found


def days_of(columns: RevenueColumns, asked: Asked) -> list[dt.date]:
    """Return the last day of each period that a dashboard will show."""
    months = [cell.month for cell in columns.cells(asked.where) if asked.has(cell.month)]
    periods = {asked.grain.period_of(month) for month in months}
    return sorted({_last_day(each) for each in (*periods, *([max(months)] if months else []))})


def dashboard(
    columns: RevenueColumns,
    books: Books,
    asked: Asked,
    served: Mapping[dt.date, frozenset[str]] | None = None,
) -> Dashboard:
    """Compute every figure of servitization from one pass over the lines.

    Args:
        columns: the lines of revenue.
        books: installed base and costs of the firm; their revenue is in the columns already.
        asked: which months, in periods of which length.
        served: machines with a contract of the hub, by day (`days_of`).

    Raises:
        TooThin: when there is no revenue in the months.
        CurrenciesMixed: for several currencies without rates.
    """
    listed = columns.cells(asked.where)
    cells = [cell for cell in listed if asked.has(cell.month)]
    if not cells:
        msg = "revenue: expected at least one line in the months that were asked for"
        raise TooThin(msg)
    inputs = asked.inputs(books)
    names = {cell.currency for cell in cells} | {each.currency for each in inputs}
    rates = rates_of(names, asked.rates)
    alike = counted(cells, rates)
    whole = views_of(alike, rates.currency, lambda _month: "")[""]
    known = _Known(books, asked, served or {}, rates)
    last = max(cell.month for cell in cells)
    first = min(cell.month for cell in cells)
    # A stage looks back over two years, also where fewer months are asked for.
    past = _past(listed, last, rates)
    counted_past = alike if len(past) in {0, len(cells)} else counted(past, rates)
    quarters = list(views_of(counted_past, rates.currency, quarter_of).values())
    trend = [
        _reported(
            known.completed(view, period),
            (columns.name, period, _within(asked, period)),
            asked.where,
        )
        for period, view in views_of(alike, rates.currency, asked.grain.period_of).items()
    ]
    vintage = f"{first} to {last}"
    of_whole = (columns.name, vintage, f"{first}..{last}")
    return Dashboard(
        currency=rates.currency,
        vintage=vintage,
        whole=tuple(_reported(known.completed(whole, last), of_whole, asked.where)),
        trend=tuple(itertools.chain.from_iterable(trend)),
        stages=standings(quarters),
        alarms=alarms(quarters),
        stage_months=_stage_months([view.period for view in quarters], last),
        sites=columns.sites(),
        years=columns.years(),
        service_revenue=Fraction(whole.service().amount, 10**6),
        revenue=Fraction(whole.total().amount, 10**6),
        line_count=whole.total().count,
    )


class _Known(msgspec.Struct, frozen=True):
    """What a view does not have of the lines of revenue."""

    books: Books
    asked: Asked
    served: Mapping[dt.date, frozenset[str]]
    rates: Rates

    def completed(self, view: View, period: str) -> View:
        """Return a view with the installed base at the end of a period, and its costs."""
        inputs = self.asked.inputs(self.books)
        of_period = (lambda _month: "") if not view.period else self.asked.grain.period_of
        costs = inputs_of(inputs, self.rates, of_period).get(view.period, {})
        return replace(view, inputs=costs, fleet=self._fleet(_last_day(period)))

    def _fleet(self, day: dt.date) -> Fleet | None:
        there = [each for each in self.books.installed_base if each.is_there(day)]
        if not self.books.installed_base:
            return None
        by_hub = self.served.get(day, frozenset())
        count = sum(each.is_served(day) or each.machine in by_hub for each in there)
        return Fleet(len(there), count)


def _reported(view: View, of: tuple[str, str, str], where: Mapping[str, str]) -> list[Reported]:
    table, vintage, months = of
    return [
        Reported(
            _figure(member.INDICATOR, each, table, vintage),
            view.period,
            each.key,
            {**where, **each.behind, "month": months} if each.behind else {},
        )
        for member in MEMBERS
        for each in member.values(view)
    ]


def _figure(indicator: Indicator, each: Measured, table: str, vintage: str) -> Figure:
    return Figure(indicator, each.value, table, vintage, each.coverage, missing=each.missing)


def benchmarks_of(path: Path, format_name: str, country: str, tell: Show) -> tuple[Figure, ...]:
    """Return the input servitization of a country's manufacturing by four definitions.

    A benchmark beside the firm's own figure; each has its name, its table and its vintage.

    Raises:
        UnreadableTable: naming file and row.
        UnknownPlace: when the table has no such country.
        ExtraMissing: when the format needs a library that is not installed.
    """
    # Tables are matrices: who asks for none need not wait for their libraries.
    from lineshaft.valuechain.inputoutput.model import TableFile  # noqa: PLC0415
    from lineshaft.valuechain.inputoutput.service import (  # noqa: PLC0415
        Wanted,
        open_kernel,
        open_table,
        report,
    )

    kernel = open_kernel(open_table(TableFile(path=path), format_name, tell), None, tell)
    wanted = Wanted(frozenset({country}), BENCHMARKS)
    return tuple(each.figure for each in report(kernel, wanted) if not each.industry)


def _past(listed: Sequence[Cell], last: str, rates: Rates) -> list[Cell]:
    """Return the cells up to a month; none where one of them has a currency without a rate."""
    past = [cell for cell in listed if cell.month <= last]
    known = {rates.currency, *rates.of}
    return past if all(cell.currency in known for cell in past) else []


def _stage_months(quarters: Sequence[str], last: str) -> str:
    """Return the months of the quarters that a stage is of."""
    return f"{months_of(quarters[-YEAR_QUARTERS:][0])[0]}..{last}"


def _within(asked: Asked, period: str) -> str:
    """Return the months of a period that were asked for."""
    first, last = months_of(period)
    return f"{max(first, asked.first)}..{min(last, asked.last or last)}"


def _is_month(text: str) -> bool:
    year, _, number = text.partition("-")
    digits = year.isdecimal() and number.isdecimal() and len(text) == _MONTH_CHARACTERS
    return digits and len(year) == 4 and 1 <= int(number) <= 12


def _last_day(period: str) -> dt.date:
    """Return the last day of a month or of a quarter."""
    year, rest = int(period[:4]), period[5:]
    month = 3 * int(rest[1]) if rest.startswith("Q") else int(rest)
    return dt.date(year, month, calendar.monthrange(year, month)[1])
