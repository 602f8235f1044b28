"""Random lives of a store against a plain model: 200 of them, 50 steps each."""

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.records import Outcome
from tests.platform.historian.store_machine import RULES, USES, StoreMachine

FULL = 200
SLICE = 10
STEPS = 50
USES_MIN = 300
"""How often each rule is used in the full run; in a slice at least once."""


def run(count: int, seed: int) -> Outcome:
    """Live `count` lives."""
    USES.clear()
    machine = hypothesis.seed(seed)(StoreMachine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    name = min(RULES, key=USES.__getitem__)
    expected = USES_MIN if count >= FULL else 1
    is_ok = USES[name] >= expected
    detail = "" if is_ok else f"{name} was used {USES[name]} times, expected {expected}"
    return Outcome(is_ok=is_ok, detail=detail, counts=dict(sorted(USES.items())))
