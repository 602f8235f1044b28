"""A document as an invoice in CII that passes every check: schema, exact sums, official rules."""

from collections.abc import Mapping
from typing import Any

from lineshaft.services.billing.einvoice.cii import to_cii
from lineshaft.services.billing.einvoice.cii_reader import from_cii
from lineshaft.services.billing.einvoice.errors import Finding, RulesBroken, XmlUnreadable
from lineshaft.services.billing.einvoice.model import from_document
from lineshaft.services.billing.einvoice.official import cii_rules, schema_findings
from lineshaft.services.billing.einvoice.rules import exact_findings


def checked_cii(document: Mapping[str, Any], language: str) -> bytes:
    """Write a document in CII and check the bytes; the same document gives the same bytes.

    Args:
        document: content of an issued document (`docs/formats/invoice.md`).
        language: of the words, `en` or `zh-Hans`.

    Raises:
        NotExpressible: when EN 16931 has no words for the document.
        RulesBroken: naming each rule that it breaks, such as a seller without a VAT identifier.
    """
    data = to_cii(from_document(document, language))
    found = cii_findings(data)
    if found:
        what = f"document {document['number']} is no Factur-X invoice of profile EN 16931"
        raise RulesBroken(what, found)
    return data


def cii_findings(data: bytes) -> tuple[Finding, ...]:
    """Return every rule that the bytes of an invoice or credit note break; warnings are none.

    What the schema refuses is judged no further. `LS-XML` names bytes that the writer of this
    product would not have written.
    """
    try:
        found = schema_findings(data)
        found = found or (*exact_findings(from_cii(data)), *cii_rules().findings(data))
        return tuple(finding for finding in found if not finding.is_warning)
    except XmlUnreadable as error:
        return (Finding("LS-XML", str(error)),)
