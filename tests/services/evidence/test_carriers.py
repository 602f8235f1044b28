"""The exact bytes of the document come out of every rendering, and out of nothing else."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import parse_instant
from lineshaft.services.billing.rendering.html import to_html
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.pdf import to_pdf
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.evidence import carriers
from lineshaft.services.evidence.carriers import document_in
from lineshaft.services.evidence.errors import WrongEvidence
from lineshaft.services.evidence.verify import HTML, JSON, PDF
from tests.services.rendering.sample import document, document_file

VIEW = view_of(document(), Language.ENGLISH)
ISSUED_AT = parse_instant("2017-06-24T06:00:00Z")
AWKWARD = st.text(st.sampled_from(r'<\u003c/script>"!-' + "u0C[]"), max_size=30)


@given(AWKWARD)
@settings(max_examples=300)
def test_a_page_gives_back_any_text(text: str) -> None:
    data = document_file({"text": text})
    assert document_in(to_html(VIEW, data), HTML) == data


@given(st.text(max_size=30))
@settings(max_examples=15, deadline=None)
def test_a_pdf_gives_back_any_text(text: str) -> None:
    data = document_file({"text": text, "more": "x" * 3_000})
    assert document_in(to_pdf(VIEW, data, ISSUED_AT), PDF) == data


NAMED = b"9 0 obj\n<</Type/Filespec/F(%s)/UF(%s)/EF<</F %d 0 R>>>>\nendobj\n"
ATTACHED = b"%d 0 obj\n<</Length %d/Type/EmbeddedFile>>\nstream\n%s\nendstream\nendobj\n"


def attached(number: int, name: bytes, data: bytes) -> bytes:
    return NAMED % (name, name, number) + ATTACHED % (number, len(data), data)


def test_of_several_attachments_the_document_is_the_one_of_its_name() -> None:
    document, other = attached(3, b"INVOICE.json", b"{}"), attached(13, b"factur-x.xml", b"<a/>")
    for pdf in (document + other, other + document):
        assert document_in(pdf, PDF) == b"{}"


@pytest.mark.parametrize(
    "pdf",
    [
        attached(3, b"a.json", b"{}") + attached(13, b"factur-x.xml", b"<a/>"),
        attached(3, b"INVOICE.json", b"{}") + attached(13, b"INVOICE.json", b"{ }"),
        attached(3, b"INVOICE.json", b"{}") + ATTACHED % (3, 3, b"{ }"),
        attached(3, b"INVOICE.json", b"{}").replace(b"EF<</F 3", b"EF<</F 4")
        + attached(13, b"factur-x.xml", b"<a/>"),
    ],
)
def test_attachments_among_which_none_or_two_are_the_document_are_refused(pdf: bytes) -> None:
    with pytest.raises(WrongEvidence, match="expected one INVOICE"):
        document_in(pdf, PDF)


def test_a_packed_attachment_is_unpacked_and_a_cut_one_refused() -> None:
    packed = zlib.compress(b"document")
    head = b"1 0 obj<</Length %d/Filter/FlateDecode/Type/EmbeddedFile>>\nstream\n"
    pdf = head % len(packed) + packed + b"\nendstream"
    assert document_in(pdf, PDF) == b"document"
    for broken in (packed[:-1], b"no zlib"):
        with pytest.raises(WrongEvidence):
            document_in(head % len(broken) + broken, PDF)


def test_an_attachment_that_unpacks_beyond_the_maximum_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = zlib.compress(bytes(100))
    head = b"1 0 obj<</Length %d/Filter/FlateDecode/Type/EmbeddedFile>>\nstream\n"
    pdf = head % len(packed) + packed
    monkeypatch.setattr(carriers, "DOCUMENT_BYTES_MAX", 100)
    assert len(document_in(pdf, PDF)) == 100
    monkeypatch.setattr(carriers, "DOCUMENT_BYTES_MAX", 99)
    with pytest.raises(WrongEvidence, match="larger than 99"):
        document_in(pdf, PDF)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"<p>", HTML),
        (2 * b'<script type="application/json" id="lineshaft-document">{}</script>', HTML),
        (b"%PDF-1.7", PDF),
        (2 * b"1 0 obj<</Length 2/Type/EmbeddedFile>>\nstream\n{}\n", PDF),
        (b"1 0 obj<</Type/EmbeddedFile>>\nstream\n{}\n", PDF),
        (b"{}", "text/plain"),
    ],
)
def test_a_file_with_no_document_or_two_is_refused(data: bytes, media_type: str) -> None:
    with pytest.raises(WrongEvidence):
        document_in(data, media_type)


def test_a_file_over_the_maximum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "CARRIER_BYTES_MAX", 2)
    assert document_in(b"{}", JSON) == b"{}"
    with pytest.raises(WrongEvidence, match="at most 2"):
        document_in(b"{ }", JSON)
