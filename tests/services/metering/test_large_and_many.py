"""Sums beyond 64 bits, and series of several sources and epochs."""

from fractions import Fraction

import numpy as np
import pytest
from msgspec.structs import replace

from lineshaft.core.period import US_PER_S
from lineshaft.core.reading import SourceId
from lineshaft.core.value import parse_decimal
from lineshaft.services.metering.model import Row
from lineshaft.services.metering.sampled import _dot
from lineshaft.services.metering.series import SeriesRows
from lineshaft.services.metering.service import _Found
from tests.services.metering.rows import counter, meter, reading, readings, span, usage


@pytest.mark.parametrize("sign", [1, -1])
def test_products_beyond_64_bits_are_exact(sign: int) -> None:
    day_us = 86_400 * US_PER_S
    value = np.array([sign * 10**15, sign * 3], dtype=np.int64)
    held_us = np.array([day_us, 1], dtype=np.int64)
    assert _dot(value, held_us) == sign * (10**15 * day_us + 3)
    assert _dot(value[:0], held_us[:0]) == 0


@pytest.mark.parametrize("hold", ["LEFT", "LINEAR"])
def test_an_integral_of_large_values_is_exact(hold: str) -> None:
    used = meter("integral", "KWH", signal_unit="KWT", hold=hold, gap_max_s=90_000)
    rows = readings((0, "1000000000000000"), (86_400, "1000000000000000"))
    assert usage(used, rows, span(0, 86_400)).quantity.amount == 24 * Fraction(10**15)


def test_first_and_last_ordinals_are_of_one_source_and_epoch() -> None:
    def row(number: int, source: str, epoch: int) -> Row:
        one = reading(number, number, parse_decimal("1"), source=source, epoch=epoch)
        return replace(one, ordinal=number)

    rows = [
        row(1, "a", 1), row(2, "a", 1), row(13, "a", 2), row(14, "a", 2),
        row(25, "b", 1), row(26, "b", 1), row(37, "b", 2),
    ]  # fmt: skip
    found = _Found(SeriesRows.of(rows), span(0, 60))
    assert found.ordinals() == {
        (SourceId("a"), 1): (1, 2),
        (SourceId("a"), 2): (13, 14),
        (SourceId("b"), 1): (25, 26),
        (SourceId("b"), 2): (37, 37),
    }


def test_a_gap_that_is_counted_over_is_told_in_its_own_period_alone() -> None:
    used = counter(rate_max=1)
    rows = readings((0, "0"), (10, None), (20, "20"), (60, "60"))
    told = [usage(used, rows, span(*each)) for each in ((0, 60), (0, 15), (20, 60), (0, 10))]
    assert [(each.bridged_gap_count, each.bridged_gap_us) for each in told] == [
        (1, 10 * US_PER_S),
        (1, 5 * US_PER_S),
        (0, 0),
        (0, 0),
    ]
