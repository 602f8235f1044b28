"""Random contract periods: every price model and modifier, by the engine and by the oracle.

The oracle (`tests/services/billing/oracle.py`) shares no code with the engine. Each line is
compared before and after its rounding, and so are net, tax and gross; one document in
`RECOMPUTED_EVERY` is computed again from its own content.
"""

from random import Random
from typing import Any

from bench.records import Outcome, told
from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from tests.services.billing.random_periods import (
    contract_of,
    differences,
    random_case,
    random_usage,
    rated_case,
)

FULL = 100_000
SLICE = 5_000
PERIODS_PER_CONTRACT = 8
RECOMPUTED_EVERY = 50


def run(count: int, seed: int) -> Outcome:
    """Price `count` contract periods twice; stop at the first that differs."""
    random = Random(seed)
    lines = recomputed = 0
    for number in told(range(count), count):
        if number % PERIODS_PER_CONTRACT == 0:
            case = random_case(random)
            contract = contract_of(case)
        else:
            case["usage"] = random_usage(random, case)
        rated = rated_case(case, contract)
        wrong = differences(case, rated)
        if number % RECOMPUTED_EVERY == 0:
            wrong += _recomputed(rated)
            recomputed += 1
        if wrong:
            return Outcome(is_ok=False, detail=f"period {number}: {'; '.join(wrong)} of {case}")
        lines += len(rated.lines)
    counts = {"periods": count, "lines": lines, "recomputed": recomputed, "drift": 0}
    return Outcome(is_ok=True, detail="", counts=counts)


def _recomputed(rated: RatedDocument) -> list[str]:
    content: dict[str, Any] = document_content(rated, "RP-000001", Instant(rated.known_at))
    check_totals(content)
    document = canonical.decode(canonical.encode(content))
    return [] if recompute(document) == document else ["recompute gives another document"]
