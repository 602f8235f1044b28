"""The evidence bundle (`docs/formats/evidence-bundle.md`): gathered and written; pure.

It holds, for each series that a document bills from, the consecutive blocks that the usage records
name, each with its salt and its path to a header that the source has signed. Blocks of other series
appear as hashes only.

A month of a busy source is half a million blocks and most of a gigabyte, so the file is never built
as objects: it is written, and read (`reading.py`), a piece at a time by the functions below.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from lineshaft.core import canonical
from lineshaft.core.segment.header import identity_of
from lineshaft.core.segment.merkle import HASH_BYTES
from lineshaft.security.keys.model import Signature
from lineshaft.services.evidence.errors import BundleTooLarge
from lineshaft.services.evidence.ports import Proof

FORMAT = "lineshaft/evidence/1"
BUNDLE_BYTES_MAX = 1024 * 1024 * 1024
BUNDLE_BLOCKS_MAX = 700_000
"""A month of 31 days of one signal at 1 Hz, from a source of 200 such signals, is 535,680 blocks.

A bundle of that size takes 1.6 GB of memory to build, and 2.2 GB to verify.
"""
PATH_HASHES_MAX = 10
"""A segment has at most 1,000 blocks, so a path has at most ten hashes."""
PIECES_AT_ONCE = 4_096

Sign = Callable[[bytes | memoryview], Signature]


class BlockContent(NamedTuple):
    """A block as it stands in a bundle; `path` are its hashes, joined."""

    block: bytes
    leaf_index: int
    path: bytes
    salt: bytes


def header_piece(header: bytes, signature: bytes) -> bytes:
    """Return the canonical bytes of a signed header."""
    return b'{"header":"%b","signature":"%b"}' % (
        header.hex().encode(),
        signature.hex().encode(),
    )


def block_piece(content: BlockContent, header: int) -> bytes:
    """Return the canonical bytes of a block; `header` is the place of its header."""
    digits = content.path.hex(",", HASH_BYTES).replace(",", '","')
    path = f'["{digits}"]' if digits else "[]"
    return (
        f'{{"block":"{canonical.encode_base64(content.block)}","header":{header},'
        f'"leaf_index":{content.leaf_index},"path":{path},"salt":"{content.salt.hex()}"}}'
    ).encode()


class Frame(msgspec.Struct, frozen=True):
    """Everything of a bundle but its headers and blocks: the pieces between them."""

    document_sha256: str
    number: str

    def before_headers(self) -> bytes:
        """Return what stands before the first header."""
        head = canonical.encode({"document_sha256": self.document_sha256, "format": FORMAT})
        return head[:-1] + b',"headers":['

    def before_series(self) -> bytes:
        """Return what stands between the last header and the first series."""
        return b'],"number":' + canonical.encode(self.number) + b',"series":['

    def after_blocks(self, signal: str, source: str, epoch: int) -> bytes:
        """Return what stands between the last block of a series and the comma or end."""
        owner = canonical.encode({"epoch": epoch, "signal": signal, "source": source})
        return b"]," + owner[1:]


BEFORE_BLOCKS = b'{"blocks":['
AFTER_SERIES = b"]}"


def bundle_file(document: bytes, number: str, proofs: Iterable[Proof], sign: Sign) -> bytes:
    """Write the file of a bundle; the same block twice is written once.

    Args:
        document: the exact bytes of the document's file.
        number: the document's number.
        proofs: of every range of every usage record, in any order.
        sign: signs the canonical bytes of the bundle with the document key.

    Raises:
        BundleTooLarge: beyond `BUNDLE_BLOCKS_MAX` blocks or `BUNDLE_BYTES_MAX` bytes.
    """
    gathered = _Gathered(number)
    for proof in proofs:
        gathered.add(proof)
    head = b'{"bundle":'
    file = io.BytesIO()
    file.write(head)
    for piece in gathered.pieces(canonical.sha256_hex(document)):
        file.write(piece)
    with file.getbuffer() as whole:
        signature = sign(whole[len(head) :])
    end = {"key_id": signature.key_id, "signature": signature.signature.hex()}
    file.write(b"," + canonical.encode(end)[1:])
    if file.tell() > BUNDLE_BYTES_MAX:
        msg = f"the evidence of document {number} takes {file.tell()} bytes, more than "
        msg += f"{BUNDLE_BYTES_MAX}"
        raise BundleTooLarge(msg)
    return file.getvalue()


class _Gathered(msgspec.Struct):
    """Blocks and headers, each once."""

    number: str
    blocks: dict[tuple[str, str, int], dict[int, BlockContent]] = msgspec.field(
        default_factory=dict
    )
    headers: dict[tuple[str, int], dict[int, tuple[bytes, bytes]]] = msgspec.field(
        default_factory=dict
    )
    count: int = 0

    def add(self, proof: Proof) -> None:
        source, epoch, number = identity_of(proof.header_bytes)
        blocks = self.blocks.setdefault((proof.signal, source, epoch), {})
        if number in blocks:
            return
        path = b"".join(proof.path)
        blocks[number] = BlockContent(proof.block, proof.leaf_index, path, proof.salt)
        headers = self.headers.setdefault((source, epoch), {})
        headers.setdefault(number, (proof.header_bytes, proof.signature))
        self.count += 1
        if self.count > BUNDLE_BLOCKS_MAX:
            msg = f"document {self.number} rests on more than {BUNDLE_BLOCKS_MAX} blocks"
            raise BundleTooLarge(msg)

    def pieces(self, document_sha256: str) -> Iterator[bytes]:
        """Yield the canonical bytes; what was yielded is forgotten."""
        frame = Frame(document_sha256, self.number)
        places: dict[tuple[str, int], dict[int, int]] = {}
        count = 0
        for owner in sorted(self.headers):
            places[owner] = {}
            for header_number in sorted(self.headers[owner]):
                places[owner][header_number] = count
                count += 1
        yield frame.before_headers()
        yield from listed(
            header_piece(*self.headers[owner].pop(header_number))
            for owner, numbers in places.items()
            for header_number in numbers
        )
        yield frame.before_series()
        for place, (signal, source, epoch) in enumerate(sorted(self.blocks)):
            yield b"," + BEFORE_BLOCKS if place else BEFORE_BLOCKS
            blocks, place_of = self.blocks[signal, source, epoch], places[source, epoch]
            yield from listed(block_piece(blocks.pop(n), place_of[n]) for n in sorted(blocks))
            yield frame.after_blocks(signal, source, epoch)
        yield AFTER_SERIES


def listed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces with commas between them, many at once."""
    waiting: list[bytes] = []
    is_first = True
    for piece in pieces:
        waiting.append(piece)
        if len(waiting) == PIECES_AT_ONCE:
            yield (b"" if is_first else b",") + b",".join(waiting)
            waiting, is_first = [], False
    if waiting:
        yield (b"" if is_first else b",") + b",".join(waiting)
