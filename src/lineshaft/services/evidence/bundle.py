"""The evidence bundle (`docs/formats/evidence-bundle.md`): built, written and read; pure.

It holds, for each series that a document bills from, the consecutive blocks that the usage records
name, each with its salt and its path to a header that the source has signed. Blocks of other series
appear as hashes only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment.block import BlockColumns, decode_block
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.core.segment.header import SIGNATURE_BYTES, Header
from lineshaft.core.segment.merkle import HASH_BYTES, leaf_hash
from lineshaft.services.evidence.errors import BundleTooLarge, WrongEvidence
from lineshaft.services.evidence.ports import Proof

FORMAT = "lineshaft/evidence/1"
BUNDLE_BYTES_MAX = 512 * 1024 * 1024
BUNDLE_BLOCKS_MAX = 200_000
PATH_HASHES_MAX = 10
"""A segment has at most 1,000 blocks, so a path has at most ten hashes."""


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A header as it was signed; `data` are its canonical bytes."""

    header: Header
    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A block and its way up to a header; nothing of it is verified yet.

    Attributes:
        leaf: hash of the salted block.
        columns: the rows; None where the bytes are no block, and `flaw` says why.
    """

    signed: SignedHeader
    leaf: bytes
    leaf_index: int
    path: tuple[bytes, ...]
    columns: BlockColumns | None
    flaw: str = ""

    @property
    def place(self) -> str:
        """Name the segment, and the readings where they can be read."""
        header = self.signed.header
        text = f"segment {header.number} of {header.source}/{header.epoch}"
        if self.columns is None:
            return text
        first = self.columns.first_ordinal
        last = first + len(self.columns) - 1
        return f"{text}, {self.columns.signal} readings {first} to {last}"


@dataclass(frozen=True, slots=True)
class Series:
    """The blocks of one signal from one source and epoch, in the order of their ordinals."""

    signal: SignalId
    source: SourceId
    epoch: int
    blocks: tuple[ProvenBlock, ...]

    @property
    def name(self) -> str:
        """Name the series for a person."""
        return f"{self.signal} from {self.source}/{self.epoch}"


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


def bundle_content(document: bytes, number: str, proofs: Iterable[Proof]) -> dict[str, Any]:
    """Gather proofs into the content of a bundle; the same block twice is written once.

    Args:
        document: the exact bytes of the document's file.
        number: the document's number.
        proofs: of every range of every usage record, in any order.

    Raises:
        BundleTooLarge: beyond `BUNDLE_BLOCKS_MAX` blocks.
    """
    blocks: dict[tuple[str, str, int, int], Proof] = {}
    headers: dict[tuple[str, int, int], Proof] = {}
    for proof in proofs:
        header = Header.decode(proof.header_bytes)
        blocks.setdefault((proof.signal, header.source, header.epoch, header.number), proof)
        headers.setdefault((header.source, header.epoch, header.number), proof)
        if len(blocks) > BUNDLE_BLOCKS_MAX:
            msg = f"document {number} rests on more than {BUNDLE_BLOCKS_MAX} blocks"
            raise BundleTooLarge(msg)
    places = {key: place for place, key in enumerate(sorted(headers))}
    series: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for (signal, source, epoch, header_number), proof in sorted(blocks.items(), key=itemgetter(0)):
        content = _block_content(proof, places[source, epoch, header_number])
        series.setdefault((signal, source, epoch), []).append(content)
    return {
        "document_sha256": canonical.sha256_hex(document),
        "format": FORMAT,
        "headers": [
            {"header": proof.header_bytes.hex(), "signature": proof.signature.hex()}
            for _, proof in sorted(headers.items(), key=itemgetter(0))
        ],
        "number": number,
        "series": [
            {"blocks": contents, "epoch": epoch, "signal": signal, "source": source}
            for (signal, source, epoch), contents in series.items()
        ],
    }


def _block_content(proof: Proof, header: int) -> dict[str, Any]:
    return {
        "block": canonical.encode_base64(proof.block),
        "header": header,
        "leaf_index": proof.leaf_index,
        "path": [node.hex() for node in proof.path],
        "salt": proof.salt.hex(),
    }


def read_bundle(content: Any) -> Bundle:
    """Read the content of a bundle; every text must have the one form that we write.

    Blocks that are none keep their place, so that the verification can name them.

    Raises:
        WrongEvidence: for any other content.
    """
    try:
        return _read(content)
    except (Invalid, KeyError, TypeError, IndexError) as error:
        msg = f"these bytes are no evidence bundle ({FORMAT}): {error}"
        raise WrongEvidence(msg) from error


def _read(content: Any) -> Bundle:
    _expect_keys(content, {"document_sha256", "format", "headers", "number", "series"})
    if content["format"] != FORMAT:
        msg = f"the format is {content['format']!r}, expected {FORMAT}"
        raise WrongEvidence(msg)
    if sum(len(s["blocks"]) for s in content["series"]) > BUNDLE_BLOCKS_MAX:
        msg = f"more than {BUNDLE_BLOCKS_MAX} blocks"
        raise BundleTooLarge(msg)
    canonical.decode_hex(content["document_sha256"], HASH_BYTES)
    headers = tuple(map(_read_header, content["headers"]))
    _expect_ascending([(h.header.source, h.header.epoch, h.header.number) for h in headers])
    series = tuple(_read_series(s, headers) for s in content["series"])
    _expect_ascending([(s.signal, s.source, s.epoch) for s in series])
    return Bundle(content["document_sha256"], str(content["number"]), headers, series)


def _expect_keys(content: Mapping[str, Any], keys: set[str]) -> None:
    if not isinstance(content, dict) or set(content) != keys:
        msg = f"expected an object with exactly the keys {', '.join(sorted(keys))}"
        raise WrongEvidence(msg)


def _expect_ascending(keys: Sequence[tuple[Any, ...]]) -> None:
    for left, right in pairwise(keys):
        if left >= right:
            msg = f"{right} stands after {left}: expected ascending order, each once"
            raise WrongEvidence(msg)


def _read_header(content: Any) -> SignedHeader:
    _expect_keys(content, {"header", "signature"})
    text = content["header"]
    data = canonical.decode_hex(text, len(text) // 2)
    signature = canonical.decode_hex(content["signature"], SIGNATURE_BYTES)
    return SignedHeader(Header.decode(data), data, signature)


def _read_series(content: Any, headers: Sequence[SignedHeader]) -> Series:
    _expect_keys(content, {"blocks", "epoch", "signal", "source"})
    blocks = tuple(_read_block(block, headers) for block in content["blocks"])
    _expect_ascending([(block.signed.header.number,) for block in blocks])
    series = Series(content["signal"], content["source"], content["epoch"], blocks)
    if not blocks:
        msg = f"{series.name} has no block"
        raise WrongEvidence(msg)
    for block in blocks:
        header = block.signed.header
        if (header.source, header.epoch) != (series.source, series.epoch):
            msg = f"{block.place} stands under {series.name}"
            raise WrongEvidence(msg)
    return series


def _read_block(content: Any, headers: Sequence[SignedHeader]) -> ProvenBlock:
    _expect_keys(content, {"block", "header", "leaf_index", "path", "salt"})
    index, path = content["header"], content["path"]
    if not 0 <= index < len(headers) or len(path) > PATH_HASHES_MAX:
        msg = f"a block names header {index} of {len(headers)} and a path of {len(path)} hashes"
        raise WrongEvidence(msg)
    data = canonical.decode_base64(content["block"])
    columns, flaw = None, ""
    try:
        columns = decode_block(data)
    except MalformedSegment as error:
        flaw = str(error)
    return ProvenBlock(
        signed=headers[index],
        leaf=leaf_hash(canonical.decode_hex(content["salt"], HASH_BYTES), data),
        leaf_index=int(content["leaf_index"]),
        path=tuple(canonical.decode_hex(node, HASH_BYTES) for node in path),
        columns=columns,
        flaw=flaw,
    )
