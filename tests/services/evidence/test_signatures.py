"""Signatures are checked by processes as they are by ourselves."""

import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_core_ed25519_add

from lineshaft.security.keys.model import UnknownKey
from lineshaft.services.evidence import signatures
from lineshaft.services.evidence.signatures import SignatureCheck, SignedBytes
from lineshaft.services.evidence.sums import ORDER, hold_together

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]
COUNT = 9


def items(*wrong: int) -> list[SignedBytes]:
    """Sign some messages of different lengths; a wrong one has another's signature."""
    found = []
    for place in range(COUNT):
        key, message = KEYS[place % 2], b"m" * place
        signature = key.sign(b"other" if place in wrong else message)
        public = key.public_key().public_bytes_raw()
        found.append(SignedBytes(public, signature, message, is_named=place not in (3, 8)))
    return found


@pytest.fixture(params=["processes", "alone", "summed"])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "ALONE_MAX", COUNT - (request.param == "processes"))
    if request.param == "summed":
        monkeypatch.setattr(signatures, "SUMMED_MIN", 1)
        monkeypatch.setattr(signatures, "SUMMED_MAX", 5)


def first_wrong(found: list[SignedBytes]) -> int | None:
    with SignatureCheck() as check:
        check.begin(lambda: found, len(found))
        return check.first_wrong()


def test_the_first_wrong_one_is_named(bound: None) -> None:
    assert first_wrong(items()) is None
    for wrong in ([0], [4], [5], [8], [3, 7], [5, 6]):
        assert first_wrong(items(*wrong)) == wrong[0]


def test_what_cannot_be_signed_by_a_key_is_wrong(bound: None) -> None:
    found = items()
    found[6] = found[6]._replace(signature=bytes(64))
    assert first_wrong(found) == 6


@pytest.mark.parametrize(("wrong", "is_told"), [((), True), ((7,), True), ((2,), False)])
def test_an_unknown_key_counts_where_it_stands(
    bound: None, wrong: tuple[int, ...], *, is_told: bool
) -> None:
    def known() -> Iterator[SignedBytes]:
        yield from items(*wrong)[:5]
        raise UnknownKey("no key of the sixth")

    with SignatureCheck() as check:
        check.begin(known, COUNT)
        if is_told:
            with pytest.raises(UnknownKey):
                check.first_wrong()
        else:
            assert check.first_wrong() == 2


def test_where_a_process_is_ended_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "ALONE_MAX", 0)
    monkeypatch.setattr(signatures, "_NAME", "lineshaft.no_such_module")
    assert first_wrong(items(6)) == 6
    assert first_wrong(items()) is None


def test_a_process_that_was_told_a_part_only_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\0" * 400)))
    with pytest.raises(SystemExit, match="not all signatures"):
        signatures.main()


# ---- sums


def summed(*changed: tuple[int, bytes]) -> bool:
    """Sign three messages with one key, put some other signatures there, and check their sum."""
    key, found = KEYS[0], [[KEYS[0].sign(m), m] for m in (b"a", b"b", b"c")]
    for place, signature in changed:
        found[place][0] = signature
    return hold_together(key.public_key().public_bytes_raw(), [(s, m) for s, m in found])


def test_a_sum_tells_of_each_signature_that_is_wrong() -> None:
    assert summed()
    right = KEYS[0].sign(b"b")
    point, scalar = right[:32], int.from_bytes(right[32:], "little")
    order_2 = ((1 << 255) - 20).to_bytes(32, "little")
    wrong = [
        KEYS[1].sign(b"b"),
        KEYS[0].sign(b"other"),
        bytes(64),
        right[32:] + right[:32],
        point + (scalar + ORDER).to_bytes(32, "little"),
        point + (scalar ^ 1).to_bytes(32, "little"),
        crypto_core_ed25519_add(point, order_2) + right[32:],
    ]
    assert not any(summed((1, signature)) for signature in wrong)


def test_a_chain_of_sums_needs_no_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "SUMMED_MIN", 1)
    looked_at = []
    alone = signatures.crypto_sign_open

    def noted(signed: bytes, key: bytes) -> bytes:
        looked_at.append(signed[64:])
        return alone(signed, key)

    monkeypatch.setattr(signatures, "crypto_sign_open", noted)
    assert first_wrong(items()) is None
    assert looked_at == [b"mmm", b"m" * 8]
