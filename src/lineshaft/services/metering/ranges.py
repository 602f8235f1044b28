"""The signed blocks that a usage record rests on, and their one root. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle

NO_EVIDENCE = "0" * 64
"""The evidence root of a usage record that rests on no block at all."""


class EvidenceRange(msgspec.Struct, frozen=True):
    """Consecutive blocks of a series that a usage record rests on, by ordinals and headers.

    Attributes:
        signal: None: the signal of the meter.
    """

    source: SourceId
    epoch: int
    first_ordinal: int
    last_ordinal: int
    first_header: int
    last_header: int
    signal: SignalId | None = None

    @classmethod
    def from_content(cls, content: Any) -> "EvidenceRange":
        """Read canonical content."""
        numbers = ("epoch", "first_ordinal", "last_ordinal", "first_header", "last_header")
        if (
            not isinstance(content, Mapping)
            or content.keys() - {"signal"} != {"source", *numbers}
            or not isinstance(content["source"], str)
            or not isinstance(content.get("signal", ""), str)
            or not all(type(content[name]) is int for name in numbers)
        ):
            msg = f"a range of evidence needs source, {', '.join(numbers)}"
            raise Invalid(msg)
        signal = SignalId(content["signal"]) if "signal" in content else None
        source = SourceId(content["source"])
        return cls(source=source, signal=signal, **{name: content[name] for name in numbers})

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; the signal of the meter is not named."""
        return ({} if self.signal is None else {"signal": self.signal}) | {
            "epoch": self.epoch,
            "first_header": self.first_header,
            "first_ordinal": self.first_ordinal,
            "last_header": self.last_header,
            "last_ordinal": self.last_ordinal,
            "source": self.source,
        }


class BlockEntry(msgspec.Struct, frozen=True):
    """A block of the metered series as evidence.

    Attributes:
        header_number, header_hash: of the segment that it belongs to.
        leaf_hash: hash of the salted block, its leaf in that segment's tree.
        first_ordinal, last_ordinal: of its records.
        signal: None: the signal of the meter.
    """

    source: SourceId
    epoch: int
    header_number: int
    header_hash: bytes
    leaf_hash: bytes
    first_ordinal: int
    last_ordinal: int
    signal: SignalId | None = None

    def hash(self) -> bytes:
        """Return the leaf of the evidence root: SHA-256(0x00 ‖ header hash ‖ block leaf hash)."""
        return hashlib.sha256(b"\x00" + self.header_hash + self.leaf_hash).digest()


class Evidence(msgspec.Struct, frozen=True):
    """The signed blocks that a usage record rests on, in short.

    Attributes:
        ranges: one for each signal, source and epoch, those of the meter's own signal first.
        root: Merkle root (RFC 9162, clause 2.1) over the blocks in order, as hexadecimal; without
            blocks it is `NO_EVIDENCE`.
    """

    ranges: tuple[EvidenceRange, ...] = ()
    root: str = NO_EVIDENCE

    @classmethod
    def of(cls, entries: Iterable[BlockEntry]) -> "Evidence":
        """Gather entries, in any order.

        Raises:
            Invalid: when ordinals are missing between two blocks, or a block is there twice: what
                could have been left out is not proven.
        """
        in_order = sorted(entries, key=_place)
        leaves = [entry.hash() for entry in in_order]
        root = merkle.root(leaves).hex() if leaves else NO_EVIDENCE
        return cls(tuple(_ranges(in_order)), root)


def _place(entry: BlockEntry) -> tuple[str, str, int, int]:
    return entry.signal or "", entry.source, entry.epoch, entry.header_number


def _ranges(in_order: Iterable[BlockEntry]) -> Iterator[EvidenceRange]:
    series = attrgetter("signal", "source", "epoch")
    for (signal, source, epoch), group in groupby(in_order, key=series):
        entries = list(group)
        for before, after in pairwise(entries):
            if after.first_ordinal != before.last_ordinal + 1:
                msg = (
                    f"evidence of {source}/{epoch}: block {after.header_number} begins with "
                    f"ordinal {after.first_ordinal}, expected {before.last_ordinal + 1}"
                )
                raise Invalid(msg)
        first, last = entries[0], entries[-1]
        ordinals = first.first_ordinal, last.last_ordinal
        headers = first.header_number, last.header_number
        yield EvidenceRange(source, epoch, *ordinals, *headers, signal=signal)
