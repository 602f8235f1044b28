"""The tables beside a supply network that the paradox reads. Pure."""

from fractions import Fraction

from lineshaft.core.quantity import parse_exact
from lineshaft.valuechain.paradox.model import ItemCompetitiveness, UpgradeYear
from lineshaft.valuechain.tables.model import (
    ID,
    POSITIVE,
    SHARE,
    CellKind,
    Column,
    TypedTable,
    whole,
)

PREMIUM_MAX = 10
YEAR_MIN, YEAR_MAX = 1900, 2200


def _premium(text: str) -> Fraction:
    value = parse_exact(text)
    if not -1 < value <= PREMIUM_MAX:
        raise ValueError(text)
    return value


PREMIUM = CellKind(
    f"expected an exact number above -1, at most {PREMIUM_MAX}, such as 0.05 for 5 %", _premium
)
COMPETITIVENESS = TypedTable(
    name="competitiveness",
    row=ItemCompetitiveness,
    columns=(
        Column("item", ID),
        Column("win_rate", SHARE),
        Column("price_premium", PREMIUM),
        Column("market_share", SHARE),
    ),
    key=("item",),
    is_required=True,
)
UPGRADING = TypedTable(
    name="upgrading",
    row=UpgradeYear,
    columns=(
        Column("year", whole(YEAR_MIN, YEAR_MAX, "a year")),
        Column("world_share", POSITIVE),
        Column("domestic_value_added_share", SHARE),
        Column("vulnerability", SHARE),
        Column("volume", POSITIVE),
        Column("unit_value", POSITIVE),
    ),
    key=("year",),
    is_required=True,
)
