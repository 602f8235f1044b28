"""Bilateral trade by product, and where an item of a firm stands. Pure."""

from fractions import Fraction

import msgspec
import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COUNTRIES_MAX = 1_000
"""Codes of countries in BACI are below it."""
PRODUCTS_MAX = 1_000_000
"""Products are six digits of the Harmonized System."""
NO_EXPORTS = 9_999.0
"""What CEPII writes for imports over exports where there are no exports."""
HALF = Fraction(1, 2)
INDUSTRIES_LIMIT = (
    "sectors cannot show dependence on one country; list products (dependence) for that"
)


def quadrant_of(*, is_strong: bool, is_dependent: bool) -> str:
    """Name the quadrant; the dual paradox is strong and dependent."""
    if is_strong:
        return "dual paradox" if is_dependent else "strong"
    return "weak and dependent" if is_dependent else "weak"


class TradeFlows(msgspec.Struct, frozen=True, eq=False):
    """What countries sold to each other in one year; each flow stands once.

    Attributes:
        name: of the edition, such as `BACI HS22 V202401`, or of the file.
        exporters, importers: codes below `COUNTRIES_MAX`, one for each flow.
        products: six digits as a number below `PRODUCTS_MAX`.
        dollars: whole US dollars, above 0.
    """

    name: str
    year: int
    exporters: Codes
    importers: Codes
    products: Codes
    dollars: Floats


class ProductFigures(msgspec.Struct, frozen=True, eq=False):
    """Figures of one importer, or of a bloc, for each product of a year.

    Attributes:
        products: codes, rising; the other arrays are along them.
        imports: in dollars; of a bloc from outside.
        first, second: two concentrations of the rule: for CEPII's of the sources of imports and
            of the world's exporters, for the Commission's of the sources, and the part of all
            imports that comes from outside.
        ratio: imports over exports; `NO_EXPORTS` where nothing is exported.
    """

    year: int
    products: Codes
    imports: Floats
    first: Floats
    second: Floats
    ratio: Floats
    flags: Flags


class ItemCompetitiveness(msgspec.Struct, frozen=True):
    """What the firm knows of how an item sells.

    Attributes:
        win_rate: offers won of offers made.
        price_premium: over the price of comparable offers, 0.05 for 5 %; may be below 0.
        market_share: of the market that the firm serves.
    """

    item: str
    win_rate: Fraction
    price_premium: Fraction
    market_share: Fraction


class ItemVulnerability(msgspec.Struct, frozen=True):
    """How much hangs on one source of a bought item; all parts are exact, from 0 to 1.

    Attributes:
        is_single: one supplier, or none, is qualified.
        concentration: of the countries that it comes from, two tiers deep (Herfindahl-Hirschman).
        requalification: days until another source may deliver, in the days looked at, at most 1.
        uncovered: part of those days that the stock does not cover.
        is_stock_known: else no stock is assumed.
    """

    item: str
    is_single: bool
    concentration: Fraction
    requalification: Fraction
    uncovered: Fraction
    is_stock_known: bool

    @property
    def value(self) -> Fraction:
        """The product of the four."""
        return self.is_single * self.concentration * self.requalification * self.uncovered


class QuadrantPoint(msgspec.Struct, frozen=True):
    """Where an item stands between the others.

    Attributes:
        weakest: the bought part that the vulnerability is of.
        competitiveness_percentile, vulnerability_percentile: exact, from 0 to 1.
    """

    item: str
    weakest: str
    vulnerability: Fraction
    competitiveness_percentile: Fraction
    vulnerability_percentile: Fraction

    @property
    def controllability(self) -> Fraction:
        """What is left of 1 by the vulnerability."""
        return 1 - self.vulnerability

    @property
    def quadrant(self) -> str:
        """One of `dual paradox`, `strong`, `weak and dependent`, `weak`."""
        return quadrant_of(
            is_strong=self.competitiveness_percentile > HALF,
            is_dependent=self.vulnerability > 0 and self.vulnerability_percentile > HALF,
        )


class Closure(msgspec.Struct, frozen=True):
    """What of an item's bought value can be made inside a perimeter of countries.

    Attributes:
        closure: value with a qualified source inside, all its known tiers too, over all value;
            None where no price is known.
        substitution: of the value now bought outside, the part that some source inside, qualified
            or not yet, offers; None where nothing is bought outside.
        largest_closed: the made item of the greatest value all of which can be made inside; empty
            without one.
        largest_value: its part of all value.
        coverage: part of the bought items whose price is known.
        unknown: items that have neither a source nor components; never closed.
    """

    item: str
    perimeter: tuple[str, ...]
    closure: Fraction | None
    substitution: Fraction | None
    largest_closed: str
    largest_value: Fraction | None
    coverage: Fraction
    unknown: tuple[str, ...]


class UpgradeYear(msgspec.Struct, frozen=True):
    """A year of a firm, an industry or a country on its way up.

    Attributes:
        world_share: of the world's output of the product, above 0.
        domestic_value_added_share: of its exports or sales.
        vulnerability: from 0 to 1; control is what is left of 1.
        volume: of output, in any unit that stays the same.
        unit_value: price of one of them.
    """

    year: int
    world_share: Fraction
    domestic_value_added_share: Fraction
    vulnerability: Fraction
    volume: Fraction
    unit_value: Fraction
