"""Many signatures of one key, checked together: the sum of their equations (RFC 8032, 5.1.7).

A signature (R, S) of a key A is right when `S·B = R + h·A`. The sum of such equations, each times a
weight, holds when all of them do; adding up the points takes a fourth of the time of checking
signature after signature. The weights are odd, so one wrong signature is never missed, and drawn
anew for each check, so nobody can try beforehand which wrong ones cancel each other out: such are
missed with a chance of one in `BUCKETS`. That is no proof, so only what is proven otherwise, and
has to be sound beside, may be checked like this (`signatures`).
"""

import hashlib
from collections.abc import Callable, Sequence
from secrets import token_bytes

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
)
from nacl.exceptions import CryptoError

BUCKETS = 256
"""Different weights; a byte that is drawn chooses."""
_SIZE = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
"""How often the base point B is added to itself until nothing is left."""
_FIELD = 2**255 - 19
_NOTHING = b"\x01" + bytes(_SIZE - 1)
"""The neutral point."""


def hold_together(
    key: bytes, signed: Sequence[tuple[bytes, bytes]], draw: Callable[[int], bytes] = token_bytes
) -> bool:
    """Tell whether signatures of a key hold, all of them.

    Args:
        key: Ed25519, raw.
        signed: signatures (64 bytes each), and the messages that they are over.
        draw: gives that many bytes, which choose the weights.

    Returns:
        False also where this way cannot tell, so that whoever asks has to look at each.
    """
    hashes = []
    for signature, message in signed:
        one = hashlib.sha512(signature[:_SIZE] + key + message).digest()
        hashes.append(int.from_bytes(one, "little"))
    sums = [_NOTHING] * BUCKETS
    scalars = digests = 0
    try:
        for bucket, (signature, _), hashed in zip(draw(len(signed)), signed, hashes, strict=True):
            point, scalar = signature[:_SIZE], int.from_bytes(signature[_SIZE:], "little")
            if scalar >= ORDER or int.from_bytes(point, "little") % 2**255 >= _FIELD:
                return False
            sums[bucket] = crypto_core_ed25519_add(sums[bucket], point)
            scalars += (2 * bucket + 1) * scalar
            digests += (2 * bucket + 1) * hashed
        right = crypto_scalarmult_ed25519_noclamp(_reduced(digests), key)
        left = crypto_scalarmult_ed25519_base_noclamp(_reduced(scalars))
        return left == crypto_core_ed25519_add(_weighted(sums), right)
    except CryptoError:
        return False


def _reduced(scalar: int) -> bytes:
    return (scalar % ORDER).to_bytes(_SIZE, "little")


def _weighted(sums: Sequence[bytes]) -> bytes:
    """Return the sum of the points, the one at place `n` times `2n + 1`."""
    above = by_place = _NOTHING
    for point in reversed(sums[1:]):
        above = crypto_core_ed25519_add(above, point)
        by_place = crypto_core_ed25519_add(by_place, above)
    once = crypto_core_ed25519_add(above, sums[0])
    return crypto_core_ed25519_add(once, crypto_core_ed25519_add(by_place, by_place))
