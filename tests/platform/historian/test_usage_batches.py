"""Whole columns say what single events say: what is read, how it is cut, sealed and kept."""

import re
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import US_PER_DAY, Instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId, StatusCode
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.wire import ChainPosition, cut, seal, seal_blocks
from lineshaft.core.value import Columns
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.usage import bodies, store
from lineshaft.platform.historian.usage.batches import NONE, Claims, claims_of
from lineshaft.platform.historian.usage.claims import NumberText, claim_of, on_unknown_signal
from lineshaft.platform.historian.usage.model import Claim
from lineshaft.platform.historian.usage.sealing import Rows, joined, segments_of
from tests.platform.historian.house import START, House
from tests.platform.historian.usage_house import event, events, outcomes, record, total, usage_of

LATEST = Instant(START + 30 * US_PER_DAY)
KEY, SALT = Ed25519PrivateKey.from_private_bytes(b"k" * 32), b"s" * 32

IDS = st.sampled_from(["e-1", "e-2", "x" * 200, "x" * 201, "a b", "ä", "", "e\n", None])
SIGNALS = st.sampled_from(["m1/energy", "m2/ä", "m1/gone", "energy", "M/x", "m1/\ud800", 5])
STAMPS = st.sampled_from(
    [
        *("2027-03-01T00:00:01Z", "2027-03-01T00:00:01.1Z", "2027-03-01T00:00:01.123456Z"),
        *("2027-03-01T00:00:01.1234567Z", "2027-03-01T00:00:01.123456000Z", "2027-03-01T00:00Z"),
        *("2027-03-01T01:00:01+01:00", "2027-03-01t00:00:01z", "2027-02-30T00:00:00Z"),
        *("1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z"),
        *("2027-03-31T00:00:00Z", "2027-03-31T00:00:00.000001Z", "9999-12-31T23:59:59Z"),
        *("2027-03-01T00:00:60Z", "2027-03-01T24:00:00Z", "2027-03-01T00:00:01Z\n", "now", None),
    ]
)
NUMBERS = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers(-(2**65), 2**65).map(str),
    st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{0,12})?\Z"),
    st.sampled_from(
        ["-0.00", "007.50", "1e3", "+5", ".5", "5.", "12,5", "1" * 19, "0." + "1" * 18]
    ),
)
VALUES = st.one_of(
    NUMBERS, NUMBERS.map(NumberText), st.sampled_from([None, True, [], "٣", "\ud800"])
)
GOOD = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"\Ae-[0-9]{1,3}\Z"),
        "signal": st.sampled_from(["m1/energy", "m2/ä", "m1/gone"]),
        "ts": st.sampled_from(["2027-03-01T00:00:01Z", "2027-03-01T00:00:01.25Z"]),
        "value": st.from_regex(r"\A-?[0-9]{1,9}(\.[0-9]{1,9})?\Z"),
    }
)
EVENTS = st.one_of(
    GOOD,
    GOOD,
    st.fixed_dictionaries({"id": IDS, "signal": SIGNALS, "ts": STAMPS, "value": VALUES}),
    st.fixed_dictionaries({"id": IDS, "signal": SIGNALS, "ts": STAMPS, "text": VALUES}),
    st.just("text"),
)


def claim_at(claims: Claims, index: int) -> Claim:
    """The claim of one event, from the columns."""
    if index in claims.bad:
        return claims.bad[index]
    signal, ts = claims.signals[claims.code[index]], Instant(int(claims.ts[index]))
    number = int(claims.mantissa[index]), int(claims.exponent[index])
    text = claims.texts.get(index)
    columns = Columns(*number) if text is None else Columns(text=text)
    return Claim(claims.ids[index], signal, ts, claims.digests[index], columns)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=8))
def test_a_batch_is_read_as_its_events_are_read_alone(sent: list[object]) -> None:
    alone = [claim_of(one, LATEST) for one in sent]
    claims = claims_of(sent, LATEST)
    assert [claim_at(claims, index) for index in range(len(sent))] == alone
    assert claims.ids == [one.id for one in alone]
    assert [None if at == NONE else at for at in claims.ts.tolist()] == [one.ts for one in alone]
    named = [None if code == NONE else claims.signals[code] for code in claims.code.tolist()]
    assert named == [one.signal for one in alone]
    unknown = frozenset(one for one in claims.signals if one.endswith("/gone"))
    claims.refuse(unknown)
    judged = [on_unknown_signal(one) if one.signal in unknown else one for one in alone]
    assert [claim_at(claims, index) for index in range(len(sent))] == judged


JSON_VALUES = st.one_of(
    st.sampled_from(["12.10", "-0", "1e3", "1E-2", "NaN", "-Infinity", "null", "true", "[1, 2]"]),
    st.sampled_from(['"12.50"', '"a\\u0031"', '"\\ud800"', '"ä"', "{}", "01", "+1", '"a\x01"', ""]),
)
JSON_IDS = st.sampled_from(['"a"', '"ä\\n"', '"\\ud800"', "5", "null", '"a", "id": "b"'])
JSON_EVENTS = st.one_of(
    st.builds('{{"id": "a", "signal": "m1/x", "ts": "t", "value":{} }}'.format, JSON_VALUES),
    st.builds('{{"id":{},"signal":"m1/x","value" : {},"ts":"t"}}'.format, JSON_IDS, JSON_VALUES),
    st.builds('{{"id": "a", "signal": "m1/x", "ts": "t", "text": {}}}'.format, JSON_VALUES),
    st.sampled_from(["{}", "[]", '"a"', '{"id": "a", "more": 1}']),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON_EVENTS, max_size=3), st.sampled_from(['{{"events": [{}]}}', "[{}]", "{} "]))
def test_a_body_is_read_as_any_json_is(listed: list[str], form: str) -> None:
    body = form.format(", ".join(listed)).encode()
    try:
        expected = bodies.of_text(body)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            bodies.of_body(body)
    else:
        content = bodies.of_body(body)
        assert content == expected
        assert repr_of(content) == repr_of(expected)


def repr_of(content: object) -> object:
    """Content with the types of its texts: a number and a text are no longer equal."""
    if isinstance(content, dict):
        return {name: repr_of(value) for name, value in content.items()}
    if isinstance(content, list):
        return [repr_of(value) for value in content]
    return type(content), content


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_columns_are_sealed_as_their_records_are(data: st.DataObject) -> None:
    made = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(["m1/ä", "m1/z", "m2/energy"]),
                st.integers(START, LATEST),
                st.one_of(
                    st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18)),
                    st.sampled_from(["RUN", "", "ä" * 8_000]),
                ),
                st.booleans(),
            ),
            min_size=1,
            max_size=40,
        )
    )
    ordinals, sequence = {"m1/z": 7}, data.draw(st.sampled_from([1, 1_001]))
    counted, records = dict(ordinals), []
    for place, (signal, ts, value, _) in enumerate(made):
        counted[signal] = counted.get(signal, 0) + 1
        is_refused = isinstance(value, str) and made[place][3]
        records.append(
            Record(
                SignalId(signal),
                sequence + place,
                counted[signal],
                RecordKind.REFUSAL if is_refused else RecordKind.READING,
                StatusCode.BAD_DECODING_ERROR if is_refused else StatusCode.GOOD,
                Instant(ts),
                mantissa=None if isinstance(value, str) else value[0],
                exponent=None if isinstance(value, str) else value[1],
                text=value if isinstance(value, str) else None,
            )
        )
    at = data.draw(st.integers(0, len(records) - 1))
    rows = joined([rows_of(part) for part in (records[:at], records[at:]) if part])
    position = ChainPosition(SourceId("api"), 1, 1 if sequence == 1 else 2, NO_PREVIOUS)
    for blocks in segments_of(rows, sequence, ordinals):
        part = cut(records)
        assert seal_blocks(blocks, position, SALT, KEY) == seal(part, position, SALT, KEY)
        records = records[len(part) :]
    assert records == []


def rows_of(records: list[Record]) -> Rows:
    signals = sorted({one.signal for one in records})
    return Rows(
        signals,
        np.array([signals.index(one.signal) for one in records]),
        np.array([one.ts for one in records], np.int64),
        np.array([one.mantissa or 0 for one in records], np.int64),
        np.array([one.exponent or 0 for one in records], np.int8),
        {row: one.text.encode() for row, one in enumerate(records) if one.text is not None},
        [row for row, one in enumerate(records) if one.kind is RecordKind.REFUSAL],
    )


def test_a_statement_keeps_so_many_ids(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ROWS_PER_STATEMENT", 3)
    usage = usage_of(house)
    for first in (0, 7):
        assert set(outcomes(record(usage, *events(6, first)))) == {"stored"}
    assert (
        outcomes(record(usage, *events(13))) == ["duplicate"] * 6 + ["stored"] + ["duplicate"] * 6
    )
    assert str(total(house)) == "1.3"


@pytest.mark.both_engines
def test_a_batch_of_old_and_new_ids(database: Database, tmp_path: Path) -> None:
    usage = usage_of(House(tmp_path, database))
    record(usage, *events(3))
    sent = [event(9), event(1, NumberText("0.10")), event(9), event(10, text="RUN")]
    answer = record(usage, *sent)
    assert outcomes(answer) == ["stored", "duplicate", "duplicate", "stored"]
    places = [one.place.sequence for one in answer.receipts if one.place is not None]
    assert places == [4, 2, 4, 5]
