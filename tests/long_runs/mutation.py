"""How many planted mistakes the tests of metering, billing and the guarantees find.

A seeded sample of all mutants that mutmut's operators make; the first `count` in the order of the
seed. Verdicts are kept in `.cache/mutation` and hold as long as the function and the tests that
they rest on: a run that was interrupted goes on, and a later one judges what has changed. What
survived, with the reasons that are known, is written beside them (decision 22).
"""

from bench.mutation.reasons import reasons, survivors_written
from bench.mutation.run import SURVIVORS, judge
from bench.mutation.verdicts import Score
from bench.records import Outcome

FULL = 1_000
SLICE_ELSEWHERE = "tests/house/test_mutation.py"
PERCENT_MIN = 85
BROKEN_PERCENT_MAX = 2
"""Mutants that no function takes: more of them, and not the tests are judged."""


def run(count: int, seed: int) -> Outcome:
    """Judge `count` mutants chosen by the seed; at least `PERCENT_MIN` have to be found."""
    verdicts = judge(seed=seed, count=count)
    score = Score.of(verdicts)
    survivors = survivors_written(verdicts, SURVIVORS)
    results = [each.result for each in verdicts]
    counts = {
        "mutants": score.counted,
        "killed": score.killed,
        "hung": results.count("hung"),
        "survived": results.count("survived"),
        "unreached": results.count("unreached"),
        "broken": results.count("broken"),
        "with_reason": sum(reasons().of(each) is not None for each in survivors),
    }
    is_ok = counts["broken"] <= count * BROKEN_PERCENT_MAX / 100 and score.percent >= PERCENT_MIN
    return Outcome(is_ok, f"{score}, expected {PERCENT_MIN} %", counts)
