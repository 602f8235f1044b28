"""Password hashes with scrypt (RFC 7914), and random secrets for people."""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable

import msgspec

from lineshaft.core.errors import InvariantError

SecretBytes = Callable[[int], bytes]
"""Gives that many bytes that nobody can guess: `secrets.token_bytes`."""

SALT_BYTES = 16
HASH_BYTES = 32
_MEMORY_BYTES_MAX = 64 * 1_024 * 1_024
_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
"""32 characters that are hard to mistake for each other: no 0, 1, l and o."""
_PASSWORD_CHARACTERS = 20
_PASSWORD_GROUP = 5


class ScryptCost(msgspec.Struct, frozen=True):
    """Cost parameters (RFC 7914, section 2): memory is 128·n·r bytes, work grows with n·r·p."""

    n: int
    r: int
    p: int


SCRYPT = ScryptCost(n=2**14, r=8, p=5)
"""16 MiB; one of the equal choices of the OWASP Password Storage Cheat Sheet (scrypt)."""


def hash_of_nobody(secret_bytes: SecretBytes, cost: ScryptCost) -> str:
    """Return a hash that no password has, and that costs as much to be compared with as any.

    Its bytes are random: every command makes one, and scrypt alone would take longer than most.
    """
    salt, digest = secret_bytes(SALT_BYTES), secret_bytes(HASH_BYTES)
    return _encoded(salt, digest, cost)


def hash_password(password: str, salt: bytes, cost: ScryptCost) -> str:
    """Return `scrypt$n$r$p$salt$hash`, so that the cost can be raised later."""
    digest = _scrypt(password, salt, cost)
    return _encoded(salt, digest, cost)


def is_password(password: str, stored: str) -> bool:
    """Compare in constant time with what `hash_password` returned.

    Raises:
        InvariantError: when the stored text is no such hash.
    """
    parts = stored.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        msg = "a stored password hash is damaged"
        raise InvariantError(msg)
    cost = ScryptCost(int(parts[1]), int(parts[2]), int(parts[3]))
    digest = _scrypt(password, bytes.fromhex(parts[4]), cost)
    return hmac.compare_digest(digest, bytes.fromhex(parts[5]))


def random_password(secret_bytes: SecretBytes) -> str:
    """Return a password of 100 random bits that can be read aloud: `k3v9x-…`."""
    characters = [_ALPHABET[byte % len(_ALPHABET)] for byte in secret_bytes(_PASSWORD_CHARACTERS)]
    groups = range(0, _PASSWORD_CHARACTERS, _PASSWORD_GROUP)
    return "-".join("".join(characters[start : start + _PASSWORD_GROUP]) for start in groups)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a token: enough, since tokens are random and long."""
    return hashlib.sha256(token.encode("utf-8", errors="replace")).digest()


def _encoded(salt: bytes, digest: bytes, cost: ScryptCost) -> str:
    return f"scrypt${cost.n}${cost.r}${cost.p}${salt.hex()}${digest.hex()}"


def _scrypt(password: str, salt: bytes, cost: ScryptCost) -> bytes:
    # One password for one look, however the keyboard composes it (NIST SP 800-63B, 3.1.1.2).
    normal = unicodedata.normalize("NFKC", password).encode("utf-8", errors="replace")
    return hashlib.scrypt(
        normal,
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=_MEMORY_BYTES_MAX,
        dklen=HASH_BYTES,
    )
