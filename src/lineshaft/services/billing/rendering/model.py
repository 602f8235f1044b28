"""Renderings and their signed records (`docs/formats/rendering-record.md`); pure."""

from enum import StrEnum
from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.segment.merkle import HASH_BYTES

RECORD_FORMAT = "lineshaft/rendering/1"
RENDERER = "lineshaft-invoice"
RENDERING_BYTES_MAX = 32 * 1024 * 1024


class MediaType(StrEnum):
    """What a document can be rendered as."""

    HTML = "text/html"
    PDF = "application/pdf"
    UBL = "application/xml"
    """An electronic invoice of EN 16931 (`billing/einvoice`)."""


class Language(StrEnum):
    """The languages of renderings (BCP 47)."""

    ENGLISH = "en"
    CHINESE = "zh-Hans"


class RenderingRecord(msgspec.Struct, frozen=True):
    """Which bytes are a rendering of which document; the document key signs it.

    Attributes:
        document_sha256: of the exact bytes of INVOICE.json.
        renderer_version: of our template and of the library that sets the page.
        sha256, size: of the rendering.
    """

    document_sha256: str
    number: str
    media_type: MediaType
    language: Language
    renderer: str
    renderer_version: str
    sha256: str
    size: int

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content that is signed."""
        return {
            "document_sha256": self.document_sha256,
            "format": RECORD_FORMAT,
            "language": str(self.language),
            "media_type": str(self.media_type),
            "number": self.number,
            "renderer": self.renderer,
            "renderer_version": self.renderer_version,
            "sha256": self.sha256,
            "size": self.size,
        }

    @classmethod
    def from_content(cls, content: Any) -> "RenderingRecord":
        """Read the JSON content.

        Raises:
            Invalid: when it is no rendering record.
        """
        try:
            fields = dict(content)
            is_ours = fields.pop("format") == RECORD_FORMAT
            record = cls(
                **fields
                | {
                    "language": Language(fields["language"]),
                    "media_type": MediaType(fields["media_type"]),
                }
            )
            for digest in (record.document_sha256, record.sha256):
                canonical.decode_hex(digest, HASH_BYTES)
        except (KeyError, TypeError, ValueError, Invalid) as error:
            msg = f"these bytes are no rendering record ({RECORD_FORMAT}): {error}"
            raise Invalid(msg) from error
        if not is_ours or not isinstance(record.size, int):
            msg = f"these bytes are no rendering record ({RECORD_FORMAT})"
            raise Invalid(msg)
        return record


class Rendering(msgspec.Struct, frozen=True):
    """A rendering as it was first made, and the file of its signed record."""

    number: str
    media_type: MediaType
    language: Language
    data: bytes
    record: bytes
    rendered_at: Instant


def record_file(signed: bytes, key_id: str, signature: bytes) -> bytes:
    """Return the file of a rendering record: its canonical content and the signature over it."""
    content = canonical.decode(signed)
    return canonical.encode({"key_id": key_id, "rendering": content, "signature": signature.hex()})


def signed_record(file: bytes) -> RenderingRecord:
    """Return the record of a file; the signature is not checked.

    Raises:
        Invalid: when it is no rendering record.
    """
    try:
        return RenderingRecord.from_content(canonical.decode(file)["rendering"])
    except (canonical.NotCanonical, KeyError, TypeError) as error:
        msg = f"these bytes are no file of a rendering record ({RECORD_FORMAT})"
        raise Invalid(msg) from error
