"""A seeded slice of every long run, and the promise that each has one."""

import pytest

from bench.soak import executed, long_run, long_run_names

WITH_SLICE = [name for name in long_run_names() if hasattr(long_run(name), "SLICE")]


@pytest.mark.crash
@pytest.mark.timeout(300)  # a guard against a hang, also on a machine that is busy with others
@pytest.mark.parametrize("name", WITH_SLICE)
def test_a_slice_of_the_long_run_holds(name: str, request: pytest.FixtureRequest) -> None:
    module = long_run(name)
    seed = request.config.getoption("randomly_seed", default=1)
    outcome = executed(module, module.SLICE, seed)
    again = f"make sim ONLY={name} SEED={seed}"
    assert outcome.is_ok, f"{outcome.detail} {outcome.counts}; again: {again}"


def test_every_long_run_has_a_slice() -> None:
    for name in long_run_names():
        assert long_run(name).FULL > 0  # and long_run() refuses a slice below 5 %
