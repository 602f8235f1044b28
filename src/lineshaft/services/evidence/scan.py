"""The pieces of an evidence bundle's file, each in the only form that `bundle.py` writes; pure.

What a pattern matches needs no second look at its form, so a bundle of most of a gigabyte is read
once, from the start to the end, without being written again to compare.
"""

import re
from collections.abc import Iterator

from lineshaft.services.evidence.bundle import FORMAT, PATH_HASHES_MAX
from lineshaft.services.evidence.errors import WrongEvidence

_TEXT = rb'"(?:[^"\\]|\\.)*"'
_NUMBER = rb"(0|[1-9][0-9]{0,15})"
_HASH = rb'"[0-9a-f]{64}"'
_DIGITS = rb'"([0-9a-f]+)"'
_SIGNATURE = rb'"([0-9a-f]{128})"'

Form = re.Pattern[bytes]
Piece = re.Match[bytes]

START = re.compile(
    rb'\{"bundle":(\{"document_sha256":"([0-9a-f]{64})","format":(%b)),"headers":\[' % _TEXT
)
"""Groups: the first of the signed bytes, hash of the document, format (a JSON text)."""
HEADER = re.compile(rb'\{"header":%b,"signature":%b\}(,?)' % (_DIGITS, _SIGNATURE))
"""Groups: header and signature as hexadecimal, comma."""
BEFORE_SERIES = re.compile(rb'\],("number":%b),"series":\[' % _TEXT)
"""Groups: an object without its braces."""
BEFORE_BLOCKS = re.compile(rb'\{"blocks":\[')
BLOCK = re.compile(
    rb'\{"block":"([A-Za-z0-9+/]*={0,2})","header":%b,"leaf_index":%b,'
    rb'"path":\[((?:%b(?:,%b){0,%d})?)\],"salt":"([0-9a-f]{64})"\}(,?)'
    % (_NUMBER, _NUMBER, _HASH, _HASH, PATH_HASHES_MAX - 1)
)
"""Groups: block as base64, header, leaf index, hashes as they stand, salt, comma."""
AFTER_BLOCKS = re.compile(
    rb'\],("epoch":%b,"signal":%b,"source":%b)\}(,?)' % (_NUMBER, _TEXT, _TEXT)
)
"""Groups: an object without its braces, the epoch, comma."""
END = re.compile(rb'(\]\}),("key_id":%b,"signature":%b)\}\Z' % (_TEXT, _SIGNATURE))
"""Groups: the last of the signed bytes, an object without its braces, signature."""


class Scan:
    """The bytes of a file, which must be the forms that are expected, one after the other."""

    def __init__(self, data: bytes) -> None:
        """Begin with the first byte."""
        self._data, self._at = data, 0

    def take(self, form: Form) -> Piece:
        """Pass one piece.

        Raises:
            WrongEvidence: when something else stands here.
        """
        piece = form.match(self._data, self._at)
        if piece is None:
            msg = f"these bytes are no evidence bundle ({FORMAT}) in canonical form at byte "
            msg += f"{self._at} or behind it: somebody has written it anew"
            raise WrongEvidence(msg)
        self._at = piece.end()
        return piece

    def listed(self, form: Form) -> Iterator[Piece]:
        """Pass pieces up to the end of a list; the last group of the form is the comma between."""
        is_more = not self.is_at_end_of_list()
        while is_more:
            piece = self.take(form)
            yield piece
            is_more = bool(piece[form.groups])

    def is_at_end_of_list(self) -> bool:
        """Tell whether no piece of a list comes next."""
        return self._data.startswith(b"]", self._at)
