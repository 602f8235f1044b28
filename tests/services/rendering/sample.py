"""The example document: the machining day with its golden figures, unsigned."""

from typing import Any

from lineshaft.core import canonical
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.document import document_content
from tests.services.billing.examples import rated_example

ISSUED_AT = parse_instant("2017-06-24T06:00:01.5Z")


def document(**changes: Any) -> dict[str, Any]:
    """Return the content of the golden document, with some fields changed."""
    content = document_content(rated_example(), "NM-2017-000001", ISSUED_AT)
    return canonical.decode(canonical.encode(content)) | changes


def document_file(content: dict[str, Any]) -> bytes:
    """Return the bytes of INVOICE.json, with a signature that nobody made."""
    return canonical.encode({"document": content, "key_id": "k1", "signature": "00" * 64})
