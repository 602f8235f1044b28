"""Horizontal and vertical upgrading: a trajectory, the class of each arrow, and lock-in. Pure."""

import math
from collections.abc import Sequence

import msgspec

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.paradox.model import UpgradeYear

LOCK_IN_YEARS = 5
FLAT = 0.02
"""What position and unit value may rise over the years, as a part, and still be flat."""
GROWING = 0.1
_OCTANTS = (
    "more scale",
    "more scale and control",
    "more control",
    "control at the cost of scale",
    "less scale",
    "decline",
    "less control",
    "scale at the cost of control",
)
_OCTANT = math.pi / 4
_SOURCE = "valuechain note 2.7, after Huang & Ma 4.1: horizontal and vertical upgrading"

HORIZONTAL = Indicator(
    name="horizontal_position",
    symbol="H",
    unit="C62",
    formula="ln(share of the world's output)",
    source=_SOURCE,
    range="(-inf, 0]",
)
VERTICAL = Indicator(
    name="vertical_position",
    symbol="V",
    unit="C62",
    formula="share of domestic value added x (1 - vulnerability)",
    source=_SOURCE,
    range="[0, 1]",
)


class UpgradeStep(msgspec.Struct, frozen=True):
    """A year of the trajectory.

    Attributes:
        move: class of the arrow that leads here from the year before, by its angle in eighths of a
            circle; empty for the first year, `none` where nothing moved.
        is_locked_in: position and unit value flat for `LOCK_IN_YEARS` while the volume grows.
    """

    year: int
    horizontal: float
    vertical: float
    move: str
    is_locked_in: bool


def trajectory(rows: Sequence[UpgradeYear]) -> list[UpgradeStep]:
    """Return the way of (H, V) through the years.

    Example: twice the share of the world at the same control is an arrow of 0 degrees, more scale.

    Raises:
        TooThin: for fewer than two years, or a gap between them.
    """
    given = sorted(rows, key=lambda each: each.year)
    years = [each.year for each in given]
    if len(given) < 2 or years != list(range(years[0], years[0] + len(years))):
        msg = f"a trajectory needs two years in a row, got {', '.join(map(str, years)) or 'none'}"
        raise TooThin(msg)
    places = [(math.log(each.world_share), _vertical(each)) for each in given]
    return [
        UpgradeStep(
            year=each.year,
            horizontal=places[at][0],
            vertical=places[at][1],
            move=_move(places[at - 1], places[at]) if at else "",
            is_locked_in=at >= LOCK_IN_YEARS and _is_flat(given[at - LOCK_IN_YEARS], each),
        )
        for at, each in enumerate(given)
    ]


def _vertical(each: UpgradeYear) -> float:
    return float(each.domestic_value_added_share * (1 - each.vulnerability))


def _move(before: tuple[float, float], after: tuple[float, float]) -> str:
    across, up = after[0] - before[0], after[1] - before[1]
    if not across and not up:
        return "none"
    return _OCTANTS[round(math.atan2(up, across) / _OCTANT) % len(_OCTANTS)]


def _is_flat(before: UpgradeYear, after: UpgradeYear) -> bool:
    grew = float(after.volume / before.volume) - 1
    dearer = float(after.unit_value / before.unit_value) - 1
    higher = _vertical(after) - _vertical(before) * (1 + FLAT)
    return grew > GROWING and dearer <= FLAT and higher <= 0
