"""Whether usage may be billed."""

from fractions import Fraction

import pytest

from lineshaft.services.metering.completeness import Verdict, judge
from lineshaft.services.metering.model import UsageRecord
from tests.services.metering.rows import counter, meter, readings, span, usage

ALLOWED, FLAGGED, BLOCKED = Verdict.ALLOWED, Verdict.FLAGGED, Verdict.BLOCKED
WHOLE = readings((0, "0"), (50, "5"), (100, "9"))
HALF = readings((50, "5"), (100, "9"))
GLITCH = readings((0, "0"), (50, "9" * 9), (51, "5"), (100, "9"))


def over(rows: list) -> UsageRecord:
    return usage(counter(), rows, span(0, 100))


@pytest.mark.parametrize(
    ("record", "minimum", "verdict"),
    [
        (over(WHOLE), None, ALLOWED),
        (over(WHOLE), Fraction(1), ALLOWED),
        (over(HALF), None, FLAGGED),
        (over(HALF), Fraction(0), FLAGGED),
        (over(HALF), Fraction(1, 2), FLAGGED),
        (over(HALF), Fraction(500_001, 1_000_000), BLOCKED),
        (over(GLITCH), Fraction(99, 100), FLAGGED),
        (over(GLITCH), Fraction(1), BLOCKED),
        (over([]), None, FLAGGED),
        (over([]), Fraction(1, 10**9), BLOCKED),
    ],
)
def test_the_verdict_follows_from_the_exact_completeness(
    record: UsageRecord, minimum: Fraction | None, verdict: Verdict
) -> None:
    assert judge(record, minimum) == verdict


@pytest.mark.parametrize("minimum", [None, Fraction(0)])
def test_what_is_no_quantity_or_below_zero_is_blocked(minimum: Fraction | None) -> None:
    mean = meter("time_weighted_mean", "CEL", gap_max_s=60)
    assert judge(usage(mean, [], span(0, 100)), minimum) == BLOCKED
    inputs = {"a": {"kind": "counter", "unit": "C62", "parameters": {"rate_max": 9}}}
    below = meter("expression", "C62", formula="-a", inputs=inputs)
    record = usage(below, WHOLE, span(0, 100))
    assert (record.quantity.amount, record.is_complete) == (-9, True)
    assert judge(record, minimum) == BLOCKED
