"""The hexadecimal test vectors of docs/formats are what the code writes."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.reading import Record, RecordKind, SignalId, StatusCode
from lineshaft.core.segment import merkle
from lineshaft.core.segment.beat import Beat, sign_beat
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.tombstone import Tombstone
from lineshaft.core.segment.wire import ChainPosition, encode_segment, seal

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = bytes(range(32, 64))
T0 = 1_498_120_171_916_000  # 2017-06-22T08:29:31.916Z

_CUT, _STATE = SignalId("m1/cut_time"), SignalId("m1/execution")
_REFUSAL = RefusalDetail.of("not a number", b"12,5").encode()
_READING, _BAD = RecordKind.READING, StatusCode.BAD_NO_COMMUNICATION
RECORDS = [
    Record(_CUT, 1, 1, _READING, StatusCode.GOOD, T0, None, 4_931_129, 0),
    Record(_STATE, 2, 1, _READING, StatusCode.GOOD, T0, T0 - 250_000, text="ACTIVE"),
    Record(
        _CUT, 3, 2, RecordKind.REFUSAL, StatusCode.BAD_DECODING_ERROR, T0 + 10**6, text=_REFUSAL
    ),
    Record(_STATE, 4, 2, _READING, _BAD, T0 + 2 * 10**6),
]
SEGMENT = seal(RECORDS, ChainPosition("edge-1", 1, 1, NO_PREVIOUS), SECRET, KEY)
LEAVES = [
    merkle.leaf_hash(merkle.salt_of(SECRET, 1, signal), block)
    for signal, block in zip(("m1/cut_time", "m1/execution"), SEGMENT.blocks, strict=True)
]
VECTORS = {
    "segment.md": {
        "public key": KEY.public_key().public_bytes_raw(),
        "salt secret": SECRET,
        "block 0": SEGMENT.blocks[0],
        "block 1": SEGMENT.blocks[1],
        "salt 0": merkle.salt_of(SECRET, 1, "m1/cut_time"),
        "salt 1": merkle.salt_of(SECRET, 1, "m1/execution"),
        "leaf 0": LEAVES[0],
        "leaf 1": LEAVES[1],
        "root": SEGMENT.header.root,
        "header": SEGMENT.header.encode(),
        "header hash": SEGMENT.header.hash(),
        "signature": SEGMENT.signature,
        "segment": encode_segment(SEGMENT),
    },
    "beat.md": {"beat": sign_beat(Beat("edge-1", 1, 4, T0 + 10_000_000), KEY)},
    "tombstone.md": {
        "tombstone": Tombstone(0, LEAVES[0], 2).encode(),
        "subtree": Tombstone(0, merkle.root(LEAVES), 4, level=1, leaf_count=2).encode(),
    },
}


def printed(page: str) -> dict[str, bytes]:
    text = (FORMATS / page).read_text(encoding="utf-8")
    return {
        name: bytes.fromhex(re.sub(r"\s", "", digits))
        for name, digits in re.findall(r"\*\*([a-z0-9 ]+)\*\*\n\n```text\n([0-9a-f\s]+)```", text)
    }


@pytest.mark.parametrize("page", sorted(VECTORS))
def test_the_vectors_in_the_documents_are_what_the_code_writes(page):
    assert printed(page) == VECTORS[page]
