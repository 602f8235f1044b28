import hashlib

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import (
    Record,
    RecordKind,
    StatusCode,
    is_good,
    machine_of,
    name_of,
    signal_id,
)
from lineshaft.core.segment import merkle
from lineshaft.core.segment.beat import Beat, sign_beat, verify_beat
from lineshaft.core.segment.block import (
    decode_block,
    encode_block,
    encoded_size,
    from_records,
    to_records,
)
from lineshaft.core.segment.detail import RAW_BYTES_MAX, CorrectionDetail, RefusalDetail
from lineshaft.core.segment.errors import BadSignature, MalformedSegment, WrongRoot
from lineshaft.core.segment.header import NO_PREVIOUS, Header, check_source_id
from lineshaft.core.segment.tombstone import Tombstone, Tree
from lineshaft.core.segment.wire import (
    SEGMENT_BYTES_MAX,
    SEGMENT_RECORDS_MAX,
    SEGMENT_WIRE_BYTES_MAX,
    ChainPosition,
    cut,
    decode_segment,
    encode_segment,
    open_segment,
    seal,
)
from lineshaft.core.value import TEXT_BYTES_MAX, to_columns
from tests.core.test_value import VALUES

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SECRET = bytes(range(32, 64))
START = ChainPosition("edge-1", 1, 1, NO_PREVIOUS)
TS = st.integers(-(2**62), 2**62)


@st.composite
def record_runs(draw, max_size=12):
    """Contiguous records of a few signals with right ordinals."""
    ordinals: dict[str, int] = {}
    records = []
    for sequence in range(1, draw(st.integers(1, max_size)) + 1):
        signal = draw(st.sampled_from(["m1/a", "m1/ä", "m2/b"]))
        ordinals[signal] = ordinals.get(signal, 0) + 1
        columns = to_columns(draw(VALUES))
        records.append(
            Record(
                signal, sequence, ordinals[signal], draw(st.sampled_from(RecordKind)),
                draw(st.integers(0, 2**32 - 1)), draw(TS), draw(st.none() | TS),
                columns.mantissa, columns.exponent, columns.number, columns.text,
            )
        )  # fmt: skip
    return records


def plain_record(sequence=1, signal="m/x", text=None):
    return Record(
        signal, sequence, sequence, RecordKind.READING, 0, 1000 + sequence, None, 5, -1, None, text
    )


@given(record_runs())
def test_blocks_round_trip(records):
    for signal in {r.signal for r in records}:
        own = [r for r in records if r.signal == signal]
        data = encode_block(from_records(own))
        assert to_records(decode_block(data)) == own
        assert encode_block(decode_block(data)) == data
        overhead = 4 + 2 + len(signal.encode()) + 12
        assert len(data) == overhead + sum(map(encoded_size, own))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_the_right_error(data):
    for decode in (decode_block, decode_segment, Header.decode, Tombstone.decode):
        with pytest.raises(MalformedSegment):
            decode(data)


@given(record_runs(), st.data())
@settings(max_examples=150)
def test_any_flipped_bit_of_a_segment_is_found(records, data):
    wire = encode_segment(seal(records, START, SECRET, KEY))
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    flipped = bytearray(wire)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises((MalformedSegment, BadSignature, WrongRoot)):
        open_segment(decode_segment(bytes(flipped)), SECRET, KEY.public_key())


@given(record_runs(max_size=30))
def test_segments_round_trip_and_verify(records):
    segment = decode_segment(encode_segment(seal(records, START, SECRET, KEY)))
    opened = open_segment(segment, SECRET, KEY.public_key())
    rows = sorted((r for block in opened for r in to_records(block)), key=lambda r: r.sequence)
    assert rows == records
    assert (segment.header.min_ts, segment.header.max_ts) == (
        min(r.ts for r in records),
        max(r.ts for r in records),
    )


def test_another_key_or_secret_does_not_pass():
    segment = seal([plain_record()], START, SECRET, KEY)
    with pytest.raises(BadSignature):
        open_segment(segment, SECRET, OTHER_KEY.public_key())
    with pytest.raises(WrongRoot):
        open_segment(segment, bytes(32), KEY.public_key())


def test_a_header_that_announces_other_records_is_refused():
    block = encode_block(from_records([plain_record(1), plain_record(2)]))
    leaf = merkle.leaf_hash(merkle.salt_of(SECRET, 1, "m/x"), block)
    for last, max_ts in ((3, 1002), (2, 1003)):
        header = Header("edge-1", 1, 1, 1, last, 1001, max_ts, 1, NO_PREVIOUS, leaf)
        segment = decode_segment(encode_segment(seal([plain_record()], START, SECRET, KEY)))
        forged = type(segment)(header, KEY.sign(header.encode()), (block,))
        with pytest.raises(MalformedSegment):
            open_segment(forged, SECRET, KEY.public_key())


@pytest.mark.parametrize(
    "change",
    [{"epoch": 0}, {"number": 0}, {"first_sequence": 0}, {"last_sequence": 0}, {"min_ts": 9},
     {"block_count": 0}, {"block_count": 3}, {"previous_hash": b"x" * 32}, {"first_sequence": 2}],
)  # fmt: skip
def test_headers_that_contradict_themselves_are_refused(change):
    fields = {"source": "edge-1", "epoch": 1, "number": 1, "first_sequence": 1, "last_sequence": 2,
              "min_ts": 1, "max_ts": 5, "block_count": 1, "previous_hash": NO_PREVIOUS,
              "root": bytes(32)}  # fmt: skip
    sound = Header(**fields)
    assert Header.decode(sound.encode()) == sound
    with pytest.raises(MalformedSegment):
        Header.decode(Header(**(fields | change)).encode())


@pytest.mark.parametrize("source", ["", "Edge", "-a", "a" * 64, "a b", "ä"])
def test_source_ids_are_narrow(source):
    with pytest.raises(MalformedSegment):
        check_source_id(source)


def test_a_segment_is_cut_at_its_two_maxima():
    many = [plain_record(i) for i in range(1, SEGMENT_RECORDS_MAX + 5)]
    assert len(cut(many)) == SEGMENT_RECORDS_MAX
    long = [plain_record(i, text="x" * TEXT_BYTES_MAX) for i in range(1, 9)]
    assert sum(map(encoded_size, cut(long))) <= SEGMENT_BYTES_MAX
    assert len(cut(long)) == 3
    assert cut([]) == []
    worst = [
        Record(
            f"m/{i:04d}" + "s" * 194, i, 1, RecordKind.READING, 0, 0, 0, None, None, None, "x" * 30
        )
        for i in range(1, SEGMENT_RECORDS_MAX + 1)
    ]
    assert len(encode_segment(seal(cut(worst), START, SECRET, KEY))) <= SEGMENT_WIRE_BYTES_MAX


def test_a_wire_over_its_maximum_is_refused():
    with pytest.raises(MalformedSegment):
        decode_segment(b"LSG1" + bytes(SEGMENT_WIRE_BYTES_MAX))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_every_leaf_has_a_path_to_the_root_and_no_other(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, path = merkle.root(leaves), merkle.inclusion_path(leaves, index)
    assert merkle.root_from_path(leaves[index], index, len(leaves), path) == root
    assert merkle.root_from_path(b"x" * 32, index, len(leaves), path) != root
    for wrong in ([*path, bytes(32)], path[:-1]):
        if wrong != path:
            with pytest.raises(Invalid):
                merkle.root_from_path(leaves[index], index, len(leaves), wrong)
    with pytest.raises(Invalid):
        merkle.root_from_path(leaves[index], len(leaves), len(leaves), path)
    with pytest.raises(Invalid):
        merkle.root([])


def test_the_tree_is_that_of_rfc_9162():
    """The inner structure for 7 leaves, as drawn in RFC 9162, clause 2.1.5."""
    a, b, c, d, e, f, j = (hashlib.sha256(bytes([i])).digest() for i in range(7))
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k = merkle.node_hash(g, h)
    assert merkle.root([a, b, c, d, e, f, j]) == merkle.node_hash(k, merkle.node_hash(i, j))


@given(st.integers(1, 2**32 - 1), st.integers(0, 2**63), TS, st.data())
def test_beats_are_signed(epoch, mark, at, data):
    wire = sign_beat(Beat("edge-1", epoch, mark, at), KEY)
    assert verify_beat(wire, KEY.public_key()) == Beat("edge-1", epoch, mark, at)
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    flipped = bytearray(wire)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises((MalformedSegment, BadSignature)):
        verify_beat(bytes(flipped), KEY.public_key())


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(max_size=100))
def test_refusals_keep_reason_and_raw_bytes(reason, raw):
    detail = RefusalDetail.of(reason, raw)
    assert RefusalDetail.decode(detail.encode()) == detail


def test_details_have_their_maxima_and_shape():
    detail = RefusalDetail.of("r" * 1000, b"x" * (RAW_BYTES_MAX + 1))
    assert (len(detail.reason), len(detail.raw), detail.raw_size) == (
        500,
        RAW_BYTES_MAX,
        RAW_BYTES_MAX + 1,
    )
    assert len(detail.encode().encode()) <= TEXT_BYTES_MAX
    correction = CorrectionDetail("edge-1", 1, 7, "ann", "wrong sensor", None)
    assert CorrectionDetail.decode(correction.encode()) == correction
    for kind in (RefusalDetail, CorrectionDetail):
        with pytest.raises(Invalid):
            kind.decode("{}")


def test_tombstones_round_trip():
    for stone in (
        Tombstone(3, bytes(range(32)), 17),
        Tombstone(2, bytes(range(32)), 170, level=3, leaf_count=5),
    ):
        assert Tombstone.decode(stone.encode()) == stone
    wrong = Tombstone(2, bytes(range(32)), 170, level=4, leaf_count=5)
    with pytest.raises(MalformedSegment, match="level 4"):
        Tombstone.decode(wrong.encode())


@given(st.data(), st.integers(1, 40))
def test_a_tree_with_tombstones_has_the_root_and_the_paths_of_the_whole(data, count):
    leaves = [hashlib.sha256(bytes([place])).digest() for place in range(count)]
    tree, alive = Tree.of(count, leaves, []), set(range(count))
    stones = []
    for _ in range(3):
        gone = data.draw(st.sets(st.sampled_from(sorted(alive)))) if alive else set()
        stones = tree.without(dict.fromkeys(gone, 7))
        alive -= gone
        if not alive:
            assert stones == []
            return
        tree = Tree.of(count, [leaves[place] for place in sorted(alive)], stones)
        assert tree.root() == merkle.root(leaves)
        assert sum(stone.record_count for stone in stones) == 7 * (count - len(alive))
        assert [Tombstone.decode(stone.encode()) for stone in stones] == stones
        for place in alive:
            assert tree.inclusion_path(place) == merkle.inclusion_path(leaves, place)
    with pytest.raises(Invalid, match="make no tree"):
        Tree.of(count, [leaves[0]] * (len(alive) + 1), stones)


def test_three_blocks_of_two_hundred_leave_a_few_hashes():
    leaves = [hashlib.sha256(bytes([place])).digest() for place in range(200)]
    gone = dict.fromkeys(set(range(200)) - {3, 90, 171}, 5)
    assert len(Tree.of(200, leaves, []).without(gone)) == 19


def test_signal_ids_and_status_codes():
    assert signal_id("mazak01", "cut_time") == "mazak01/cut_time"
    assert (machine_of("m/x"), name_of("m/x")) == ("m", "x")
    for machine, name in (("M", "x"), ("m", ""), ("m", "a b"), ("m", "a/b"), ("m", "ä" * 150)):
        with pytest.raises(Invalid):
            signal_id(machine, name)
    assert is_good(StatusCode.GOOD)
    assert not is_good(StatusCode.BAD_NO_COMMUNICATION)
    assert not is_good(StatusCode.UNCERTAIN)


def test_decoded_columns_are_views_without_a_copy():
    data = encode_block(from_records([plain_record(i) for i in range(1, 101)]))
    block = decode_block(data)
    assert isinstance(block.ts.base, bytes | memoryview | np.ndarray)
    assert len(block) == 100
