"""Reads the XML of an invoice that this product wrote, whatever its syntax."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from lineshaft.services.billing.einvoice.errors import XmlUnreadable
from lineshaft.services.billing.einvoice.model import EInvoice

if TYPE_CHECKING:
    from lxml.etree import _Element

XML_BYTES_MAX = 16 * 1024 * 1024
PATHS_KNOWN_MAX = 1_024
Names = tuple[tuple[str, str], ...]
"""Short names of namespaces, each with what it is short for."""


class XmlPart(msgspec.Struct, frozen=True):
    """An element and the short names of the namespaces that its paths use."""

    element: "_Element"
    names: "Names"

    @property
    def name(self) -> str:
        """The name of the element without its namespace."""
        return str(self.element.tag).rpartition("}")[2]

    @property
    def value(self) -> str:
        """The text of the element itself."""
        return self.element.text or ""

    def attribute(self, name: str) -> str:
        """Return an attribute, empty where there is none."""
        return str(self.element.get(name, ""))

    def all(self, path: str) -> list["XmlPart"]:
        """Return each element at a path."""
        return [XmlPart(each, self.names) for each in self.element.findall(_full(path, self.names))]

    def one(self, path: str) -> "XmlPart":
        """Return the element at a path.

        Raises:
            ValueError: if there is none, or more than one.
        """
        found = self.all(path)
        if len(found) != 1:
            msg = f"{len(found)} of {path}, expected 1"
            raise ValueError(msg)
        return found[0]

    def text(self, path: str) -> str:
        """Return the text at a path, empty where there is none."""
        return self.element.findtext(_full(path, self.names)) or ""

    def decimal(self, path: str) -> Decimal:
        """Return the number at a path.

        Raises:
            InvalidOperation: if there is none.
        """
        return Decimal(self.text(path) or "none")

    def day(self, path: str) -> dt.date:
        """Return the date at a path.

        Raises:
            ValueError: if there is none.
        """
        return dt.date.fromisoformat(self.text(path))

    def day_or_none(self, path: str) -> dt.date | None:
        """Return the date at a path, None where there is none."""
        return self.day(path) if self.text(path) else None


class Syntax(msgspec.Struct, frozen=True):
    """How the XML of one syntax is read, and what proves that nothing was overlooked.

    Args:
        name: as people call it.
        names: short names of its namespaces.
        read: reads what the writer writes.
        write: the writer.
    """

    name: str
    names: "Names"
    read: Callable[[XmlPart], EInvoice]
    write: Callable[[EInvoice], bytes]

    def invoice(self, data: bytes) -> EInvoice:
        """Read an invoice or credit note that the writer of this syntax wrote.

        Raises:
            XmlUnreadable: for anything that the writer does not write.
        """
        try:
            invoice = self.read(XmlPart(parse(data), self.names))
        except (ValueError, InvalidOperation) as error:
            msg = f"these bytes are no invoice in {self.name}: {error}"
            raise XmlUnreadable(msg) from error
        if self.write(invoice) != data:
            msg = (
                f"the {self.name} of document {invoice.number} has something that its terms do not "
                "account for: expected exactly what the writer makes of them"
            )
            raise XmlUnreadable(msg)
        return invoice


@lru_cache(PATHS_KNOWN_MAX)
def _full(path: str, names: Names) -> str:
    """Return a path with its namespaces, as lxml finds it faster; the readers have few."""
    meant = dict(names)
    return re.sub(r"(\w+):", lambda found: f"{{{meant[found[1]]}}}", path)


def parse(data: bytes) -> "_Element":
    """Parse XML without entities, DTD or network.

    Raises:
        XmlUnreadable: for more than `XML_BYTES_MAX` bytes, a DTD, or no well-formed XML.
    """
    from lxml import etree  # noqa: PLC0415 - 12 MB, for the processes that read invoices only

    if len(data) > XML_BYTES_MAX:
        msg = f"XML of {len(data)} bytes: at most {XML_BYTES_MAX}"
        raise XmlUnreadable(msg)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root: _Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        msg = f"these bytes are no XML: {error}"
        raise XmlUnreadable(msg) from error
    if root.getroottree().docinfo.doctype:
        msg = "an invoice with a document type definition: expected none"
        raise XmlUnreadable(msg)
    return root
