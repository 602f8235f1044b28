"""Blocks of one series, encoded at once, are the blocks that were signed."""

from typing import Any

import pyarrow as pa
import pytest

from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import decode_block, to_records
from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.proof.encoding import blocks_of_series
from tests.platform.historian.house import Source, random_source

_NAMES = ("ts", "own_ts", "sequence", "ordinal", "status", "mantissa", "exponent", "number", "text")


def blocks_by_signal(source: Source) -> dict[str, list[tuple[Header, bytes]]]:
    found: dict[str, list[tuple[Header, bytes]]] = {}
    for segment in source.segments:
        for block in segment.blocks:
            found.setdefault(decode_block(block).signal, []).append((segment.header, block))
    return found


def rows_of(blocks: list[bytes]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for block in blocks:
        for record in to_records(decode_block(block)):
            row = {name: getattr(record, name) for name in _NAMES}
            rows.append(row | {"series": 1, "source_epoch": 1, "kind": int(record.kind)})
    return pa.Table.from_pylist(rows, schema=columns.SCHEMA)


@pytest.mark.parametrize("is_numeric", [True, False], ids=["numeric", "any"])
@pytest.mark.parametrize("seed", range(6))
def test_the_signed_blocks_come_out(seed: int, *, is_numeric: bool) -> None:
    source = random_source(seed, segments=6)
    compared = 0
    for signal, found in blocks_by_signal(source).items():
        chosen = [one for one in found if not (is_numeric and decode_block(one[1]).text)]
        if not chosen:
            continue
        headers, blocks = [header for header, _ in chosen], [block for _, block in chosen]
        made = blocks_of_series(rows_of(blocks), headers, signal, source.salt)
        assert [one.data for one in made] == blocks
        for header, block, one in zip(headers, blocks, made, strict=True):
            assert one.first_ordinal == decode_block(block).first_ordinal
            assert one.salt == merkle.salt_of(source.salt, header.first_sequence, signal)
            assert one.leaf == merkle.leaf_hash(one.salt, block)
        compared += len(blocks)
    assert compared > 0
