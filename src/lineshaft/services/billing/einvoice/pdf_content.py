"""The operators of a content stream of a PDF (ISO 32000-1, 7.8.2); pure."""

import re

_INNER_STRING = re.compile(rb"\((?:[^()\\]++|\\.)*+\)", re.DOTALL)
_OPERATOR = re.compile(
    rb"<[0-9A-Fa-f\s]*>|/[^\s<>\[\]{}/%]*|%[^\r\n]*|[<>\[\]]"
    rb"|[-+.0-9][^\s<>\[\]/%]*|([^\s<>\[\]/%]+)"
)
"""What is none is passed over: strings, names, comments, brackets and numbers."""
_INLINE_DATA = re.compile(rb"\bID\s.*?\sEI\b", re.DOTALL)


def operators_of(content: bytes) -> list[bytes]:
    """Return the operators in order, without what they work on."""
    return [word for word in _OPERATOR.findall(_without_strings(content)) if word]


def _without_strings(content: bytes) -> bytes:
    """Leave out strings, from the inside as they may be nested, and images within the content."""
    bare, count = _INLINE_DATA.sub(b"ID EI", content) if b"EI" in content else content, 1
    while count:
        bare, count = _INNER_STRING.subn(b" ", bare)
    return bare
