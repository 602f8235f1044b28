"""From signed blocks to what a meter reads: the same for the historian's rows and a bundle's."""

from collections.abc import Iterable

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.core.segment.block import BlockColumns, decode_block
from lineshaft.core.segment.header import Header
from lineshaft.core.segment.merkle import leaf_hash
from lineshaft.services.metering.model import BlockEntry, Evidence
from lineshaft.services.metering.series import MeterInput, SeriesRows, join


def block_entry(
    header: Header,
    salt: bytes,
    data: bytes,
    block: BlockColumns,
    signal: SignalId | None = None,
) -> BlockEntry:
    """Return what a block is as evidence.

    Args:
        header: of its segment.
        salt: of the block.
        data: its canonical bytes.
        block: the same, decoded.
        signal: whose it is; None: the meter's own.
    """
    return BlockEntry(
        source=header.source,
        epoch=header.epoch,
        header_number=header.number,
        header_hash=header.hash(),
        leaf_hash=leaf_hash(salt, data),
        first_ordinal=block.first_ordinal,
        last_ordinal=block.first_ordinal + len(block) - 1,
        signal=signal,
    )


def input_of_blocks(
    blocks: Iterable[tuple[Header, bytes, bytes]],
    known_until: Instant | None = None,
    own: SignalId | None = None,
) -> MeterInput:
    """Gather the rows and entries of the blocks of a meter, for a verification offline.

    Signatures and inclusion in the headers' roots are not checked here.

    Args:
        blocks: header, salt and canonical bytes of each.
        known_until: as the usage record says.
        own: the signal of a meter that reads several; None: all blocks are of one.

    Raises:
        MalformedSegment: for bytes that are no block.
    """
    entries: list[BlockEntry] = []
    rows: dict[SignalId | None, list[SeriesRows]] = {None: []}
    for header, salt, data in blocks:
        block = decode_block(data)
        signal = None if own in (None, block.signal) else block.signal
        entries.append(block_entry(header, salt, data, block, signal))
        part = SeriesRows.of_block(header.source, header.epoch, block)
        rows.setdefault(signal, []).append(part)
    others = {signal: join(parts) for signal, parts in rows.items() if signal is not None}
    return MeterInput(join(rows[None]), Evidence.of(entries), known_until, others=others)
