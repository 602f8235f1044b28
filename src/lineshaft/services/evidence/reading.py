"""The evidence bundle, read from its file; pure.

Each piece is decoded, written again by the functions that wrote the file, and compared with the
bytes at its place, so that only the one form is read and a bundle of most of a gigabyte is never
there twice.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import BlockColumns
from lineshaft.core.segment.header import SIGNATURE_BYTES, Header
from lineshaft.core.segment.merkle import HASH_BYTES
from lineshaft.security.keys.model import Signature
from lineshaft.services.evidence.bundle import (
    AFTER_SERIES,
    BEFORE_BLOCKS,
    BUNDLE_BLOCKS_MAX,
    BUNDLE_BYTES_MAX,
    FORMAT,
    PATH_HASHES_MAX,
    BlockContent,
    Frame,
    block_piece,
    header_piece,
)
from lineshaft.services.evidence.columns import BlockHead, SeriesColumns
from lineshaft.services.evidence.errors import BundleTooLarge, WrongEvidence
from lineshaft.services.metering.model import BlockEntry

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A header as it was signed, with the hash of its canonical bytes."""

    header: Header
    hash: bytes
    signature: bytes

    @property
    def place(self) -> str:
        """Name the segment."""
        return f"segment {self.header.number} of {self.header.source}/{self.header.epoch}"


@dataclass(frozen=True, slots=True)
class ProvenBlock:
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


@dataclass(frozen=True)
class Series:
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

    @cached_property
    def entries(self) -> list[BlockEntry]:
        """What each block is under an evidence root; they mean nothing for one with a flaw."""
        return [
            BlockEntry(
                source=self.source,
                epoch=self.epoch,
                header_number=block.signed.header.number,
                header_hash=block.signed.hash,
                leaf_hash=block.leaf,
                first_ordinal=block.head.first_ordinal,
                last_ordinal=block.head.last_ordinal,
            )
            for block in self.blocks
        ]

    @cached_property
    def instants(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each block its smallest and its largest instant."""
        return self.rows.instants()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that has been read."""

    document_sha256: str
    number: str
    headers: tuple[SignedHeader, ...]
    series: tuple[Series, ...]

    def series_of(self, signal: str, source: str, epoch: int) -> Series | None:
        """Return that series, or None when the bundle has none."""
        wanted = (signal, source, epoch)
        return next((s for s in self.series if (s.signal, s.source, s.epoch) == wanted), None)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file that has been read; the signature over `signed` is not checked yet."""

    bundle: Bundle
    signed: memoryview
    signature: Signature


class _Form(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Exactly these keys."""


class _Header(_Form):
    header: str
    signature: str


class _Block(_Form):
    block: str
    header: int
    leaf_index: int
    path: list[str]
    salt: str


class _Series(_Form):
    blocks: list[msgspec.Raw]
    epoch: int
    signal: str
    source: str


class _Content(_Form):
    document_sha256: str
    format: str
    headers: list[msgspec.Raw]
    number: str
    series: list[_Series]


class _File(_Form):
    bundle: _Content
    key_id: str
    signature: str


_FILE = msgspec.json.Decoder(_File)
_HEADER = msgspec.json.Decoder(_Header)
_BLOCK = msgspec.json.Decoder(_Block)


class _Exact:
    """The bytes of a file, which must be the pieces that are expected, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def expect(self, piece: bytes) -> None:
        if not self._data.startswith(piece, self.at):
            self._refuse()
        self.at += len(piece)

    def end(self) -> None:
        if self.at != len(self._data):
            self._refuse()

    def _refuse(self) -> NoReturn:
        msg = f"the bundle is not in canonical form at byte {self.at} or behind it: somebody has "
        msg += "written it anew"
        raise WrongEvidence(msg)


def read_bundle(data: bytes) -> BundleFile:
    """Read the file of a bundle; every text must have the one form that we write.

    Blocks that are none keep their place, so that the verification can name them.

    Raises:
        WrongEvidence: for any other content or form.
        BundleTooLarge: beyond `BUNDLE_BLOCKS_MAX` blocks.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        msg = f"a file of {len(data)} bytes, at most {BUNDLE_BYTES_MAX}"
        raise WrongEvidence(msg)
    try:
        return _read(data)
    except (BundleTooLarge, WrongEvidence):
        raise
    except (Invalid, msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as error:
        msg = f"these bytes are no evidence bundle ({FORMAT}): {error}"
        raise WrongEvidence(msg) from error


def _read(data: bytes) -> BundleFile:
    file = _FILE.decode(data)
    content = file.bundle
    if content.format != FORMAT:
        msg = f"the format is {content.format!r}, expected {FORMAT}"
        raise WrongEvidence(msg)
    if sum(len(one.blocks) for one in content.series) > BUNDLE_BLOCKS_MAX:
        msg = f"more than {BUNDLE_BLOCKS_MAX} blocks"
        raise BundleTooLarge(msg)
    canonical.decode_hex(content.document_sha256, HASH_BYTES)
    signature = canonical.decode_hex(file.signature, SIGNATURE_BYTES)
    exact, frame = _Exact(data), Frame(content.document_sha256, content.number)
    exact.expect(b'{"bundle":')
    start = exact.at
    exact.expect(frame.before_headers())
    headers = tuple(_listed(exact, content.headers, _read_header))
    _expect_ascending([(h.header.source, h.header.epoch, h.header.number) for h in headers])
    exact.expect(frame.before_series())
    series = []
    for place, one in enumerate(content.series):
        exact.expect(b"," + BEFORE_BLOCKS if place else BEFORE_BLOCKS)
        series.append(_read_series(exact, one, headers))
        exact.expect(frame.after_blocks(one.signal, one.source, one.epoch))
    _expect_ascending([(s.signal, s.source, s.epoch) for s in series])
    exact.expect(AFTER_SERIES)
    signed = memoryview(data)[start : exact.at]
    envelope = {"key_id": file.key_id, "signature": file.signature}
    exact.expect(b"," + canonical.encode(envelope)[1:])
    exact.end()
    bundle = Bundle(content.document_sha256, content.number, headers, tuple(series))
    return BundleFile(bundle, signed, Signature(file.key_id, signature))


def _listed(
    exact: _Exact, items: list[msgspec.Raw], read: Callable[[msgspec.Raw], tuple[bytes, _T]]
) -> list[_T]:
    """Read items that stand one after the other with commas between them."""
    found = []
    for place, item in enumerate(items):
        piece, content = read(item)
        exact.expect(b"," + piece if place else piece)
        found.append(content)
    items.clear()
    return found


def _expect_ascending(keys: Sequence[tuple[Any, ...]]) -> None:
    for left, right in pairwise(keys):
        if left >= right:
            msg = f"{right} stands after {left}: expected ascending order, each once"
            raise WrongEvidence(msg)


def _read_header(item: msgspec.Raw) -> tuple[bytes, SignedHeader]:
    content = _HEADER.decode(item)
    data, signature = bytes.fromhex(content.header), bytes.fromhex(content.signature)
    if len(signature) != SIGNATURE_BYTES:
        msg = f"a signature of {len(signature)} bytes, expected {SIGNATURE_BYTES}"
        raise WrongEvidence(msg)
    signed = SignedHeader(Header.decode(data), hashlib.sha256(data).digest(), signature)
    return header_piece(data, signature), signed


@dataclass(frozen=True, slots=True)
class _Rooted:
    """A block before its rows are decoded."""

    signed: SignedHeader
    leaf: bytes
    root_flaw: str
    block: bytes


def _read_series(exact: _Exact, content: _Series, headers: Sequence[SignedHeader]) -> Series:
    found = _listed(exact, content.blocks, lambda item: _read_block(item, headers))
    _expect_ascending([(one.signed.header.number,) for one in found])
    rows = SeriesColumns([one.block for one in found])
    blocks = tuple(
        ProvenBlock(one.signed, one.leaf, one.root_flaw, head, rows)
        for one, head in zip(found, rows.heads, strict=True)
    )
    signal, source = SignalId(content.signal), SourceId(content.source)
    series = Series(signal, source, content.epoch, blocks, rows)
    if not blocks:
        msg = f"{series.name} has no block"
        raise WrongEvidence(msg)
    for block in blocks:
        header = block.signed.header
        if (header.source, header.epoch) != (series.source, series.epoch):
            msg = f"{block.place} stands under {series.name}"
            raise WrongEvidence(msg)
    return series


def _read_block(item: msgspec.Raw, headers: Sequence[SignedHeader]) -> tuple[bytes, _Rooted]:
    content = _BLOCK.decode(item)
    place, hashes = content.header, content.path
    if not 0 <= place < len(headers) or len(hashes) > PATH_HASHES_MAX:
        msg = f"a block names header {place} of {len(headers)} and a path of {len(hashes)} hashes"
        raise WrongEvidence(msg)
    data = base64.b64decode(content.block, validate=True)
    path, salt = bytes.fromhex("".join(hashes)), bytes.fromhex(content.salt)
    if len(salt) != HASH_BYTES or len(path) != len(hashes) * HASH_BYTES:
        msg = f"a salt or a hash of a path is not {HASH_BYTES} bytes"
        raise WrongEvidence(msg)
    # Hashes of uneven length that make up for each other are found by the comparison.
    written = BlockContent(data, content.leaf_index, path, salt)
    leaf = merkle.leaf_hash(salt, data)
    flaw = _root_flaw(headers[place].header, leaf, content.leaf_index, path)
    return block_piece(written, place), _Rooted(headers[place], leaf, flaw, data)


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
