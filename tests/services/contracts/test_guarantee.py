"""The arithmetic of guarantees: stated cases, golden numbers, and brute force."""

import itertools
from collections import Counter
from fractions import Fraction
from random import Random
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts import credits as credits_
from lineshaft.services.contracts.credits import (
    CreditStep,
    CreditTerms,
    Direction,
    credit_amount,
    credit_rate,
    granted_rates,
    is_met,
    missed_by,
)
from lineshaft.services.contracts.indicators import classification
from lineshaft.services.contracts.indicators.availability import availability
from lineshaft.services.contracts.indicators.classification import (
    Cause,
    Claim,
    ClassDurations,
    TimeClass,
    UnknownPolicy,
    claims_of_states,
    classify,
    classify_states,
    durations_of,
)
from lineshaft.services.metering.model import TimedState
from tests.services.contracts.brute_force import classes_by_the_second

HOUR_US = 3_600_000_000
EXCLUDED, ASSUME_LAST, PROVIDER_DOWN = (
    UnknownPolicy.EXCLUDED,
    UnknownPolicy.ASSUME_LAST,
    UnknownPolicy.PROVIDER_DOWN,
)
PERCENT = Fraction(1, 100)


def hours(start: float, end: float) -> Period:
    return Period(Instant(round(start * HOUR_US)), Instant(round(end * HOUR_US)))


def claim(start: float, end: float, cause: Cause) -> Claim:
    return Claim(hours(start, end), cause)


def terms(target: Fraction, *steps: tuple[int, int], cap: int = 20) -> CreditTerms:
    return CreditTerms(
        target,
        tuple(CreditStep(low * PERCENT, rate * PERCENT) for low, rate in steps),
        cap * PERCENT,
    )


def durations(required: list[Period], claims: list[Claim]) -> ClassDurations:
    return durations_of(classify(required, claims))


def told(policy: UnknownPolicy, *spans: tuple[float, str | None, str | None]) -> list[Claim]:
    """What telemetry claims from midnight on: hours, state, last known state."""
    classes = {"RUN": TimeClass.UP, "FAULT": TimeClass.DOWN_PROVIDER}
    timed = [TimedState(round(long * HOUR_US), state, last) for long, state, last in spans]
    return claims_of_states(Instant(0), timed, classes, policy)


def hundredth_hours(down: str) -> ClassDurations:
    """Case 27: 720 h of which 20 are excluded and `down` are the provider's."""
    down_us = int(Fraction(down) * HOUR_US)
    return ClassDurations(
        up_us=700 * HOUR_US - down_us, down_provider_us=down_us, excluded_us=20 * HOUR_US
    )


class TestCase27AvailabilityAtTheEdge:
    TERMS = terms(98 * PERCENT, (95, 5), (0, 10))

    def test_exactly_at_the_target_is_met(self) -> None:
        result = availability(hundredth_hours("14"), EXCLUDED)
        assert result.value == Fraction(98, 100)
        assert is_met(result.value, self.TERMS)
        assert credit_rate(result.value, self.TERMS) == 0

    def test_a_hundredth_of_an_hour_more_is_a_breach_although_it_displays_the_same(self) -> None:
        result = availability(hundredth_hours("14.01"), EXCLUDED)
        assert result.value == 1 - Fraction(1401, 70_000)
        assert f"{float(result.value) * 100:.5f} {float(result.value) * 100:.2f}" == (
            "97.99857 98.00"
        )
        assert not is_met(result.value, self.TERMS)
        rate = credit_rate(result.value, self.TERMS)
        assert credit_amount(Fraction(10_000), rate) == Fraction(-500)


class TestCase28Overlaps:
    def test_maintenance_wins_over_an_outage_for_its_own_interval(self) -> None:
        claims = [claim(10, 14, Cause.PROVIDER), claim(12, 16, Cause.MAINTENANCE)]
        result = availability(durations([hours(0, 720)], claims), EXCLUDED)
        assert (result.down_us, result.excluded_us) == (2 * HOUR_US, 4 * HOUR_US)
        assert result.value == 1 - Fraction(2, 716)
        assert f"{float(result.value) * 100:.5f}" == "99.72067"

    def test_two_detectors_of_one_outage_count_once(self) -> None:
        claims = [claim(1, 5, Cause.PROVIDER), claim(3, 6, Cause.PROVIDER)]
        assert durations([hours(0, 24)], claims).down_provider_us == 5 * HOUR_US

    def test_an_outage_across_a_contract_change_is_split_at_the_instant(self) -> None:
        claims = [claim(8, 14, Cause.PROVIDER)]
        first = durations([hours(0, 12)], claims)
        second = durations([hours(12, 24)], claims)
        assert (first.down_provider_us, second.down_provider_us) == (4 * HOUR_US, 2 * HOUR_US)

    def test_nothing_left_to_be_available_in_is_not_applicable(self) -> None:
        result = availability(
            durations([hours(0, 24)], [claim(0, 24, Cause.FORCE_MAJEURE)]), EXCLUDED
        )
        assert result.value is None
        assert is_met(result.value, terms(99 * PERCENT, (0, 10)))
        assert credit_rate(result.value, terms(99 * PERCENT, (0, 10))) == 0


class TestTelemetryGap:
    """Three hours of 720 of which nothing is known; up before."""

    SPANS = ((100, "RUN", "RUN"), (3, None, "RUN"), (617, "RUN", "RUN"))

    @pytest.mark.parametrize(
        ("policy", "expected", "counted_h"),
        [
            (PROVIDER_DOWN, Fraction(717, 720), 720),
            (ASSUME_LAST, Fraction(1), 720),
            (EXCLUDED, Fraction(1), 717),
        ],
    )
    def test_policies(self, policy: UnknownPolicy, expected: Fraction, counted_h: int) -> None:
        classified = durations([hours(0, 720)], told(policy, *self.SPANS))
        result = availability(classified, policy)
        assert result.value == expected
        assert result.required_us - result.excluded_us == counted_h * HOUR_US

    def test_provider_down_as_displayed(self) -> None:
        classified = durations([hours(0, 720)], told(PROVIDER_DOWN, *self.SPANS))
        result = availability(classified, PROVIDER_DOWN)
        assert result.value is not None
        assert f"{float(result.value) * 100:.5f}" == "99.58333"

    def test_a_gap_within_an_outage_is_assumed_to_be_the_outage(self) -> None:
        spans = ((1, "RUN", "RUN"), (1, "FAULT", "FAULT"), (3, None, "FAULT"), (5, "RUN", "RUN"))
        classified = durations([hours(0, 10)], told(ASSUME_LAST, *spans))
        assert classified.down_provider_us == 4 * HOUR_US

    def test_a_gap_goes_on_as_the_telemetry_said_whatever_window_was_agreed_meanwhile(self) -> None:
        spans = ((1, "RUN", "RUN"), (1, "FAULT", "FAULT"), (3, None, "FAULT"), (5, "RUN", "RUN"))
        claims = [*told(ASSUME_LAST, *spans), claim(2, 3, Cause.MAINTENANCE)]
        classified = durations([hours(0, 10)], claims)
        assert classified.down_provider_us == 3 * HOUR_US
        assert classified.excluded_us == HOUR_US

    def test_a_gap_without_a_before_is_nobodys(self) -> None:
        classified = durations(
            [hours(0, 10)], told(ASSUME_LAST, (4, None, None), (6, "RUN", "RUN"))
        )
        assert classified.unknown_us == 4 * HOUR_US
        result = availability(classified, ASSUME_LAST)
        assert (result.down_us, result.excluded_us) == (0, 4 * HOUR_US)

    def test_of_a_state_that_the_contract_does_not_name_nothing_is_known(self) -> None:
        spans = ((4, "NEW", "NEW"), (2, None, "NEW"), (4, "RUN", "RUN"))
        for policy in UnknownPolicy:
            classified = durations([hours(0, 10)], told(policy, *spans))
            assert classified.unknown_us == 6 * HOUR_US


class TestGoldenDay:
    """The machining day of the example contract."""

    STATES: ClassVar = {
        "ACTIVE": 13_521_795_246,
        "STOPPED": 9_768_789_106,
        "READY": 3_460_478_396,
        "INTERRUPTED": 8_027_652_138,
        "FEED_HOLD": 17_634_000,
    }
    CLASSES: ClassVar = {
        "ACTIVE": TimeClass.UP,
        "READY": TimeClass.UP,
        "STOPPED": TimeClass.UP,
        "INTERRUPTED": TimeClass.DOWN_PROVIDER,
        "FEED_HOLD": TimeClass.DOWN_CUSTOMER,
    }
    UNKNOWN_US = 51_603_651_114
    TERMS = terms(90 * PERCENT, (80, 5), (0, 10))

    def test_availability_and_credit(self) -> None:
        classified = classify_states(self.STATES, self.UNKNOWN_US, {}, self.CLASSES, EXCLUDED)
        assert classified.required_us == 24 * HOUR_US
        result = availability(classified, EXCLUDED)
        assert result.value == Fraction(4_458_510_458, 5_796_452_481)
        assert f"{float(result.value) * 100:.3f}" == "76.918"
        rate = credit_rate(result.value, self.TERMS)
        assert rate == 10 * PERCENT
        assert credit_amount(Fraction(100), rate) == -10


def test_assume_last_from_durations_moves_the_unknown_time() -> None:
    classes = {"RUN": TimeClass.UP, "FAULT": TimeClass.DOWN_PROVIDER}
    states = {"RUN": 60, "FAULT": 10}
    classified = classify_states(states, 30, {"FAULT": 20, "RUN": 5}, classes, ASSUME_LAST)
    assert classified == ClassDurations(up_us=65, down_provider_us=30, unknown_us=5)


def test_a_state_that_the_contract_does_not_name_is_unknown() -> None:
    classified = classify_states({"RUN": 5, "NEW": 7}, 0, {}, {"RUN": TimeClass.UP}, EXCLUDED)
    assert classified == ClassDurations(up_us=5, unknown_us=7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", 0), ("0.9", 0), ("0.8999", 5), ("0.8", 5), ("0.7999", 10), ("0", 10)],
)
def test_credit_steps_include_their_lower_bound(value: str, expected: int) -> None:
    assert credit_rate(Fraction(value), TestGoldenDay.TERMS) == expected * PERCENT


def test_case_29_two_credits_meet_the_cap() -> None:
    rates = [("availability", 15 * PERCENT), ("response", 10 * PERCENT)]
    granted = granted_rates(rates, 20 * PERCENT)
    assert granted == [15 * PERCENT, 5 * PERCENT]
    assert sum(credit_amount(Fraction(10_000), rate) for rate in granted) == -2000


def test_case_29_a_machine_is_exchanged_with_a_gap_of_six_hours() -> None:
    """Machine A until the 15th, six hours without any, then machine B: 6 h down of a month."""
    claims = [claim(336, 342, Cause.PROVIDER)]
    result = availability(durations([hours(0, 720)], claims), EXCLUDED)
    assert result.down_us == 6 * HOUR_US
    assert result.value == Fraction(714, 720)


def test_within_a_group_the_largest_credit_counts_once() -> None:
    rates = [("a", 5 * PERCENT), ("a", 8 * PERCENT), ("b", 1 * PERCENT), ("a", 8 * PERCENT)]
    assert granted_rates(rates, Fraction(1)) == [0, 8 * PERCENT, 1 * PERCENT, 0]


AT_MOST = CreditTerms(
    Fraction(4),
    (CreditStep(Fraction(8), 5 * PERCENT), CreditStep(None, 10 * PERCENT)),
    Fraction(1),
    Direction.AT_MOST,
)


@pytest.mark.parametrize(
    ("value", "expected"), [("0", 0), ("4", 0), ("4.001", 5), ("8", 5), ("8.001", 10), ("99", 10)]
)
def test_credit_steps_of_at_most_include_their_upper_bound(value: str, expected: int) -> None:
    assert credit_rate(Fraction(value), AT_MOST) == expected * PERCENT
    assert is_met(Fraction(value), AT_MOST) is (expected == 0)


@pytest.mark.parametrize(
    ("direction", "value", "expected"),
    [
        (Direction.AT_LEAST, "0.98", "0"),
        (Direction.AT_LEAST, "0.965", "0.03"),
        (Direction.AT_LEAST, "0.5", "0.2"),
        (Direction.AT_LEAST, "1", "0"),
        (Direction.AT_MOST, "0.98", "0"),
        (Direction.AT_MOST, "0.99", "0.02"),
        (Direction.AT_MOST, "2", "0.2"),
    ],
)
def test_a_slope_credits_by_how_much_the_target_is_missed(
    direction: Direction, value: str, expected: str
) -> None:
    """2 % of the fee for each point, at most 20 %."""
    sloped = CreditTerms(98 * PERCENT, (), 20 * PERCENT, direction, Fraction(2))
    assert credit_rate(Fraction(value), sloped) == Fraction(expected)
    assert credit_rate(None, sloped) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"slope": Fraction(2), "steps": (CreditStep(None, Fraction(0)),)},
        {"slope": Fraction(0), "steps": ()},
        {"slope": Fraction(-1), "steps": ()},
        {"steps": (CreditStep(None, Fraction(0)), CreditStep(None, Fraction(0)))},
        {"steps": (CreditStep(Fraction(8), Fraction(0)),)},
        {"steps": (CreditStep(Fraction(4), Fraction(0)), CreditStep(None, Fraction(0)))},
        {"steps": (CreditStep(Fraction(0), Fraction(0)),)},
        {"target": Fraction(-1), "steps": (CreditStep(None, Fraction(0)),)},
    ],
)
def test_a_schedule_of_at_most_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "target": Fraction(4),
        "cap": Fraction(1),
        "direction": Direction.AT_MOST,
    }
    with pytest.raises(Invalid, match="credit steps"):
        CreditTerms(**(fields | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "steps", "cap"),
    [
        (90, [], 20),
        (90, [(80, 5)], 20),
        (90, [(95, 5), (0, 10)], 20),
        (90, [(0, 5), (80, 10)], 20),
        (90, [(0, -5)], 20),
        (90, [(0, 5)], -1),
        (90, [(99 - i, 5) for i in range(10, 10 + credits_.CREDIT_STEPS_MAX)] + [(0, 1)], 20),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    target: int, steps: list[tuple[int, int]], cap: int
) -> None:
    with pytest.raises(Invalid, match="credit steps"):
        terms(target * PERCENT, *steps, cap=cap)


def test_more_claims_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classification, "CLAIMS_MAX", 1)
    one = [claim(0, 1, Cause.PROVIDER)]
    classify([hours(0, 2)], one)
    with pytest.raises(Invalid, match="at most 1"):
        classify([hours(0, 2)], one * 2)


INSTANTS = st.integers(0, 30)
PERIODS = st.tuples(INSTANTS, st.integers(1, 12)).map(
    lambda pair: Period(Instant(pair[0]), Instant(sum(pair)))
)
CLAIMS = st.lists(st.builds(Claim, PERIODS, st.sampled_from(Cause)), max_size=8)
REQUIRED = st.lists(PERIODS, max_size=4)


@given(REQUIRED, CLAIMS)
def test_i7_every_moment_has_exactly_one_class(required: list[Period], claims: list[Claim]) -> None:
    intervals = classify(required, claims)
    found = {at: each.time_class for each in intervals for at in range(*_ends(each.period))}
    assert found == classes_by_the_second(required, claims)
    assert sum(each.period.duration_us for each in intervals) == len(found)
    assert durations_of(intervals).required_us == len(found)


def _ends(period: Period) -> tuple[int, int]:
    return period.start, period.end


@given(REQUIRED, CLAIMS)
def test_neighbours_on_the_time_line_differ(required: list[Period], claims: list[Claim]) -> None:
    for one, other in itertools.pairwise(classify(required, claims)):
        assert one.period.end <= other.period.start
        assert one.period.end < other.period.start or one.time_class is not other.time_class


@given(REQUIRED, CLAIMS, st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_claims_change_nothing(
    required: list[Period], claims: list[Claim], random: Random
) -> None:
    shuffled = claims * 2
    random.shuffle(shuffled)
    assert classify(required, claims) == classify(required, shuffled)


@given(CLAIMS, INSTANTS.filter(bool))
def test_i2_a_period_that_is_cut_has_the_durations_of_the_whole(
    claims: list[Claim], cut: int
) -> None:
    whole = Period(Instant(0), Instant(50))
    parts = [classify([part], claims) for part in whole.split(Instant(cut))]
    assert durations_of([*parts[0], *parts[1]]) == durations_of(classify([whole], claims))


@given(REQUIRED, CLAIMS, PERIODS)
def test_an_agreed_exclusion_never_costs_the_provider_anything(
    required: list[Period], claims: list[Claim], window: Period
) -> None:
    before = durations(required, claims)
    after = durations(required, [*claims, Claim(window, Cause.MAINTENANCE)])
    assert after.down_provider_us <= before.down_provider_us
    assert after.required_us == before.required_us


STATES = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from(["RUN", "FAULT", "REST", "NEW", None])), max_size=8
)


@given(STATES, st.sampled_from([None, "RUN", "FAULT"]), st.sampled_from(UnknownPolicy))
def test_the_time_line_and_the_durations_of_a_record_are_classified_alike(
    pairs: list[tuple[int, str | None]], before: str | None, policy: UnknownPolicy
) -> None:
    """Without agreed windows: what `classify_states` makes of durations."""
    classes = {
        "RUN": TimeClass.UP,
        "FAULT": TimeClass.DOWN_PROVIDER,
        "REST": TimeClass.DOWN_CUSTOMER,
    }
    spans, known, after, unknown, last = [], Counter[str](), Counter[str](), 0, before
    for duration, state in pairs:
        last = last if state is None else state
        spans.append(TimedState(duration, state, last))
        unknown += 0 if state else duration
        (known if state else after)[last or ""] += duration
    del after[""]
    length = sum(duration for duration, _ in pairs)
    required = [Period(Instant(0), Instant(length))] if length else []
    by_line = durations(required, claims_of_states(Instant(0), spans, classes, policy))
    assert by_line == classify_states(known, unknown, after, classes, policy)


RATES = st.fractions(0, 1)
GROUPED = st.lists(st.tuples(st.sampled_from("abc"), RATES), max_size=6)


@given(GROUPED, RATES)
def test_i8_credits_never_pass_the_cap_and_count_once_per_group(
    rates: list[tuple[str, Fraction]], cap: Fraction
) -> None:
    granted = granted_rates(rates, cap)
    assert 0 <= sum(granted) <= cap
    assert sum(granted) == sum(granted_rates(rates * 2, cap))
    assert all(0 <= one <= rate for one, (_, rate) in zip(granted, rates, strict=True))
    groups = [group for one, (group, _) in zip(granted, rates, strict=True) if one]
    assert len(groups) == len(set(groups))


@given(GROUPED)
def test_without_a_cap_a_group_is_granted_its_largest_credit(
    rates: list[tuple[str, Fraction]],
) -> None:
    largest: dict[str, Fraction] = {}
    for group, rate in rates:
        largest[group] = max(rate, largest.get(group, Fraction(0)))
    assert sum(granted_rates(rates, Fraction(6))) == sum(largest.values())


@given(RATES, RATES)
def test_a_worse_value_never_costs_less(one: Fraction, other: Fraction) -> None:
    worse, better = sorted((one, other))
    assert credit_rate(worse, TestGoldenDay.TERMS) >= credit_rate(better, TestGoldenDay.TERMS)
    assert missed_by(worse, TestGoldenDay.TERMS) >= missed_by(better, TestGoldenDay.TERMS)


@given(REQUIRED, CLAIMS, st.sampled_from(UnknownPolicy))
def test_an_availability_lies_between_nothing_and_everything(
    required: list[Period], claims: list[Claim], policy: UnknownPolicy
) -> None:
    value = availability(durations(required, claims), policy).value
    assert value is None or 0 <= value <= 1
