"""From the frozen bytes of a document to the bytes of a rendering, by what is shipped."""

from importlib.metadata import version
from typing import Any

import lineshaft
from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.einvoice.cii_checks import checked_cii
from lineshaft.services.billing.einvoice.errors import RulesBroken
from lineshaft.services.billing.einvoice.facturx import with_metadata
from lineshaft.services.billing.einvoice.model import NotExpressible
from lineshaft.services.billing.einvoice.official import CII_RULES_VERSION, UBL_RULES_VERSION
from lineshaft.services.billing.einvoice.pdfa import check_pdfa
from lineshaft.services.billing.einvoice.ubl_checks import checked_ubl
from lineshaft.services.billing.rendering.errors import RenderingTooLarge
from lineshaft.services.billing.rendering.html import to_html
from lineshaft.services.billing.rendering.model import (
    RENDERER,
    RENDERING_BYTES_MAX,
    Language,
    MediaType,
    RenderingRecord,
)
from lineshaft.services.billing.rendering.pdf import to_pdf
from lineshaft.services.billing.rendering.view import view_of


def renderer_version(media_type: MediaType) -> str:
    """Name what decides the bytes: our release, and what sets the page or judges the invoice."""
    if media_type is MediaType.UBL:
        return f"{lineshaft.__version__}+en16931-{UBL_RULES_VERSION}"
    if media_type is MediaType.PDF:
        return f"{lineshaft.__version__}+typst-{version('typst')}+facturx-{CII_RULES_VERSION}"
    return f"{lineshaft.__version__}+typst-{version('typst')}"


def render(document_file: bytes, media_type: MediaType, language: Language) -> bytes:
    """Render a document; the same arguments give the same bytes.

    Args:
        document_file: exact bytes of INVOICE.json, which a page or PDF carries with it.
        media_type: what to make.
        language: of the words.

    Raises:
        MissingGlyph: when the PDF's fonts lack a character of the document.
        NotExpressible, RulesBroken: when the document can be no invoice of EN 16931.
        RenderingTooLarge: beyond `RENDERING_BYTES_MAX`.
    """
    document = canonical.decode(document_file)["document"]
    data = _rendered(document, document_file, media_type, language)
    if len(data) > RENDERING_BYTES_MAX:
        msg = f"document {document['number']} as {media_type}: {len(data)} bytes, at most "
        msg += f"{RENDERING_BYTES_MAX}"
        raise RenderingTooLarge(msg)
    return data


def _rendered(
    document: dict[str, Any], document_file: bytes, media_type: MediaType, language: Language
) -> bytes:
    match media_type:
        case MediaType.HTML:
            return to_html(view_of(document, language), document_file)
        case MediaType.PDF:
            return _pdf(document, document_file, language)
        case MediaType.UBL:
            return checked_ubl(document, language.value)


def _pdf(document: dict[str, Any], document_file: bytes, language: Language) -> bytes:
    """Set the pages, with the invoice for machines in them where the document can be one.

    What EN 16931 has no words for, or its rules refuse, is the page with the signed document alone.

    Raises:
        InvariantError: when the pages break a clause of PDF/A-3.
    """
    try:
        xml = checked_cii(document, language.value)
    except (NotExpressible, RulesBroken):
        xml = None
    issued_at = parse_instant(document["issued_at"])
    data = to_pdf(view_of(document, language), document_file, issued_at, xml)
    if xml is not None:
        data = with_metadata(data)
    broken = check_pdfa(data)
    if broken:
        msg = f"document {document['number']} as PDF breaks {broken[0].rule}: {broken[0].text}"
        raise InvariantError(msg)
    return data


def record_of(
    document_file: bytes, data: bytes, media_type: MediaType, language: Language
) -> RenderingRecord:
    """Return the record of a rendering, to be signed."""
    return RenderingRecord(
        document_sha256=canonical.sha256_hex(document_file),
        number=canonical.decode(document_file)["document"]["number"],
        media_type=media_type,
        language=language,
        renderer=RENDERER,
        renderer_version=renderer_version(media_type),
        sha256=canonical.sha256_hex(data),
        size=len(data),
    )
