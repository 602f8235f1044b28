"""What a roll-out did, on panels whose effect is known because it was put there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.valuechain.channels.attribution import (
    LINES_EACH_MIN,
    NEVER,
    WORDS,
    Claim,
    Panel,
    RollOutEffect,
    before_after,
    claim,
    event_effects,
    panel_of,
    placebo_effect,
    roll_out_effect,
)
from lineshaft.valuechain.errors import TooThin

QUARTERS = 10
STARTS = (4, 6, 8, NEVER)


def panel(seed: int, effect: float, noise: float, trend: float = 0.0, each: int = 6) -> Panel:
    """Return lines with a level of their own, a common path, and an effect since the connection.

    `trend` is what connected lines gain in a quarter that the others do not, connection or not.
    """
    random = np.random.default_rng(seed)
    since = np.repeat(STARTS, each)
    quarters = np.arange(QUARTERS)
    outcomes = random.normal(0, 1, (len(since), 1)) + random.normal(0, 1, (1, QUARTERS))
    outcomes = outcomes + effect * (quarters >= since[:, None])
    outcomes = outcomes + trend * quarters * (since < NEVER)[:, None]
    return Panel(outcomes + random.normal(0, noise, outcomes.shape), since)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 3))
def test_without_noise_the_effect_is_found_and_the_placebo_is_none(
    seed: int, effect: float
) -> None:
    found = roll_out_effect(panel(seed, effect, 0, each=3))
    assert (found.low, found.value, found.high) == pytest.approx((effect,) * 3, abs=1e-9)
    assert (found.treated, found.controls) == (9, 9)  # those of 6 and 8 are compared with, too
    assert placebo_effect(panel(seed, effect, 0, each=3)).value == pytest.approx(0, abs=1e-9)


def test_intervals_cover_what_was_put_there() -> None:
    """Of 120 panels at least 93 % of the intervals hold the effect, and of the placebos zero."""
    panels = [panel(seed, 0.2, 0.1) for seed in range(120)]
    effects = [roll_out_effect(each) for each in panels]
    assert sum(each.low <= 0.2 <= each.high for each in effects) >= 112
    assert np.mean([each.value for each in effects]) == pytest.approx(0.2, abs=0.01)
    placebos = [placebo_effect(each) for each in panels]
    assert sum(each.holds_zero for each in placebos) >= 112
    assert np.mean([each.value for each in placebos]) == pytest.approx(0, abs=0.01)
    # They are no wider than they must be: an effect of twice the noise is seen in all of them.
    assert not any(each.holds_zero for each in effects)


def test_lines_that_were_on_another_path_fail_the_placebo() -> None:
    found = panel(1, 0.0, 0.01, trend=0.1)
    effect, placebo = roll_out_effect(found), placebo_effect(found)
    assert not effect.holds_zero
    assert claim(effect, placebo) is Claim.PLACEBO_FAILED


def test_without_lines_to_compare_with_it_refuses() -> None:
    found = panel(1, 0.2, 0.1)
    everywhere = Panel(found.outcomes, np.full_like(found.connected, 4))
    with pytest.raises(TooThin, match="can be compared with 0 that are not yet") as refused:
        roll_out_effect(everywhere)
    assert "expected at least 3 of each" in str(refused.value)
    nowhere = Panel(found.outcomes, np.full_like(found.connected, NEVER))
    with pytest.raises(TooThin, match="0 connected lines"):
        roll_out_effect(nowhere)
    assert before_after(nowhere) is None
    assert before_after(everywhere) is not None
    few = np.array([4] * (LINES_EACH_MIN - 1) + [NEVER] * 22)
    with pytest.raises(TooThin, match="2 connected lines can be compared with 22"):
        roll_out_effect(Panel(found.outcomes, few))


def test_a_placebo_needs_quarters_before_the_connection() -> None:
    found = panel(1, 0.2, 0.1)
    early = Panel(found.outcomes, np.array([1] * 12 + [NEVER] * 12))
    assert claim(roll_out_effect(early), None) is Claim.NOT_TESTED
    with pytest.raises(TooThin):
        placebo_effect(early)


def test_quarters_that_are_not_known_count_for_nothing() -> None:
    whole = panel(3, 0.3, 0.0)
    holes = whole.outcomes.copy()
    holes[0, :] = np.nan
    holes[7, 8] = np.nan
    found = roll_out_effect(Panel(holes, whole.connected))
    assert found.value == pytest.approx(0.3)
    assert found.treated == 17
    # When the last lines are connected nobody is left to compare with: the coverage says so.
    all_at_last = Panel(whole.outcomes, np.minimum(whole.connected, 8))
    assert roll_out_effect(all_at_last).coverage < 1


def test_words_never_claim_more_than_the_design_allows() -> None:
    assert WORDS.keys() == set(Claim)
    assert claim(None, None) is Claim.BEFORE_AFTER_ONLY
    nothing, something = roll_out_effect(panel(2, 0.0, 0.1)), roll_out_effect(panel(2, 1.0, 0.1))
    assert claim(nothing, nothing) is Claim.NO_EFFECT_SHOWN
    assert claim(something, nothing) is Claim.ESTIMATE
    assert claim(something, something) is Claim.PLACEBO_FAILED
    for each in set(Claim) - {Claim.ESTIMATE, Claim.NOT_TESTED}:
        assert not WORDS[each].startswith("An estimate")
    assert "if lines" in WORDS[Claim.ESTIMATE]


def test_a_panel_keeps_lines_and_quarters_apart() -> None:
    found = panel_of({("b", 5): 1.0, ("a", 3): 2.0}, {"b": 4})
    assert found.connected.tolist() == [NEVER, 1]
    assert np.nan_to_num(found.outcomes, nan=-1).tolist() == [[2, -1, -1], [-1, -1, 1]]


def test_the_effect_by_quarter_grows_as_it_was_put_there_and_is_none_before() -> None:
    grown = panel(3, 0, 0, each=3)
    for row, since in zip(grown.outcomes, grown.connected, strict=True):
        after = np.maximum(np.arange(QUARTERS) - since + 1, 0)
        row += 0.5 * after * (since < NEVER)
    found = event_effects(grown)
    assert list(found) == [-8, -7, -6, -5, -4, -3, -2, 0, 1, 2, 3, 4, 5]
    for event, effect in found.items():
        assert isinstance(effect, RollOutEffect)
        assert effect.value == pytest.approx(max(0, event + 1) * 0.5, abs=1e-9)
    # All groups have the quarter of the connection; the last quarter that any has, only the first.
    assert [found[event].treated for event in (0, 5)] == [9, 3]  # type: ignore[union-attr]


def test_a_quarter_with_too_few_lines_says_so() -> None:
    found = event_effects(panel(1, 1, 0.1, each=1))
    assert "1 connected lines" in str(found[5])
    assert isinstance(found[0], RollOutEffect)
