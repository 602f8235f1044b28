"""What a guarantee may cost: against closed forms, and when nothing can be said."""

import math
from fractions import Fraction

import numpy as np
import pytest

from lineshaft.core.money import Money
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.services.contracts.model import Contract
from lineshaft.services.desk.failures import FailureHistory, failure_history
from lineshaft.services.desk.model import NoRisk, Risk, Unknowable
from lineshaft.services.desk.simulation import (
    FAILURES_MIN,
    RUNS_MAX,
    RUNS_MIN,
    Stakes,
    credit_rates,
    risk,
    runs_of,
    simulated_down_us,
)
from tests.services.contracts.examples import GUARANTEE, contract, terms

HOUR = 3_600 * US_PER_S
PERIOD = Period(Instant(0), Instant(720 * HOUR))
SEED = 20_270_501
MEAN_UP_H, MEAN_DOWN_H = 60.0, 6.0


def exponential(mean_h: float, count: int) -> list[int]:
    """Times whose distribution is exponential but for the width of one step."""
    shares = (np.arange(count) + 0.5) / count
    return [int(hours * HOUR) for hours in -mean_h * np.log1p(-shares)]


def history(ups: list[int], downs: list[int], running: int = 0) -> FailureHistory:
    return FailureHistory("mazak01", tuple(ups), tuple(downs), running)


def guaranteed(target: str, steps: list[tuple[str, str]]) -> Contract:
    listed = [{"at_least": at_least, "credit": credit} for at_least, credit in steps]
    return contract(
        terms=terms(guarantee=GUARANTEE | {"target": target, "steps": listed, "cap": "100"})
    )


def below(down_h: float, length_h: float) -> float:
    """P(down time <= down_h) of a steady exponential process, by integration over the up time.

    With up time u = length - down, the number of failures in u is Poisson; the down time stays
    below where that many exponential repairs do (Takács 1957). A process that is found down has
    one repair more.
    """
    up, down = 1 / MEAN_UP_H, 1 / MEAN_DOWN_H
    mean = up * (length_h - down_h)

    def erlang(shape: int) -> float:
        terms_ = (math.exp(-down * down_h + k * math.log(down * down_h) - math.lgamma(k + 1))
                  for k in range(shape))  # fmt: skip
        return 1.0 - math.fsum(terms_)

    weights = [math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1)) for n in range(80)]
    from_up = math.fsum(weight * erlang(n) for n, weight in enumerate(weights))
    from_down = math.fsum(weight * erlang(n + 1) for n, weight in enumerate(weights))
    is_up = MEAN_UP_H / (MEAN_UP_H + MEAN_DOWN_H)
    return is_up * from_up + (1 - is_up) * from_down


def test_exponential_times_give_what_the_closed_forms_say() -> None:
    known = history(exponential(MEAN_UP_H, 2_000), exponential(MEAN_DOWN_H, 2_000))
    generator = np.random.default_rng(SEED)
    down_us = simulated_down_us(known, [[PERIOD]], PERIOD, (generator, RUNS_MAX))[0]
    shares = down_us / PERIOD.duration_us
    error = shares.std() / math.sqrt(len(shares))
    expected = MEAN_DOWN_H / (MEAN_UP_H + MEAN_DOWN_H)
    assert abs(shares.mean() - expected) < 4 * error + 1e-4

    steps = guaranteed("92", [("88", "10"), ("80", "30"), ("0", "100")])
    rates = [float(rate) for rate in credit_rates(steps, [known], PERIOD, SEED)]
    # At an availability of at least 92 % nothing is credited, from 88 % on 10 %, and so on.
    edges = [below(share * 720, 720) for share in (0.08, 0.12, 0.20)]
    shares_of_time = np.diff([*edges, 1.0])
    closed = float(shares_of_time @ [0.10, 0.30, 1.0])
    assert abs(np.mean(rates) - closed) < 4 * np.std(rates) / math.sqrt(len(rates)) + 1e-3
    assert 0.02 < closed < 0.5


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    known = history(exponential(50, 40), exponential(5, 40))
    stakes = Stakes(PERIOD, Fraction(3_000), Money.rounded(Fraction(5_000), "EUR"),
                    Money.rounded(Fraction(1_000), "EUR"))  # fmt: skip
    of = guaranteed("95", [("0", "20")])
    first = risk(of, [known], stakes, 7)
    assert isinstance(first, Risk)
    assert first == risk(of, [known], stakes, 7)
    assert first != risk(of, [known], stakes, 8)
    assert (first.runs, first.seed, first.failures) == (RUNS_MAX, 7, 40)
    assert sum(count for _, count in first.histogram) == first.runs
    # A step pays 600.00 or nothing, so the margin is 4000.00 or 3400.00, in the opposite order.
    assert {str(amount) for amount, _ in first.histogram} == {"0.00 EUR", "600.00 EUR"}
    assert str(first.margin.low) == "3400.00 EUR"
    assert first.mean_credit == Money.rounded(first.missed * 600, "EUR")


def test_with_too_few_failures_nothing_is_said() -> None:
    few = history([HOUR] * (FAILURES_MIN - 1), [HOUR] * (FAILURES_MIN - 1), 9 * HOUR)
    enough = history([HOUR] * FAILURES_MIN, [HOUR] * FAILURES_MIN, 9 * HOUR)
    nothing = Money.zero("EUR")
    stakes = Stakes(PERIOD, Fraction(3_000), nothing, nothing)
    of = guaranteed("95", [("0", "20")])
    said = risk(of, [few], stakes, 1)
    assert said == NoRisk("c-1001", Unknowable.TOO_FEW_FAILURES, "mazak01", FAILURES_MIN - 1)
    assert isinstance(risk(of, [enough], stakes, 1), Risk)
    bare = risk(contract(terms=terms(guarantee=None)), [enough], stakes, 1)
    assert bare == NoRisk("c-1001", Unknowable.NO_GUARANTEE)


@pytest.mark.parametrize("spans", [[(0, 240)], [(24 * d, 24 * d + 8) for d in range(30)]])
def test_required_time_counts_and_no_other(spans: list[tuple[int, int]]) -> None:
    """A machine that is always down but for an instant is down in all required time."""
    required = [Period(Instant(a * HOUR), Instant(b * HOUR)) for a, b in spans]
    always = history([1] * 5, [100 * HOUR] * 5)
    down_us = simulated_down_us(always, [required], PERIOD, (np.random.default_rng(1), 50))
    assert np.all(np.abs(down_us - 240 * HOUR) <= 60)


def test_the_time_since_the_last_failure_counts_as_time_up() -> None:
    """With 5 failures an hour apart and a year since, a month without any is likely."""
    lately = history([HOUR] * 5, [HOUR] * 5, 8_760 * HOUR)
    down_us = simulated_down_us(lately, [[PERIOD]], PERIOD, (np.random.default_rng(1), 1_000))
    assert np.mean(down_us == 0) > 0.8


def test_machines_that_fail_very_often_are_simulated_less() -> None:
    assert runs_of(history([HOUR] * 5, [HOUR] * 5), PERIOD) == RUNS_MAX
    assert runs_of(history([US_PER_S] * 5, [US_PER_S] * 5), PERIOD) == RUNS_MIN


def test_a_history_is_cut_at_failures_and_leaves_out_what_says_nothing() -> None:
    def hours(start: int, end: int) -> Period:
        return Period(Instant(start * HOUR), Instant(end * HOUR))

    found = failure_history(
        "mazak01",
        observed=[hours(0, 100), hours(100, 200)],
        downs=[hours(10, 12), hours(11, 13), hours(40, 41), hours(90, 110), hours(300, 310)],
        ignored=[hours(20, 30), hours(41, 45)],
    )
    assert found.ups == (10 * HOUR, 17 * HOUR, 45 * HOUR)
    assert found.downs == (3 * HOUR, 1 * HOUR, 20 * HOUR)
    assert found.running == 90 * HOUR
    # What is down again before it was up is one failure.
    again = failure_history("m", [hours(0, 9)], [hours(1, 2), hours(3, 4)], [hours(2, 3)])
    assert (again.ups, again.downs, again.running) == ((HOUR,), (2 * HOUR,), 5 * HOUR)
