"""SHDR lines: the rules by example, and any bytes at all."""

import gzip
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import Reading, Refused, StatusCode
from lineshaft.core.value import DecimalValue, Value, parse_decimal
from lineshaft.network.connectors.mtconnect.codec import (
    FIELDS_MAX,
    LINE_BYTES_MAX,
    decode_line,
    encode_line,
)
from lineshaft.network.connectors.mtconnect.devices import DataItem, Device, parse_devices
from lineshaft.network.connectors.service import sample_day

NOW = parse_instant("2027-01-01T00:00:00Z")
STAMP = "2017-06-22T00:00:00.000001Z"
TS = parse_instant(STAMP)

DEVICES = b"""<MTConnectDevices><Device id='d' name='D' uuid='u'><DataItems>
<DataItem id='x' category='SAMPLE' type='POSITION' units='MILLIMETER'/>
<DataItem id='n' name='parts' category='EVENT' type='PART_COUNT'/>
<DataItem id='e' name='program' category='EVENT' type='PROGRAM'/>
<DataItem id='m' name='msg' category='EVENT' type='MESSAGE'/>
<DataItem id='c' name='cond' category='CONDITION' type='SYSTEM'/>
<DataItem id='t' name='series' category='SAMPLE' type='LOAD' representation='TIME_SERIES'/>
<DataItem id='p' name='place' category='SAMPLE' type='PATH_POSITION' units='MILLIMETER_3D'/>
<DataItem id='parts' name='shadow' category='EVENT' type='LINE'/>
</DataItems></Device></MTConnectDevices>"""
DEVICE = parse_devices(DEVICES, "D", "m1")


def decoded(text: str, device: Device = DEVICE) -> list[tuple[str, object]]:
    """Signal and value of each reading; signal and ('refused', reason) of each refusal."""
    return [
        (i.signal, i.value if isinstance(i, Reading) else ("refused", i.reason))
        for i, _ in decode_line(text.encode(), device, NOW)
    ]


def condition(**fields: str) -> str:
    empty = dict.fromkeys(("level", "message", "native_code", "qualifier", "severity"), "")
    return json.dumps(empty | fields, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{STAMP}|x|1.50", [("m1/x", DecimalValue(150, -2))]),
        (f"{STAMP}|x| -1E-005 ", [("m1/x", DecimalValue(-1, -5))]),
        (f"{STAMP}|x|1|parts|7", [("m1/x", DecimalValue(1, 0)), ("m1/parts", DecimalValue(7, 0))]),
        (f"{STAMP}|program|0767", [("m1/program", "0767")]),
        (f"{STAMP}|program|", [("m1/program", "")]),
        (f"{STAMP}|D:program|P1|u:x|2", [("m1/program", "P1"), ("m1/x", DecimalValue(2, 0))]),
        (f"{STAMP}|place|1 2 3", [("m1/place", "1 2 3")]),
        (f"{STAMP}|shadow|N10", [("m1/shadow", "N10")]),
        (f"{STAMP}|msg|17|open door", [("m1/msg", '{"native_code":"17","text":"open door"}')]),
        (
            f"{STAMP}|cond|Warning|371|2|HIGH|UP SWITCH)",
            [("m1/cond", condition(level="WARNING", native_code="371", severity="2",
                                   qualifier="HIGH", message="UP SWITCH)"))],
        ),
        (
            f"{STAMP}|cond|Normal|||||x|3",
            [("m1/cond", condition(level="NORMAL")), ("m1/x", DecimalValue(3, 0))],
        ),
        (f'{STAMP}|program|"a\\|b"|x|1', [("m1/program", "a|b"), ("m1/x", DecimalValue(1, 0))]),
        (f'{STAMP}|program|"a"', [("m1/program", '"a"')]),
    ],
)  # fmt: skip
def test_values(text: str, expected: list[tuple[str, object]]) -> None:
    assert decoded(text) == expected


@pytest.mark.parametrize("word", ["UNAVAILABLE", "Unavailable", "unavailable"])
@pytest.mark.parametrize(
    "pair", ["x|{}", "program|{}", "cond|{}||||", "cond|{}", "msg||{}", "msg|{}|"]
)
def test_unavailable_is_a_reading_with_a_status_and_no_value(word: str, pair: str) -> None:
    [(item, _)] = decode_line(f"{STAMP}|{pair.format(word)}".encode(), DEVICE, NOW)
    assert isinstance(item, Reading)
    assert (item.value, item.status, item.ts) == (None, StatusCode.BAD_NO_COMMUNICATION, TS)


@pytest.mark.parametrize(
    ("stamp", "instant"),
    [
        ("2017-06-22T10:00:00Z", "2017-06-22T10:00:00Z"),
        ("2017-06-22T10:00:00.5Z", "2017-06-22T10:00:00.500000Z"),
        ("2017-06-22T10:00:00.0625000Z", "2017-06-22T10:00:00.062500Z"),
        ("2017-06-22T10:00:00.123456Z", "2017-06-22T10:00:00.123456Z"),
        ("2017-06-22T12:00:00+02:00", "2017-06-22T10:00:00Z"),
    ],
)
def test_stamps(stamp: str, instant: str) -> None:
    [(item, _)] = decode_line(f"{stamp}|x|1".encode(), DEVICE, NOW)
    assert item.ts == parse_instant(instant)


@given(second=st.integers(0, 4_000_000_000), fraction=st.text("0123456789٣.+", max_size=10))
def test_stamps_are_read_as_instants_are(second: int, fraction: str) -> None:
    """However the fraction is written, the short way says what `parse_instant` says."""
    text = f"{format_instant(Instant(second * 1_000_000))[:19]}.{fraction}Z"
    [(item, _)] = decode_line(f"{text}|x|1".encode(), DEVICE, NOW)
    try:
        expected = parse_instant(text)
    except Invalid:
        assert isinstance(item, Refused)
        assert item.ts == NOW
    else:
        assert isinstance(item, Reading)
        assert item.ts == expected


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        (f"{STAMP}|nothing|1", ["m1/$refused"]),
        (f"{STAMP}|nothing|1|x|2|other|3", ["m1/$refused", "m1/x", "m1/$refused"]),
        (f"{STAMP}|nothing|Unavailable||||", ["m1/$refused"]),
        (f"{STAMP}|nothing|Warning|371|||text|x|1", ["m1/$refused", "m1/x"]),
        (f"{STAMP}|other:x|1", ["m1/$refused"]),
        (f"{STAMP}|@ASSET@|T1|CuttingTool|<x/>", ["m1/$refused"]),
        (f"{STAMP}|x|NaN", ["m1/x"]),
        (f"{STAMP}|x|1,5", ["m1/x"]),
        (f"{STAMP}|x|", ["m1/x"]),
        (f"{STAMP}|x", ["m1/x"]),
        (f"{STAMP}|parts|many", ["m1/parts"]),
        (f"{STAMP}|cond|Terrible||||", ["m1/cond"]),
        (f"{STAMP}|msg|17", ["m1/msg"]),
        (f"{STAMP}|series|2|100|1 2|x|1", ["m1/series", "m1/x"]),
        (STAMP, ["m1/$refused"]),
        (f"{STAMP}||", ["m1/$refused"]),
        ("yesterday|x|1", ["m1/$refused"]),
        ("|x|1", ["m1/$refused"]),
        ("2017-02-30T00:00:00.000000Z|x|1", ["m1/$refused"]),
        ("2017-06-22T00:00:61.000000Z|x|1", ["m1/$refused"]),
        (f"{STAMP}|x|" + "9" * 65, ["m1/x"]),
        (f"{STAMP}|x|1" + "|x|1" * FIELDS_MAX, ["m1/$refused"]),
        (f"{STAMP}|program|" + "a" * LINE_BYTES_MAX, ["m1/$refused"]),
        (f"{STAMP}|program|" + "a" * 20_000, ["m1/program"]),
    ],
)
def test_what_cannot_be_taken_is_a_refusal_of_its_signal(text: str, signals: list[str]) -> None:
    found = [item for item, _ in decode_line(text.encode(), DEVICE, NOW)]
    assert [item.signal for item in found] == signals
    refused = [item for item in found if isinstance(item, Refused)]
    assert refused
    assert all(item.raw == text.encode() and item.reason for item in refused)


def test_the_day_has_its_golden_numbers(mazak: Device) -> None:
    lines = gzip.decompress(sample_day()[0].read_bytes()).splitlines()
    found = [o.item for line in lines for o in decode_line(line, mazak, NOW)]
    assert Counter(type(item).__name__ for item in found) == {"Reading": 100_158, "Refused": 21}
    assert {i.signal for i in found if isinstance(i, Refused)} == {"mazak01/$refused"}
    cut_time = [i for i in found if i.signal == "mazak01/cut_time" and i.value is not None]
    assert all(isinstance(item.value, DecimalValue) for item in cut_time)
    assert len([i for i in found if i.signal == "mazak01/cut_time"]) == 11_375


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).filter(
    lambda t: t.strip().upper() != "UNAVAILABLE" and (not t.startswith('"') or "|" in t)
)
_decimal = st.builds(DecimalValue, st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18))
_condition = st.none() | st.fixed_dictionaries(
    {"level": st.sampled_from(["NORMAL", "WARNING", "FAULT"])}
    | dict.fromkeys(("message", "native_code", "qualifier", "severity"), _text)
).map(lambda fields: json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
_message = st.none() | st.fixed_dictionaries(dict.fromkeys(("native_code", "text"), _text)).map(
    lambda fields: json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
)
_values = {
    "x": st.none() | _decimal,
    "n": st.none() | _decimal,
    "e": st.none() | _text,
    "m": _message,
    "c": _condition,
    "p": st.none() | _text,
}
_items = {item.id: item for item in DEVICE.items}
_pair = st.sampled_from(sorted(_values)).flatmap(
    lambda i: st.tuples(st.just(_items[i]), _values[i])
)


@given(
    st.integers(-(10**14), 10**15).map(Instant),
    st.lists(_pair, min_size=1, max_size=8),
)
def test_what_is_written_is_read_again(ts: Instant, pairs: list[tuple[DataItem, Value]]) -> None:
    found = [o.item for o in decode_line(encode_line(ts, pairs), DEVICE, NOW)]
    bad = StatusCode.BAD_NO_COMMUNICATION
    assert found == [
        Reading(item.signal, ts, value, StatusCode.GOOD if value is not None else bad)
        for item, value in pairs
    ]


_pieces = st.sampled_from(
    [
        b"|",
        b"x",
        b"cond",
        b"Warning",
        b"1",
        b'"',
        b"\\|",
        b"UNAVAILABLE",
        STAMP.encode(),
        b"\xff",
        b":",
    ]
)


@given(st.binary(max_size=200) | st.lists(_pieces, max_size=20).map(b"".join))
def test_no_bytes_crash_it_and_none_are_dropped(line: bytes) -> None:
    found = decode_line(line, DEVICE, NOW)
    assert found
    assert all(o.raw == line for o in found)


def test_numbers_are_those_of_the_text() -> None:
    assert decoded(f"{STAMP}|x|0012.500") == [("m1/x", parse_decimal("12.500"))]
