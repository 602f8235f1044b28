"""Values and stamps of whole columns are those of the reference, digit for digit."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import parse_instant
from lineshaft.core.value import TEXT_BYTES_MAX, DecimalValue, parse_decimal
from lineshaft.network.backfill.columns import Values
from lineshaft.network.backfill.errors import MapInvalid
from lineshaft.network.backfill.model import FileMap
from lineshaft.network.backfill.stamps import instants
from lineshaft.network.backfill.values import values_of

US = 1_000_000
NUMBERS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"[+-]?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["0x1F", "0X1", ".-5", "-.5", "5.", ".", "-", "1_0", " 1", "1 ", "٣", "NaN"]),
    st.text(max_size=5),
)


def decimals_of(values: Values) -> list[DecimalValue | None]:
    return [
        DecimalValue(int(mantissa), int(exponent)) if bits else None
        for bits, mantissa, exponent in zip(
            values.presence, values.mantissa, values.exponent, strict=True
        )
    ]


@given(st.lists(NUMBERS.filter(lambda text: text.isprintable()), max_size=12))
def test_decimals_are_those_of_the_reference(texts: list[str]) -> None:
    found = values_of(pa.array(texts, pa.string()), "decimal")
    for cell, (text, value) in enumerate(zip(texts, decimals_of(found), strict=True)):
        try:
            expected, why = (parse_decimal(text) if text else None), None
        except Invalid as error:
            expected, why = None, str(error)
        assert (value, found.problems.get(cell)) == (expected, why)


@pytest.mark.parametrize(
    "text", ["12.50", "-0.001", "9223372036854775807", "0." + "0" * 17 + "1", "1.5E-3", "+7", "5."]
)
def test_a_number_alone_and_among_others_is_the_same(text: str) -> None:
    expected = parse_decimal(text)
    assert decimals_of(values_of(pa.array([text]), "decimal")) == [expected]
    among = values_of(pa.array(["1.25", text, "x", "-3"]), "decimal")
    assert decimals_of(among)[1] == expected


@pytest.mark.parametrize("text", ["12,5", "1e99", "9223372036854775808", "0x1F", "NaN", "1 000"])
def test_what_is_no_exact_decimal_is_refused(text: str) -> None:
    found = values_of(pa.array([text, "1"]), "decimal")
    assert list(found.problems) == [0]
    assert decimals_of(found) == [None, DecimalValue(1, 0)]


def test_decimals_of_parquet_keep_their_scale() -> None:
    column = pa.array(
        [Decimal("1.500"), None, Decimal("-9223372036854775.808")], pa.decimal128(38, 3)
    )
    expected = [DecimalValue(1500, -3), None, DecimalValue(-(2**63), -3)]
    assert decimals_of(values_of(column, "decimal")) == expected
    assert decimals_of(values_of(column[1:], "decimal")) == expected[1:]
    too_long = pa.array([Decimal("92233720368547758.08")], pa.decimal128(38, 3))
    assert list(values_of(too_long, "decimal").problems) == [0]
    ends_in_zero = pa.array([Decimal("92233720368547758.070")], pa.decimal128(38, 3))
    assert decimals_of(values_of(ends_in_zero, "decimal")) == [DecimalValue(2**63 - 1, -2)]
    deep = pa.array([Decimal("0." + "0" * 24 + "1")], pa.decimal128(38, 25))
    assert values_of(deep, "decimal").problems


def test_integers_booleans_floats_and_texts() -> None:
    assert decimals_of(values_of(pa.array([1, None, -5], pa.int32()), "decimal"))[::2] == [
        DecimalValue(1, 0),
        DecimalValue(-5, 0),
    ]
    large = values_of(pa.array([2**63 - 1, 2**63], pa.uint64()), "decimal")
    assert list(large.problems) == [1]
    floats = values_of(pa.array([0.1, float("nan"), None], pa.float64()), "decimal")
    assert (floats.number[0], list(floats.problems)) == (0.1, [1])
    assert floats.presence.tolist() == [8, 0, 0]
    booleans = values_of(pa.array(["TRUE", "0", "", "yes"]), "boolean")
    assert booleans.presence.tolist() == [2, 2, 0, 0]
    assert (booleans.mantissa.tolist()[:2], list(booleans.problems)) == ([1, 0], [3])
    assert values_of(pa.array([True, None]), "decimal").mantissa.tolist() == [1, 0]
    texts = values_of(pa.array(["ACTIVE", "", "x" * (TEXT_BYTES_MAX + 1), None]), "text")
    assert texts.text.to_pylist() == [b"ACTIVE", None, None, None]
    assert list(texts.problems) == [2]
    with pytest.raises(MapInvalid, match="holds no values"):
        values_of(pa.array([dt.date(2026, 1, 1)]), "decimal")


STAMPS = st.one_of(
    st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)).map(
        lambda t: t.isoformat() + "Z"
    ),
    st.sampled_from(
        [
            *("2026-01-05T12:00:00+01:00", "2026-01-05 12:00:00Z", "2026-13-05T00:00:00Z"),
            *("2026-01-05T12:00:00.1234560Z", "2026-01-05T12:00:00.1234567Z"),
            *("2026-01-05T12:00:00", "x", ""),
        ]
    ),
)


@given(st.lists(STAMPS, max_size=10))
def test_stamps_are_those_of_the_reference(texts: list[str]) -> None:
    found, problems = instants(pa.array(texts, pa.string()), FileMap())
    for row, text in enumerate(texts):
        try:
            expected = parse_instant(text.replace(" ", "T"))
        except Invalid:
            assert row in problems
        else:
            assert found[row] == expected
            assert row not in problems


def test_a_stamp_without_an_offset_needs_a_word() -> None:
    column = pa.array(["2026-01-05T12:00:00", "2026-01-05T12:00:00+02:00", "2026-01-05 12:00"])
    assert sorted(instants(column, FileMap())[1]) == [0, 2]
    found, problems = instants(column, FileMap(assume_utc=True))
    assert not problems
    noon = parse_instant("2026-01-05T12:00:00Z")
    assert found.tolist() == [noon, noon - 7_200 * US, noon]


@pytest.mark.parametrize(
    ("unit", "count"), [("s", 5), ("ms", 5_000), ("us", 5 * US), ("ns", 5 * US * 1000)]
)
def test_counts_since_1970(unit: str, count: int) -> None:
    file_map = FileMap(ts_unit=unit)
    for column in (pa.array([count, None]), pa.array([str(count), "x"])):
        found, problems = instants(column, file_map)
        assert (found[0], list(problems)) == (5 * US, [1])
    assert list(instants(pa.array([2**62]), FileMap(ts_unit="s"))[1]) == [0]
    assert list(instants(pa.array([1]), FileMap(ts_unit="ns"))[1]) == [0]


def test_timestamps_of_parquet() -> None:
    stamp = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    noon = parse_instant("2026-01-05T12:00:00Z")
    for unit in ("s", "ms", "us", "ns"):
        column = pa.array([stamp, None], pa.timestamp(unit, "Europe/Berlin"))
        found, problems = instants(column, FileMap())
        assert (found[0], list(problems)) == (noon, [1])
    civil = pa.array([stamp.replace(tzinfo=None)], pa.timestamp("us"))
    assert instants(civil, FileMap(assume_utc=True))[0].tolist() == [noon]
    for column in (civil, pa.array([1.5])):
        with pytest.raises(MapInvalid, match="map"):
            instants(column, FileMap())
    assert instants(pa.array([], pa.string()), FileMap())[0].dtype == np.int64
