"""A figure that says in one click what it was computed from."""

from fractions import Fraction

from lineshaft.core.money import Money
from lineshaft.valuechain.indicator import Figure
from lineshaft.web import format as form
from lineshaft.web.components import facts
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from lineshaft.web.texts.sentences import in_chinese


def shown_figure(reader: Preferences, shown: str, figure: Figure, *more: Child) -> Html:
    """Return a figure as people read it, which opens to its formula, table, vintage, coverage.

    Args:
        reader: who looks.
        shown: the number as it is read.
        figure: what it is.
        more: what stands below when it is open, such as the way to its document lines.
    """
    indicator = figure.indicator
    left = f"{indicator.symbol} = "
    formula = indicator.formula if left in indicator.formula else left + indicator.formula
    said = [
        (reader.say("supply.formula"), tag("code", formula)),
        (reader.say("supply.definition"), tag("span", indicator.source, lang="en")),
        (reader.say("supply.table"), tag("code", figure.table)),
        (reader.say("supply.vintage"), figure.vintage.replace(" to ", " \N{EN DASH} ")),
        (reader.say("supply.coverage"), form.percent(figure.coverage, 0)),
        (reader.say("supply.missing"), worded(reader, figure.missing)),
    ]
    pairs = [pair for pair in said if figure.missing or pair is not said[-1]]
    opened = facts(pairs, is_list=True)
    return tag("details", tag("summary", shown), opened, more, class_="figure")


def worded(reader: Preferences, sentence: str) -> Html:
    """Return a sentence of the value chain in the reader's language, as far as it has been said."""
    said = words(reader, sentence)
    is_left = reader.language is not Language.ENGLISH and said == sentence
    return tag("span", said, lang="en") if is_left else tag("span", said)


def words(reader: Preferences, sentence: str) -> str:
    """Return what `worded` shows as text, such as to stand within another sentence."""
    return (in_chinese(sentence) if reader.language is Language.CHINESE else None) or sentence


def money_of(value: Fraction | str, currency: str) -> str:
    """Write an exact amount, rounded once to what the currency has."""
    return form.money(Money.rounded(Fraction(value), currency))


def days_of(value: Fraction | str) -> str:
    """Write exact days with one decimal."""
    return form.rounded(Fraction(value), 1)
