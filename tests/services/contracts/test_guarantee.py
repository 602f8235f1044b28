"""The arithmetic of guarantees: stated cases, golden numbers, and brute force."""

from fractions import Fraction
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts import guarantee
from lineshaft.services.contracts.guarantee import (
    Cause,
    Claim,
    ClassDurations,
    CreditStep,
    CreditTerms,
    TimeClass,
    UnknownPolicy,
    availability,
    classify,
    classify_states,
    combined_rate,
    credit_amount,
    credit_rate,
    is_met,
)

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
        assert is_met(result.value, self.TERMS.target)
        assert credit_rate(result.value, self.TERMS) == 0

    def test_a_hundredth_of_an_hour_more_is_a_breach_although_it_displays_the_same(self) -> None:
        result = availability(hundredth_hours("14.01"), EXCLUDED)
        assert result.value == 1 - Fraction(1401, 70_000)
        assert f"{float(result.value) * 100:.5f} {float(result.value) * 100:.2f}" == (
            "97.99857 98.00"
        )
        assert not is_met(result.value, self.TERMS.target)
        rate = credit_rate(result.value, self.TERMS)
        assert credit_amount(Fraction(10_000), rate) == Fraction(-500)


class TestCase28Overlaps:
    def test_maintenance_wins_over_an_outage_for_its_own_interval(self) -> None:
        claims = [claim(10, 14, Cause.PROVIDER), claim(12, 16, Cause.MAINTENANCE)]
        durations = classify([hours(0, 720)], claims, EXCLUDED)
        result = availability(durations, EXCLUDED)
        assert (result.down_us, result.excluded_us) == (2 * HOUR_US, 4 * HOUR_US)
        assert result.value == 1 - Fraction(2, 716)
        assert f"{float(result.value) * 100:.5f}" == "99.72067"

    def test_two_detectors_of_one_outage_count_once(self) -> None:
        claims = [claim(1, 5, Cause.PROVIDER), claim(3, 6, Cause.PROVIDER)]
        assert classify([hours(0, 24)], claims, EXCLUDED).down_provider_us == 5 * HOUR_US

    def test_an_outage_across_a_contract_change_is_split_at_the_instant(self) -> None:
        claims = [claim(8, 14, Cause.PROVIDER)]
        first = classify([hours(0, 12)], claims, EXCLUDED)
        second = classify([hours(12, 24)], claims, EXCLUDED)
        assert (first.down_provider_us, second.down_provider_us) == (4 * HOUR_US, 2 * HOUR_US)

    def test_nothing_left_to_be_available_in_is_not_applicable(self) -> None:
        durations = classify([hours(0, 24)], [claim(0, 24, Cause.FORCE_MAJEURE)], EXCLUDED)
        result = availability(durations, EXCLUDED)
        assert result.value is None
        assert is_met(result.value, Fraction(1))
        assert credit_rate(result.value, terms(99 * PERCENT, (0, 10))) == 0


class TestTelemetryGap:
    """Three hours of 720 of which nothing is known; up before."""

    CLAIMS = (claim(100, 103, Cause.UNKNOWN),)

    @pytest.mark.parametrize(
        ("policy", "expected", "counted_h"),
        [
            (PROVIDER_DOWN, Fraction(717, 720), 720),
            (ASSUME_LAST, Fraction(1), 720),
            (EXCLUDED, Fraction(1), 717),
        ],
    )
    def test_policies(self, policy: UnknownPolicy, expected: Fraction, counted_h: int) -> None:
        result = availability(classify([hours(0, 720)], self.CLAIMS, policy), policy)
        assert result.value == expected
        assert result.required_us - result.excluded_us == counted_h * HOUR_US

    def test_provider_down_as_displayed(self) -> None:
        result = availability(classify([hours(0, 720)], self.CLAIMS, PROVIDER_DOWN), PROVIDER_DOWN)
        assert result.value is not None
        assert f"{float(result.value) * 100:.5f}" == "99.58333"

    def test_a_gap_within_an_outage_is_assumed_to_be_the_outage(self) -> None:
        claims = [claim(1, 2, Cause.PROVIDER), claim(2, 5, Cause.UNKNOWN)]
        durations = classify([hours(0, 10)], claims, ASSUME_LAST)
        assert durations.down_provider_us == 4 * HOUR_US

    def test_a_gap_after_maintenance_is_what_was_before_the_maintenance(self) -> None:
        claims = [
            claim(1, 2, Cause.PROVIDER),
            claim(2, 3, Cause.MAINTENANCE),
            claim(3, 5, Cause.UNKNOWN),
        ]
        durations = classify([hours(0, 10)], claims, ASSUME_LAST)
        assert durations.down_provider_us == 3 * HOUR_US
        assert durations.excluded_us == HOUR_US

    def test_a_gap_without_a_before_is_nobodys(self) -> None:
        durations = classify([hours(0, 10)], [claim(0, 4, Cause.UNKNOWN)], ASSUME_LAST)
        assert durations.unknown_us == 4 * HOUR_US
        result = availability(durations, ASSUME_LAST)
        assert (result.down_us, result.excluded_us) == (0, 4 * HOUR_US)


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
        durations = classify_states(self.STATES, self.UNKNOWN_US, {}, self.CLASSES, EXCLUDED)
        assert durations.required_us == 24 * HOUR_US
        result = availability(durations, EXCLUDED)
        assert result.value == Fraction(4_458_510_458, 5_796_452_481)
        assert f"{float(result.value) * 100:.3f}" == "76.918"
        rate = credit_rate(result.value, self.TERMS)
        assert rate == 10 * PERCENT
        assert credit_amount(Fraction(100), rate) == -10


def test_assume_last_from_durations_moves_the_unknown_time() -> None:
    classes = {"RUN": TimeClass.UP, "FAULT": TimeClass.DOWN_PROVIDER}
    states = {"RUN": 60, "FAULT": 10}
    durations = classify_states(states, 30, {"FAULT": 20, "RUN": 5}, classes, ASSUME_LAST)
    assert durations == ClassDurations(up_us=65, down_provider_us=30, unknown_us=5)


def test_a_state_that_the_contract_does_not_name_is_unknown() -> None:
    durations = classify_states({"RUN": 5, "NEW": 7}, 0, {}, {"RUN": TimeClass.UP}, EXCLUDED)
    assert durations == ClassDurations(up_us=5, unknown_us=7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", 0), ("0.9", 0), ("0.8999", 5), ("0.8", 5), ("0.7999", 10), ("0", 10)],
)
def test_credit_steps_include_their_lower_bound(value: str, expected: int) -> None:
    assert credit_rate(Fraction(value), TestGoldenDay.TERMS) == expected * PERCENT


def test_case_29_two_credits_meet_the_cap() -> None:
    rates = [("availability", 15 * PERCENT), ("response", 10 * PERCENT)]
    rate = combined_rate(rates, 20 * PERCENT)
    assert credit_amount(Fraction(10_000), rate) == -2000


def test_within_a_group_the_largest_credit_counts_once() -> None:
    rates = [("a", 5 * PERCENT), ("a", 8 * PERCENT), ("b", 1 * PERCENT)]
    assert combined_rate(rates, Fraction(1)) == 9 * PERCENT


@pytest.mark.parametrize(
    ("target", "steps", "cap"),
    [
        (90, [], 20),
        (90, [(80, 5)], 20),
        (90, [(95, 5), (0, 10)], 20),
        (90, [(0, 5), (80, 10)], 20),
        (90, [(0, -5)], 20),
        (90, [(0, 5)], -1),
        (101, [(0, 5)], 20),
        (90, [(99 - i, 5) for i in range(10, 10 + guarantee.CREDIT_STEPS_MAX)] + [(0, 1)], 20),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    target: int, steps: list[tuple[int, int]], cap: int
) -> None:
    with pytest.raises(Invalid, match="credit steps"):
        terms(target * PERCENT, *steps, cap=cap)


def test_more_claims_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarantee, "CLAIMS_MAX", 1)
    one = [claim(0, 1, Cause.PROVIDER)]
    classify([hours(0, 2)], one, EXCLUDED)
    with pytest.raises(Invalid, match="at most 1"):
        classify([hours(0, 2)], one * 2, EXCLUDED)


INSTANTS = st.integers(0, 30)
PERIODS = st.tuples(INSTANTS, st.integers(1, 12)).map(
    lambda pair: Period(Instant(pair[0]), Instant(sum(pair)))
)
CLAIMS = st.lists(st.builds(Claim, PERIODS, st.sampled_from(Cause)), max_size=8)
REQUIRED = st.lists(PERIODS, max_size=4)
CLASS_OF_CAUSE = {
    Cause.FORCE_MAJEURE: TimeClass.EXCLUDED,
    Cause.CUSTOMER: TimeClass.DOWN_CUSTOMER,
    Cause.MAINTENANCE: TimeClass.EXCLUDED,
    Cause.PROVIDER: TimeClass.DOWN_PROVIDER,
    Cause.UNKNOWN: TimeClass.UNKNOWN,
}


def brute_force(
    required: list[Period], claims: list[Claim], policy: UnknownPolicy
) -> ClassDurations:
    """Look at each instant on its own."""
    counts = dict.fromkeys(TimeClass, 0)
    last = TimeClass.UNKNOWN
    for at in range(50):
        if not any(period.contains(Instant(at)) for period in required):
            continue
        causes = sorted(each.cause for each in claims if each.period.contains(Instant(at)))
        found = CLASS_OF_CAUSE[causes[0]] if causes else TimeClass.UP
        if found in (TimeClass.UP, TimeClass.DOWN_PROVIDER, TimeClass.DOWN_CUSTOMER):
            last = found
        is_assumed = found is TimeClass.UNKNOWN and policy is UnknownPolicy.ASSUME_LAST
        counts[last if is_assumed else found] += 1
    return ClassDurations.of(counts)


@given(REQUIRED, CLAIMS, st.sampled_from(UnknownPolicy))
def test_i7_every_moment_has_exactly_one_class(
    required: list[Period], claims: list[Claim], policy: UnknownPolicy
) -> None:
    durations = classify(required, claims, policy)
    assert durations == brute_force(required, claims, policy)
    covered = {at for period in required for at in range(period.start, period.end)}
    assert durations.required_us == len(covered)


@given(REQUIRED, CLAIMS, st.sampled_from(UnknownPolicy), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_claims_change_nothing(
    required: list[Period], claims: list[Claim], policy: UnknownPolicy, random: object
) -> None:
    shuffled = claims * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert classify(required, claims, policy) == classify(required, shuffled, policy)


RATES = st.fractions(0, 1)


@given(st.lists(st.tuples(st.sampled_from("abc"), RATES), max_size=6), RATES)
def test_i8_credits_never_pass_the_cap_and_count_once_per_group(
    rates: list[tuple[str, Fraction]], cap: Fraction
) -> None:
    combined = combined_rate(rates, cap)
    assert 0 <= combined <= cap
    assert combined == combined_rate(rates * 2, cap)


@given(REQUIRED, CLAIMS, st.sampled_from(UnknownPolicy))
def test_an_availability_lies_between_nothing_and_everything(
    required: list[Period], claims: list[Claim], policy: UnknownPolicy
) -> None:
    value = availability(classify(required, claims, policy), policy).value
    assert value is None or 0 <= value <= 1
