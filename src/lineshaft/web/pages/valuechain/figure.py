"""A figure that says in one click what it was computed from."""

from fractions import Fraction

from lineshaft.core.money import Money
from lineshaft.valuechain.indicator import Figure
from lineshaft.web import format as form
from lineshaft.web.components import facts
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Preferences


def shown_figure(reader: Preferences, shown: str, figure: Figure) -> Html:
    """Return a figure as people read it, which opens to its formula, table, vintage, coverage."""
    indicator = figure.indicator
    said = [
        (reader.say("supply.formula"), tag("code", f"{indicator.symbol} = {indicator.formula}")),
        (reader.say("supply.definition"), tag("span", indicator.source, lang="en")),
        (reader.say("supply.table"), tag("code", figure.table)),
        (reader.say("supply.vintage"), figure.vintage),
        (reader.say("supply.coverage"), form.percent(figure.coverage, 0)),
        (reader.say("supply.missing"), tag("span", figure.missing, lang="en")),
    ]
    pairs = [pair for pair in said if figure.missing or pair is not said[-1]]
    return tag("details", tag("summary", shown), facts(pairs, is_list=True), class_="figure")


def money_of(value: Fraction | str, currency: str) -> str:
    """Write an exact amount, rounded once to what the currency has."""
    return form.money(Money.rounded(Fraction(value), currency))


def days_of(value: Fraction | str) -> str:
    """Write exact days with one decimal."""
    return form.rounded(Fraction(value), 1)
