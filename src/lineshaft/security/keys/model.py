"""The key file: pure, strict, and all that an offline verifier needs (`docs/formats/keys.md`)."""

import hashlib
from collections.abc import Iterable
from typing import Any, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.errors import BadSignature
from lineshaft.core.segment.header import (
    SIGNATURE_BYTES,
    check_source_id,
    sign,
    verify_signature,
)

KEY_FILE_FORMAT = "lineshaft/keys/1"
KEY_STATEMENT_FORMAT = "lineshaft/document-key/1"
KEY_FILE_BYTES_MAX = 16 * 1_024 * 1_024
PUBLIC_KEY_BYTES = 32
KEY_ID_CHARACTERS = 32
EPOCH_MAX = 2**32 - 1
_FIRST_PREVIOUS = ""


class BadKeyFile(Invalid):
    """A key file that cannot be trusted as it stands."""


class UnknownKey(Invalid):
    """The key file does not hold the key that is asked for."""


class Signature(msgspec.Struct, frozen=True):
    """A signature and the document key that made it."""

    key_id: str
    signature: bytes


def key_id_of(public_key: bytes) -> str:
    """Return the first 128 bits of the SHA-256 of a public key, as 32 hexadecimal digits."""
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_CHARACTERS]


class DocumentKey(msgspec.Struct, frozen=True):
    """A document key of the hub: what signs invoices, credit notes and rendering records.

    Attributes:
        number: from 1, without gaps; the largest signs.
        created_at: when it began to sign.
        public_key: Ed25519, 32 bytes.
        previous: id of the key before; empty for the first.
        signature: over the statement: by the key before, by the first key itself.
    """

    number: int
    created_at: Instant
    public_key: bytes
    previous: str
    signature: bytes

    @property
    def key_id(self) -> str:
        """Name of the key, which follows from the public key."""
        return key_id_of(self.public_key)

    def statement(self) -> bytes:
        """Return the canonical JSON that `signature` is made over.

        Its `format` keeps it apart from documents, which the same key signs.
        """
        return canonical.encode(
            {
                "format": KEY_STATEMENT_FORMAT,
                "number": self.number,
                "created_at": format_instant(self.created_at),
                "key_id": self.key_id,
                "public_key": self.public_key.hex(),
                "previous": self.previous,
            }
        )

    def to_content(self) -> dict[str, Any]:
        """Return the entry of the key file."""
        return {
            "number": self.number,
            "created_at": format_instant(self.created_at),
            "key_id": self.key_id,
            "public_key": self.public_key.hex(),
            "previous": self.previous,
            "signature": self.signature.hex(),
        }

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> Self:
        """Read an entry of the key file; that it is written as we write it is checked later."""
        return cls(
            number=_integer(content["number"]),
            created_at=parse_instant(content["created_at"]),
            public_key=canonical.decode_hex(content["public_key"], PUBLIC_KEY_BYTES),
            previous=content["previous"],
            signature=canonical.decode_hex(content["signature"], SIGNATURE_BYTES),
        )


def next_key(
    key: Ed25519PrivateKey,
    at: Instant,
    previous: tuple[DocumentKey, Ed25519PrivateKey] | None = None,
) -> DocumentKey:
    """Return the public record of a new document key.

    Args:
        key: the new key.
        at: when it begins to sign.
        previous: the key before, which vouches for the new one; the first vouches for itself.
    """
    last, voucher = previous if previous is not None else (None, key)
    record = DocumentKey(
        number=1 if last is None else last.number + 1,
        created_at=at,
        public_key=key.public_key().public_bytes_raw(),
        previous=_FIRST_PREVIOUS if last is None else last.key_id,
        signature=b"",
    )
    return replace(record, signature=sign(record.statement(), voucher))


class SourcePublicKey(msgspec.Struct, frozen=True, order=True):
    """The public key of a source in one epoch."""

    source: SourceId
    epoch: int
    public_key: bytes

    def to_content(self) -> dict[str, Any]:
        """Return the entry of the key file."""
        return {
            "source": self.source,
            "epoch": self.epoch,
            "public_key": self.public_key.hex(),
        }

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> Self:
        """Read an entry of the key file."""
        return cls(
            source=check_source_id(content["source"]),
            epoch=_integer(content["epoch"]),
            public_key=canonical.decode_hex(content["public_key"], PUBLIC_KEY_BYTES),
        )


class KeyFile(msgspec.Struct, frozen=True):
    """All public keys of a hub: its document keys in order, and those of its sources.

    Parsing has checked the form and the whole chain of document keys. What it cannot check is that
    the first key belongs to the hub: the reader has to get the file, or the id of the first key,
    by a way that is trusted.
    """

    document_keys: tuple[DocumentKey, ...]
    sources: tuple[SourcePublicKey, ...]

    def encode(self) -> bytes:
        """Return the bytes of the file: canonical JSON."""
        return canonical.encode(
            {
                "format": KEY_FILE_FORMAT,
                "document_keys": [key.to_content() for key in self.document_keys],
                "sources": [source.to_content() for source in self.sources],
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a key file and check it whole.

        Raises:
            BadKeyFile: when the bytes are not exactly those of a key file, or when a document key
                is not vouched for by the one before.
        """
        if len(data) > KEY_FILE_BYTES_MAX:
            msg = f"the key file has {len(data)} bytes, at most {KEY_FILE_BYTES_MAX}"
            raise BadKeyFile(msg)
        try:
            content = canonical.decode(data)
            file = cls(
                tuple(DocumentKey.from_content(entry) for entry in content["document_keys"]),
                tuple(SourcePublicKey.from_content(entry) for entry in content["sources"]),
            )
            is_exact = file.encode() == data
        except (Invalid, KeyError, TypeError, AttributeError) as error:
            msg = f"cannot read the key file: {error}"
            raise BadKeyFile(msg) from error
        if not is_exact:
            msg = "cannot read the key file: its format, a key id or a field is not as it should be"
            raise BadKeyFile(msg)
        file._check()
        return file

    def document_key(self, key_id: str) -> Ed25519PublicKey:
        """Return a document key.

        Raises:
            UnknownKey: when the file does not hold it.
        """
        for key in self.document_keys:
            if key.key_id == key_id:
                return Ed25519PublicKey.from_public_bytes(key.public_key)
        msg = f"the key file does not hold the document key {key_id[:80]}"
        raise UnknownKey(msg)

    def source_key(self, source: str, epoch: int) -> Ed25519PublicKey:
        """Return the key of a source in an epoch.

        Raises:
            UnknownKey: when the file does not hold it.
        """
        for key in self.sources:
            if (key.source, key.epoch) == (source, epoch):
                return Ed25519PublicKey.from_public_bytes(key.public_key)
        msg = f"the key file does not hold the key of source {source[:80]} in epoch {epoch}"
        raise UnknownKey(msg)

    def verify(self, data: bytes | memoryview, signature: Signature) -> None:
        """Check the signature of a document.

        Raises:
            UnknownKey: when the file does not hold the key.
            BadSignature: when the key did not sign these bytes.
        """
        verify_signature(data, signature.signature, self.document_key(signature.key_id))

    def _check(self) -> None:
        if not self.document_keys:
            msg = "the key file holds no document key"
            raise BadKeyFile(msg)
        voucher = self.document_keys[0]
        previous = _FIRST_PREVIOUS
        for number, key in enumerate(self.document_keys, start=1):
            if (key.number, key.previous) != (number, previous):
                msg = f"document key {number} of the key file does not follow the one before"
                raise BadKeyFile(msg)
            _check_voucher(key, voucher)
            voucher, previous = key, key.key_id
        _check_order([(source.source, source.epoch) for source in self.sources])


def _check_voucher(key: DocumentKey, voucher: DocumentKey) -> None:
    try:
        public = Ed25519PublicKey.from_public_bytes(voucher.public_key)
        verify_signature(key.statement(), key.signature, public)
    except BadSignature as error:
        msg = f"document key {key.number} of the key file is not vouched for by the one before"
        raise BadKeyFile(msg) from error


def _check_order(names: Iterable[tuple[str, int]]) -> None:
    last = ("", 0)
    for name in names:
        if name <= last or not 1 <= name[1] <= EPOCH_MAX:
            msg = f"the sources of the key file are not in order at {name[0]}, epoch {name[1]}"
            raise BadKeyFile(msg)
        last = name


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        msg = f"expected a whole number, got {value!r}"
        raise BadKeyFile(msg)
    return value
