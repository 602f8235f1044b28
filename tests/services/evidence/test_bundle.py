"""The bundle: one form, a maximum, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lineshaft.core import canonical
from lineshaft.services.evidence import bundle as bundle_module
from lineshaft.services.evidence import reading
from lineshaft.services.evidence.envelope import Envelope, read_envelope
from lineshaft.services.evidence.errors import BundleTooLarge, WrongEvidence
from lineshaft.services.evidence.reading import Bundle
from tests.services.evidence.flips import TINY
from tests.services.evidence.world import sign_bundle


def content() -> Any:
    return json.loads(TINY.bundle)["bundle"]


def read_bundle(found: Any) -> Bundle:
    """Read content as a file of its own, in canonical form."""
    envelope = {"bundle": found, "key_id": "k", "signature": bytes(64).hex()}
    return reading.read_bundle(canonical.encode(envelope)).bundle


def test_order_and_repetition_of_proofs_do_not_matter() -> None:
    twice = [*reversed(TINY.proofs), *TINY.proofs]
    assert sign_bundle(TINY.document, "NM-2017-000001", twice) == TINY.bundle
    assert canonical.encode(canonical.decode(TINY.bundle)) == TINY.bundle


def test_headers_that_blocks_share_are_written_once() -> None:
    read = read_bundle(content())
    assert len(read.headers) == 1
    assert [(series.signal, len(series.blocks)) for series in read.series] == [
        ("mazak01/cut_time", 1),
        ("mazak01/execution", 1),
    ]
    assert read.series_of("mazak01/cut_time", "edge-2", 1) is None


def test_more_blocks_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(TINY.proofs) == 2
    for module in (bundle_module, reading):
        monkeypatch.setattr(module, "BUNDLE_BLOCKS_MAX", 2)
    sign_bundle(TINY.document, "n", TINY.proofs)
    read_bundle(content())
    for module in (bundle_module, reading):
        monkeypatch.setattr(module, "BUNDLE_BLOCKS_MAX", 1)
    with pytest.raises(BundleTooLarge):
        sign_bundle(TINY.document, "n", TINY.proofs)
    with pytest.raises(BundleTooLarge, match="more than 1 blocks"):
        read_bundle(content())


def test_a_bundle_over_the_maximum_is_neither_written_nor_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for size, is_refused in ((len(TINY.bundle), False), (len(TINY.bundle) - 1, True)):
        for module in (bundle_module, reading):
            monkeypatch.setattr(module, "BUNDLE_BYTES_MAX", size)
        if is_refused:
            with pytest.raises(BundleTooLarge):
                sign_bundle(TINY.document, "NM-2017-000001", TINY.proofs)
            with pytest.raises(WrongEvidence, match="at most"):
                reading.read_bundle(TINY.bundle)
        else:
            assert sign_bundle(TINY.document, "NM-2017-000001", TINY.proofs) == TINY.bundle
            reading.read_bundle(TINY.bundle)


def test_a_file_over_the_maximum_is_refused_unread() -> None:
    assert read_envelope(TINY.bundle, "bundle", len(TINY.bundle)).key_id
    with pytest.raises(WrongEvidence, match="at most"):
        read_envelope(TINY.bundle, "bundle", len(TINY.bundle) - 1)


def _more(found: Any) -> None:
    found["more"] = 1


def _format(found: Any) -> None:
    found["format"] = "lineshaft/evidence/2"


def _header_of_none(found: Any) -> None:
    found["series"][0]["blocks"][0]["header"] = 1


def _negative_header(found: Any) -> None:
    found["series"][0]["blocks"][0]["header"] = -1


def _long_path(found: Any) -> None:
    found["series"][0]["blocks"][0]["path"] *= 11


def _header_twice(found: Any) -> None:
    found["headers"] *= 2


def _series_twice(found: Any) -> None:
    found["series"] = [found["series"][0]] * 2


def _block_twice(found: Any) -> None:
    found["series"][0]["blocks"] *= 2


def _empty_series(found: Any) -> None:
    found["series"][0]["blocks"] = []


def _other_epoch(found: Any) -> None:
    found["series"][0]["epoch"] = 2


def _short_salt(found: Any) -> None:
    found["series"][0]["blocks"][0]["salt"] = "00"


def _no_header(found: Any) -> None:
    found["headers"][0]["header"] = "00"


@pytest.mark.parametrize(
    "change",
    [
        _more,
        _format,
        _header_of_none,
        _negative_header,
        _long_path,
        _header_twice,
        _series_twice,
        _block_twice,
        _empty_series,
        _other_epoch,
        _short_salt,
        _no_header,
    ],
)
def test_another_form_is_refused(change: Callable[[Any], None]) -> None:
    found = content()
    change(found)
    with pytest.raises(WrongEvidence):
        read_bundle(found)


def test_a_block_that_is_none_keeps_its_place_and_its_flaw() -> None:
    found = content()
    found["series"][0]["blocks"][0]["block"] = ""
    block = read_bundle(found).series[0].blocks[0]
    assert block.columns is None
    assert block.place == "segment 1 of edge-1/1"
    assert "ends too early" in block.flaw


@pytest.mark.parametrize("name", ["bundle", "document", "rendering"])
def test_what_was_signed_is_cut_out_of_the_file_exactly(name: str) -> None:
    signed = canonical.encode({"text": '"document":null \\ "bundle":null', "more": [1, None]})
    file = Envelope(canonical.decode(signed), signed, "k", bytes(64)).encode(name)
    read = read_envelope(file, name, len(file))
    assert read.signed == signed
    assert read.encode(name) == file
