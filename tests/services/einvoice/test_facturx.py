"""A Factur-X file is the page, the signed document and the invoice for machines in one."""

import io
from typing import Any

import pypdf
import pytest

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.einvoice.cii_checks import checked_cii
from lineshaft.services.billing.einvoice.errors import Finding
from lineshaft.services.billing.einvoice.facturx import (
    FILE_NAME,
    NAMESPACE,
    facturx_findings,
    with_metadata,
)
from lineshaft.services.billing.einvoice.pdf_file import PdfFile
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.pdf import to_pdf
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.evidence.carriers import document_in
from lineshaft.services.evidence.verify import PDF
from tests.services.einvoice.documents import CATEGORIES, example, taxed, with_lines
from tests.services.einvoice.facturx_files import facturx
from tests.services.rendering.sample import document_file

FILE = facturx(example(), Language.ENGLISH)


def page(document: dict[str, Any], xml: bytes | None) -> bytes:
    view = view_of(document, Language.ENGLISH)
    return to_pdf(view, document_file(document), parse_instant(document["issued_at"]), xml)


def rules_of(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("language", list(Language))
def test_it_passes_and_carries_both_attachments(language: Language) -> None:
    data = facturx(example(), language)
    assert facturx_findings(data) == ()
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    attached = {name: list(found) for name, found in reader.attachments.items()}
    assert attached == {
        "INVOICE.json": [document_file(example())],
        FILE_NAME: [checked_cii(example(), language.value)],
    }
    assert document_in(data, PDF) == document_file(example())


def test_the_metadata_say_so_to_another_reader() -> None:
    metadata = pypdf.PdfReader(io.BytesIO(FILE), strict=True).xmp_metadata
    assert metadata is not None
    said = {
        node.localName: node.firstChild.data
        for node in metadata.rdf_root.getElementsByTagNameNS(NAMESPACE, "*")
    }
    assert said == {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }


def test_the_same_document_gives_the_same_bytes() -> None:
    assert facturx(example(), Language.ENGLISH) == FILE


@pytest.mark.parametrize(
    "document",
    [
        *[taxed(category, rate) for category, rate in CATEGORIES],
        with_lines(("7612.50", "S", "19"), type_code="381"),
        with_lines(("7612.50", "S", "19"), type_code="384"),
    ],
)
def test_documents_of_every_kind_pass(document: dict[str, Any]) -> None:
    assert facturx_findings(facturx(document, Language.ENGLISH)) == ()


def test_a_page_without_the_invoice_is_no_factur_x() -> None:
    assert rules_of(facturx_findings(page(example(), None))) == {"FX-FILE", "FX-XMP"}


def test_a_page_that_does_not_say_so_is_no_factur_x() -> None:
    assert rules_of(facturx_findings(page(example(), checked_cii(example(), "en")))) == {"FX-XMP"}


def test_another_relationship_is_refused() -> None:
    file = PdfFile(FILE)
    number = next(n for n in file.objects if b"/Alternative" in file.body_of(n))
    other = file.replaced(number, file.body_of(number).replace(b"/Alternative", b"/Supplement"))
    assert rules_of(facturx_findings(other)) == {"FX-FILE"}


def test_the_invoice_within_is_judged() -> None:
    wrong = checked_cii(example(), "en").replace(b">267.54<", b">267.55<")
    found = rules_of(facturx_findings(with_metadata(page(example(), wrong))))
    assert {"BR-CO-15", "LS-CO-15"} <= found


def test_other_metadata_than_ours_are_a_bug() -> None:
    with pytest.raises(InvariantError, match="say already"):
        with_metadata(with_metadata(FILE))
    with pytest.raises(InvariantError, match="cannot be read"):
        with_metadata(b"%PDF-1.7")
