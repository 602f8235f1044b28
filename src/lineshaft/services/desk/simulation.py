"""What a guarantee may cost in a period: simulated from the machine's own failures. Pure.

An alternating renewal process: times up and times down are drawn, independently, from those of the
machine's own history. The time since the last failure has not ended by one, so the times up are
weighed by the product-limit estimator (Kaplan and Meier 1958; what is left at its end falls on the
longest time, Efron 1967). A period begins in the steady state of the process: in a time up or down
that is drawn in proportion to its length, at any moment of it (inspection paradox; Cox, Renewal
Theory, 1962, section 5). Credits follow from the simulated availability by the very functions that
bill. The bands are of what periods differ by; that a short history is itself uncertain is not in
them.
"""

import bisect
import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.money import Money
from lineshaft.core.period import Period, total_us
from lineshaft.services.contracts.model import (
    AvailabilityGuarantee,
    Contract,
    credit_amount,
    credit_rate,
    granted_rates,
)
from lineshaft.services.desk.failures import FailureHistory
from lineshaft.services.desk.model import Band, NoRisk, Risk, Unknowable

FAILURES_MIN = 5
"""With fewer failures in the history of a machine nothing is said."""
RUNS_MAX = 2_000
"""Simulated periods."""
RUNS_MIN = 500
"""Simulated periods where a machine fails so often that more would take too long."""
DRAWS_MAX = 20_000_000
"""Failures that are drawn for one machine, about: two seconds."""
CLASSES = 20
"""Classes of the histogram of credits above zero."""
_LOW, _MIDDLE, _HIGH = Fraction(5, 100), Fraction(1, 2), Fraction(95, 100)

_Times = NDArray[np.float64]


class Stakes(msgspec.Struct, frozen=True):
    """What a period of a contract is about.

    Attributes:
        period: that is simulated; calendars are those of its dates.
        fee: exact base fee of a period, which credits are shares of.
        revenue: of a mean period, before credits.
        costs: recorded, of a mean period.
    """

    period: Period
    fee: Fraction
    revenue: Money
    costs: Money


def risk(
    contract: Contract, histories: Sequence[FailureHistory], stakes: Stakes, seed: int
) -> Risk | NoRisk:
    """Simulate one period of a contract; the same seed gives the same figures.

    Availability is what is simulated: of a list of guarantees those of availability.

    Args:
        contract: with its guarantees.
        histories: of each of its machines.
        stakes: what the period is about.
        seed: of the generator (PCG64), with the id of the contract.
    """
    if contract.terms.guarantee is None and not _availabilities(contract):
        return NoRisk(contract.id, Unknowable.NO_GUARANTEE)
    fewest = min(histories, key=lambda each: each.failures)
    if fewest.failures < FAILURES_MIN:
        reason = Unknowable.TOO_FEW_FAILURES
        return NoRisk(contract.id, reason, fewest.machine, fewest.failures)
    rates = Counter(credit_rates(contract, histories, stakes.period, seed))
    amounts: Counter[Money] = Counter()
    margins: Counter[Money] = Counter()
    left = stakes.revenue + -stakes.costs
    for rate, count in rates.items():
        amount = -Money.rounded(credit_amount(stakes.fee, rate), contract.currency)
        amounts[amount] += count
        margins[left + -amount] += count
    failures = sum(each.failures for each in histories)
    return Risk(
        contract=contract.id,
        machines=contract.machines,
        failures=failures,
        mean_up_us=Fraction(sum(each.up_us for each in histories), failures),
        mean_down_us=Fraction(sum(sum(each.downs) for each in histories), failures),
        runs=rates.total(),
        seed=seed,
        missed=Fraction(rates.total() - rates[Fraction(0)], rates.total()),
        mean_credit=_mean(amounts),
        credits=_band(amounts),
        margin=_band(margins),
        histogram=_histogram(amounts),
    )


def credit_rates(
    contract: Contract, histories: Sequence[FailureHistory], period: Period, seed: int
) -> list[Fraction]:
    """Return what is credited in each simulated period, as a share of the base fee."""
    generator = np.random.default_rng([seed, *contract.id.encode()])
    promised = _availabilities(contract)
    required = [each.required(period) for each in promised] or [[period]]
    runs = min(runs_of(each, period) for each in histories)
    down_us = np.zeros((len(required), runs), dtype=np.int64)
    for history in histories:
        down_us += simulated_down_us(history, required, period, (generator, runs))
    wholes = [total_us(spans) * len(contract.machines) for spans in required]
    granted = _granting(contract)
    known: dict[tuple[int, ...], Fraction] = {}
    rates = []
    for downs in zip(*down_us.tolist(), strict=True):
        if downs not in known:
            known[downs] = granted(
                [
                    Fraction(whole - down, whole) if whole else None
                    for whole, down in zip(wholes, downs, strict=True)
                ]
            )
        rates.append(known[downs])
    return rates


def simulated_down_us(
    history: FailureHistory,
    required: Sequence[Sequence[Period]],
    period: Period,
    by: "tuple[np.random.Generator, int]",
) -> NDArray[np.int64]:
    """Return down time within required time, in microseconds: (required times, runs).

    Args:
        history: of the machine, with at least one failure.
        required: times that count, each disjoint and in order.
        period: that is simulated.
        by: generator, and how many periods.
    """
    generator, runs = by
    ups, up_weights = _times_up(history)
    downs = np.array(history.downs, dtype=np.float64)
    down_weights = np.full(len(downs), 1 / len(downs))
    length = float(period.duration_us)
    counted = [_counted(spans, period) for spans in required]
    result = np.zeros((len(required), runs))

    mean_up, mean_down = float(ups @ up_weights), float(downs.mean())
    is_up = generator.random(runs) * (mean_up + mean_down) < mean_up
    residual = generator.random(runs)
    first_up = _drawn(generator, ups, ups * up_weights, runs) * residual
    first_down = _drawn(generator, downs, downs * down_weights, runs) * residual
    start = np.where(is_up, first_up, 0.0)
    lasts = np.where(is_up, _drawn(generator, downs, down_weights, runs), first_down)
    going = np.arange(runs)
    while len(going):
        inside = start < length
        going, start, lasts = going[inside], start[inside], lasts[inside]
        end = np.minimum(start + lasts, length)
        for place, (knots, sums) in enumerate(counted):
            result[place, going] += np.interp(end, knots, sums) - np.interp(start, knots, sums)
        start = end + _drawn(generator, ups, up_weights, len(going))
        lasts = _drawn(generator, downs, down_weights, len(going))
    return np.rint(result).astype(np.int64)


def runs_of(history: FailureHistory, period: Period) -> int:
    """Return how many periods are simulated: fewer where a machine fails very often."""
    cycle = (history.up_us + sum(history.downs)) / max(history.failures, 1)
    failures = 1 + period.duration_us / max(cycle, 1.0)
    return int(min(RUNS_MAX, max(RUNS_MIN, DRAWS_MAX / failures)))


def _times_up(history: FailureHistory) -> tuple[_Times, _Times]:
    """Return the times up and their weights by the product-limit estimator."""
    times = np.array([*history.ups, history.running], dtype=np.float64)
    has_failed = np.array([True] * len(history.ups) + [False])
    order = np.lexsort((~has_failed, times))
    times, has_failed = times[order], has_failed[order]
    has_failed[-1] = True
    at_risk = np.arange(len(times), 0, -1)
    kept = np.where(has_failed, 1 - 1 / at_risk, 1.0)
    before = np.concatenate([[1.0], np.cumprod(kept)[:-1]])
    weights = np.where(has_failed, before / at_risk, 0.0)
    return times, weights / weights.sum()


# The names of generators are quoted: numpy loads `random` where it is named, and a study that draws
# nothing has no use for it.
def _drawn(generator: "np.random.Generator", times: _Times, weights: _Times, count: int) -> _Times:
    sums = np.cumsum(weights)
    places = np.searchsorted(sums, generator.random(count) * sums[-1], side="right")
    found: _Times = times[np.minimum(places, len(times) - 1)]
    return found


def _counted(spans: Sequence[Period], period: Period) -> tuple[_Times, _Times]:
    """Return instants of the period, and how much required time there is before each."""
    knots, sums = [0.0], [0.0]
    for span in spans:
        knots += [float(span.start - period.start), float(span.end - period.start)]
        sums += [sums[-1], sums[-1] + span.duration_us]
    return np.array([*knots, float(period.duration_us)]), np.array([*sums, sums[-1]])


def _availabilities(contract: Contract) -> list[AvailabilityGuarantee]:
    promised = contract.terms.promised
    return [each for each in promised if isinstance(each, AvailabilityGuarantee)]


def _granting(contract: Contract) -> Callable[[Sequence[Fraction | None]], Fraction]:
    """Return what grants a credit for the availabilities of a period, as billing does."""
    guarantee, cap = contract.terms.guarantee, contract.terms.credits_cap_share
    if guarantee is not None:
        only = guarantee.credit_terms
        return lambda values: credit_rate(values[0], only)
    promised = [(each.group, each.credit_terms) for each in _availabilities(contract)]

    def granted(values: Sequence[Fraction | None]) -> Fraction:
        rates = [
            (group, credit_rate(value, terms))
            for (group, terms), value in zip(promised, values, strict=True)
        ]
        return sum(granted_rates(rates, cap), Fraction(0))

    return granted


def _mean(amounts: Counter[Money]) -> Money:
    exact = sum((each.as_fraction() * count for each, count in amounts.items()), Fraction(0))
    return Money.rounded(exact / amounts.total(), next(iter(amounts)).currency)


def _band(amounts: Counter[Money]) -> Band:
    """Return quantiles that are among the amounts: the smallest with at least that share below."""
    ordered = sorted(amounts.items(), key=lambda each: each[0].amount)
    below = list(itertools.accumulate(count for _, count in ordered))

    def at(share: Fraction) -> Money:
        return ordered[bisect.bisect_left(below, share * below[-1])][0]

    return Band(at(_LOW), at(_MIDDLE), at(_HIGH))


def _histogram(amounts: Counter[Money]) -> tuple[tuple[Money, int], ...]:
    """Count amounts in classes of equal width up to the largest; nothing is a class of its own."""
    if len(amounts) <= CLASSES:
        return tuple(sorted(amounts.items(), key=lambda each: each[0].amount))
    largest = max(amounts, key=lambda each: each.amount)
    width = largest.as_fraction() / CLASSES
    classes: Counter[int] = Counter()
    for amount, count in amounts.items():
        classes[math.ceil(amount.as_fraction() / width)] += count
    return tuple(
        (Money.rounded(width * place, largest.currency), classes[place])
        for place in range(CLASSES + 1)
    )
