"""The evidence bundle, read from its file; pure.

The form of each piece is checked by `scan`; here it gets its meaning.
"""

import gc
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from itertools import islice, pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import BlockColumns
from lineshaft.core.segment.header import Header
from lineshaft.core.segment.merkle import HASH_BYTES
from lineshaft.security.keys.model import Signature
from lineshaft.services.evidence.bundle import BUNDLE_BLOCKS_MAX, BUNDLE_BYTES_MAX, FORMAT
from lineshaft.services.evidence.columns import BlockHead, SeriesColumns
from lineshaft.services.evidence.errors import BundleTooLarge, WrongEvidence
from lineshaft.services.evidence.scan import (
    AFTER_BLOCKS,
    BEFORE_BLOCKS,
    BEFORE_SERIES,
    BLOCK,
    END,
    HEADER,
    START,
    Piece,
    Scan,
)
from lineshaft.services.metering.model import BlockEntry


class SignedHeader(msgspec.Struct, frozen=True):
    """A header as it was signed, with the hash of its canonical bytes."""

    header: Header
    hash: bytes
    signature: bytes

    @property
    def place(self) -> str:
        """Name the segment."""
        return f"segment {self.header.number} of {self.header.source}/{self.header.epoch}"


OnHeaders = Callable[[Sequence[SignedHeader]], object]


class ProvenBlock(msgspec.Struct, frozen=True):
    """A block and where its path leads; nothing of it is believed yet.

    Attributes:
        leaf: hash of the salted block.
        root_flaw: why its path does not lead to the root of the header; empty where it does.
        head: of the block; `rows` has its columns.
    """

    signed: SignedHeader
    leaf: bytes
    root_flaw: str
    head: BlockHead
    rows: SeriesColumns

    @property
    def flaw(self) -> str:
        """Why the bytes are no block; empty where they are."""
        return self.head.flaw

    @property
    def columns(self) -> BlockColumns | None:
        """The rows; None where the bytes are no block."""
        return None if self.head.flaw else self.rows.columns(self.head, self.head)

    @property
    def place(self) -> str:
        """Name the segment, and the readings where they can be read."""
        text, head = self.signed.place, self.head
        if head.flaw:
            return text
        return f"{text}, {head.signal} readings {head.first_ordinal} to {head.last_ordinal}"


class Series(msgspec.Struct, frozen=True, dict=True):
    """The blocks of one signal from one source and epoch, in the order of their ordinals."""

    signal: SignalId
    source: SourceId
    epoch: int
    blocks: tuple[ProvenBlock, ...]
    rows: SeriesColumns

    @property
    def name(self) -> str:
        """Name the series for a person."""
        return f"{self.signal} from {self.source}/{self.epoch}"

    @cached_property
    def _ranges(self) -> dict[tuple[int, int], list[int]]:
        return {}

    def between(self, first: int, last: int) -> list[int]:
        """Return the places of the blocks that begin with an ordinal from the first to the last.

        Those with a flaw are left out.
        """
        wanted = first, last
        if wanted not in self._ranges:
            self._ranges[wanted] = [
                place
                for place, head in enumerate(self.rows.heads)
                if first <= head.first_ordinal <= last and not head.flaw
            ]
        return self._ranges[wanted]

    def entry(self, place: int, signal: SignalId | None = None) -> BlockEntry:
        """Return what a block is under an evidence root; it means nothing for one with a flaw.

        Args:
            place: of the block.
            signal: None: that of the meter.
        """
        block = self.blocks[place]
        return BlockEntry(
            source=self.source,
            epoch=self.epoch,
            header_number=block.signed.header.number,
            header_hash=block.signed.hash,
            leaf_hash=block.leaf,
            first_ordinal=block.head.first_ordinal,
            last_ordinal=block.head.last_ordinal,
            signal=signal,
        )

    @cached_property
    def instants(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each block its smallest and its largest instant."""
        return self.rows.instants()


class Bundle(msgspec.Struct, frozen=True):
    """A bundle that has been read."""

    document_sha256: str
    number: str
    headers: tuple[SignedHeader, ...]
    series: tuple[Series, ...]

    def series_of(self, signal: str, source: str, epoch: int) -> Series | None:
        """Return that series, or None when the bundle has none."""
        wanted = (signal, source, epoch)
        return next((s for s in self.series if (s.signal, s.source, s.epoch) == wanted), None)


class BundleFile(msgspec.Struct, frozen=True):
    """A file that has been read; the signature over `signed` is not checked yet."""

    bundle: Bundle
    signed: memoryview
    signature: Signature


def read_bundle(data: bytes, on_headers: OnHeaders = lambda _: None) -> BundleFile:
    """Read the file of a bundle; every text must have the one form that we write.

    Blocks that are none keep their place, so that the verification can name them.

    Args:
        data: the exact bytes of the file.
        on_headers: is called with the headers before the blocks are read, which takes longer.

    Raises:
        WrongEvidence: for any other content or form.
        BundleTooLarge: beyond `BUNDLE_BLOCKS_MAX` blocks or headers.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        msg = f"a file of {len(data)} bytes, at most {BUNDLE_BYTES_MAX}"
        raise WrongEvidence(msg)
    try:
        with _uncollected():
            return _read(data, on_headers)
    except (BundleTooLarge, WrongEvidence):
        raise
    except (Invalid, ValueError) as error:
        msg = f"these bytes are no evidence bundle ({FORMAT}): {error}"
        raise WrongEvidence(msg) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the search for cycles away from objects of which there are millions, and none in one.

    Each search looks at all that were made so far: an eighth of the time of a large bundle.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(data: bytes, on_headers: OnHeaders) -> BundleFile:
    scan = Scan(data)
    start = scan.take(START)
    if start[3] != b'"%b"' % FORMAT.encode():
        msg = f"the format is {start[3].decode()}, expected {FORMAT}"
        raise WrongEvidence(msg)
    headers = tuple(map(_read_header, islice(scan.listed(HEADER), BUNDLE_BLOCKS_MAX + 1)))
    _require_few(len(headers))
    _expect_ascending((h.header.source, h.header.epoch, h.header.number) for h in headers)
    on_headers(headers)
    number = _object(scan.take(BEFORE_SERIES)[1])["number"]
    series = tuple(_read_series(scan, headers))
    _expect_ascending((s.signal, s.source, s.epoch) for s in series)
    end = scan.take(END)
    signature = Signature(_object(end[2])["key_id"], unhexlify(end[3]))
    bundle = Bundle(start[2].decode(), number, headers, series)
    return BundleFile(bundle, memoryview(data)[start.start(1) : end.end(1)], signature)


def _object(members: bytes) -> Any:
    return canonical.decode(b"{%b}" % members)


def _require_few(count: int) -> None:
    if count > BUNDLE_BLOCKS_MAX:
        msg = f"more than {BUNDLE_BLOCKS_MAX} blocks"
        raise BundleTooLarge(msg)


def _expect_ascending(keys: Iterable[tuple[Any, ...]]) -> None:
    for left, right in pairwise(keys):
        if left >= right:
            msg = f"{right} stands after {left}: expected ascending order, each once"
            raise WrongEvidence(msg)


def _read_header(piece: Piece) -> SignedHeader:
    data = unhexlify(piece[1])
    return SignedHeader(Header.decode(data), sha256(data).digest(), unhexlify(piece[2]))


class _Rooted(msgspec.Struct, frozen=True):
    """A block before its rows are decoded."""

    signed: SignedHeader
    leaf: bytes
    root_flaw: str
    block: bytes


def _read_series(scan: Scan, headers: Sequence[SignedHeader]) -> Iterator[Series]:
    count, is_more = 0, not scan.is_at_end_of_list()
    while is_more:
        scan.take(BEFORE_BLOCKS)
        pieces = islice(scan.listed(BLOCK), BUNDLE_BLOCKS_MAX - count + 1)
        found = [_read_block(piece, headers) for piece in pieces]
        count += len(found)
        _require_few(count)
        after = scan.take(AFTER_BLOCKS)
        yield _series(_object(after[1]), found)
        is_more = bool(after[3])


def _series(owner: dict[str, Any], found: list[_Rooted]) -> Series:
    _expect_ascending((one.signed.header.number,) for one in found)
    rows = SeriesColumns([one.block for one in found])
    blocks = tuple(
        ProvenBlock(one.signed, one.leaf, one.root_flaw, head, rows)
        for one, head in zip(found, rows.heads, strict=True)
    )
    signal, source = SignalId(owner["signal"]), SourceId(owner["source"])
    series = Series(signal, source, owner["epoch"], blocks, rows)
    if not blocks:
        msg = f"{series.name} has no block"
        raise WrongEvidence(msg)
    for block in blocks:
        header = block.signed.header
        if (header.source, header.epoch) != (series.source, series.epoch):
            msg = f"{block.place} stands under {series.name}"
            raise WrongEvidence(msg)
    return series


def _read_block(piece: Piece, headers: Sequence[SignedHeader]) -> _Rooted:
    text, header, leaf_index, hashes, salt, _ = piece.groups()
    place, index = int(header), int(leaf_index)
    if place >= len(headers):
        msg = f"a block names header {place} of {len(headers)}"
        raise WrongEvidence(msg)
    block = canonical.decode_base64(text.decode())
    leaf = merkle.leaf_hash(unhexlify(salt), block)
    path = unhexlify(hashes.translate(None, b'",'))
    signed = headers[place]
    return _Rooted(signed, leaf, _root_flaw(signed.header, leaf, index, path), block)


def _root_flaw(header: Header, leaf: bytes, index: int, path: bytes) -> str:
    """Say why a path does not lead to the root of a header; nothing where it does."""
    if merkle.root_over(leaf, index, header.block_count, path) == header.root:
        return ""
    try:
        merkle.root_from_path(leaf, index, header.block_count, split_path(path))
    except Invalid as error:
        return str(error)
    return "these are not the readings that the source signed"


def split_path(path: bytes) -> list[bytes]:
    """Return the hashes of a joined path."""
    return [path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)]
