"""Signatures are checked by processes as they are by ourselves."""

import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.security.keys.model import UnknownKey
from lineshaft.services.evidence import signatures
from lineshaft.services.evidence.signatures import SignatureCheck, SignedBytes

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]
COUNT = 9


def items(*wrong: int) -> list[SignedBytes]:
    """Sign some messages of different lengths; a wrong one has another's signature."""
    found = []
    for place in range(COUNT):
        key, message = KEYS[place % 2], b"m" * place
        signature = key.sign(b"other" if place in wrong else message)
        found.append(SignedBytes(key.public_key().public_bytes_raw(), signature, message))
    return found


@pytest.fixture(params=[COUNT - 1, COUNT], ids=["processes", "alone"])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(signatures, "ALONE_MAX", request.param)
    return request.param


def first_wrong(found: list[SignedBytes]) -> int | None:
    with SignatureCheck() as check:
        check.begin(lambda: found, len(found))
        return check.first_wrong()


def test_the_first_wrong_one_is_named(bound: int) -> None:
    assert first_wrong(items()) is None
    for wrong in ([0], [4], [5], [8], [3, 7], [5, 6]):
        assert first_wrong(items(*wrong)) == wrong[0]


def test_what_cannot_be_signed_by_a_key_is_wrong(bound: int) -> None:
    found = items()
    found[6] = found[6]._replace(signature=bytes(64))
    assert first_wrong(found) == 6


@pytest.mark.parametrize(("wrong", "is_told"), [((), True), ((7,), True), ((2,), False)])
def test_an_unknown_key_counts_where_it_stands(
    bound: int, wrong: tuple[int, ...], *, is_told: bool
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
