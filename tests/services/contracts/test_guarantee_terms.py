"""The edges of what a guarantee promises: what may just be agreed, and what is just refused."""

from fractions import Fraction
from typing import Any

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.core.quantity import Quantity, UnitMismatch
from lineshaft.services.contracts import calendars
from lineshaft.services.contracts.calendars import BusinessCalendar, open_periods, open_time_us
from lineshaft.services.contracts.content import TermsInvalid, from_content
from lineshaft.services.contracts.credits import CreditStep, CreditTerms, Direction, credit_rate
from lineshaft.services.contracts.guarantee import (
    AvailabilityGuarantee,
    CreditSchedule,
    Guarantee,
    OeeGuarantee,
    ProductionGuarantee,
    QualityGuarantee,
    RestorationGuarantee,
    ThroughputGuarantee,
)
from lineshaft.services.contracts.indicators.classification import (
    CLAIMS_MAX,
    ClassDurations,
    TimeClass,
)
from lineshaft.services.contracts.indicators.incident_clock import clock_us
from lineshaft.services.incidents.model import AgreedExclusion, ExclusionCategory
from lineshaft.services.metering.model import TimedState, UsageRecord
from tests.services.contracts.examples import GUARANTEE

HOUR_US = 3_600 * US_PER_S
START = parse_instant("2027-06-01T00:00:00Z")
TEXT = {"en": "Promised", "zh-Hans": "承诺"}
OFFICE = {"time_zone": "UTC", "weekly": {"tuesday": ["08:00/17:00"]}}  # 2027-06-01 is one
PERCENT = Fraction(1, 100)


def hours(start: float, end: float) -> Period:
    return Period(*(Instant(START + round(each * HOUR_US)) for each in (start, end)))


def counted(name: str, unit: str = "C62") -> dict[str, Any]:
    return {
        "id": name,
        "signal": name,
        "kind": "counter",
        "unit": unit,
        "parameters": {"rate_max": "1"},
    }


STATES = {
    "id": "state",
    "signal": "state",
    "kind": "state_duration",
    "unit": "SEC",
    "parameters": {"states": ["RUN"], "keeps_spans": True},
}
COMMON = {
    "id": "promised",
    "description": TEXT,
    "target": "90",
    "credit": {"bands": [{"credit": "10"}], "cap": "20"},
}
CLASSIFIED = COMMON | {
    "indicator": "availability",
    "meter": STATES,
    "classes": {"RUN": "up", "FAULT": "down_provider"},
    "unknown_policy": "EXCLUDED",
}
QUALITY = COMMON | {
    "indicator": "quality",
    "produced": counted("made"),
    "good": counted("good"),
}
THROUGHPUT = COMMON | {
    "indicator": "throughput",
    "produced": counted("made"),
    "production_time": counted("busy", "HUR"),
    "planned_s_per_item": "30",
}
OEE = QUALITY | THROUGHPUT | {"indicator": "oee"}
PRODUCTION = CLASSIFIED | {
    "indicator": "production_availability",
    "output": counted("made"),
    "rated_per_hour": "60",
}


def of(kind: Any, content: dict[str, Any], **changes: Any) -> Any:
    return from_content(content | changes, kind)


class TestTheOneGuarantee:
    def test_all_of_the_fee_may_be_credited_and_no_more(self) -> None:
        step = {"at_least": "0", "credit": "100"}
        whole = of(Guarantee, GUARANTEE, steps=[step], cap="100", target="100")
        assert whole.credit_terms == CreditTerms(
            Fraction(1), (CreditStep(Fraction(0), Fraction(1)),), Fraction(1)
        )
        for wrong in ({"cap": "100.1"}, {"steps": [step | {"credit": "100.1"}]}):
            with pytest.raises(TermsInvalid, match=r"^guarantee guarantee: expected credits"):
                of(Guarantee, GUARANTEE, **wrong)

    def test_a_refusal_names_the_guarantee(self) -> None:
        with pytest.raises(TermsInvalid, match=r"^guarantee guarantee: a target of 101 %"):
            of(Guarantee, GUARANTEE, target="101")
        with pytest.raises(
            TermsInvalid, match=r"^guarantee guarantee on a counter meter: expected"
        ):
            of(Guarantee, GUARANTEE, meter=counted("made"))
        with pytest.raises(TermsInvalid, match=r"^guarantee 'A B'"):
            of(Guarantee, GUARANTEE, id="A B")


class TestSchedules:
    def test_all_of_the_fee_may_be_credited_and_no_more(self) -> None:
        found = of(QualityGuarantee, QUALITY, credit={"bands": [{"credit": "100"}], "cap": "100"})
        assert found.credit_terms.cap == found.credit_terms.steps[0].credit == 1
        for wrong in (
            {"bands": [{"credit": "100.1"}], "cap": "20"},
            {"bands": [{"credit": "5"}], "cap": "100.1"},
        ):
            with pytest.raises(TermsInvalid, match="at most 100 %"):
                from_content(wrong, CreditSchedule)

    def test_a_group_has_an_id_and_a_guarantee_without_one_is_alone(self) -> None:
        with pytest.raises(TermsInvalid, match=r"^exclusivity group 'A B'"):
            from_content({"bands": [], "cap": "5", "group": "A B"}, CreditSchedule)
        grouped = of(QualityGuarantee, QUALITY, credit=COMMON["credit"] | {"group": "g"})
        assert grouped.group == "g"
        assert of(QualityGuarantee, QUALITY).group == "/promised"

    def test_bands_and_slopes_become_ratios_of_the_indicator(self) -> None:
        bands = [{"until": "80", "credit": "5"}, {"credit": "10"}]
        assert of(QualityGuarantee, QUALITY, credit={"bands": bands, "cap": "20"}).credit_terms == (
            CreditTerms(
                90 * PERCENT,
                (CreditStep(80 * PERCENT, 5 * PERCENT), CreditStep(None, 10 * PERCENT)),
                20 * PERCENT,
            )
        )
        sloped = {"slope": "2", "cap": "20"}  # percent of the fee for each point that is missed
        terms = of(QualityGuarantee, QUALITY, credit=sloped).credit_terms
        assert credit_rate(87 * PERCENT, terms) == 6 * PERCENT

    def test_hours_are_no_percent(self) -> None:
        credit = {"bands": [{"until": "8", "credit": "5"}, {"credit": "10"}], "cap": "20"}
        promised = COMMON | {"indicator": "restoration_time", "target": "400", "credit": credit}
        with pytest.raises(Invalid, match="credit steps"):
            of(RestorationGuarantee, promised)  # eight hours are before the target
        terms = of(RestorationGuarantee, promised, target="4").credit_terms
        assert (terms.target, terms.direction) == (4, Direction.AT_MOST)
        assert terms.steps[0] == CreditStep(Fraction(8), 5 * PERCENT)
        slope = of(RestorationGuarantee, promised, target="4", credit={"slope": "2", "cap": "20"})
        assert credit_rate(Fraction(7), slope.credit_terms) == 6 * PERCENT
        long = of(RestorationGuarantee, promised, target="400", credit={"slope": "2", "cap": "20"})
        assert long.credit_terms.target == 400

    def test_what_contradicts_itself_is_refused_when_it_is_read(self) -> None:
        with pytest.raises(Invalid, match="credit steps"):
            of(QualityGuarantee, QUALITY, credit={"bands": [], "cap": "20"})
        with pytest.raises(TermsInvalid, match=r"^guarantee promised: a target of 101 %"):
            of(QualityGuarantee, QUALITY, target="101")
        with pytest.raises(TermsInvalid, match=r"^guarantee 'A B'"):
            of(QualityGuarantee, QUALITY, id="A B")
        assert of(QualityGuarantee, QUALITY, target="100").credit_terms.target == 1


@pytest.mark.parametrize(
    ("kind", "content", "names"),
    [
        (AvailabilityGuarantee, CLASSIFIED, ["state"]),
        (ProductionGuarantee, PRODUCTION, ["state", "made"]),
        (QualityGuarantee, QUALITY, ["made", "good"]),
        (ThroughputGuarantee, THROUGHPUT, ["made", "busy"]),
        (OeeGuarantee, OEE, ["made", "good", "busy"]),
    ],
)
def test_meters_are_asked_in_the_order_in_which_they_are_judged(
    kind: Any, content: dict[str, Any], names: list[str]
) -> None:
    found = of(kind, content)
    assert [meter.id for meter in found.meters()] == names
    assert found.indicator == content["indicator"]


@pytest.mark.parametrize(
    ("kind", "content", "name"),
    [
        (ThroughputGuarantee, THROUGHPUT, "planned_s_per_item"),
        (OeeGuarantee, OEE, "planned_s_per_item"),
        (ProductionGuarantee, PRODUCTION, "rated_per_hour"),
    ],
)
def test_a_rate_is_more_than_nothing(kind: Any, content: dict[str, Any], name: str) -> None:
    assert getattr(of(kind, content, **{name: "1/1000"}), name) == Fraction(1, 1000)
    with pytest.raises(TermsInvalid, match=f"^guarantee promised: {name} = 0, expected more"):
        of(kind, content, **{name: "0"})


@pytest.mark.parametrize(
    ("kind", "content", "changes"),
    [
        (QualityGuarantee, QUALITY, {"good": counted("good", "KWH")}),
        (OeeGuarantee, OEE, {"good": counted("good", "KWH")}),
        (OeeGuarantee, OEE, {"production_time": counted("busy")}),
        (ThroughputGuarantee, THROUGHPUT, {"production_time": counted("busy")}),
    ],
)
def test_meters_of_other_things_are_refused(
    kind: Any, content: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(UnitMismatch):
        of(kind, content, **changes)


class TestClassified:
    def test_a_meter_says_when_which_state_was(self) -> None:
        without = STATES | {"parameters": {"states": ["RUN"]}}
        with pytest.raises(
            TermsInvalid, match=r"^guarantee promised: expected a meter with keeps_"
        ):
            of(AvailabilityGuarantee, CLASSIFIED, meter=without)
        with pytest.raises(TermsInvalid, match=r"^guarantee promised on a counter meter: expected"):
            of(AvailabilityGuarantee, CLASSIFIED, meter=counted("made"))

    @pytest.mark.parametrize(
        ("kind", "content"), [(AvailabilityGuarantee, CLASSIFIED), (OeeGuarantee, OEE)]
    )
    def test_all_time_is_required_without_a_calendar(
        self, kind: Any, content: dict[str, Any]
    ) -> None:
        day = hours(0, 24)
        assert of(kind, content).required(day) == [day]
        assert of(kind, content, calendar=OFFICE).required(day) == [hours(8, 17)]

    def test_states_and_agreed_exclusions_make_the_time_line(self) -> None:
        promised = of(AvailabilityGuarantee, CLASSIFIED, calendar=OFFICE)
        spans = [("RUN", 10), ("FAULT", 4), (None, 1), ("SLEEP", 1), ("RUN", 8)]
        record = UsageRecord(
            meter=promised.meter.on("m1"),
            period=hours(0, 24),
            known_at=Instant(START),
            quantity=Quantity(Fraction(0), "SEC"),
            covered_us=0,
            spans=tuple(TimedState(long * HOUR_US, state, state) for state, long in spans),
        )
        agreed = [
            self.exclusion("m1", hours(11, 12), "maintenance"),
            self.exclusion("m1", hours(12, 13), "customer"),
            self.exclusion("m1", hours(16, 17), "force_majeure"),
            self.exclusion("m2", hours(8, 9), "customer"),
        ]
        found = promised.classified(record, agreed)
        assert [(each.period, each.time_class.value) for each in found] == [
            (hours(8, 10), "up"),
            (hours(10, 11), "down_provider"),
            (hours(11, 12), "excluded"),
            (hours(12, 13), "down_customer"),
            (hours(13, 14), "down_provider"),
            (hours(14, 16), "unknown"),
            (hours(16, 17), "excluded"),
        ]

    @staticmethod
    def exclusion(machine: str, period: Period, category: str) -> AgreedExclusion:
        return AgreedExclusion("x", machine, period, ExclusionCategory(category), "order 7")


def test_durations_are_written_by_class() -> None:
    written = ClassDurations(1, 2, 3, 4, 5)
    assert written.to_content() == {
        "up": 1,
        "down_provider": 2,
        "down_customer": 3,
        "excluded": 4,
        "unknown": 5,
    }
    assert written.required_us == 15
    assert ClassDurations.of({TimeClass.UNKNOWN: 7}) == ClassDurations(unknown_us=7)
    assert CLAIMS_MAX > 0


class TestCreditTerms:
    def test_a_target_a_cap_and_a_credit_of_nothing_are_terms(self) -> None:
        nothing = Fraction(0)
        terms = CreditTerms(nothing, (CreditStep(None, nothing),), nothing)
        assert credit_rate(nothing, terms) == 0
        assert CreditTerms(nothing, (), nothing, slope=Fraction(1, 1000)).slope

    def test_a_floor_ends_at_nothing_or_without_an_end(self) -> None:
        for last in (Fraction(0), None):
            assert CreditTerms(Fraction(1, 2), (CreditStep(last, Fraction(1)),), Fraction(1))
        with pytest.raises(Invalid, match="credit steps"):
            CreditTerms(Fraction(2), (CreditStep(Fraction(1), Fraction(1)),), Fraction(1))

    def test_the_second_of_two_steps_begins_after_the_first(self) -> None:
        terms = CreditTerms(
            Fraction(9, 10),
            (CreditStep(Fraction(8, 10), Fraction(1, 20)), CreditStep(None, Fraction(1, 10))),
            Fraction(1),
        )
        rates = [credit_rate(Fraction(value, 100), terms) for value in (90, 89, 80, 79)]
        assert rates == [0, Fraction(1, 20), Fraction(1, 20), Fraction(1, 10)]


class TestClocksAndCalendars:
    def test_a_clock_that_stops_when_it_starts_has_not_run(self) -> None:
        at, later = Instant(START), Instant(START + 1)
        assert clock_us(at, at, [], None) == 0
        assert clock_us(later, at, [], None) == 0
        assert clock_us(at, later, [], None) == 1

    def test_of_open_hours_only_those_within_the_period_are_returned(self) -> None:
        calendar = from_content(OFFICE, BusinessCalendar)
        assert open_periods(calendar, hours(8, 8.5)) == [hours(8, 8.5)]
        assert open_periods(calendar, hours(17, 24)) == []

    def test_of_what_is_searched_to_its_end_the_open_hours_are_returned(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calendars, "DAYS_MAX", 5)
        calendar = from_content(OFFICE, BusinessCalendar)
        assert open_periods(calendar, hours(0, 72)) == [hours(8, 17)]
        # Four days in Berlin, five in UTC, where it begins on the day before.
        berlin = from_content(OFFICE | {"time_zone": "Europe/Berlin"}, BusinessCalendar)
        assert open_periods(berlin, hours(-1.5, 94)) == [hours(6, 15)]

    @pytest.mark.parametrize("day", ["2027-6-1", "20270601", "2027-02-30", "never"])
    def test_a_day_is_written_in_one_way(self, day: str) -> None:
        for wrong in ({"holidays": [day]}, {"exceptions": {day: []}}):
            with pytest.raises(TermsInvalid, match=r"^day "):
                from_content(OFFICE | wrong, BusinessCalendar)

    @pytest.mark.parametrize("text", ["08:60/17:00", "17:00/17:00", "08:00/24:01", "8:00/17:00"])
    def test_hours_that_do_not_exist_are_refused(self, text: str) -> None:
        with pytest.raises(TermsInvalid):
            from_content(OFFICE | {"weekly": {"monday": [text]}}, BusinessCalendar)

    def test_as_many_hours_as_a_day_has_and_no_more(self) -> None:
        every = [f"{hour:02}:00/{hour:02}:59" for hour in range(24)]
        weekly = {"tuesday": every}
        calendar = from_content(OFFICE | {"weekly": weekly}, BusinessCalendar)
        assert open_time_us(calendar, hours(0, 24)) == 24 * 59 * 60 * US_PER_S
        with pytest.raises(TermsInvalid, match="25 open hours"):
            from_content(
                OFFICE | {"weekly": {"tuesday": [*every, "23:59/24:00"]}}, BusinessCalendar
            )
