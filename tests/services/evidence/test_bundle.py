"""The bundle: one form, a maximum, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lineshaft.core import canonical
from lineshaft.services.evidence import bundle as bundle_module
from lineshaft.services.evidence.bundle import bundle_content, read_bundle
from lineshaft.services.evidence.envelope import Envelope, read_envelope
from lineshaft.services.evidence.errors import BundleTooLarge, WrongEvidence
from tests.services.evidence.flips import TINY


def content() -> Any:
    return json.loads(TINY.bundle)["bundle"]


def test_order_and_repetition_of_proofs_do_not_matter() -> None:
    twice = [*reversed(TINY.proofs), *TINY.proofs]
    assert bundle_content(TINY.document, "NM-2017-000001", twice) == content()


def test_headers_that_blocks_share_are_written_once() -> None:
    read = read_bundle(content())
    assert len(read.headers) == 1
    assert [(series.signal, len(series.blocks)) for series in read.series] == [
        ("mazak01/cut_time", 1),
        ("mazak01/execution", 1),
    ]
    assert read.series_of("mazak01/cut_time", "edge-2", 1) is None


def test_more_blocks_than_the_maximum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "BUNDLE_BLOCKS_MAX", 2)
    assert len(TINY.proofs) == 2
    bundle_content(TINY.document, "n", TINY.proofs)
    read_bundle(content())
    monkeypatch.setattr(bundle_module, "BUNDLE_BLOCKS_MAX", 1)
    with pytest.raises(BundleTooLarge):
        bundle_content(TINY.document, "n", TINY.proofs)
    with pytest.raises(WrongEvidence, match="more than 1 blocks"):
        read_bundle(content())


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
