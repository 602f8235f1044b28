"""Factur-X (ZUGFeRD) 1.0, profile EN 16931: a PDF/A-3 that carries its invoice in CII; pure.

The page is set with the XML attached to it (`rendering/pdf.py`); here the metadata learn to say
so, since Typst has no means to: properties of the schema `fx`, and its description as an extension
schema of PDF/A. The XMP packet is the only object that changes, so the same PDF gives the same
bytes.
"""

import re
from typing import Final

from lineshaft.core.errors import InvariantError
from lineshaft.services.billing.einvoice.cii_checks import cii_findings
from lineshaft.services.billing.einvoice.errors import Finding
from lineshaft.services.billing.einvoice.pdf_file import (
    PdfFile,
    PdfUnreadable,
    Reference,
)
from lineshaft.services.billing.einvoice.pdf_text import text_of
from lineshaft.services.billing.einvoice.pdfa import check_pdfa
from lineshaft.services.billing.einvoice.xmp import XmpUnreadable

FILE_NAME: Final = "factur-x.xml"
MEDIA_TYPE: Final = "text/xml"
RELATIONSHIP: Final = "Alternative"
"""The XML says the same as the page (Factur-X, 6.2.2); Germany asks for this one."""
NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES: Final = {
    "DocumentType": ("INVOICE", "type of the embedded document"),
    "DocumentFileName": (FILE_NAME, "name of the embedded XML invoice file"),
    "Version": ("1.0", "version of the Factur-X XML schema"),
    "ConformanceLevel": ("EN 16931", "conformance level of the embedded Factur-X data"),
}
"""Value and description of each (Factur-X, 6.2.3); credit notes are of type INVOICE too."""
_STREAM_LENGTH: Final = re.compile(rb"/Length \d+")
_PREFIX_BEFORE: Final = b' xmlns:pdfaExtension="'
_SCHEMA_BEFORE: Final = b"</rdf:Bag></pdfaExtension:schemas>"
_PROPERTIES_BEFORE: Final = b"</rdf:Description></rdf:RDF>"


def with_metadata(pdf: bytes) -> bytes:
    """Return a PDF whose metadata say that it is Factur-X.

    Args:
        pdf: PDF/A-3 with `factur-x.xml` attached.

    Raises:
        InvariantError: when its metadata are not those of our pages.
    """
    try:
        file = PdfFile(pdf, is_read_whole=False)
        metadata = file.catalog.get("Metadata")
        packet = file.stream_of(metadata)
    except PdfUnreadable as error:
        msg = f"a page that was just set cannot be read: {error}"
        raise InvariantError(msg) from error
    if not isinstance(metadata, Reference) or packet is None:
        msg = "a page that was just set has no metadata"
        raise InvariantError(msg)
    if NAMESPACE.encode() in packet:
        msg = "the metadata of a page say already that it is Factur-X"
        raise InvariantError(msg)
    for before, said in (
        (_PREFIX_BEFORE, f' xmlns:fx="{NAMESPACE}"'),
        (_SCHEMA_BEFORE, _schema()),
        (_PROPERTIES_BEFORE, _properties()),
    ):
        if packet.count(before) != 1:
            msg = f"the metadata of a page have {packet.count(before)} {before!r}, expected 1"
            raise InvariantError(msg)
        packet = packet.replace(before, said.encode() + before)
    head = file.body_of(metadata.number).partition(b"\nstream")[0]
    return file.replaced(metadata.number, stream_body(head, packet))


def _properties() -> str:
    return "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in PROPERTIES.items())


def _schema() -> str:
    described = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
        for name, (_, description) in PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )


def stream_body(head: bytes, stream: bytes) -> bytes:
    """Return the body of a stream object, with the length of its stream in its dictionary.

    Args:
        head: the dictionary, with any `/Length`.
        stream: the bytes.
    """
    said = _STREAM_LENGTH.sub(b"/Length %d" % len(stream), head, count=1)
    return said + b"\nstream\n" + stream + b"\nendstream"


def facturx_findings(data: bytes) -> tuple[Finding, ...]:
    """Return what keeps a file from being Factur-X: clauses of PDF/A-3, and rules of the invoice.

    `FX-FILE` and `FX-XMP` name what Factur-X asks beside these (section 6.2). A file that passes
    was not validated by veraPDF: see `pdfa.py`.
    """
    found = check_pdfa(data)
    try:
        file = PdfFile(data)
        return (*found, *_attached(file), *_described(file))
    except PdfUnreadable as error:
        return found or (Finding("FX-FILE", str(error)),)


def _attached(file: PdfFile) -> tuple[Finding, ...]:
    named = [
        one
        for one in file.dictionaries
        if "EF" in one and isinstance(one.get("UF"), bytes) and text_of(one["UF"]) == FILE_NAME
    ]
    if len(named) != 1:
        return (Finding("FX-FILE", f"{len(named)} files named {FILE_NAME}, expected 1"),)
    if named[0].get("AFRelationship") != RELATIONSHIP:
        said = named[0].get("AFRelationship")
        return (Finding("FX-FILE", f"{FILE_NAME} is {said} to the page, expected {RELATIONSHIP}"),)
    xml = file.stream_of(file.part(named[0], "EF").get("UF"))
    return cii_findings(xml or b"")


def _described(file: PdfFile) -> tuple[Finding, ...]:
    try:
        properties = file.properties
    except XmpUnreadable as error:
        return (Finding("FX-XMP", str(error)),)
    said = {found.name: found.text for found in properties if found.namespace == NAMESPACE}
    right = {name: value for name, (value, _) in PROPERTIES.items()}
    return () if said == right else (Finding("FX-XMP", f"{said}, expected {right}"),)
