"""The counter: the stated cases."""

import itertools
from fractions import Fraction
from functools import reduce
from operator import add

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.period import format_instant
from lineshaft.core.quantity import Quantity, UnitMismatch, UnknownUnit
from lineshaft.core.reading import RecordKind, StatusCode
from lineshaft.core.value import DecimalValue, EnumerationValue, NotADecimal, parse_decimal
from lineshaft.services.metering.completeness import Verdict, judge
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import ExclusionReason, Meter, UsageRecord
from lineshaft.services.metering.parameters import EXCHANGES_MAX
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import (
    KNOWN_AT,
    at,
    correction,
    counter,
    reading,
    readings,
    span,
    usage,
)

DAY = span(0, 86_400)
FELL, TOO_FAST = ExclusionReason.FELL, ExclusionReason.TOO_FAST


def amount(used: Meter, *pairs: tuple[float, str | None]) -> Fraction:
    return usage(used, readings(*pairs), DAY).quantity.amount


def reasons(record: UsageRecord) -> list[tuple[int, ExclusionReason]]:
    return [(each.reading.sequence, each.reason) for each in record.exclusions]


class TestCase6Rollover:
    PAIRS = ((0, "65500"), (10, "40"))

    def test_case_06_a_possible_roll_over_is_counted(self) -> None:
        record = usage(counter(modulus=65_536, rate_max=50), readings(*self.PAIRS), DAY)
        assert record.quantity.amount == 76
        assert record.exclusion_count == 0

    def test_case_06_the_same_fall_faster_than_the_counter_can_is_excluded(self) -> None:
        record = usage(counter(modulus=65_536, rate_max=5), readings(*self.PAIRS), DAY)
        assert record.quantity.amount == 0
        assert reasons(record) == [(2, FELL)]
        assert not record.is_complete

    def test_case_06_going_on_from_there_counts_again_but_never_the_jump(self) -> None:
        used = counter(modulus=65_536, rate_max=3)
        record = usage(used, readings(*self.PAIRS, (20, "50"), (30, "60")), DAY)
        assert record.quantity.amount == 20
        assert reasons(record) == [(2, FELL)]


class TestCase7Restart:
    def test_case_07_a_restart_counts_from_zero(self) -> None:
        pairs = ((0, "1200"), (10, "1250"), (20, "3"), (30, "10"))
        record = usage(counter(), readings(*pairs), DAY)
        assert record.quantity.amount == 60
        assert record.restart_count == 1
        assert record.exclusion_count == 0

    def test_case_07_a_glitch_leaves_the_high_water_mark(self) -> None:
        record = usage(counter(), readings((0, "15500.00"), (10, "0"), (20, "15508.51")), DAY)
        assert record.quantity.amount == Fraction("8.51")
        assert reasons(record) == [(2, FELL)]
        assert not record.is_complete

    def test_case_07_a_leap_upwards_and_back_counts_once(self) -> None:
        record = usage(counter(), readings((0, "100"), (10, "99999"), (20, "101")), DAY)
        assert record.quantity.amount == 1
        assert reasons(record) == [(2, TOO_FAST)]

    def test_case_07_a_setting_upwards_is_not_billed(self) -> None:
        pairs = ((0, "100"), (1, "5000"), (2, "5001"), (3, "5002"))
        record = usage(counter(rate_max=1, resolution=1), readings(*pairs), DAY)
        assert record.quantity.amount == 2
        assert reasons(record) == [(2, TOO_FAST)]

    def test_case_07_a_fall_that_nothing_follows_waits_and_is_said(self) -> None:
        record = usage(counter(), readings((0, "1200"), (10, "1250"), (20, "3")), DAY)
        assert record.quantity.amount == 50
        assert reasons(record) == [(3, FELL)]

    def test_case_07_without_a_restart_value_a_fall_is_a_jump(self) -> None:
        pairs = ((0, "1200"), (10, "1250"), (20, "3"), (30, "10"))
        record = usage(counter(restarts_at=None), readings(*pairs), DAY)
        assert record.quantity.amount == 57
        assert reasons(record) == [(3, FELL)]

    def test_case_07_a_period_within_an_uncounted_jump_is_incomplete(self) -> None:
        rows = readings((0, "100"), (3600, "9" * 9), (3601, "9" * 9))
        record = usage(counter(rate_max=1), rows, span(10, 20))
        assert record.quantity.amount == 0
        assert reasons(record) == [(2, TOO_FAST)]


class TestCase8Exchange:
    PAIRS = ((0, "98760.0"), (7200, "20.3"))

    def used(self, **changes: str) -> Meter:
        exchange = {
            "at": format_instant(at(3600)),
            "old_final": "98765.4",
            "new_start": "12.3",
            "reference": "WO-2027-0042",
        }
        return counter(exchanges=[exchange | changes])

    def test_case_08_both_meters_are_counted(self) -> None:
        record = usage(self.used(), readings(*self.PAIRS), DAY)
        assert record.quantity.amount == Fraction("13.4")
        assert record.exclusion_count == 0

    def test_case_08_the_record_cites_the_work_order(self) -> None:
        content = usage(self.used(), readings(*self.PAIRS), DAY).to_content()
        exchanges = content["meter"]["parameters"]["exchanges"]
        assert [each["reference"] for each in exchanges] == ["WO-2027-0042"]

    def test_case_08_readings_before_and_after_the_exchange_count_as_ever(self) -> None:
        pairs = ((-60, "98750.0"), *self.PAIRS, (7300, "21.3"))
        record = usage(self.used(), readings(*pairs), span(-3600, 86_400))
        assert record.quantity.amount == Fraction("24.4")

    def test_case_08_a_final_value_below_the_last_reading_explains_nothing(self) -> None:
        record = usage(self.used(old_final="98700"), readings(*self.PAIRS), DAY)
        assert record.quantity.amount == 0
        assert reasons(record) == [(2, FELL)]


class TestCase9ArrivalOrder:
    def test_case_09_any_order_gives_the_same_record(self) -> None:
        rows = readings((0, "100"), (600, "130"), (300, "110"))
        records = [usage(counter(), order, DAY) for order in itertools.permutations(rows)]
        assert records[0].quantity.amount == 30
        assert len({record.digest for record in records}) == 1

    def test_case_09_rows_given_twice_count_once(self) -> None:
        rows = readings((0, "100"), (300, "110"), (600, "130"))
        assert usage(counter(), rows * 2, DAY) == usage(counter(), rows, DAY)


class TestCase10Boundary:
    ROWS = readings((-600, "100"), (600, "140"))
    BEFORE, AFTER = span(-86_400, 0), span(0, 86_400)

    @pytest.mark.parametrize(
        ("boundary", "before", "after"),
        [("LINEAR", 20, 20), ("EARLIER", 40, 0), ("LATER", 0, 40)],
    )
    def test_case_10_a_step_over_the_end_of_a_period(
        self, boundary: str, before: int, after: int
    ) -> None:
        used = counter(boundary=boundary)
        assert usage(used, self.ROWS, self.BEFORE).quantity.amount == before
        assert usage(used, self.ROWS, self.AFTER).quantity.amount == after

    @pytest.mark.parametrize("boundary", ["LINEAR", "EARLIER", "LATER"])
    def test_case_10_a_reading_at_the_cut_parts_exactly(self, boundary: str) -> None:
        rows = readings((-600, "100"), (0, "113"), (600, "140"))
        used = counter(boundary=boundary)
        assert usage(used, rows, self.BEFORE).quantity.amount == 13
        assert usage(used, rows, self.AFTER).quantity.amount == 27


class TestCase11BadValues:
    @pytest.mark.parametrize("text", ["NaN", "1e999", "", "12,5"])
    def test_case_11_what_the_connector_refuses_makes_the_period_incomplete(
        self, text: str
    ) -> None:
        with pytest.raises(NotADecimal):
            parse_decimal(text)
        refusal = reading(3, 20, None, kind=RecordKind.REFUSAL)
        record = usage(counter(), [*readings((0, "0"), (10, "5")), refusal], DAY)
        assert record.quantity.amount == 5
        assert (record.refusal_count, record.covered_us) == (1, DAY.duration_us)
        assert not record.is_complete
        assert judge(record, None) == judge(record, Fraction(1)) == Verdict.FLAGGED

    @pytest.mark.parametrize("value", ["12,5", "", 12.5, True, EnumerationValue(1, "ON")])
    def test_case_11_what_is_no_decimal_is_excluded_never_zero(self, value: object) -> None:
        rows = [*readings((0, "0"), (10, "5")), reading(3, 20, value), reading(4, 30, D("9"))]
        record = usage(counter(), rows, DAY)
        assert record.quantity.amount == 9
        assert reasons(record) == [(3, ExclusionReason.NOT_A_DECIMAL)]
        assert not record.is_complete

    def test_case_11_refusals_of_other_periods_do_not_count(self) -> None:
        rows = [
            *readings((0, "0"), (10, "5")),
            reading(3, -1, None, kind=RecordKind.REFUSAL),
            reading(4, 86_400, None, kind=RecordKind.REFUSAL),
        ]
        assert usage(counter(), rows, DAY).is_complete


def D(text: str) -> DecimalValue:  # noqa: N802 - as in `Decimal`
    return parse_decimal(text)


class TestCase12ExactSum:
    @pytest.mark.timeout(20)
    def test_case_12_a_million_tenths(self) -> None:
        rows = million_tenths()
        record = measure(counter("KWH", rate_max=1), MeterInput(rows), span(0, 10**6), KNOWN_AT)
        assert record.quantity == Quantity(Fraction(100_000), "KWH")
        assert record.quantity.amount * Fraction("0.30") == 30_000
        assert reduce(add, [0.1] * 10**6) != 100_000  # sum() corrects floats from Python 3.12 on


def million_tenths() -> SeriesRows:
    """0.0, 0.1, … 100000.0, one reading each second."""
    one = SeriesRows.of([reading(1, 0, D("0.0"))])
    count = 10**6 + 1
    changed = {
        name: getattr(one, name).repeat(count)
        for name in ("source", "epoch", "kind", "status", "form", "exponent")
    }
    numbers = one.sequence.repeat(count).cumsum()
    return SeriesRows(
        sources=one.sources,
        sequence=numbers,
        ordinal=numbers,
        ts=at(0) + (numbers - 1) * 10**6,
        mantissa=numbers - 1,
        text=None,
        targets={},
        **changed,
    )


class TestCase13Units:
    def test_case_13_megajoules_are_billed_as_kilowatt_hours(self) -> None:
        used = counter("KWH", signal_unit="3B", rate_max=10)
        assert amount(used, (0, "0"), (3600, "3600")) == 1000
        assert amount(used, (0, "0"), (3600, "3600")) * Fraction("0.20") == 200

    def test_case_13_another_dimension_is_refused(self) -> None:
        with pytest.raises(UnitMismatch, match="KWH"):
            counter("KWH", signal_unit="SEC")

    def test_case_13_an_unknown_unit_is_refused(self) -> None:
        with pytest.raises(UnknownUnit, match="XYZ"):
            counter("XYZ")


class TestGaps:
    ROWS = readings((0, "0"), (100, "10"), (200, None), (500, "40"), (600, "50"))

    def test_a_gap_is_bridged_counted_and_not_covered(self) -> None:
        record = usage(counter(), self.ROWS, span(0, 600))
        assert record.quantity.amount == 50
        assert record.completeness == Fraction(300, 600)
        assert (record.bridged_gap_count, record.bridged_gap_us) == (1, 300_000_000)
        assert not record.is_complete

    def test_each_part_of_a_gap_belongs_to_its_period(self) -> None:
        first = usage(counter(), self.ROWS, span(0, 300))
        second = usage(counter(), self.ROWS, span(300, 600))
        assert (first.bridged_gap_us, second.bridged_gap_us) == (100_000_000, 200_000_000)

    def test_a_status_record_ends_what_is_known(self) -> None:
        rows = [*readings((0, "0"), (100, "10")), reading(3, 150, None, kind=RecordKind.STATUS)]
        assert usage(counter(), rows, span(0, 200)).covered_us == 150_000_000

    def test_a_good_status_record_and_a_count_say_nothing(self) -> None:
        rows = [
            *readings((0, "0"), (100, "10")),
            reading(3, 150, None, kind=RecordKind.STATUS, status=StatusCode.GOOD),
            reading(4, 160, D("4"), kind=RecordKind.COUNT),
        ]
        assert usage(counter(), rows, span(0, 200)).is_complete

    def test_nothing_is_covered_before_the_first_reading(self) -> None:
        record = usage(counter(), readings((50, "0"), (100, "10")), span(0, 200))
        assert record.covered_us == 150_000_000

    def test_the_last_reading_holds_as_far_as_is_known(self) -> None:
        rows = MeterInput(SeriesRows.of(readings((0, "0"), (50, "5"))), known_until=at(80))
        record = measure(counter(), rows, span(0, 100), KNOWN_AT)
        assert record.covered_us == 80_000_000
        assert measure(counter(), rows, span(0, 100), at(60)).covered_us == 60_000_000

    def test_no_rows_at_all(self) -> None:
        record = usage(counter(), [], DAY)
        assert (record.quantity.amount, record.covered_us) == (0, 0)
        assert not record.is_complete


class TestInForce:
    def test_of_one_instant_the_last_is_in_force(self) -> None:
        rows = readings((0, "0"), (10, "7"), (10, "5"), (20, "6"))
        assert usage(counter(), rows, span(0, 10)).quantity.amount == 5

    def test_a_later_source_wins_an_instant_only_by_its_name(self) -> None:
        rows = [*readings((0, "0"), (10, "7")), reading(1, 10, D("4"), source="edge-0")]
        for order in itertools.permutations(rows):
            assert usage(counter(), order, span(0, 10)).quantity.amount == 7

    def test_a_correction_replaces_its_reading(self) -> None:
        rows = readings((0, "0"), (10, "70"), (20, "9"))
        corrected = [*rows, correction(1, rows[1], D("7"))]
        for order in itertools.permutations(corrected):
            record = usage(counter(), order, span(0, 20))
            assert (record.quantity.amount, record.exclusion_count) == (9, 0)

    def test_a_correction_keeps_the_place_of_what_it_replaces(self) -> None:
        rows = readings((0, "0"), (10, "70"), (10, "5"))
        corrected = [*rows, correction(1, rows[1], D("6"), source="zz")]
        assert usage(counter(), corrected, span(0, 10)).quantity.amount == 5

    def test_a_correction_to_nothing_makes_a_gap(self) -> None:
        rows = readings((0, "0"), (10, "7"), (20, "9"))
        record = usage(counter(), [*rows, correction(1, rows[1], None)], span(0, 20))
        assert (record.quantity.amount, record.covered_us) == (9, 10_000_000)

    def test_of_several_corrections_the_last_counts_and_chains_are_followed(self) -> None:
        rows = readings((0, "0"), (10, "70"))
        first = correction(1, rows[1], D("6"))
        second = correction(2, rows[1], D("7"))
        third = correction(3, second, D("8"))
        for some, expected in (([first, second], 7), ([first, second, third], 8)):
            for order in itertools.permutations([*rows, *some]):
                assert usage(counter(), order, span(0, 10)).quantity.amount == expected

    def test_corrections_in_a_circle_are_refused(self) -> None:
        rows = readings((0, "0"), (10, "7"))
        one = correction(1, rows[1], D("6"))
        two = correction(2, one, D("5"))
        one = correction(1, two, D("6"))
        with pytest.raises(Invalid, match="circle"):
            usage(counter(), [*rows, one, two], DAY)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"rate_max": None}, "rate_max is missing"),
        ({"rate_max": 0}, "positive rate_max"),
        ({"rate_max": 0.5}, "exact number"),
        ({"rate_max": "fast"}, "exact number"),
        ({"resolution": -1}, "not negative"),
        ({"modulus": 0}, "modulus"),
        ({"boundary": "MIDDLE"}, "LINEAR"),
        ({"speed": 1}, "unknown parameters of a meter: speed"),
        ({"exchanges": [{}]}, "at = None"),
        ({"exchanges": "no"}, "expected a list"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    parameters: dict[str, object], match: str
) -> None:
    with pytest.raises(Invalid, match=match):
        counter(**parameters)


def test_exchanges_have_a_maximum() -> None:
    def exchanges(count: int) -> list[dict[str, str]]:
        one = {"old_final": "1", "new_start": "0", "reference": "WO"}
        return [one | {"at": format_instant(at(i))} for i in range(count)]

    counter(exchanges=exchanges(EXCHANGES_MAX))
    with pytest.raises(Invalid, match="at most 1000 exchanges"):
        counter(exchanges=exchanges(EXCHANGES_MAX + 1))
