"""A signed file: canonical JSON of one content, the id of the key and its signature; pure.

`{"<name>":{…},"key_id":"…","signature":"<128 hexadecimal digits>"}`: the signature is made over the
canonical bytes of the content alone.
"""

from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.segment.header import SIGNATURE_BYTES
from lineshaft.services.evidence.errors import WrongEvidence


class Envelope(msgspec.Struct, frozen=True):
    """A signed file that has been read; the signature is not checked yet.

    Attributes:
        content: what was signed.
        signed: its canonical bytes.
    """

    content: Any
    signed: bytes
    key_id: str
    signature: bytes

    def encode(self, name: str) -> bytes:
        """Return the bytes of the file, with the content under `name`."""
        signature = self.signature.hex()
        return canonical.encode({name: self.content, "key_id": self.key_id, "signature": signature})


def read_envelope(data: bytes, name: str, bytes_max: int) -> Envelope:
    """Read a signed file in its one form.

    Args:
        data: the exact bytes of the file.
        name: the key under which the content stands, such as `document`.
        bytes_max: a longer file is refused unread.

    Raises:
        WrongEvidence: for any bytes that `Envelope.encode` would not have written.
    """
    if len(data) > bytes_max:
        msg = f"a file of {len(data)} bytes, at most {bytes_max}"
        raise WrongEvidence(msg)
    try:
        file = canonical.decode(data)
        if not isinstance(file, dict) or set(file) != {name, "key_id", "signature"}:
            msg = f"expected an object with the keys {name}, key_id and signature"
            raise WrongEvidence(msg)
        if not isinstance(file["key_id"], str) or not isinstance(file["signature"], str):
            msg = "expected texts under key_id and signature"
            raise WrongEvidence(msg)
        signature = canonical.decode_hex(file["signature"], SIGNATURE_BYTES)
    except canonical.NotCanonical as error:
        raise WrongEvidence(str(error)) from error
    # The canonical form has one place for each byte: what surrounds the content is known.
    frame = canonical.encode(file | {name: None})
    start = frame.index(f'"{name}":null'.encode()) + len(name) + 3
    signed = data[start : len(data) - len(frame) + start + len(b"null")]
    return Envelope(file[name], signed, file["key_id"], signature)
