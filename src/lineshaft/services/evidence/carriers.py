"""The document inside its renderings: HTML and PDF carry the exact bytes of INVOICE.json; pure."""

import re
import zlib

from lineshaft.services.evidence.errors import WrongEvidence

CARRIER_BYTES_MAX = 64 * 1024 * 1024
DOCUMENT_BYTES_MAX = 16 * 1024 * 1024

_SCRIPT = re.compile(
    rb'<script type="application/json" id="lineshaft-document">(.*?)</script>', re.DOTALL
)
# ISO 32000-1, 7.11.4: the stream of an embedded file; its dictionary ends before `stream`.
_STREAM = re.compile(rb"/Type\s*/EmbeddedFile\b.*?stream\r?\n", re.DOTALL)
# ISO 32000-1, 7.11.3: the name of an embedded file, and the object that its stream is.
_NAMED = re.compile(rb"/Type\s*/Filespec\s*/F\s*\(INVOICE\.json\)[^>]*/EF\s*<<\s*/F (\d+) 0 R\b")
# Behind an even number of backslashes: `\\\\u003c` is a backslash and five characters of text.
_ESCAPED_LESS_THAN = re.compile(rb"(?<!\\)((?:\\\\)*)\\u003c")
_HEAD = re.compile(rb"\b(\d+) 0 obj\b")
_LENGTH = re.compile(rb"/Length (\d+)\b")


def document_in(data: bytes, media_type: str) -> bytes:
    """Return the exact bytes of the document that a file carries.

    Args:
        data: the file.
        media_type: `application/json`, `text/html` or `application/pdf`.

    Raises:
        WrongEvidence: when the file carries none, or more than one.
    """
    if len(data) > CARRIER_BYTES_MAX:
        msg = f"a file of {len(data)} bytes, at most {CARRIER_BYTES_MAX}"
        raise WrongEvidence(msg)
    match media_type:
        case "application/json":
            return data
        case "text/html":
            return _in_html(data)
        case "application/pdf":
            return _in_pdf(data)
        case _:
            msg = f"cannot read {media_type}: expected JSON, HTML or PDF"
            raise WrongEvidence(msg)


def _in_html(data: bytes) -> bytes:
    found = _SCRIPT.findall(data)
    if len(found) != 1:
        msg = f"the page carries {len(found)} documents, expected 1"
        raise WrongEvidence(msg)
    # The page writes `<` as an escape so that no text can end the script element early.
    return _ESCAPED_LESS_THAN.sub(rb"\1<", found[0])


def _attachment(data: bytes) -> re.Match[bytes]:
    """Find the stream of the document: the only one, or the one that is named `INVOICE.json`.

    A PDF with an invoice for machines has that one too (`factur-x.xml`).
    """
    found = list(_STREAM.finditer(data))
    if len(found) == 1:
        return found[0]
    named = {int(number) for number in _NAMED.findall(data)}
    ours = [each for each in found if _object_of(data, each.start()) in named]
    if len(named) != 1 or len(ours) != 1:
        msg = f"the PDF carries {len(found)} attachments, expected one INVOICE.json"
        raise WrongEvidence(msg)
    return ours[0]


def _object_of(data: bytes, place: int) -> int | None:
    """Return the number of the object that a place is in."""
    heads = list(_HEAD.finditer(data, data.rfind(b" obj", 0, place) - 16, place))
    return int(heads[-1][1]) if heads else None


def _in_pdf(data: bytes) -> bytes:
    found = _attachment(data)
    start = data.rfind(b"obj", 0, found.start())
    dictionary = data[start : found.end()]
    length = _LENGTH.search(dictionary)
    if length is None:
        msg = "the attachment of the PDF does not say its length"
        raise WrongEvidence(msg)
    stream = data[found.end() : found.end() + int(length[1])]
    if b"/FlateDecode" not in dictionary:
        return stream
    reader = zlib.decompressobj()
    try:
        document = reader.decompress(stream, DOCUMENT_BYTES_MAX + 1)
    except zlib.error as error:
        msg = "the attachment of the PDF cannot be unpacked"
        raise WrongEvidence(msg) from error
    if not reader.eof or len(document) > DOCUMENT_BYTES_MAX:
        msg = f"the attachment of the PDF is cut off, or larger than {DOCUMENT_BYTES_MAX} bytes"
        raise WrongEvidence(msg)
    return document
