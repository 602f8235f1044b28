"""What a stretch of one series amounts to, exactly. Pure.

A roll-up is an element of a semigroup: of two stretches that follow each other, `combine` gives
that of both, whatever was cut where. It holds no binary float: quantities are metered from it.
"""

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from lineshaft.core.period import Instant

STATES_MAX = 256
"""Different states of one series on a day; with more it has no roll-up of that day."""
_ZERO = Fraction(0)


class Point(msgspec.Struct, frozen=True):
    """A number at an instant."""

    ts: Instant
    value: Fraction


class Rollup(msgspec.Struct, frozen=True):
    """The state rows in force of a series in a stretch of time; there is one at least.

    A state row is a reading or a status record. A good number, boolean (0 or 1) or text holds from
    its instant to that of the next state row; a row that is not good ends what held.

    Attributes:
        first_ts, last_ts: of the state rows.
        count: good numbers, and `total` their sum.
        integral: number times microseconds, between the first and the last state row.
        covered_us: how long of that a number was in force.
        first, last: the first and last good number; None when there is none.
        minimum, maximum: of the good numbers.
        increase: of a counter: every rise between good numbers that follow each other, and after
            each of `resets` falls the number itself (it began again at zero).
        first_state, last_state: the state (text, symbol, `true` or `false`) at the first and last
            state row; None where it has none.
        state_us: how long each state held, between the first and the last state row.
    """

    first_ts: Instant
    last_ts: Instant
    count: int = 0
    total: Fraction = _ZERO
    integral: Fraction = _ZERO
    covered_us: int = 0
    first: Point | None = None
    last: Point | None = None
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    increase: Fraction = _ZERO
    resets: int = 0
    first_state: str | None = None
    last_state: str | None = None
    state_us: Mapping[str, int] = msgspec.field(default_factory=dict)

    @property
    def held(self) -> Fraction | None:
        """The number in force at the last state row and after it."""
        return self.last.value if self.last and self.last.ts == self.last_ts else None

    @property
    def mean(self) -> Fraction | None:
        """The mean of the good numbers."""
        return self.total / self.count if self.count else None

    @property
    def time_weighted_mean(self) -> Fraction | None:
        """The mean over the time in which a number was in force."""
        return self.integral / self.covered_us if self.covered_us else None


def combine(left: Rollup, right: Rollup) -> Rollup:
    """Return the roll-up of two stretches, the first row of `right` after the last of `left`."""
    gap_us = right.first_ts - left.last_ts
    held = left.held
    increase, resets = _step(left.last, right.first)
    state_us = dict(left.state_us)
    for state, duration_us in right.state_us.items():
        state_us[state] = state_us.get(state, 0) + duration_us
    if left.last_state is not None:
        state_us[left.last_state] = state_us.get(left.last_state, 0) + gap_us
    return Rollup(
        first_ts=left.first_ts,
        last_ts=right.last_ts,
        count=left.count + right.count,
        total=left.total + right.total,
        integral=left.integral + right.integral + (_ZERO if held is None else held * gap_us),
        covered_us=left.covered_us + right.covered_us + (0 if held is None else gap_us),
        first=left.first or right.first,
        last=right.last or left.last,
        minimum=min(_known(left.minimum, right.minimum), default=None),
        maximum=max(_known(left.maximum, right.maximum), default=None),
        increase=left.increase + right.increase + increase,
        resets=left.resets + right.resets + resets,
        first_state=left.first_state,
        last_state=right.last_state,
        state_us=state_us,
    )


def _step(last: Point | None, first: Point | None) -> tuple[Fraction, int]:
    """Return by how much a counter rose between two stretches, and how often it was reset."""
    if last is None or first is None:
        return _ZERO, 0
    rise = first.value - last.value
    return (rise, 0) if rise >= 0 else (first.value, 1)


def _known(*values: Fraction | None) -> list[Fraction]:
    return [value for value in values if value is not None]


def carried(earlier: Rollup, at: Instant) -> Rollup:
    """Return what a stretch hands over to the instant `at` behind it: what holds, and no row.

    Combined with what follows, it counts nothing of the stretch itself. A counter goes on from the
    last good number, unless the last state row is a text.
    """
    held = earlier.held
    last = earlier.last if earlier.last_state is None else None
    return Rollup(
        first_ts=at,
        last_ts=at,
        last=last if held is None else Point(at, held),
        first_state=earlier.last_state,
        last_state=earlier.last_state,
    )


def ended(rollup: Rollup, at: Instant) -> Rollup:
    """Let what is in force at the last row hold up to the instant `at`."""
    return combine(rollup, Rollup(first_ts=at, last_ts=at))
