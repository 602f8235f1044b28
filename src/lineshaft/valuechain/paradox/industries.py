"""A country's industries by comparative advantage and by what their exports owe to others. Pure.

A sector cannot show dependence on a single country: at this level sources look spread. So this is
context for the products, and says so.
"""

from collections.abc import Mapping
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.paradox.firm import ITEMS_MIN, percentiles
from lineshaft.valuechain.paradox.model import HALF, quadrant_of

FOREIGN_PART = Indicator(
    name="foreign_part_of_exports",
    symbol="FC/E",
    unit="C62",
    formula="foreign content of the exports of an industry / its exports",
    source="Borin & Mancini 2019, foreign content, exporter view",
    range="[0, 1]",
)


class IndustryPoint(msgspec.Struct, frozen=True):
    """Where an industry stands between the others of its country.

    Attributes:
        advantage: comparative advantage in value added (VA-RCA).
        foreign: part of its exports that is value added of others.
    """

    industry: str
    advantage: Figure
    foreign: Figure
    advantage_percentile: Fraction
    foreign_percentile: Fraction

    @property
    def quadrant(self) -> str:
        """The dual paradox is above half of the others on both."""
        return quadrant_of(
            is_strong=self.advantage_percentile > HALF, is_dependent=self.foreign_percentile > HALF
        )


def industry_points(figures: Mapping[str, Mapping[str, Figure]]) -> list[IndustryPoint]:
    """Place industries by their figures; those that export nothing are left out.

    Args:
        figures: by industry and name: comparative advantage, foreign content, gross exports.

    Raises:
        TooThin: below `ITEMS_MIN` industries that export.
    """
    found = []
    for industry, of in figures.items():
        exports = float(of["gross_exports"].value or 0)
        if exports > 0:
            content = of["foreign_content"]
            part = float(content.value or 0) / exports
            foreign = replace(content, indicator=FOREIGN_PART, value=part)
            found.append((industry, of["value_added_comparative_advantage"], foreign))
    if len(found) < ITEMS_MIN:
        msg = f"a quadrant of {len(found)} industries says nothing: expected at least {ITEMS_MIN} "
        raise TooThin(msg + "that export")
    across = percentiles([float(advantage.value or 0) for _, advantage, _ in found])
    up = percentiles([float(foreign.value or 0) for _, _, foreign in found])
    return [
        IndustryPoint(industry, advantage, foreign, x, y)
        for (industry, advantage, foreign), x, y in zip(found, across, up, strict=True)
    ]
