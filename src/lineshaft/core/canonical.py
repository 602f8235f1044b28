"""Canonical JSON: one byte sequence for one content, so that hashes and signatures mean something.

The subset of RFC 8785 (JSON Canonicalization Scheme) without floating-point numbers: objects with
ASCII keys in ascending order, arrays, strings, booleans, null and integers within ±(2**53 - 1);
UTF-8, no white space, the shortest escapes. Decimals and rationals travel as strings.
"""

import binascii
import hashlib
from typing import Any, NoReturn

import msgspec

from lineshaft.core.errors import Invalid

INTEGER_MAX = 2**53 - 1
_IS_DIGIT = bytes(48 <= byte < 58 for byte in range(256))
_MAYBE_BEYOND = bytes([True] * 16)
"""What an integer beyond the maximum has in it, by `_IS_DIGIT`; texts may have it, too."""


class NotCanonical(Invalid):
    """Bytes that say the same as the canonical form, or nothing at all, but are not it."""


def encode(content: Any) -> bytes:
    """Write content as canonical JSON.

    Raises:
        NotCanonical: for a float, an integer beyond 2**53 - 1, a key that is not an ASCII string,
            or text with a lone surrogate.
    """
    _check(content)
    return _write(content)


def _write(content: Any) -> bytes:
    try:
        return _ENCODER.encode(content)
    except (TypeError, ValueError) as error:
        msg = f"cannot write canonical JSON: {error}"
        raise NotCanonical(msg) from error


def _plain(content: Any) -> Any:
    """Return what the encoder writes in place of a text or integer of a class of its own."""
    return str(content) if isinstance(content, str) else int(content)


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_plain)


def _check(content: Any) -> None:
    # A loop over what it finds: the calls of a recursion would take longer than writing. Texts,
    # which most content is, are not even looked at twice.
    left = [content]
    for item in left:
        if isinstance(item, dict):
            _check_keys(item)
            left += [value for value in item.values() if type(value) is not str]
        elif isinstance(item, list | tuple):
            left += [value for value in item if type(value) is not str]
        elif isinstance(item, int):
            _check_integer(item)
        elif item is not None and not isinstance(item, str):
            msg = f"cannot write a {type(item).__name__} as canonical JSON: use a string"
            raise NotCanonical(msg)


def _check_integer(number: int) -> None:
    if not -INTEGER_MAX <= number <= INTEGER_MAX:
        msg = f"cannot write {number} as canonical JSON: beyond 2**53 - 1, use a string"
        raise NotCanonical(msg)


def _check_keys(content: dict[Any, Any]) -> None:
    # All of them at once first: one by one they take a third of the time of a document.
    try:
        are_ascii = "".join(content).isascii()
    except TypeError:
        are_ascii = False
    for key in () if are_ascii else content:
        if not (isinstance(key, str) and key.isascii()):
            msg = f"cannot write the key {key!r} as canonical JSON: expected ASCII text"
            raise NotCanonical(msg)


def decode(data: bytes) -> Any:
    """Read canonical JSON; any other bytes with the same meaning are refused.

    Raises:
        NotCanonical: when the bytes are not exactly what `encode` would write.
    """
    try:
        content = _DECODER.decode(data)
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        msg = f"not JSON: {error}"
        raise NotCanonical(msg) from error
    if not data.isascii() or _MAYBE_BEYOND in data.translate(_IS_DIGIT):
        # What is left that JSON may have and we may not: a key beyond ASCII, a large integer.
        _check(content)
    if _write(content) != data:
        msg = "the JSON is not in canonical form: somebody has written it anew"
        raise NotCanonical(msg)
    return content


def _no_number(text: str) -> NoReturn:
    msg = f"cannot read {text[:80]} in canonical JSON: expected an integer, or a string"
    raise NotCanonical(msg)


_DECODER = msgspec.json.Decoder(float_hook=_no_number)


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def decode_hex(text: str, size: int) -> bytes:
    """Read exactly `size` bytes of lower-case hexadecimal.

    Raises:
        NotCanonical: for any other text, upper case included.
    """
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        msg = f"not hexadecimal: {text[:80]!r}"
        raise NotCanonical(msg) from error
    if data.hex() != text or len(data) != size:
        msg = f"expected {size} bytes in lower-case hexadecimal, got {text[:80]!r}"
        raise NotCanonical(msg)
    return data


def encode_base64(data: bytes) -> str:
    """Write bytes as base64 with padding (RFC 4648, clause 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Read base64 of exactly the form that `encode_base64` writes.

    Raises:
        NotCanonical: for white space, wrong padding or stray bits behind the last byte.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        msg = "not base64 (RFC 4648, clause 4)"
        raise NotCanonical(msg) from error
    if encode_base64(data) != text:
        msg = "base64 with stray bits or padding: somebody has written it anew"
        raise NotCanonical(msg)
    return data
