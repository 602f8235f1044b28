"""Steps of counters in whole columns: nothing overflows unseen, however the rows are sliced."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import US_PER_S
from lineshaft.platform.historian.queries.model import BulkSlice
from lineshaft.services.metering.bulk import BulkSteps, instants
from lineshaft.services.metering.parameters import Boundary, CounterParameters

HOUR = 3_600 * US_PER_S
COUNTERS = 3
ROUND_US = 4 * US_PER_S


def _rows(values: Sequence[int], gap: int = HOUR) -> BulkSlice:
    count = len(values)
    return BulkSlice(
        place=np.zeros(count, dtype=np.int64),
        ts=np.arange(count) * gap,
        mantissa=np.array(values, dtype=np.int64),
        exponent=np.zeros(count, dtype=np.int8),
        sequence=np.arange(count) + 1,
        source_epoch=np.ones(count, dtype=np.int32),
        is_decimal=np.ones(count, dtype=np.bool_),
    )


@pytest.mark.parametrize(
    ("values", "rate_max", "is_odd"),
    [
        ([0, 3_600, 7_200], "1", False),
        ([0, 3_601, 7_200], "1", True),
        ([-(2**62), 2**62, 2**62 + 1], "1", True),
        ([0, 2**61 - 1], "1", True),
        ([0, 1], str(2**63), True),
        ([5, 4], "1", True),
    ],
)
def test_a_step_that_does_not_fit_is_odd_and_never_wrong(
    values: Sequence[int], rate_max: str, *, is_odd: bool
) -> None:
    steps = BulkSteps([CounterParameters("SEC", Fraction(rate_max))], instants([]))
    steps.take(_rows(values))
    steps.levels()
    assert steps.odd.tolist() == [is_odd]


def _sorted(rows: list[tuple[int, int, int]]) -> BulkSlice:
    """Return (time, place, value) as a slice; times tell of records, too."""
    ts, place, value = np.array(sorted(rows, key=lambda row: row[1::-1]), dtype=np.int64).T
    count = len(rows)
    return BulkSlice(
        place=place,
        ts=ts,
        mantissa=value,
        exponent=np.zeros(count, dtype=np.int8),
        sequence=ts + 1,
        source_epoch=np.ones(count, dtype=np.int32),
        is_decimal=np.ones(count, dtype=np.bool_),
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_slices_say_what_one_slice_says(data: st.DataObject) -> None:
    """Each counter is read once in a round; most rises fit into it, some do not."""
    rise = st.sampled_from([*[0, 1, 2] * 6, 9, -1, None])
    rounds = data.draw(st.lists(st.tuples(*[rise] * COUNTERS), min_size=1, max_size=12))
    levels, rows = [0] * COUNTERS, [[] for _ in rounds]
    for number, rises in enumerate(rounds):
        for place, by in enumerate(rises):
            if by is not None:
                levels[place] += by
                rows[number].append((number * ROUND_US + place * US_PER_S, place, levels[place]))
    ends = st.sets(st.integers(0, len(rounds)))
    cuts = sorted(end * ROUND_US for end in data.draw(ends, label="asked about"))
    days = sorted({0, len(rounds)} | data.draw(ends, label="ends of slices"))
    counters = [CounterParameters("SEC", Fraction(1))] * COUNTERS
    whole, parts = (BulkSteps(counters, instants(cuts)) for _ in range(2))
    for steps, ends_of in ((whole, [0, len(rounds)]), (parts, days)):
        for first, behind in pairwise(ends_of):
            if any(rows[first:behind]):
                steps.take(_sorted(list(chain.from_iterable(rows[first:behind]))))
    asked = np.repeat(np.arange(COUNTERS), len(cuts)), instants(cuts * COUNTERS)
    said = [one.levels().at(*asked, [Boundary.LINEAR] * len(asked[0])) for one in (whole, parts)]
    assert parts.odd.tolist() == whole.odd.tolist()
    for place, *both in zip(asked[0].tolist(), *said, strict=True):
        assert whole.odd[place] or both[0] == both[1]
