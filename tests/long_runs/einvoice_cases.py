"""The official unit tests of EN 16931 for UBL, all of them: each is judged as it expects.

They are beside the repository (`../shared/data/en16931`). Without them `make test` skips the slice
aloud, and `make soak` stops with the same notice.
"""

import os
import random

from bench.records import Outcome, told
from tests.notices import absent
from tests.services.einvoice.official_cases import CASES, cases
from tests.shared_data import SHARED

FULL = CASES
SLICE = FULL // 20 + 1


def run(count: int, seed: int) -> Outcome:
    """Judge `count` different cases, drawn by the seed."""
    data = SHARED / "data" / "en16931"
    if not data.is_dir():
        absent(
            "../shared/data is not there",
            "the official cases of EN 16931 did not run",
            must_be_there=os.environ.get("REQUIRE_SHARED") == "1",
        )
    every = cases(data)
    assert len(every) == FULL, f"{len(every)} cases in {data}, expected {FULL}"
    chosen = random.Random(seed).sample(every, count)
    wrong = [complaint for case in told(chosen, len(chosen)) if (complaint := case.complaint())]
    counts = {"cases": len(chosen), "as_expected": len(chosen) - len(wrong)}
    return Outcome(not wrong, "; ".join(wrong[:3]), counts)
