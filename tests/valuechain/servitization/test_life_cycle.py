"""Where service lines stand, and which of them the service paradox threatens."""

import pytest

from lineshaft.valuechain.servitization.life_cycle import Standing, alarms, standings
from lineshaft.valuechain.servitization.model import LifeStage
from lineshaft.valuechain.servitization.view import Sums, View


def quarter(number: int, alone: int, bound: int, cost: int | None) -> View:
    """A quarter of one service line; the cost is of everything, None where it is not known."""
    sums = {}
    for binding, amount in (("stand_alone", alone), ("product_bound", bound)):
        part = Sums(amount, 0, 0, 1) if cost is None else Sums(amount, cost // 2, amount, 1)
        sums["service", binding, "producer", "", "care", "yes"] = part
    return View(f"2025-Q{number}", "EUR", sums)


def standing(*quarters: View) -> Standing:
    (found,) = standings(quarters)
    return found


@pytest.mark.parametrize(
    ("before", "now", "cost", "stage"),
    [
        ((0, 100), (9, 91), 50, LifeStage.EMBEDDED),
        ((0, 100), (10, 90), 50, LifeStage.GROWING),
        ((0, 100), (50, 50), 50, LifeStage.SPIN_OFF_CANDIDATE),
        ((0, 100), (50, 50), 120, LifeStage.GROWING),
        ((80, 20), (90, 10), 50, LifeStage.INDEPENDENT),
        ((80, 8), (90, 10), 50, LifeStage.FEEDING_BACK),
    ],
)
def test_a_line_moves_from_embedded_to_feeding_back(
    before: tuple[int, int], now: tuple[int, int], cost: int, stage: LifeStage
) -> None:
    quarters = [quarter(1, *before, cost)] * 4 + [quarter(2, *now, cost)] * 4
    assert standing(*quarters).stage is stage


def test_a_stage_that_cannot_be_judged_says_what_is_missing() -> None:
    assert "quarters" in standing(*[quarter(1, 10, 90, 50)] * 3).missing
    assert "cost" in standing(*[quarter(1, 60, 40, None)] * 4).missing
    assert "credits" in standing(*[quarter(1, -60, 40, 50)] * 4).missing
    assert standing(*[quarter(1, 10, 90, 50)] * 4).growth is None


def test_an_alarm_is_raised_for_losses_and_for_growth_at_falling_margins() -> None:
    (loss,) = alarms([quarter(1, 50, 50, 102)])
    assert loss.reason == "it costs more than it earns"
    falling = [
        quarter(1, 50, 50, 50), quarter(2, 60, 60, 66), quarter(3, 70, 70, 84),
        quarter(4, 80, 80, 104),
    ]  # fmt: skip
    (paradox,) = alarms(falling)
    assert [name for name, _ in paradox.quarters] == ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
    assert not alarms(falling[1:])
    assert not alarms([*falling[:3], quarter(4, 80, 80, 90)])
    assert not alarms([*falling[:3], quarter(4, 40, 40, 52)])
    assert not alarms([*falling[:3], quarter(4, 80, 80, None)])
