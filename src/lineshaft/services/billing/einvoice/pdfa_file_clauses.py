"""ISO 19005-3, 6.1: the structure of the file."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from lineshaft.services.billing.einvoice.pdf_file import Hexadecimal, PdfFile
from lineshaft.services.billing.einvoice.pdfa_clause import Clause, forbidden

_HEADER = re.compile(rb"%PDF-1\.[0-7](\r\n|\n|\r)")
_BINARY = re.compile(rb"%[\x80-\xff]{4}")
_END = re.compile(rb"%%EOF(\r\n|\n|\r)?\Z")
_TABLE = re.compile(rb"xref(\r\n|\n|\r)\d+ \d+(\r\n|\n|\r)")
_OBJECT = re.compile(rb"\d+\s\d+\sobj[\r\n]")
_HEXADECIMAL = re.compile(rb"(\s*[0-9A-Fa-f]\s*[0-9A-Fa-f])*\s*")
_EOL: Final = (b"\n", b"\r\n", b"\r")
_FILTERS: Final = frozenset(
    {
        "ASCIIHexDecode",
        "ASCII85Decode",
        "FlateDecode",
        "RunLengthDecode",
        "CCITTFaxDecode",
        "JBIG2Decode",
        "DCTDecode",
        "JPXDecode",
    }
)
"""ISO 32000-1, table 6, without LZWDecode; Crypt is judged by its parameters."""
INTEGER_MAX: Final = 2_147_483_647
INTEGER_MIN: Final = -2_147_483_648
REAL_MAX: Final = Decimal("3.403e38")
REAL_MIN: Final = Decimal("1.175e-38")
STRING_BYTES_MAX: Final = 32_767
NAME_BYTES_MAX: Final = 127
PAGE_UNITS_MIN: Final = 3
PAGE_UNITS_MAX: Final = 14_400
_BOXES: Final = ("MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox")


def _header(file: PdfFile) -> Iterator[str]:
    if _HEADER.match(file.data) is None:
        yield f"the file begins with {file.data[:12]!r}"


def _binary_comment(file: PdfFile) -> Iterator[str]:
    second = re.search(rb"[\r\n]+", file.data)
    if second is None or _BINARY.match(file.data, second.end()) is None:
        yield "no comment of four bytes above 127 follows the header"


def _identifier(file: PdfFile) -> Iterator[str]:
    identifier = file.get(file.trailer.get("ID"))
    is_right = isinstance(identifier, list) and len(identifier) == 2 and all(identifier)
    if not is_right:
        yield "the trailer has no ID of two strings"


def _end(file: PdfFile) -> Iterator[str]:
    if _END.search(file.data, max(0, len(file.data) - 16)) is None:
        yield "something follows the last end-of-file marker"


def _table(file: PdfFile) -> Iterator[str]:
    if _TABLE.match(file.data, file.table_start) is None:
        yield "the cross-reference table does not begin with xref, one end of line, and its range"


def _hexadecimal(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(Hexadecimal):
        if _HEXADECIMAL.fullmatch(value) is None:
            yield f"the hexadecimal string <{value[:16].decode('latin-1')}…>"


def _stream_length(file: PdfFile) -> Iterator[str]:
    for entry in file.streams:
        behind = file.data[entry.stream[1] : entry.endstream] if entry.stream else b""
        if behind and behind not in _EOL:
            yield f"the stream of object {entry.number} is longer than its Length"


def _stream_lines(file: PdfFile) -> Iterator[str]:
    for entry in file.streams:
        start, end = entry.stream or (0, 0)
        if file.data[start - 1 : start] != b"\n" or end == entry.endstream:
            yield f"the keywords around the stream of object {entry.number}"


def _no_external_stream(file: PdfFile) -> Iterator[str]:
    for entry in file.streams:
        for key in ("F", "FFilter", "FDecodeParms"):
            if key in entry.value:
                yield f"the stream of object {entry.number} has {key}"


def _filters(file: PdfFile) -> Iterator[str]:
    for entry in file.streams:
        names = _list(file.get(entry.value.get("Filter", [])))
        parameters = _list(file.get(entry.value.get("DecodeParms", [])))
        for place, name in enumerate(names):
            said = file.get(parameters[place]) if place < len(parameters) else None
            is_identity = isinstance(said, dict) and said.get("Name") == "Identity"
            if name not in _FILTERS and not (name == "Crypt" and is_identity):
                yield f"the stream of object {entry.number} is packed by {name}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _names(file: PdfFile) -> Iterator[str]:
    """Look at every name of the file: the clause asks it of fonts, colourants and structure."""
    for name in file.names:
        if any("\udc80" <= letter <= "\udcff" for letter in name):
            yield f"the name {name!r} is no UTF-8"


def _objects(file: PdfFile) -> Iterator[str]:
    for entry in file.objects.values():
        data = file.data
        is_right = (
            _OBJECT.match(data, entry.start) is not None
            and data[entry.start - 1 : entry.start] in (b"\n", b"\r")
            and data[entry.end - 7 : entry.end - 6] in (b"\n", b"\r")
            and data[entry.end : entry.end + 1] in (b"\n", b"\r")
        )
        if not is_right:
            yield f"the keywords around object {entry.number}"


def _permissions(file: PdfFile) -> Iterator[str]:
    for key in file.part(file.catalog, "Perms"):
        if key not in ("UR3", "DocMDP"):
            yield f"the permissions have {key}"


def _integers(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            yield f"the integer {value}"


def _reals(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(Decimal):
        if abs(value) > REAL_MAX:
            yield f"the number {value:.3E}"


def _reals_near_zero(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(Decimal):
        if 0 < abs(value) < REAL_MIN:
            yield f"the number {value:.3E}"


def _strings(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(bytes, Hexadecimal):
        if len(value) > STRING_BYTES_MAX:
            yield f"a string of {len(value)} bytes"


def _long_names(file: PdfFile) -> Iterator[str]:
    for name in file.names:
        if len(name.encode("utf-8", "surrogateescape")) > NAME_BYTES_MAX:
            yield f"a name of {len(name)} characters: {name[:16]}…"


def _pages(file: PdfFile) -> Iterator[str]:
    for page in (*file.typed("Page"), *file.typed("Pages")):
        for box in _BOXES:
            if box in page:
                sides = file.items(page, box)
                lengths = [abs(sides[2] - sides[0]), abs(sides[3] - sides[1])]
                if any(not PAGE_UNITS_MIN <= length <= PAGE_UNITS_MAX for length in lengths):
                    yield f"the {box} of a page is {lengths[0]} by {lengths[1]} units"


CLAUSES: Final = (
    Clause("6.1.2-1", "the file begins with %PDF-1.n and one end of line", _header),
    Clause("6.1.2-2", "a comment of at least four bytes above 127 follows", _binary_comment),
    Clause("6.1.3-1", "the trailer has the two file identifiers", _identifier),
    Clause(
        "6.1.3-2",
        "nothing is encrypted",
        forbidden(lambda file: [file.trailer], "the trailer", "Encrypt"),
    ),
    Clause("6.1.3-3", "nothing follows the last end-of-file marker", _end),
    Clause("6.1.4-2", "xref and its range are separated by one end of line", _table),
    Clause("6.1.6-1", "hexadecimal strings have an even number of such digits only", _hexadecimal),
    Clause("6.1.7-1", "Length is the length of the stream", _stream_length),
    Clause("6.1.7-2", "stream and endstream stand on lines of their own", _stream_lines),
    Clause("6.1.7-3", "no stream is in another file", _no_external_stream),
    Clause("6.1.7-4", "no LZW, no encryption and no unknown filter", _filters),
    Clause("6.1.8-1", "names are UTF-8", _names),
    Clause("6.1.9-1", "obj and endobj stand on lines of their own", _objects),
    Clause("6.1.12-1", "permissions are UR3 and DocMDP only", _permissions),
    Clause("6.1.13-1", "integers fit 32 bits", _integers),
    Clause("6.1.13-2", "numbers are within ±3.403e38", _reals),
    Clause("6.1.13-3", f"strings have at most {STRING_BYTES_MAX} bytes", _strings),
    Clause("6.1.13-4", f"names have at most {NAME_BYTES_MAX} bytes", _long_names),
    Clause("6.1.13-5", "numbers are zero or beyond ±1.175e-38", _reals_near_zero),
    Clause("6.1.13-11", "pages measure 3 to 14 400 units", _pages),
)
