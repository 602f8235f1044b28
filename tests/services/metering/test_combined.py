"""Meters over several signals: good parts, and formulas over other meters."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.core.quantity import UnitMismatch
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.services.metering.measure import measure, reach_of
from lineshaft.services.metering.model import EvidenceRange, Meter, Row, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, at, meter, reading, readings, span, usage

COUNTER: dict[str, Any] = {"rate_max": 100}
GOOD = meter("good_count", "C62", total=COUNTER, rejects=COUNTER, rejects_signal="rejects")
REJECTS = SignalId("mill/rejects")


def over(used: Meter, rows: Mapping[str, list[Row]], period: Period) -> UsageRecord:
    """Measure the rows of signals by their names; `x` is the signal of the meter."""
    others = {SignalId(f"mill/{name}"): SeriesRows.of(r) for name, r in rows.items() if name != "x"}
    given_rows = MeterInput(SeriesRows.of(rows.get("x", [])), others=others)
    return measure(used, given_rows, period, KNOWN_AT)


def expression(formula: str, unit: str, **inputs: dict[str, Any]) -> Meter:
    return meter("expression", unit, formula=formula, inputs=inputs)


def counting(signal: str | None = None, unit: str = "C62", **more: Any) -> dict[str, Any]:
    content = {"kind": "counter", "unit": unit, "parameters": COUNTER | more}
    return content if signal is None else content | {"signal": signal}


TOTAL_ROWS = readings((0, "100"), (60, "160"), (120, "200"))
REJECT_ROWS = readings((0, "5"), (60, "8"), (120, "9"))


def test_good_parts_are_what_was_made_less_what_was_rejected() -> None:
    record = over(GOOD, {"x": TOTAL_ROWS, "rejects": REJECT_ROWS}, span(0, 120))
    assert record.quantity.amount == 96
    assert [(part.name, part.quantity.amount) for part in record.parts] == [
        ("total", 100),
        ("rejects", 4),
    ]
    assert record.is_complete


def test_a_combination_is_as_complete_as_its_least_complete_input() -> None:
    record = over(GOOD, {"x": TOTAL_ROWS}, span(0, 120))
    assert (record.quantity.amount, record.completeness, record.is_complete) == (100, 0, False)
    gap = readings((0, "5"), (60, None), (90, "8"), (120, "9"))
    record = over(GOOD, {"x": TOTAL_ROWS, "rejects": gap}, span(0, 120))
    assert record.completeness == Fraction(3, 4)
    assert record.bridged_gap_count == 1


def test_exclusions_and_refusals_of_every_signal_are_said() -> None:
    glitch = readings((0, "5"), (60, "99999999"), (120, "9"))
    refused = [*REJECT_ROWS, reading(9, 70, None, kind=RecordKind.REFUSAL)]
    rows = {"x": glitch, "rejects": refused}
    record = over(GOOD, rows, span(0, 120))
    assert (record.exclusion_count, record.refusal_count) == (1, 1)


def test_an_expression_over_meters_of_several_kinds() -> None:
    used = expression(
        "energy / made",
        "KWH",
        energy={
            "kind": "integral",
            "unit": "KWH",
            "parameters": {"signal_unit": "KWT", "gap_max_s": 7200},
        },
        made=counting("made"),
    )
    rows = {"x": readings((0, "12")), "made": readings((0, "0"), (3600, "48"))}
    assert over(used, rows, span(0, 3600)).quantity.amount == Fraction(1, 4)


def test_two_inputs_of_one_signal_and_hours() -> None:
    hours = {"zone": "UTC", "mon": ["00:00-00:01"]}
    used = expression(
        "peak / (peak + rest)",
        "P1",
        peak=counting(hours=hours),
        rest=counting(hours=hours | {"outside": True}),
    )
    assert used.signals == ("mill/x",)
    record = over(used, {"x": readings((0, "0"), (240, "400"))}, span(0, 240))  # a Monday
    assert record.quantity.amount == 25
    assert record.is_complete


def test_a_division_by_zero_is_undefined_and_never_a_number() -> None:
    used = expression("a / b", "C62", a=counting(), b=counting("rejects"))
    record = over(used, {"x": TOTAL_ROWS, "rejects": readings((0, "1"), (120, "1"))}, span(0, 120))
    assert record.is_undefined
    assert not record.is_complete


def test_an_input_without_a_quantity_makes_the_whole_undefined() -> None:
    mean = {"kind": "time_weighted_mean", "unit": "CEL", "parameters": {"gap_max_s": 60}}
    used = expression("a - b", "CEL", a=mean, b=mean | {"signal": "outdoors"})
    assert over(used, {"x": readings((0, "20"))}, span(0, 60)).is_undefined


@pytest.mark.parametrize(
    "used",
    [
        GOOD,
        expression("a / b", "C62", a=counting(), b=counting("rejects")),
        expression("2 * a", "MWH", a=counting(unit="KWH", hours={"zone": "UTC"})),
    ],
)
def test_a_combined_meter_and_its_record_survive_their_content(used: Meter) -> None:
    content = canonical.decode(canonical.encode(used.to_content()))
    assert Meter.from_content(content) == used
    record = over(used, {"x": TOTAL_ROWS, "rejects": REJECT_ROWS}, span(0, 120))
    content = canonical.decode(canonical.encode(record.to_content()))
    assert UsageRecord.from_content(content) == record


def test_a_record_of_one_signal_names_nothing_new() -> None:
    content = usage(meter("counter", "C62", **COUNTER), TOTAL_ROWS, span(0, 120)).to_content()
    new = {"parts", "metered_us", "is_undefined", "spans", "clock_offsets", "exchanges"}
    assert new.isdisjoint(content)
    assert set(content["meter"]["parameters"]) == {
        "boundary",
        "exchanges",
        "modulus",
        "rate_max",
        "resolution",
        "restarts_at",
        "signal_unit",
        "tolerance",
    }
    one = EvidenceRange(TOTAL_ROWS[0].identity.source, 1, 1, 2, 1, 2)
    assert "signal" not in one.to_content()


@pytest.mark.parametrize("signal", ["mill/x", "mill/other", 5])
def test_a_range_of_a_signal_that_the_meter_does_not_read_is_refused(signal: object) -> None:
    content = over(GOOD, {"x": TOTAL_ROWS, "rejects": REJECT_ROWS}, span(0, 120)).to_content()
    part = {"epoch": 1, "first_header": 1, "first_ordinal": 1, "last_header": 1, "last_ordinal": 1}
    right = content | {"ranges": [part | {"source": "a", "signal": "mill/rejects"}]}
    assert (
        UsageRecord.from_content(right).signal_of(UsageRecord.from_content(right).ranges[0])
        == REJECTS
    )
    with pytest.raises(Invalid):
        UsageRecord.from_content(content | {"ranges": [part | {"source": "a", "signal": signal}]})


@pytest.mark.parametrize(
    "parts",
    [[{"name": "total"}], ["total"], [{"name": 1, "amount": "1", "unit": "C62", "covered_us": 1}]],
)
def test_parts_that_are_none_are_refused(parts: list[Any]) -> None:
    content = over(GOOD, {"x": TOTAL_ROWS, "rejects": REJECT_ROWS}, span(0, 120)).to_content()
    with pytest.raises(Invalid):
        UsageRecord.from_content(content | {"parts": parts})


@pytest.mark.parametrize(
    ("formula", "inputs", "match"),
    [
        ("a + b", {"a": counting()}, "a, b"),
        ("a", {"a": counting(), "b": counting()}, "no other"),
        ("1", {}, "none of its inputs"),
        ("a", {"a": counting("other")}, "none of its inputs"),
        ("a", {"a": {"kind": "expression", "unit": "C62"}}, "one signal"),
        ("a", {"a": counting() | {"mood": 1}}, "input a"),
        ("a", {"a": 5}, "input a"),
        ("a", {"a": counting("no slash/please")}, "signal"),
        (None, {"a": counting()}, "formula"),
    ],
)
def test_expressions_that_make_no_sense_are_refused(
    formula: Any, inputs: dict[str, Any], match: str
) -> None:
    with pytest.raises(Invalid, match=match):
        expression(formula, "C62", **inputs)


def test_an_expression_has_at_most_twenty_inputs() -> None:
    names = [f"a{number}" for number in range(20)]
    used = expression(" + ".join(names), "C62", **{name: counting() for name in names})
    assert len(used.parts()) == 20
    with pytest.raises(Invalid, match="at most 20"):
        expression(" + ".join([*names, "b"]), "C62", **{name: counting() for name in [*names, "b"]})


def test_the_units_of_inputs_must_fit() -> None:
    with pytest.raises(UnitMismatch):
        expression("a + b", "KWH", a=counting(unit="KWH"), b=counting("rejects"))
    with pytest.raises(UnitMismatch):
        meter(
            "good_count",
            "KWH",
            total=COUNTER | {"signal_unit": "C62"},
            rejects=COUNTER,
            rejects_signal="r",
        )


VALUES = st.none() | st.integers(0, 60).map(str)
PAIRS = st.lists(st.tuples(st.integers(0, 40), VALUES), max_size=10, unique_by=lambda p: p[0])
CUTS = st.lists(st.integers(-20, 450), min_size=3, max_size=3, unique=True).map(sorted)
ADDITIVE = st.sampled_from(
    [
        GOOD,
        expression("a - 3 * b / 2", "C62", a=counting(), b=counting("rejects", restarts_at=None)),
    ]
)
ANY = ADDITIVE | st.just(expression("a / (a + b)", "P1", a=counting(), b=counting("rejects")))


def rows_of(pairs: list[tuple[int, str | None]]) -> list[Row]:
    return readings(*sorted(pairs, key=lambda pair: pair[0]))


@given(ADDITIVE, PAIRS, PAIRS, CUTS)
@settings(max_examples=60)
def test_i2_what_is_linear_adds_up_over_any_cut(
    used: Meter, total: list[Any], rejects: list[Any], cuts: list[int]
) -> None:
    rows = {"x": rows_of(total), "rejects": rows_of(rejects)}
    start, middle, end = (cut / 10 for cut in cuts)
    whole = over(used, rows, span(start, end)).quantity.amount
    parts = [over(used, rows, part) for part in (span(start, middle), span(middle, end))]
    assert sum(part.quantity.amount for part in parts) == whole


@given(ANY, PAIRS, PAIRS, CUTS, st.randoms())
@settings(max_examples=60)
def test_each_input_is_what_its_own_meter_finds_within_its_reach_in_any_order(
    used: Meter, total: list[Any], rejects: list[Any], cuts: list[int], order: Any
) -> None:
    rows = {"x": rows_of(total), "rejects": rows_of(rejects)}
    period = Period(at(cuts[0] / 10), at(cuts[1] / 10))
    record = over(used, rows, period)
    found = {
        name: usage(part, rows[part.signal.partition("/")[2]], period)
        for name, part in used.parts().items()
    }
    for part in record.parts:
        assert part.quantity == found[part.name].quantity
    assert record.unknown_us == max(each.unknown_us for each in found.values())
    within = {}
    for name, listed in rows.items():
        parts = [part for part in used.parts().values() if part.signal == f"mill/{name}"]
        needed = reach_of(parts, MeterInput(SeriesRows.of(listed)), period, KNOWN_AT)
        within[name] = [
            row
            for row in listed
            if (needed.since is None or row.ts >= needed.since)
            and (needed.until is None or row.ts <= needed.until)
        ]
        order.shuffle(within[name])
    assert over(used, within, period).to_content() == record.to_content()
