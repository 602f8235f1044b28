"""The key of a request and what makes two requests the same; pure."""

import hashlib
import re

import msgspec

from lineshaft.core.errors import Invalid

HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 255
_QUOTED = re.compile(r'"([\x20-\x7e]*)"')
_ESCAPED = re.compile(r'\\(["\\])')


class Fingerprint(msgspec.Struct, frozen=True):
    """What is compared: a key may come again with the same request only.

    Attributes:
        actor: id of whoever asks; keys are those of one actor.
        key: as the client made it.
        digest: SHA-256 of method, path, query, type of the body, and body.
    """

    actor: str
    key: str
    digest: bytes

    @classmethod
    def of(
        cls, asker: str, key: str, parts: tuple[str, str, str, str], body: bytes
    ) -> "Fingerprint":
        """Make it of a request.

        Args:
            asker: id of who asks.
            key: of the request.
            parts: method, path, query, type of the body.
            body: of the request.
        """
        digest = hashlib.sha256()
        for part in (*(text.encode() for text in parts), body):
            digest.update(len(part).to_bytes(8, "big") + part)
        return cls(asker, key, digest.digest())


def read_key(header: str) -> str:
    """Read the header: a string of RFC 8941, section 3.3.3, or, as many clients send it, bare.

    Raises:
        Invalid: when it is neither, empty, or too long.
    """
    quoted = _QUOTED.fullmatch(header.strip())
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else header.strip()
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable():
        msg = f"cannot read the header {HEADER}: expected 1 to {KEY_CHARACTERS_MAX} printable "
        msg += "ASCII characters"
        raise Invalid(msg)
    return key
