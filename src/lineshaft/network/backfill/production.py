"""From a file to its sealed segments, block by block."""

from collections.abc import Iterator

import msgspec
import numpy as np

from lineshaft.core.period import Instant
from lineshaft.core.reading import (
    REFUSED_NAME,
    RecordKind,
    SignalId,
    SourceId,
    StatusCode,
    name_of,
)
from lineshaft.core.segment.block import HAS_EXPONENT, HAS_MANTISSA
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.network.backfill.columns import Rows
from lineshaft.network.backfill.errors import FileChanged
from lineshaft.network.backfill.files import Block, TableFile
from lineshaft.network.backfill.mapping import SeriesNames, layout_of
from lineshaft.network.backfill.memory import Checkpoint, Memory
from lineshaft.network.backfill.model import CHECKPOINT_SEGMENTS, REFUSALS_SHOWN_MAX
from lineshaft.network.backfill.rows import Converter
from lineshaft.network.backfill.sealing import Chain, Sealed, Sealer
from lineshaft.network.keys import SigningKeys


class Production:
    """Seals a file from its beginning or a checkpoint on; used by one thread at a time.

    Attributes:
        refusals: how many records so far are refusals.
        first_refusals: why, for the first of those that were read here.
        checkpoints: noted since they were last taken, in order.
    """

    def __init__(
        self, file: TableFile, memory: Memory, source: SourceId, keys: SigningKeys
    ) -> None:
        """Find out what stands where.

        Raises:
            MapInvalid: when the file's columns do not fit the map.
        """
        self._file, self._memory = file, memory
        self._source, self._keys = source, keys
        self._layout = layout_of(file.names, memory.map)
        self.refusals = 0
        self.first_refusals: list[str] = []
        self.checkpoints: list[Checkpoint] = []
        self._next_checkpoint = CHECKPOINT_SEGMENTS

    def segments(self, stored_number: int) -> Iterator[list[Sealed]]:
        """Yield the segments of each block, from the last one that the hub has on.

        Args:
            stored_number: of the last segment that the hub has; those in front of it are sealed,
                where there is no checkpoint behind them, and not returned.

        Raises:
            FileUnreadable, MapInvalid: when the file cannot be understood at all.
            FileChanged: when it changes while it is read.
        """
        checkpoint = self._memory.checkpoint
        if checkpoint is not None and checkpoint.number >= stored_number:
            checkpoint = None
        converter, sealer = self._at(checkpoint)
        start = checkpoint.place if checkpoint else None
        for block in self._file.blocks(self._layout.columns, start):
            known = Checkpoint(
                place=block.place,
                before=converter.before,
                block_sequence=sealer.chain.sequence + sealer.waiting,
                number=0,
                header_hash="",
                sequence=0,
                ordinals={},
                refusals=self.refusals,
            )
            rows = self._converted(converter, block)
            if checkpoint is not None:
                rows, known = (
                    rows.since(checkpoint.sequence - checkpoint.block_sequence),
                    checkpoint,
                )
                checkpoint = None
            sealed = sealer.seal(rows)
            self._note(known, sealer, sealed)
            yield [one for one in sealed if one.number >= stored_number]
        if self._file.is_changed():
            msg = f"{self._memory.file} has changed while it was imported"
            raise FileChanged(msg)
        yield [one for one in sealer.finish() if one.number >= stored_number]
        for until in self._memory.complete_until:
            # in segments of their own: what is said later changes none that was sent before
            counts = _counts(converter.series, sealer.chain, until, self._memory.facts.rows)
            closing = [*sealer.seal(counts), *sealer.finish()]
            yield [one for one in closing if one.number >= stored_number]

    def _at(self, checkpoint: Checkpoint | None) -> tuple[Converter, Sealer]:
        memory = self._memory
        place = f"{memory.file} {self._file.word}"
        series = SeriesNames(memory.map, memory.declared)
        converter = Converter(place, self._layout, series, memory.began_at)
        chain = Chain.beginning()
        if checkpoint is not None:
            converter.before = checkpoint.before
            self.refusals = checkpoint.refusals
            chain = Chain(
                checkpoint.number,
                bytes.fromhex(checkpoint.header_hash),
                checkpoint.sequence,
                dict(checkpoint.ordinals),
            )
            self._next_checkpoint = checkpoint.number + CHECKPOINT_SEGMENTS
        names = converter.series.names
        return converter, Sealer((self._source, memory.epoch), self._keys, names, chain)

    def _converted(self, converter: Converter, block: Block) -> Rows:
        rows = converter.rows(block)
        is_refusal = rows.kind == RecordKind.REFUSAL
        count = int(is_refusal.sum())
        if count and rows.text is not None:
            room = REFUSALS_SHOWN_MAX - len(self.first_refusals)
            for place in is_refusal.nonzero()[0][:room].tolist():
                detail = RefusalDetail.decode(rows.text[place].as_py().decode())
                self.first_refusals.append(detail.reason)
        self.refusals += count
        return rows

    def _note(self, known: Checkpoint, sealer: Sealer, sealed: list[Sealed]) -> None:
        """Note the end of the last segment that ends in this block, now and then."""
        chain = sealer.chain
        if sealed and chain.number >= self._next_checkpoint:
            self._next_checkpoint = chain.number + CHECKPOINT_SEGMENTS
            self.checkpoints.append(
                msgspec.structs.replace(
                    known,
                    number=chain.number,
                    header_hash=chain.previous_hash.hex(),
                    sequence=chain.sequence,
                    ordinals=dict(chain.ordinals),
                )
            )


def _counts(series: SeriesNames, chain: Chain, until: Instant, row: int) -> Rows:
    """Return the records that say of each series that it goes on until an instant."""
    signals = sorted(signal for signal in chain.ordinals if name_of(signal) != REFUSED_NAME)
    count = len(signals)
    return Rows(
        code=np.array([series.intern(SignalId(one), "decimal") for one in signals], np.int32),
        ts=np.full(count, until, np.int64),
        status=np.full(count, StatusCode.GOOD, np.uint32),
        kind=np.full(count, RecordKind.COUNT, np.uint8),
        presence=np.full(count, HAS_MANTISSA | HAS_EXPONENT, np.uint8),
        mantissa=np.array([chain.ordinals[one] + 1 for one in signals], np.int64),
        exponent=np.zeros(count, np.int8),
        number=np.zeros(count, np.float64),
        text=None,
        row=np.full(count, row, np.int64),
    )
