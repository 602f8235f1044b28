"""The levels of many counters at many instants, from whole columns of readings. Pure.

Ten million readings of plain counters say at an instant what the two around it say, once it is
clear that every step between them is a possible rise. So all steps are checked, in slices of
arrays of int64 that cannot overflow unseen, and of each counter no more is kept than the ends of
stretches that no instant cuts. A counter with anything else among its rows is named as odd, and
whoever asks walks its rows: here nothing is decided that is not plain.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.platform.historian.queries.model import BulkSlice
from lineshaft.services.metering.meters.counter import possible_rise
from lineshaft.services.metering.parameters import Boundary, CounterParameters

_SAFE = 1 << 62
"""Products below this, and sums of two of them, are seen in an int64 without overflow."""
_VALUE_MAX = 1 << 61
_UNSEEN = -128
"""No exponent of a decimal that is stored."""
_BEFORE_MIN = 2
"""Readings before a period: the second shows that the first is possible, as in `counter`."""

RUNS_PENDING_MAX = 1 << 20
"""Stretches that are kept before those of one signal that no instant separates become one."""

Ints = NDArray[np.int64]


class Runs(msgspec.Struct, frozen=True, eq=False):
    """Stretches of readings that no instant cuts, by signal and time: arrays of one length.

    Attributes:
        place: of the signal.
        slot: how many instants are before it.
        count: readings of the stretch.
    """

    place: Ints
    slot: Ints
    first_ts: Ints
    last_ts: Ints
    first_value: Ints
    last_value: Ints
    first_sequence: Ints
    last_sequence: Ints
    count: Ints

    def some(self, chosen: Ints | slice) -> "Runs":
        """Return some of them."""
        return Runs(*(getattr(self, name)[chosen] for name in _RUN))

    def of_same(self, other: "Runs") -> bool:
        """Tell whether the others are of the same signals, between the same instants."""
        return np.array_equal(self.place, other.place) and np.array_equal(self.slot, other.slot)

    def steps_to(self, later: "Runs") -> tuple[Ints, Ints, Ints]:
        """Return time, rise and records from the end of each to the start of a later one."""
        return (
            later.first_ts - self.last_ts,
            later.first_value - self.last_value,
            later.first_sequence - self.last_sequence,
        )

    def through(self, last: "Runs", count: Ints) -> "Runs":
        """Return those that go on to the end of later ones."""
        return replace(self, count=count, **{name: getattr(last, name) for name in _LAST})


class Checked(msgspec.Struct, frozen=True, eq=False):
    """What is known of counters after some slices; see `BulkSteps`."""

    odd: NDArray[np.bool_]
    exponent: Ints
    owner: Ints
    runs: Runs


_RUN = Runs.__struct_fields__
_LAST = tuple(name for name in _RUN if name.startswith("last"))


class BulkSteps:
    """Checks the steps of counters slice by slice.

    Attributes:
        odd: bool by place, signals of which not every row is plain.
        exponent, owner: by place, of all rows of a signal that is not odd: decimal exponent, and
            number of source and epoch.
    """

    def __init__(self, counters: Sequence[CounterParameters], cuts: Ints) -> None:
        """Take how each counter can rise, by place, and the instants that are asked about."""
        count = len(counters)
        self._counters, self._cuts = counters, cuts
        self.odd = np.zeros(count, dtype=np.bool_)
        self.exponent = np.full(count, _UNSEEN, dtype=np.int64)
        self.owner = np.zeros(count, dtype=np.int64)
        self._bounds = np.ones((5, count), dtype=np.int64)
        self._known: dict[tuple[CounterParameters, int], Ints | None] = {}
        self._runs: list[Runs] = []
        self._pending = 0

    def take(self, rows: BulkSlice) -> None:
        """Check the steps of a slice, which is later than the ones before."""
        place, ts, value = rows.place, rows.ts, rows.mantissa
        is_same = place[1:] == place[:-1]
        heads = np.r_[0, np.flatnonzero(~is_same) + 1]
        self._meet(place[heads], rows.exponent[heads], rows.source_epoch[heads])
        self._check_rows(rows, heads)
        is_plain = self._are_possible(
            place[1:], np.diff(ts), np.diff(value), np.diff(rows.sequence)
        )
        is_plain &= rows.exponent[1:] == rows.exponent[:-1]
        is_plain &= rows.source_epoch[1:] == rows.source_epoch[:-1]
        self.odd[place[1:][is_same & ~is_plain]] = True
        starts, ends, slot = self._stretches(ts, heads)
        found = Runs(
            place=place[starts],
            slot=slot,
            first_ts=ts[starts],
            last_ts=ts[ends],
            first_value=value[starts],
            last_value=value[ends],
            first_sequence=rows.sequence[starts],
            last_sequence=rows.sequence[ends],
            count=ends - starts + 1,
        )
        self._append(found)

    def checked(self) -> Checked:
        """Check the steps between stretches, and return what is known."""
        self._join()
        return Checked(self.odd, self.exponent, self.owner, self._runs[0])

    def follow(self, later: Checked) -> None:
        """Go on with what was found elsewhere in slices that are later than the ones before."""
        seen = np.flatnonzero(later.exponent != _UNSEEN)
        self._meet(seen, later.exponent[seen], later.owner[seen])
        self.odd |= later.odd
        self._note_others(seen, later.exponent[seen], later.owner[seen])
        self._runs.append(later.runs)

    def owners(self) -> list[int]:
        """Return the numbers of source and epoch of the rows so far, each once."""
        return sorted({*self.owner[self.exponent != _UNSEEN].tolist()})

    def levels(self) -> "Levels":
        """Check the steps between stretches, and return what the counters were at."""
        return Levels(self.checked().runs, self._cuts)

    def _check_rows(self, rows: BulkSlice, heads: Ints) -> None:
        """Note signals with rows that are no decimals that can be added up, or of another kind."""
        place, value = rows.place, rows.mantissa
        if not rows.is_decimal.all():
            self.odd[place[~rows.is_decimal]] = True
        if value.max() >= _VALUE_MAX or value.min() <= -_VALUE_MAX:
            self.odd[place[(value >= _VALUE_MAX) | (value <= -_VALUE_MAX)]] = True
        self._note_others(place[heads], rows.exponent[heads], rows.source_epoch[heads])

    def _stretches(self, ts: Ints, heads: Ints) -> tuple[Ints, Ints, Ints]:
        """Return first and last row of each stretch, and how many instants are before it."""
        tails = np.r_[heads[1:], len(ts)] - 1
        first = np.searchsorted(self._cuts, ts[heads], side="right")
        if (first == np.searchsorted(self._cuts, ts[tails], side="right")).all():
            return heads, tails, first
        slot = np.searchsorted(self._cuts, ts, side="right")
        is_start = slot[1:] != slot[:-1]
        is_start[heads[1:] - 1] = True
        starts = np.r_[0, np.flatnonzero(is_start) + 1]
        return starts, np.r_[starts[1:], len(ts)] - 1, slot[starts]

    def _append(self, later: Runs) -> None:
        """Keep stretches; those that go on with the last ones, as on most days, become longer."""
        if self._runs and self._runs[-1].of_same(later):
            before = self._runs[-1]
            is_possible = self._are_possible(later.place, *before.steps_to(later))
            self.odd[later.place[~is_possible]] = True
            self._runs[-1] = before.through(later, before.count + later.count)
            return
        self._runs.append(later)
        self._pending += len(later.place)
        if self._pending > RUNS_PENDING_MAX:
            self._join()

    def _join(self) -> None:
        """Check the steps between stretches, and make one of those that no instant separates."""
        parts = self._runs or [Runs(*[np.zeros(0, dtype=np.int64)] * len(_RUN))]
        joined = Runs(*(np.concatenate([getattr(part, name) for part in parts]) for name in _RUN))
        order = np.argsort(joined.place, kind="stable")
        runs = joined.some(order)
        steps = runs.some(slice(None, -1)).steps_to(runs.some(slice(1, None)))
        is_same = runs.place[1:] == runs.place[:-1]
        self.odd[runs.place[1:][is_same & ~self._are_possible(runs.place[1:], *steps)]] = True
        is_one = is_same & (runs.slot[1:] == runs.slot[:-1])
        starts = np.r_[0, np.flatnonzero(~is_one) + 1] if len(order) else order
        ends = np.r_[starts[1:], len(order)] - 1 if len(order) else order
        count = np.add.reduceat(runs.count, starts) if len(order) else runs.count
        self._runs, self._pending = [runs.some(starts).through(runs.some(ends), count)], 0

    def _meet(self, place: Ints, exponent: NDArray[Any], owner: NDArray[Any]) -> None:
        """Learn of what kind the first row of each new signal is: all others must be like it."""
        new = np.flatnonzero(self.exponent[place] == _UNSEEN)[::-1]
        if not len(new):
            return
        self.exponent[place[new]], self.owner[place[new]] = exponent[new], owner[new]
        for one in place[new].tolist():
            key = self._counters[one], int(self.exponent[one])
            if key not in self._known:
                self._known[key] = _bounds(*key)
            found = self._known[key]
            if found is None:
                self.odd[one] = True
            else:
                self._bounds[:, one] = found

    def _note_others(self, place: Ints, exponent: NDArray[Any], owner: NDArray[Any]) -> None:
        """Note signals that are not of the kind that they were."""
        is_other = (exponent != self.exponent[place]) | (owner != self.owner[place])
        self.odd[place[is_other]] = True

    def _are_possible(self, place: Ints, gap: Ints, rise: Ints, further: Ints) -> Any:
        """Tell which steps are possible rises to a later record; a product never overflows."""
        is_one = len(self._known) == 1 and len(place) > 0
        bounds: Any = self._bounds[:, place[0]].tolist() if is_one else self._bounds[:, place]
        rise_max, gap_max, per_value, per_us, free = bounds
        found = (gap > 0) & (rise >= 0) & (further > 0) & (rise <= rise_max) & (gap <= gap_max)
        return found & (rise * per_value <= gap * per_us + free)


def _bounds(parameters: CounterParameters, exponent: int) -> Ints | None:
    """Return largest rise and gap that are checked, and what checks them; None: too large."""
    per_value, per_us, free = possible_rise(parameters, Fraction(10) ** exponent)
    if max(per_value, per_us, free) >= _SAFE:
        return None
    found = (_SAFE // per_value, (_SAFE - free) // per_us, per_value, per_us, free)
    return np.array(found, dtype=np.int64)


class Level(NamedTuple):
    """What a counter was at, in units of its scale: between two readings on the straight line.

    Attributes:
        before, after: sequence of the last record before the instant, and of the first from it on.
        is_known: whether there are readings on both sides, and two before.
    """

    numerator: int
    denominator: int
    before: int
    after: int
    is_known: bool


_UNKNOWN = Level(0, 1, 0, 0, is_known=False)


class Levels:
    """What the counters were at; only of those that are not odd is it true."""

    def __init__(self, runs: Runs, cuts: Ints) -> None:
        """Take the stretches of all signals, and the instants that cut them."""
        self._runs, self._cuts = runs, cuts
        # Place and slot as one number, so that one search finds what all pairs are between.
        self._keys = runs.place * (len(cuts) + 1) + runs.slot
        self._seen = np.r_[0, np.cumsum(runs.count)]

    def at(self, place: Ints, cut: Ints, boundaries: Sequence[Boundary]) -> list[Level]:
        """Return levels of signals at instants, each one of those that cut the stretches.

        Args:
            place: of the signals.
            cut: the instants, of the same length.
            boundaries: what happens to a step over each instant.
        """
        runs = self._runs
        # A reading at an instant is after it, and as many instants are before it.
        slot = np.searchsorted(self._cuts, cut, side="right")
        after = np.searchsorted(self._keys, place * (len(self._cuts) + 1) + slot)
        head = np.searchsorted(runs.place, place)
        behind = np.searchsorted(runs.place, place, side="right")
        are_enough = self._seen[after] - self._seen[head] >= _BEFORE_MIN
        known = np.flatnonzero(are_enough & (after < behind))
        found = [_UNKNOWN] * len(place)
        after = after[known]
        before = after - 1
        since = runs.last_ts[before]
        columns = (
            cut[known] - since,
            runs.first_ts[after] - since,
            runs.last_value[before],
            runs.first_value[after],
            runs.last_sequence[before],
            runs.first_sequence[after],
        )
        for at, part, gap, low, high, first, last in zip(
            known.tolist(), *(column.tolist() for column in columns), strict=True
        ):
            level = _level((part, gap), (low, high), boundaries[at])
            found[at] = Level(*level, first, last, is_known=True)
        return found


def _level(times: tuple[int, int], values: tuple[int, int], boundary: Boundary) -> tuple[int, int]:
    """Return the level as numerator and denominator, as `counter.Steps` has it.

    Args:
        times: from the reading before to the instant, and to the reading behind it.
        values: of both readings.
        boundary: what happens to the step over the instant.
    """
    (since, gap), (low, high) = times, values
    if since == gap or boundary is Boundary.EARLIER:
        return high, 1
    if boundary is Boundary.LATER:
        return low, 1
    return low * gap + (high - low) * since, gap


def instants(cuts: Sequence[Instant]) -> Ints:
    """Return instants as an array."""
    return np.array(cuts, dtype=np.int64)
