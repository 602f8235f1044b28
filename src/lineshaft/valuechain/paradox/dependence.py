"""A list of products that an importer depends on, and how long products stay on it. Pure."""

from collections.abc import Sequence, Set
from fractions import Fraction

import msgspec

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.paradox.model import ProductFigures

WINDOW_YEARS = 3
YEARS_FLAGGED = 2
"""Of `WINDOW_YEARS`: a product is listed when the rule holds in so many of them."""

PERSISTENCE = Indicator(
    name="dependence_persistence",
    symbol="P_n",
    unit="C62",
    formula="|L(t-n) and L(t)| / |L(t-n)|, L(t) the list of the three years to t",
    source="churn of lists as in CEPII Policy Brief 2023-41; the share is this definition",
    range="[0, 1]",
)


class ListedProduct(msgspec.Struct, frozen=True):
    """A product of the list.

    Attributes:
        product: six digits.
        years: of the window in which the rule held.
        figures: of the last of these years: two concentrations and imports over exports.
        imports: dollars of that year.
    """

    product: str
    years: tuple[int, ...]
    figures: tuple[Figure, Figure, Figure]
    imports: float


class DependenceList(msgspec.Struct, frozen=True):
    """What an importer depends on, with the vintage of the data and the churn of the list.

    Attributes:
        traded: products that it imports in any year of the window.
        persistence: after 1, 2, ... years; one figure that says what is missing, where no older
            list can be made.
    """

    table: str
    vintage: str
    traded: int
    products: tuple[ListedProduct, ...]
    persistence: tuple[Figure, ...]


def dependence_list(
    years: Sequence[ProductFigures], table: str, indicators: tuple[Indicator, Indicator, Indicator]
) -> DependenceList:
    """Return the list of the last three years, and how it differs from older ones.

    Example: of 10 products that the list of last year had, 8 are on this year's: 0.8 after 1 year.

    Args:
        years: one after the other.
        table: what the years are of.
        indicators: of the figures, in their order.

    Raises:
        TooThin: for fewer than three years, or a gap between them.
    """
    given = [each.year for each in years]
    if len(years) < WINDOW_YEARS or given != list(range(given[0], given[0] + len(given))):
        said = ", ".join(map(str, given)) or "none"
        msg = f"a list of dependencies needs {WINDOW_YEARS} years in a row, got {said}: "
        raise TooThin(msg + "give a file of trade for each of them")
    lists = [_listed(years[at : at + WINDOW_YEARS]) for at in range(len(years) - WINDOW_YEARS + 1)]
    window = years[-WINDOW_YEARS:]
    vintage = f"{window[0].year}-{window[-1].year}"
    return DependenceList(
        table=table,
        vintage=vintage,
        traded=len({code for each in window for code in each.products.tolist()}),
        products=tuple(
            _product(code, flagged, window, (table, vintage, indicators))
            for code, flagged in sorted(lists[-1].items())
        ),
        persistence=persistence([set(each) for each in lists], table, vintage),
    )


def _listed(window: Sequence[ProductFigures]) -> dict[int, tuple[int, ...]]:
    flagged: dict[int, tuple[int, ...]] = {}
    for each in window:
        for code in each.products[each.flags].tolist():
            flagged[code] = (*flagged.get(code, ()), each.year)
    return {code: held for code, held in flagged.items() if len(held) >= YEARS_FLAGGED}


def _product(
    code: int,
    held: tuple[int, ...],
    window: Sequence[ProductFigures],
    said: tuple[str, str, tuple[Indicator, Indicator, Indicator]],
) -> ListedProduct:
    table, vintage, indicators = said
    traded = [each for each in window if code in each.products]
    last = next(each for each in window if each.year == held[-1])
    at = int(last.products.searchsorted(code))
    coverage = Fraction(len(traded), WINDOW_YEARS)
    values = [float(of[at]) for of in (last.first, last.second, last.ratio)]
    first, second, third = (
        Figure(indicator, value, table, f"{last.year} of {vintage}", coverage)
        for indicator, value in zip(indicators, values, strict=True)
    )
    return ListedProduct(f"{code:06}", held, (first, second, third), float(last.imports[at]))


def persistence(
    lists: Sequence[Set[int] | Set[str]], table: str, vintage: str
) -> tuple[Figure, ...]:
    """Return which part of older lists the last one still has, the youngest of them first.

    One figure says what is missing, where there is no older list.
    """
    found = []
    for older in reversed(lists[:-1]):
        kept = Fraction(len(older & lists[-1]), len(older)) if older else None
        missing = "" if older else "the older list is empty"
        found.append(Figure(PERSISTENCE, kept, table, vintage, Fraction(1), missing=missing))
    if not found:
        missing = f"how long products stay listed needs {WINDOW_YEARS + 1} years in a row"
        found = [Figure(PERSISTENCE, None, table, vintage, Fraction(0), missing=missing)]
    return tuple(found)
