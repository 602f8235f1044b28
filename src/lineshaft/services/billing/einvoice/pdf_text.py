"""The text of a string object of a PDF (ISO 32000-1, 7.9.2.2); pure."""

import re
from typing import Final

from lineshaft.services.billing.einvoice.pdf_file import Hexadecimal

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES: Final = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r\n": b"",
    b"\r": b"",
}
"""ISO 32000-1, table 3."""


def text_of(value: bytes) -> str:
    """Return the text of a string object (ISO 32000-1, 7.9.2.2); of PDFDocEncoding its Latin-1."""
    if isinstance(value, Hexadecimal):
        raw = bytes.fromhex(value.decode("latin-1"))
    else:
        raw = _ESCAPE.sub(_unescaped, value)
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    return raw.decode("latin-1")


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    if said[:1].isdigit():
        return bytes([int(said, 8) & 0xFF])
    return _ESCAPES.get(said, said)
