"""What the roll-out of connections did: staggered difference-in-differences, with a placebo.

Callaway & Sant'Anna 2021: effects of each group (lines that were connected in the same quarter) in
each quarter, against lines that are not yet connected; no line that is connected is ever a control.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.libraries import needed

Floats = NDArray[np.float64]
Cell = tuple[int, int]
"""A group, by the column in which its lines were connected, and a quarter that is looked at."""
NEVER = 10**9
"""The quarter of a line that is not connected."""
LINES_EACH_MIN = 3
"""Connected lines, and lines to compare them with, without which there is no interval."""
PLACEBO_QUARTERS = 2
"""How much earlier the roll-out of the placebo is."""
EVENT_QUARTERS = 8
"""How far before and after the connection the effect is looked at, quarter by quarter."""
CONFIDENCE = 0.95


class Claim(StrEnum):
    """What may be said of the effect of a roll-out; the key of a text in every language."""

    NOT_MEASURED = "not_measured"
    BEFORE_AFTER_ONLY = "before_after_only"
    NOT_TESTED = "estimate_not_tested"
    ESTIMATE = "design_allows_estimate"
    PLACEBO_FAILED = "placebo_failed"
    NO_EFFECT_SHOWN = "no_effect_shown"


WORDS = {
    Claim.NOT_MEASURED: "Not measured: the books do not say it.",
    Claim.BEFORE_AFTER_ONLY: "A change after the connection. It is no effect: too few lines that "
    "are not yet connected show what would have happened without it.",
    Claim.NOT_TESTED: "An estimate with its interval against lines that are not yet connected, "
    "and no more: no placebo tests "
    "whether both were on the same path: there are too few quarters before the connection.",
    Claim.ESTIMATE: "An estimate of the effect, if lines that are connected later would have "
    "moved as those that were connected first; the placebo found no sign that they did not.",
    Claim.PLACEBO_FAILED: "No effect can be claimed: lines that were connected moved differently "
    "from the others before they were connected.",
    Claim.NO_EFFECT_SHOWN: "No effect is shown: the design allows an estimate, and its interval "
    "holds zero.",
}
"""The texts in English."""


class Panel(msgspec.Struct, frozen=True):
    """Lines over quarters.

    Attributes:
        outcomes: a row for each line, a column for each quarter; NaN where it is not known.
        connected: the column from which on each line is connected; `NEVER` for none.
    """

    outcomes: Floats
    connected: NDArray[np.int64]


class RollOutEffect(msgspec.Struct, frozen=True):
    """The mean effect on connected lines over their quarters since, with its interval.

    Attributes:
        treated, controls: lines that it rests on.
        coverage: the part of the quarters of connected lines that had lines to compare with.
    """

    value: float
    low: float
    high: float
    treated: int
    controls: int
    coverage: Fraction

    @property
    def holds_zero(self) -> bool:
        """Whether the interval holds zero."""
        return self.low <= 0 <= self.high


def roll_out_effect(panel: Panel) -> RollOutEffect:
    """Estimate the mean effect on the connected lines, all their quarters weighing the same.

    The interval is analytic, by line: what a line contributes in all quarters is one observation.
    Lines that differ in their effect widen it. Its degrees of freedom are those of the smaller
    side, so it is rather too wide than too narrow.

    Raises:
        TooThin: with fewer than `LINES_EACH_MIN` lines on one of the two sides.
        ExtraMissing: without the extra that has SciPy.
    """
    return _effect(panel, _since_connected(panel))


def event_effects(panel: Panel) -> dict[int, RollOutEffect | str]:
    """Estimate the effect by quarter from the one in which lines were connected, which is 0.

    All are held against the quarter before the connection, -1, which is left out. Earlier ones
    should show nothing.

    Returns:
        By quarter, up to `EVENT_QUARTERS` away: the effect, or why there is none; quarters that no
        connected line has are left out.
    """
    found: dict[int, RollOutEffect | str] = {}
    for event in range(-EVENT_QUARTERS, EVENT_QUARTERS + 1):
        cells = [
            (since, since + event)
            for since in _starts(panel)
            if event != -1 and 0 <= since + event < panel.outcomes.shape[1]
        ]
        if not cells:
            continue
        try:
            found[event] = _effect(panel, cells)
        except TooThin as error:
            found[event] = str(error)
    return found


def placebo_effect(panel: Panel) -> RollOutEffect:
    """Estimate the effect of a roll-out that was not: `PLACEBO_QUARTERS` earlier than it was.

    Only quarters before the true connection of a line count.

    Raises:
        TooThin: with too few lines, or too few quarters before their connection.
    """
    outcomes = panel.outcomes.copy()
    for place, since in enumerate(panel.connected):
        outcomes[place, min(int(since), outcomes.shape[1]) :] = np.nan
    earlier = np.where(panel.connected < NEVER, panel.connected - PLACEBO_QUARTERS, NEVER)
    panel = Panel(outcomes, earlier)
    return _effect(panel, _since_connected(panel))


def before_after(panel: Panel) -> float | None:
    """Return the mean change of connected lines since the quarter before; None without any."""
    changes = []
    for row, since in zip(panel.outcomes, panel.connected, strict=True):
        if 0 < since < len(row) and np.isfinite(row[since - 1]):
            later = row[since:] - row[since - 1]
            changes += [float(value) for value in later if np.isfinite(value)]
    return float(np.mean(changes)) if changes else None


def claim(effect: RollOutEffect | None, placebo: RollOutEffect | None) -> Claim:
    """Return what may be said, given what could be estimated of a roll-out that there was."""
    if effect is None:
        return Claim.BEFORE_AFTER_ONLY
    if placebo is None:
        return Claim.NOT_TESTED
    if not placebo.holds_zero:
        return Claim.PLACEBO_FAILED
    return Claim.NO_EFFECT_SHOWN if effect.holds_zero else Claim.ESTIMATE


def _starts(panel: Panel) -> list[int]:
    """Return the columns in which lines were connected and that have one before them."""
    quarters = panel.outcomes.shape[1]
    starts = np.unique(panel.connected).tolist()
    return [since for since in starts if 0 < since < quarters]


def _since_connected(panel: Panel) -> Iterator[Cell]:
    for since in _starts(panel):
        for quarter in range(since, panel.outcomes.shape[1]):
            yield since, quarter


def _effect(panel: Panel, cells: Iterable[Cell]) -> RollOutEffect:
    """Estimate the mean over cells of what connected lines gained against the others.

    The lines to compare with are connected later than the group and than the quarter.
    """
    outcomes, connected = panel.outcomes, panel.connected
    # Of each line: the sum of its gains, and their number; the sum of what it, as one of the lines
    # to compare with, differed from their mean, weighed by the gains that it entered.
    gains, weights = np.zeros(len(outcomes)), np.zeros(len(outcomes))
    controls = np.full(len(outcomes), np.nan)
    used = total = 0
    for since, quarter in cells:
        change = outcomes[:, quarter] - outcomes[:, since - 1]
        is_known = np.isfinite(change)
        group = (connected == since) & is_known
        others = (connected > max(quarter, since)) & is_known
        total += int(group.sum())
        if not group.any() or not others.any():
            continue
        used += int(group.sum())
        mean = change[others].mean()
        gains[group] += change[group] - mean
        weights[group] += 1
        part = group.sum() / others.sum() * (change[others] - mean)
        controls[others] = np.nan_to_num(controls[others]) + part
    return _with_interval(gains, weights, controls, (used, total))


def _with_interval(
    gains: Floats, weights: Floats, controls: Floats, cells: tuple[int, int]
) -> RollOutEffect:
    treated, others = int((weights > 0).sum()), int(np.isfinite(controls).sum())
    if min(treated, others) < LINES_EACH_MIN:
        msg = f"{treated} connected lines can be compared with {others} that are not yet: "
        msg += f"expected at least {LINES_EACH_MIN} of each, with the quarter before in the books"
        raise TooThin(msg)
    value = gains.sum() / weights.sum()
    each = (gains - weights * value - np.nan_to_num(controls)) / weights.sum()
    smaller = min(treated, others)
    error = np.sqrt((each**2).sum() * smaller / (smaller - 1))
    special: Any = needed("scipy.special")
    reach = float(special.stdtrit(smaller - 1, (1 + CONFIDENCE) / 2) * error)
    used, total = cells
    return RollOutEffect(
        float(value),
        float(value - reach),
        float(value + reach),
        treated,
        others,
        Fraction(used, total),
    )


def panel_of(
    outcomes: Mapping[tuple[Any, int], float], connected: Mapping[Any, int | None]
) -> Panel:
    """Return a panel of outcomes by line and number of a quarter.

    Args:
        outcomes: of lines and quarters, those that are known.
        connected: number of the quarter in which each line was connected; None: not yet.
    """
    numbers = [number for _, number in outcomes]
    first, count = min(numbers), max(numbers) - min(numbers) + 1
    lines = sorted({line for line, _ in outcomes})
    values = np.full((len(lines), count), np.nan)
    places = {line: place for place, line in enumerate(lines)}
    for (line, number), value in outcomes.items():
        values[places[line], number - first] = value
    since = [connected.get(line) for line in lines]
    starts = [NEVER if number is None else number - first for number in since]
    return Panel(values, np.array(starts, np.int64))
