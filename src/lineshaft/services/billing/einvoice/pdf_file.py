"""The objects of a PDF file (ISO 32000-1, 7), read strictly, and written with one changed; pure.

Only what our own documents are is read: one cross-reference table and no object streams. That is
enough to add metadata to such a file and to judge it; anything else is refused, never guessed.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.services.billing.einvoice.pdf_content import operators_of
from lineshaft.services.billing.einvoice.xmp import Property, properties_of

_T = TypeVar("_T")
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
OBJECTS_MAX: Final = 8_388_607
"""ISO 19005-3, 6.1.13."""
STREAM_BYTES_MAX: Final = 64 * 1024 * 1024
NESTING_MAX: Final = 64
WORDS_KNOWN_MAX: Final = 8_192
"""Names, numbers and references that are kept as read, the last used ones of the process."""

_TOKEN = re.compile(
    rb"(?:[\s\0]++|%[^\r\n]*+)*+"
    rb"(?:(?P<mark><<|>>|\[|\])"
    rb"|(?P<reference>\d+[ \r\n\t]+\d+[ \r\n\t]+R(?![A-Za-z]))"
    rb"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))"
    rb"|(?P<name>/[^\s\0()<>\[\]{}/%]*)"
    rb"|(?P<hexadecimal><[^<>]*>)"
    rb"|(?P<open>\()"
    rb"|(?P<word>[a-z]+))"
)
_MARK, _OPEN = _TOKEN.groupindex["mark"], _TOKEN.groupindex["open"]
_OPENING: Final = (b"<<", b"[")
_PARENTHESIS = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPED_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT = re.compile(rb"\s*(\d+)\s+(\d+)\s+obj")
_STREAM = re.compile(rb"\s*stream(\r\n|\n|\r)")
_TABLE = re.compile(rb"xref\s+(\d+)\s+(\d+)\s+")
_ENTRY_BYTES: Final = 20
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_AFTER: Final = {word: re.compile(rb"\s*" + word) for word in (b"endobj", b"trailer")}
_WORDS: Final = {b"true": True, b"false": False, b"null": None}


class PdfUnreadable(Invalid):
    """A PDF that is not written in the plain way that ours are, or is broken."""


class Name(str):
    """A name object, without its slash."""

    __slots__ = ()


class Reference(NamedTuple):
    """A reference to an indirect object."""

    number: int
    generation: int


class Hexadecimal(bytes):
    """A string that is written in hexadecimal digits, as it stands between its brackets."""

    __slots__ = ()


class PdfObject(msgspec.Struct, frozen=True):
    """An indirect object.

    Attributes:
        start, end: its place in the file, from its number to behind `endobj`.
        value: dict, list, Name, Reference, bytes, int, Decimal, bool or None.
        stream: place of the bytes of its stream by its Length, or None.
        endstream: place of the keyword behind the stream.
    """

    number: int
    start: int
    end: int
    value: Any
    stream: tuple[int, int] | None
    endstream: int = 0


class PdfFile:
    """A file with its objects, each read once."""

    def __init__(self, data: bytes, *, is_read_whole: bool = True) -> None:
        """Read the objects that the cross-reference table names.

        Args:
            data: the file.
            is_read_whole: at once, so that a broken object is found; else each when asked for.

        Raises:
            PdfUnreadable: when the file is none of one table and plain objects.
        """
        if len(data) > FILE_BYTES_MAX:
            msg = f"a PDF of {len(data)} bytes, at most {FILE_BYTES_MAX}"
            raise PdfUnreadable(msg)
        self.data = data
        self.table_start, self.entries_start, self.offsets = _table(data)
        self._read: dict[int, PdfObject] = {}
        self.trailer = _guarded(lambda: _Reader(data, self._table_end).trailer())
        if is_read_whole:
            self.objects  # noqa: B018 - read for what it refuses
        if not isinstance(self.get(self.trailer.get("Root")), dict):
            msg = "the trailer of the PDF names no catalog (ISO 32000-1, 7.5.5)"
            raise PdfUnreadable(msg)

    @property
    def _table_end(self) -> int:
        return self.entries_start + _ENTRY_BYTES * (len(self.offsets) + 1)

    @cached_property
    def objects(self) -> dict[int, PdfObject]:
        """Every object by its number."""
        return {number: self.object(number) for number in self.offsets}

    def object(self, number: int) -> PdfObject:
        """Return an object; the table has its number.

        Raises:
            PdfUnreadable: when it cannot be read.
        """
        if number not in self._read:
            reader = _Reader(self.data, self.offsets[number])
            self._read[number] = _guarded(lambda: reader.object(number))
        return self._read[number]

    def get(self, value: Any) -> Any:
        """Return a value, or what a reference refers to; None where there is no such object."""
        for _ in range(NESTING_MAX):
            if not isinstance(value, Reference):
                return value
            value = self.object(value.number).value if value.number in self.offsets else None
        msg = "references of the PDF refer to each other"
        raise PdfUnreadable(msg)

    def part(self, holder: Any, key: str) -> dict[str, Any]:
        """Return the dictionary under a key, empty where there is none."""
        found = self.get(holder.get(key)) if isinstance(holder, dict) else None
        return found if isinstance(found, dict) else {}

    def items(self, holder: Any, key: str) -> list[Any]:
        """Return what stands in the array under a key, empty where there is none."""
        found = self.get(holder.get(key)) if isinstance(holder, dict) else None
        return [self.get(item) for item in found] if isinstance(found, list) else []

    @property
    def catalog(self) -> dict[str, Any]:
        """The document catalog (ISO 32000-1, 7.7.2)."""
        return self.part(self.trailer, "Root")

    @cached_property
    def metadata(self) -> bytes:
        """The XMP packet of the document, empty where there is none."""
        return self.stream_of(self.catalog.get("Metadata")) or b""

    @cached_property
    def properties(self) -> list[Property]:
        """What the metadata say.

        Raises:
            XmpUnreadable: when they are no XMP.
        """
        return properties_of(self.metadata)

    @cached_property
    def values(self) -> list[Any]:
        """Every value of every object and of the trailer, however deep."""
        found = []
        for top in (self.trailer, *(entry.value for entry in self.objects.values())):
            waiting = [top]
            while waiting:
                value = waiting.pop()
                found.append(value)
                if type(value) is dict:
                    waiting.extend(value.values())
                elif type(value) is list:
                    waiting.extend(value)
        return found

    @cached_property
    def _by_type(self) -> dict[type, list[Any]]:
        found = defaultdict(list)
        for value in self.values:
            found[type(value)].append(value)
        return found

    def of_type(self, *types: type) -> list[Any]:
        """Return every value that is exactly of one of some types."""
        return [value for one in types for value in self._by_type.get(one, ())]

    @cached_property
    def names(self) -> dict[str, None]:
        """Every name of the file, keys included, once and in order."""
        return dict.fromkeys((*self.of_type(Name), *self._by_key))

    @cached_property
    def dictionaries(self) -> list[dict[str, Any]]:
        """Every dictionary of the file, however deep."""
        return self.of_type(dict)

    @cached_property
    def _by_key(self) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for holder in self.dictionaries:
            for key in holder:
                found[key].append(holder)
        return found

    def holding(self, key: str) -> list[dict[str, Any]]:
        """Return every dictionary that has a key."""
        return self._by_key.get(key, [])

    @cached_property
    def streams(self) -> list[PdfObject]:
        """Every object with a stream."""
        return [entry for entry in self.objects.values() if entry.stream is not None]

    @cached_property
    def contents(self) -> list[bytes]:
        """The content streams of pages, forms and drawn characters, unpacked."""
        found = [
            b"\n".join(self.stream_of(part) or b"" for part in self._parts(page["Contents"]))
            for page in self.typed("Page")
            if "Contents" in page
        ]
        for holder in self.holding("CharProcs"):
            drawn = self.part(holder, "CharProcs").values()
            found.extend(self.stream_of(reference) or b"" for reference in drawn)
        forms = [entry for entry in self.streams if entry.value.get("Subtype") == "Form"]
        return found + [self.stream_of(Reference(entry.number, 0)) or b"" for entry in forms]

    def _parts(self, reference: Any) -> list[Any]:
        found = self.get(reference)
        return found if isinstance(found, list) else [reference]

    @cached_property
    def operators(self) -> list[list[bytes]]:
        """The operators of each content stream, in order, without what they work on."""
        return [operators_of(content) for content in self.contents]

    def typed(self, name: str) -> list[dict[str, Any]]:
        """Return every dictionary of a type."""
        return [found for found in self.holding("Type") if found["Type"] == name]

    def stream_of(self, reference: Any) -> bytes | None:
        """Return the unpacked bytes of a stream, or None where there is none to be had.

        Raises:
            PdfUnreadable: when it is packed in another way than Flate, or broken.
        """
        if not isinstance(reference, Reference) or reference.number not in self.offsets:
            return None
        found = self.object(reference.number)
        if found.stream is None:
            return None
        raw = self.data[slice(*found.stream)]
        filters = found.value.get("Filter", [])
        names = filters if isinstance(filters, list) else [filters]
        for name in names:
            raw = _unpacked(raw, str(name))
        return raw

    def replaced(self, number: int, body: bytes) -> bytes:
        """Return the file with the body of an object changed and every other in its new place.

        Args:
            number: of the object.
            body: what shall stand between `obj` and `endobj`.
        """
        old = self.object(number)
        new = b"%d 0 obj\n%s\nendobj" % (number, body)
        shift = len(new) - (old.end - old.start)
        moved = {
            other: offset + shift if offset > old.start else offset
            for other, offset in self.offsets.items()
        }
        entries = b"".join(b"%010d 00000 n\r\n" % moved[other] for other in sorted(moved))
        first = self.data[self.entries_start : self.entries_start + _ENTRY_BYTES]
        tail = self.data[self._table_end :]
        start = b"startxref\n%d" % (self.table_start + shift)
        return b"".join(
            (
                self.data[: old.start],
                new,
                self.data[old.end : self.entries_start],
                first,
                entries,
                re.sub(rb"startxref\s+\d+", start, tail),
            )
        )

    def body_of(self, number: int) -> bytes:
        """Return what stands between `obj` and `endobj` of an object."""
        found = self.object(number)
        whole = self.data[found.start : found.end]
        return whole.partition(b"obj")[2].removesuffix(b"endobj").strip(b"\r\n")


def _unpacked(raw: bytes, name: str) -> bytes:
    if name != "FlateDecode":
        msg = f"a stream of the PDF is packed by {name}, expected FlateDecode"
        raise PdfUnreadable(msg)
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(raw, STREAM_BYTES_MAX + 1)
    except zlib.error as error:
        msg = "a stream of the PDF cannot be unpacked"
        raise PdfUnreadable(msg) from error
    if not reader.eof or len(data) > STREAM_BYTES_MAX:
        msg = f"a stream of the PDF is cut off, or larger than {STREAM_BYTES_MAX} bytes"
        raise PdfUnreadable(msg)
    return data


def _guarded(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except (IndexError, ValueError, TypeError, AttributeError, KeyError) as error:
        msg = f"the objects of the PDF cannot be read: {error}"
        raise PdfUnreadable(msg) from error


def _table(data: bytes) -> tuple[int, int, dict[int, int]]:
    """Return where the table and its entries start, and the place of each object."""
    start = _START.search(data, max(0, len(data) - 64))
    table = None if start is None else _TABLE.match(data, int(start[1]))
    if start is None or table is None or int(table[1]) != 0:
        msg = "the PDF has no cross-reference table where its end says (ISO 32000-1, 7.5.4)"
        raise PdfUnreadable(msg)
    count = int(table[2])
    entries = data[table.end() : table.end() + count * _ENTRY_BYTES]
    if not 0 < count <= OBJECTS_MAX or len(entries) != count * _ENTRY_BYTES:
        msg = f"the cross-reference table says {count} objects and has fewer"
        raise PdfUnreadable(msg)
    offsets = {}
    for number in range(1, count):
        entry = entries[number * _ENTRY_BYTES : (number + 1) * _ENTRY_BYTES]
        if not entry[:10].isdigit() or entry[17:18] != b"n":
            msg = f"object {number} has no place in the cross-reference table"
            raise PdfUnreadable(msg)
        offsets[number] = int(entry[:10])
    return int(start[1]), table.end(), offsets


class _Reader:
    """Reads values from a place on."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    def trailer(self) -> dict[str, Any]:
        self._word(b"trailer")
        value = self._value()
        if not isinstance(value, dict) or "Prev" in value:
            msg = "the PDF has no trailer, or was changed after it was written"
            raise PdfUnreadable(msg)
        return value

    def object(self, number: int) -> PdfObject:
        head = _OBJECT.match(self._data, self._place)
        if head is None or int(head[1]) != number:
            msg = f"object {number} of the PDF is not where the table says"
            raise PdfUnreadable(msg)
        start = head.start(1)
        self._place = head.end()
        value = self._value()
        stream, endstream = self._stream(value)
        self._word(b"endobj")
        return PdfObject(number, start, self._place, value, stream, endstream)

    def _stream(self, value: Any) -> tuple[tuple[int, int] | None, int]:
        found = _STREAM.match(self._data, self._place)
        if found is None:
            return None, 0
        end = self._data.find(b"endstream", found.end() + int(value["Length"]))
        if end < 0:
            msg = "a stream of the PDF has no end"
            raise PdfUnreadable(msg)
        self._place = end + len(b"endstream")
        return (found.end(), found.end() + int(value["Length"])), end

    def _word(self, word: bytes) -> None:
        found = _AFTER[word].match(self._data, self._place)
        if found is None:
            msg = f"the PDF has no {word.decode()} at byte {self._place}"
            raise PdfUnreadable(msg)
        self._place = found.end()

    def _value(self) -> Any:
        """Read one value; arrays and dictionaries are collected on a stack."""
        stack: list[list[Any]] = []
        value: Any
        token, data, place = _TOKEN.match, self._data, self._place
        while True:
            found = token(data, place)
            kind = None if found is None else found.lastindex
            if found is None or kind is None:
                msg = f"the PDF cannot be read at byte {place}"
                raise PdfUnreadable(msg)
            place, text = found.end(), found[kind]
            if text in _OPENING:
                stack.append([])
                if len(stack) > NESTING_MAX:
                    msg = f"values of the PDF are nested deeper than {NESTING_MAX}"
                    raise PdfUnreadable(msg)
                continue
            if kind == _MARK:
                value = _made(text, stack.pop())
            elif kind == _OPEN:
                value, place = self._literal(place)
            else:
                value = _simple(text)
            if not stack:
                self._place = place
                return value
            stack[-1].append(value)

    def _literal(self, start: int) -> tuple[bytes, int]:
        """Read a string up to its closing parenthesis; escapes stay as they are written.

        Returns:
            what stands between the parentheses, and the place behind them.
        """
        place, depth = start, 1
        while depth:
            found = _PARENTHESIS.search(self._data, place)
            if found is None:
                msg = "a string of the PDF has no end"
                raise PdfUnreadable(msg)
            depth += {b"(": 1, b")": -1}.get(found[0], 0)
            place = found.end()
        return self._data[start : place - 1], place


@lru_cache(WORDS_KNOWN_MAX)
def _simple(text: bytes) -> Any:
    """Return the value of a token; files have the same few again and again."""
    match text[:1]:
        case b"/":
            raw = _ESCAPED_NAME.sub(lambda found: bytes([int(found[1], 16)]), text[1:])
            return Name(raw.decode("utf-8", "surrogateescape"))
        case b"<":
            return Hexadecimal(text[1:-1])
        case first if first.isalpha():
            return _WORDS[text]
        case _ if text.endswith(b"R"):
            number, generation, _ = text.split()
            return Reference(int(number), int(generation))
        case _:
            return Decimal(text.decode()) if b"." in text else int(text)


def _made(closing: bytes, values: list[Any]) -> list[Any] | dict[str, Any]:
    if closing == b"]":
        return values
    keys = values[::2]
    if len(values) % 2 or not set(map(type, keys)) <= {Name}:
        msg = "a dictionary of the PDF is no list of names and values"
        raise PdfUnreadable(msg)
    # plain keys are found faster than names
    return dict(zip(map(str, keys), values[1::2], strict=True))
