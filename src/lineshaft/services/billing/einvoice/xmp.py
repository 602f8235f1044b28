"""The XMP packet of a PDF (ISO 16684-1): its properties, and extension schemas of PDF/A."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from lineshaft.core.errors import Invalid

if TYPE_CHECKING:
    from lxml.etree import _Element

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DUBLIN_CORE: Final = "http://purl.org/dc/elements/1.1/"
BASIC: Final = "http://ns.adobe.com/xap/1.0/"
MEDIA_MANAGEMENT: Final = "http://ns.adobe.com/xap/1.0/mm/"
PAGED_TEXT: Final = "http://ns.adobe.com/xap/1.0/t/pg/"
ADOBE_PDF: Final = "http://ns.adobe.com/pdf/1.3/"
PDFA_ID: Final = "http://www.aiim.org/pdfa/ns/id/"
PDFA_EXTENSION: Final = "http://www.aiim.org/pdfa/ns/extension/"
PDFA_SCHEMA: Final = "http://www.aiim.org/pdfa/ns/schema#"
PDFA_PROPERTY: Final = "http://www.aiim.org/pdfa/ns/property#"
PREDEFINED: Final = frozenset(
    {DUBLIN_CORE, BASIC, MEDIA_MANAGEMENT, PAGED_TEXT, ADOBE_PDF, PDFA_ID, PDFA_EXTENSION}
)
"""Schemas that need no description (ISO 19005-3, 6.6.2.3.1), as far as our documents use them."""
PACKET_BYTES_MAX: Final = 1024 * 1024


class XmpUnreadable(Invalid):
    """Bytes that are no XMP packet."""


class Property(msgspec.Struct, frozen=True):
    """A property of the document.

    Attributes:
        text: its value, or that of its first item.
    """

    namespace: str
    name: str
    prefix: str
    text: str
    element: "_Element"


def properties_of(packet: bytes) -> list[Property]:
    """Return the properties of a packet.

    Raises:
        XmpUnreadable: when it is none, is too large, or has entities.
    """
    # 12 MB, for the processes that write invoices only
    from lxml import etree  # noqa: PLC0415

    if len(packet) > PACKET_BYTES_MAX:
        msg = f"an XMP packet of {len(packet)} bytes, at most {PACKET_BYTES_MAX}"
        raise XmpUnreadable(msg)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(packet, parser)
    except etree.XMLSyntaxError as error:
        msg = f"the XMP packet is no well-formed XML: {error}"
        raise XmpUnreadable(msg) from error
    if root.find(f".//{{{RDF}}}RDF") is None and root.tag != f"{{{RDF}}}RDF":
        msg = "the XMP packet has no rdf:RDF"
        raise XmpUnreadable(msg)
    return list(_properties(root))


def _properties(root: "_Element") -> Iterator[Property]:
    for description in root.iter(f"{{{RDF}}}Description"):
        for element in description:
            yield _property(element)
        for key, value in description.attrib.items():
            namespace, _, name = str(key).removeprefix("{").rpartition("}")
            if namespace not in (RDF, ""):
                prefix = {uri: short for short, uri in description.nsmap.items()}.get(namespace)
                yield Property(namespace, name, prefix or "", str(value), description)


def _property(element: "_Element") -> Property:
    namespace, _, name = str(element.tag).removeprefix("{").rpartition("}")
    item = element.find(f".//{{{RDF}}}li")
    text = (element if item is None else item).text or ""
    return Property(namespace, name, element.prefix or "", text, element)


def schemas_of(container: Property) -> list["_Element"]:
    """Return the descriptions of schemas in `pdfaExtension:schemas`."""
    return list(container.element.findall(f"{{{RDF}}}Bag/{{{RDF}}}li"))


def described_by(schema: "_Element") -> list["_Element"]:
    """Return the descriptions of properties in the description of a schema."""
    return list(schema.findall(f"{{{PDFA_SCHEMA}}}property/{{{RDF}}}Seq/{{{RDF}}}li"))
