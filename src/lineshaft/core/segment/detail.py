"""What refusals and corrections say beside their value, as canonical JSON in the text column."""

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SourceId

RAW_BYTES_MAX = 8_192
REASON_CHARACTERS_MAX = 500


class RefusalDetail(msgspec.Struct, frozen=True):
    """Why something was refused, and the first 8,192 raw bytes of it.

    Attributes:
        reason: what was wrong, for a person.
        raw: the bytes as they came.
        raw_size: how many there were.
    """

    reason: str
    raw: bytes
    raw_size: int

    @classmethod
    def of(cls, reason: str, raw: bytes) -> "RefusalDetail":
        """Keep the reason and as much of the raw bytes as there is room for."""
        return cls(reason[:REASON_CHARACTERS_MAX], raw[:RAW_BYTES_MAX], len(raw))

    def encode(self) -> str:
        """Return the text column of a refusal."""
        return canonical.encode(
            {
                "raw": canonical.encode_base64(self.raw),
                "raw_size": self.raw_size,
                "reason": self.reason,
            }
        ).decode()

    @classmethod
    def decode(cls, text: str) -> "RefusalDetail":
        """Read the text column of a refusal.

        Raises:
            Invalid: when it is none.
        """
        content = canonical.decode(text.encode())
        match content:
            case {"raw": str(raw), "raw_size": int(size), "reason": str(reason)}:
                return cls(reason, canonical.decode_base64(raw), size)
            case _:
                msg = "the text of a refusal needs raw, raw_size and reason"
                raise Invalid(msg)


class CorrectionDetail(msgspec.Struct, frozen=True):
    """Which reading a correction replaces, who says so and why.

    Attributes:
        source, epoch, sequence: the identity of the replaced reading.
        author: who decided it.
        reason: for a person.
        new_text: the new value where it is a text or an enumeration's symbol.
    """

    source: SourceId
    epoch: int
    sequence: int
    author: str
    reason: str
    new_text: str | None = None

    def encode(self) -> str:
        """Return the text column of a correction."""
        return canonical.encode(
            {
                "author": self.author,
                "new_text": self.new_text,
                "reason": self.reason[:REASON_CHARACTERS_MAX],
                "target": [self.source, self.epoch, self.sequence],
            }
        ).decode()

    @classmethod
    def decode(cls, text: str) -> "CorrectionDetail":
        """Read the text column of a correction.

        Raises:
            Invalid: when it is none.
        """
        match canonical.decode(text.encode()):
            case {
                "author": str(author),
                "new_text": str() | None as new_text,
                "reason": str(reason),
                "target": [str(source), int(epoch), int(sequence)],
            }:
                return cls(SourceId(source), epoch, sequence, author, reason, new_text)
            case _:
                msg = "the text of a correction needs author, new_text, reason and target"
                raise Invalid(msg)
