"""Factur-X files of documents, for whoever reads or breaks them."""

from typing import Any

from lineshaft.core.period import parse_instant
from lineshaft.services.billing.einvoice.cii_checks import checked_cii
from lineshaft.services.billing.einvoice.facturx import with_metadata
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.pdf import to_pdf
from lineshaft.services.billing.rendering.view import view_of
from tests.services.rendering.sample import document_file


def facturx(document: dict[str, Any], language: Language) -> bytes:
    """Return the Factur-X of a document."""
    xml = checked_cii(document, language.value)
    issued_at = parse_instant(document["issued_at"])
    page = to_pdf(view_of(document, language), document_file(document), issued_at, xml)
    return with_metadata(page)
