"""The document and its file: reproducible, strict, and checked to the last cent."""

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import parse_instant
from lineshaft.services.billing import document as document_module
from lineshaft.services.billing.document import (
    check_totals,
    contract_of,
    decode_file,
    document_content,
    encode_file,
    recompute,
)
from lineshaft.services.billing.errors import DocumentUnreadable, TotalsWrong
from tests.services.billing.examples import rated_example
from tests.services.contracts.examples import contract

EXAMPLE = Path(__file__).parents[3] / "docs" / "formats" / "examples" / "invoice.json"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ISSUED_AT = parse_instant("2017-06-24T06:00:00Z")


def example_document() -> dict[str, Any]:
    return document_content(rated_example(), "NM-2017-000001", ISSUED_AT)


def example_file() -> bytes:
    signed_bytes = canonical.encode(example_document())
    return encode_file(signed_bytes, "example", KEY.sign(signed_bytes))


def test_the_example_of_the_format_page_is_reproduced_byte_for_byte() -> None:
    assert EXAMPLE.read_bytes() == example_file()


def test_the_signature_is_over_the_canonical_bytes_of_the_document() -> None:
    file = decode_file(example_file())
    KEY.public_key().verify(file.signature, file.signed_bytes)
    assert file.signed_bytes == canonical.encode(example_document())
    assert file.key_id == "example"


def test_a_document_can_be_computed_again_from_itself() -> None:
    document = decode_file(example_file()).document
    assert recompute(document) == document
    assert contract_of(document) == contract()
    check_totals(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("lines", 1, "amount"), "134.81"),
        (("totals", "vat", 0, "amount"), "43.71"),
        (("guarantee", "credit"), "1/20"),
        (("contract", "terms", "base_fee", "amount_per_month"), "2999.99"),
        (("usage", 0, "quantity", "amount"), "12579"),
        (("statements",), []),
    ],
)
def test_a_changed_figure_is_not_what_is_computed(path: tuple[Any, ...], value: Any) -> None:
    document = changed(path, value)
    assert recompute(document) != document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("usage", 0, "covered_us"), 1),
        (("usage", 1, "states"), []),
        (("usage",), []),
        (("service_period", "end"), "2017-06-22T23:59:59Z"),
        (("known_at",), "yesterday"),
        (("engine",), {}),
        (("contract", "terms", "vat"), None),
        (("contract",), []),
    ],
)
def test_a_document_that_contradicts_itself_cannot_be_computed(
    path: tuple[Any, ...], value: Any
) -> None:
    with pytest.raises(DocumentUnreadable, match="compute"):
        recompute(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("totals", "vat", 0, "amount"), "43.71", "expected exactly 42.72"),
        (("totals", "vat", 0, "amount"), "42.73", "expected exactly 42.72"),
        (("totals", "vat", 0, "base"), "224.81", "tax base"),
        (("totals", "net"), "224.83", "net is 224.83"),
        (("totals", "gross"), "267.55", "gross"),
        (("totals", "gross"), "267.540", "gross"),
        (("totals", "vat"), [], "groups"),
        (("lines", 0, "amount"), "100.01", "line base-fee"),
    ],
)
def test_totals_have_no_tolerance(path: tuple[Any, ...], value: Any, says: str) -> None:
    """Case 26: a tax that is wrong by 0.99 passes EN 16931's own rules, and not ours."""
    with pytest.raises(TotalsWrong, match=says):
        check_totals(changed(path, value))


COMPUTED = {"lines", "totals", "guarantee", "statements", "format", "type"}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(["", "0", "-1", "1/0", "1e999999999", "9999-12-31T23:59:59Z", "NaN", "\ud800"]),
    st.just([]),
    st.just({}),
)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a content, the whole left out."""
    if not isinstance(content, dict | list):
        return [path]
    keys = list(content) if isinstance(content, dict) else range(len(content))
    inner = [place for key in keys for place in places(content[key], (*path, key))]
    return [path, *inner] if path else inner


@given(st.sampled_from(places(example_document())), JUNK)
def test_junk_anywhere_is_refused_or_found(path: tuple[Any, ...], junk: Any) -> None:
    """Nothing but a refusal comes out of a document that anybody may have written."""
    document = changed(path, junk)
    if document == example_document():
        return
    with contextlib.suppress(DocumentUnreadable):
        again = recompute(document)
        assert path[0] not in COMPUTED or again != document
    with contextlib.suppress(TotalsWrong):
        check_totals(document)


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(example_document())
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@given(st.integers(min_value=0, max_value=len(example_file()) * 8 - 1))
def test_any_flipped_bit_of_a_file_is_found(bit: int) -> None:
    data = bytearray(example_file())
    data[bit // 8] ^= 1 << bit % 8
    try:
        file = decode_file(bytes(data))
        KEY.public_key().verify(file.signature, file.signed_bytes)
    except Exception:
        return
    assert file.key_id != "example"  # the one member that the signature does not cover


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"document":[],"key_id":"","signature":""}',
        b'{"document":{"format":"lineshaft/invoice/2"},"key_id":"","signature":""}',
        example_file().replace(b'":', b'": ', 1),
        example_file() + b"\n",
        example_file()[:-130] + example_file()[-130:].upper(),
    ],
)
def test_other_bytes_are_no_document(data: bytes) -> None:
    assert data != example_file()
    with pytest.raises(DocumentUnreadable):
        decode_file(data)


def test_a_file_has_a_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    data = example_file()
    monkeypatch.setattr(document_module, "FILE_BYTES_MAX", len(data))
    assert decode_file(example_file()).document["number"] == "NM-2017-000001"
    monkeypatch.setattr(document_module, "FILE_BYTES_MAX", len(data) - 1)
    with pytest.raises(Invalid, match="at most"):
        example_file()
    with pytest.raises(DocumentUnreadable, match="at most"):
        decode_file(data)
