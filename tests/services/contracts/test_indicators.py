"""The indicators of a guarantee: examples of their sources, and properties."""

import importlib
import pkgutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts import indicators
from lineshaft.services.contracts.calendars import BusinessCalendar
from lineshaft.services.contracts.indicators.energy import energy_per_output
from lineshaft.services.contracts.indicators.incident_clock import Statistic, clock_us, judged_hours
from lineshaft.services.contracts.indicators.indicator import Indicator
from lineshaft.services.contracts.indicators.oee import Production, oee
from lineshaft.services.contracts.indicators.production_availability import (
    lost_production,
    production_availability,
)
from lineshaft.services.contracts.indicators.quality import quality_ratio
from lineshaft.services.contracts.indicators.reliability import (
    MeanTime,
    inherent_availability,
    mean_time,
    mean_time_between_failures,
    operational_availability,
)
from lineshaft.services.contracts.indicators.response_time import ResponseMilestone, response_us
from lineshaft.services.contracts.indicators.restoration_time import restoration_us
from lineshaft.services.contracts.indicators.throughput import effectiveness
from lineshaft.services.incidents.model import CustomerWait, ServiceIncident
from tests.services.contracts.test_calendars import OFFICE, civil

HOUR_US = 3_600_000_000
NO_FORMULA = {"classification", "incident_clock", "indicator"}
"""Modules of the folder that indicators are made from."""


def test_extra_case_oee() -> None:
    half = Fraction(1, 2)
    found = oee(Production(Fraction(480), Fraction(420), half, Fraction(800), Fraction(760)))
    assert found.availability == Fraction(7, 8)
    assert found.effectiveness == Fraction(20, 21)
    assert found.quality == Fraction(19, 20)
    assert found.value == Fraction(19, 24)
    assert f"{float(found.value) * 100:.4f}" == "79.1667"


@pytest.mark.parametrize("missing", ["planned_busy", "production", "produced"])
def test_oee_is_not_applicable_where_a_denominator_is_zero(missing: str) -> None:
    fields = dict.fromkeys(
        ("planned_busy", "production", "planned_per_item", "produced", "good"), Fraction(1)
    )
    assert oee(Production(**(fields | {missing: Fraction(0)}))).value is None


AMOUNTS = st.fractions(0, 1_000).filter(bool)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_oee_is_what_good_items_take_of_the_planned_time(
    busy: Fraction, production: Fraction, each: Fraction, produced: Fraction, good: Fraction
) -> None:
    """A x E x Q = PRI x GQ / PBT (ISO 22400-2)."""
    assert oee(Production(busy, production, each, produced, good)).value == each * good / busy


def test_production_based_availability() -> None:
    lost = lost_production(6 * HOUR_US, Fraction(500))
    assert lost == 3_000
    assert production_availability(Fraction(357_000), lost) == Fraction(119, 120)
    assert production_availability(Fraction(0), Fraction(0)) is None


def test_ratios_of_nothing_are_not_applicable() -> None:
    assert quality_ratio(Fraction(0), Fraction(0)) is None
    assert effectiveness(Fraction(1), Fraction(1), Fraction(0)) is None
    assert energy_per_output(Fraction(5), Fraction(0)) is None


def test_quality_throughput_and_energy_are_exact() -> None:
    assert quality_ratio(Fraction(760), Fraction(800)) == Fraction(19, 20)
    assert effectiveness(Fraction(1, 2), Fraction(800), Fraction(420)) == Fraction(20, 21)
    assert energy_per_output(Fraction(1180), Fraction(10_000)) == Fraction(59, 500)


class TestReliability:
    def test_without_a_failure_it_is_longer_than_the_operating_time(self) -> None:
        assert mean_time_between_failures(700 * HOUR_US, 0) == MeanTime(None, 700 * HOUR_US)

    def test_operating_time_over_failures(self) -> None:
        assert mean_time_between_failures(700 * HOUR_US, 3) == MeanTime(
            Fraction(700 * HOUR_US, 3), None
        )

    def test_restoration_and_repair_are_means_of_their_own_times(self) -> None:
        """Fault to restored function, and active repair: 8 h and 4 h, of which 2 h and 1 h."""
        mttres, mrt = (
            mean_time([8 * HOUR_US, 4 * HOUR_US]),
            mean_time([2 * HOUR_US, 1 * HOUR_US]),
        )
        assert (mttres, mrt) == (6 * HOUR_US, Fraction(3 * HOUR_US, 2))
        assert mean_time([]) is None

    def test_availability_that_follows(self) -> None:
        assert inherent_availability(Fraction(97), Fraction(3)) == Fraction(97, 100)
        assert operational_availability(Fraction(90), Fraction(10)) == Fraction(9, 10)
        assert inherent_availability(Fraction(0), Fraction(0)) is None
        assert operational_availability(Fraction(0), Fraction(0)) is None


def incident(**changes: Any) -> ServiceIncident:
    """Reported on Friday 16:30, acknowledged on Monday 09:30, restored on Tuesday 08:30."""
    fields: dict[str, Any] = {
        "id": "i-1",
        "machine": "mazak01",
        "reported_at": civil("2026-11-20 16:30"),
        "acknowledged_at": civil("2026-11-23 09:30"),
        "on_site_at": civil("2026-11-23 11:00"),
        "restored_at": civil("2026-11-24 08:30"),
    }
    return ServiceIncident(**(fields | changes))


LATER = civil("2026-12-01 00:00")


class TestIncidentClocks:
    def test_a_response_in_business_time(self) -> None:
        acknowledged, on_site = ResponseMilestone
        assert response_us(incident(), acknowledged, OFFICE, LATER) == 2 * HOUR_US
        assert response_us(incident(), on_site, OFFICE, LATER) == 7 * HOUR_US // 2
        assert response_us(incident(), acknowledged, None, LATER) == 65 * HOUR_US

    def test_a_restoration_in_business_time(self) -> None:
        assert restoration_us(incident(), OFFICE, LATER) == 10 * HOUR_US

    def test_the_clock_stands_in_waits_of_the_customer_only(self) -> None:
        waits = (
            CustomerWait(Period(civil("2026-11-20 20:00"), civil("2026-11-21 20:00")), "closed"),
            CustomerWait(Period(civil("2026-11-23 16:00"), civil("2026-11-24 08:15")), "no access"),
        )
        waited = incident(waits=waits)
        assert restoration_us(waited, OFFICE, LATER) == 10 * HOUR_US - 5 * HOUR_US // 4
        assert restoration_us(waited, None, LATER) == (88 - 24) * HOUR_US - 65 * HOUR_US // 4

    def test_what_has_not_happened_yet_takes_as_long_as_is_known(self) -> None:
        is_open = incident(acknowledged_at=None, on_site_at=None, restored_at=None)
        now = civil("2026-11-23 12:00")
        assert response_us(is_open, ResponseMilestone.ACKNOWLEDGED, OFFICE, now) == 9 * HOUR_US // 2
        assert restoration_us(is_open, OFFICE, now) == 9 * HOUR_US // 2

    def test_what_is_known_later_changes_nothing_before(self) -> None:
        then = civil("2026-11-23 09:00")
        assert restoration_us(incident(), OFFICE, then) == 3 * HOUR_US // 2
        assert restoration_us(incident(), OFFICE, civil("2026-11-20 16:00")) == 0

    def test_of_several_the_longest_or_the_mean_is_judged(self) -> None:
        times = [2 * HOUR_US, 5 * HOUR_US]
        assert judged_hours(times, Statistic.LONGEST) == 5
        assert judged_hours(times, Statistic.MEAN) == Fraction(7, 2)
        assert judged_hours([], Statistic.LONGEST) is None


SPANS = st.tuples(st.integers(0, 100), st.integers(1, 50)).map(
    lambda pair: Period(Instant(pair[0] * HOUR_US), Instant(sum(pair) * HOUR_US))
)


@given(SPANS, st.lists(SPANS, max_size=5), st.sampled_from([None, OFFICE]))
def test_a_wait_never_makes_a_clock_run_longer(
    span: Period, waits: list[Period], calendar: BusinessCalendar | None
) -> None:
    whole = clock_us(span.start, span.end, [], calendar)
    assert 0 <= clock_us(span.start, span.end, waits, calendar) <= whole <= span.duration_us


def modules() -> list[str]:
    folder = Path(indicators.__file__).parent
    return [found.name for found in pkgutil.iter_modules([str(folder)])]


@pytest.mark.parametrize("name", [name for name in modules() if name not in NO_FORMULA])
def test_every_indicator_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    module = importlib.import_module(f"{indicators.__name__}.{name}")
    said = module.INDICATOR
    assert isinstance(said, Indicator)
    assert said.symbol
    assert said.formula
    assert said.source
    readme = Path(indicators.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in readme
