"""Random lives of a store against a plain model: 200 of them and more, 50 steps each."""

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.records import Outcome
from tests.platform.historian.store_machine import RULES, USES, StoreMachine

FULL = 200
SLICE = 10
STEPS = 50
USES_MIN = 300
"""How often each rule is used in the full run at least."""
LIVES_MAX = 1_000


def run(count: int, seed: int) -> Outcome:
    """Live `count` lives, and as many more as the rarest rule needs."""
    USES.clear()
    lives, wanted = 0, USES_MIN if count >= FULL else 0
    while lives < count or (rarest() < wanted and lives < LIVES_MAX):
        live(count, seed + lives)
        lives += count
    is_ok = rarest() >= wanted
    detail = "" if is_ok else f"a rule was used {rarest()} times only, expected {wanted}"
    counts = {"lives": lives, "steps_per_life_max": STEPS, **dict(sorted(USES.items()))}
    return Outcome(is_ok=is_ok, detail=detail, counts=counts)


def rarest() -> int:
    return min(USES[name] for name in RULES)


def live(count: int, seed: int) -> None:
    """Live some lives; raises where the store and the model do not agree."""
    run_state_machine_as_test(
        hypothesis.seed(seed)(StoreMachine),
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # The shortest failing life takes minutes to find: add Phase.shrink when one is needed.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
