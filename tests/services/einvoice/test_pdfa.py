"""Our documents keep every clause of the table, and a bad file breaks the clause that it should."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest

from lineshaft.services.billing.einvoice import pdf_file
from lineshaft.services.billing.einvoice.facturx import stream_body
from lineshaft.services.billing.einvoice.pdf_file import (
    PdfFile,
    PdfUnreadable,
    Reference,
)
from lineshaft.services.billing.einvoice.pdf_text import text_of
from lineshaft.services.billing.einvoice.pdfa import (
    CLAUSES,
    NOT_VALIDATED,
    UNREADABLE,
    check_pdfa,
)
from lineshaft.services.billing.rendering.model import Language
from tests.services.einvoice.documents import example
from tests.services.einvoice.facturx_files import facturx

PDF = facturx(example(), Language.ENGLISH)
FILE = PdfFile(PDF)
Mutation = Callable[[], bytes]


def raw(old: bytes, new: bytes) -> Mutation:
    """Change bytes that no object is placed behind, or as many as there were."""
    return lambda: PDF.replace(old, new, 1)


def within(number: int, old: bytes, new: bytes) -> bytes:
    """Change the bytes of one object, and the table with it."""
    body = FILE.body_of(number)
    assert old in body, old
    return FILE.replaced(number, body.replace(old, new, 1))


def swap(old: bytes, new: bytes) -> Mutation:
    """Change the first object that has some bytes in its dictionary."""

    def mutated() -> bytes:
        holders = [n for n in FILE.objects if old in FILE.body_of(n).partition(b"\nstream")[0]]
        assert holders, old
        return within(holders[0], old, new)

    return mutated


def root(more: bytes) -> Mutation:
    """Put more into the catalog."""
    return swap(b"/Type/Catalog", b"/Type/Catalog" + more)


def page(more: bytes) -> Mutation:
    """Put more into the first page."""
    return swap(b"/Type/Page/", b"/Type/Page" + more + b"/")


def state(more: bytes) -> Mutation:
    """Have a graphics state."""
    return root(b"/X<</ExtGState<</G<<" + more + b">>>>>>")


def annotation(more: bytes) -> Mutation:
    """Have an annotation on the first page."""
    return page(b"/Annots[<</Rect[0 0 1 1]" + more + b">>]")


def font(more: bytes) -> Mutation:
    """Have one font more, with the descriptor and the characters of another."""
    other = next(found for found in FILE.typed("Font") if "ToUnicode" in found)
    descendant = FILE.items(other, "DescendantFonts")[0]
    said = b"/FontDescriptor %d 0 R/ToUnicode %d 0 R" % (
        descendant["FontDescriptor"].number,
        other["ToUnicode"].number,
    )
    return root(b"/X<</Type/Font" + said + more + b">>")


def spare() -> int:
    """Return the number of a stream that no clause looks into."""
    found: Reference = FILE.typed("FontDescriptor")[0]["CIDSet"]
    return found.number


def spared(old: bytes, new: bytes) -> Mutation:
    return lambda: within(spare(), old, new)


def drawn(head: bytes) -> Mutation:
    """Have an object that could be drawn, and draws nothing."""
    return lambda: FILE.replaced(spare(), stream_body(b"<<%s/Length 0>>" % head, b""))


def content(more: bytes, data: bytes = PDF) -> bytes:
    """Put operators at the end of the first page."""
    file = PdfFile(data)
    number = file.typed("Page")[0]["Contents"].number
    kept = file.contents[0]
    return file.replaced(number, stream_body(b"<</Length 0>>", kept + b"\n" + more))


def writing(more: bytes) -> Mutation:
    return lambda: content(more)


def without_intent(data: bytes = PDF) -> bytes:
    file = PdfFile(data)
    number = file.trailer["Root"].number
    body = re.sub(rb"/OutputIntents \d+ 0 R", b"", file.body_of(number))
    return file.replaced(number, body)


def profile(place: int, new: bytes, data: bytes = PDF) -> bytes:
    """Change the header of the profile of the output intent."""
    file = PdfFile(data)
    reference = file.typed("OutputIntent")[0]["DestOutputProfile"]
    kept = file.stream_of(reference)
    assert kept is not None
    changed = kept[:place] + new + kept[place + len(new) :]
    return file.replaced(reference.number, stream_body(b"<</N 3/Length 0>>", changed))


def metadata(change: Callable[[bytes], bytes]) -> Mutation:
    """Change the XMP packet."""

    def mutated() -> bytes:
        number = FILE.catalog["Metadata"].number
        head = FILE.body_of(number).partition(b"\nstream")[0]
        packet = FILE.stream_of(FILE.catalog["Metadata"])
        assert packet is not None
        changed = change(packet)
        assert changed != packet
        return FILE.replaced(number, stream_body(head, changed))

    return mutated


def said(old: bytes, new: bytes) -> Mutation:
    return metadata(lambda packet: packet.replace(old, new))


def removed(pattern: bytes, holder: bytes) -> Mutation:
    """Leave out what matches in the first object with `holder`."""

    def mutated() -> bytes:
        for number in FILE.objects:
            body = FILE.body_of(number)
            if holder in body and re.search(pattern, body):
                return FILE.replaced(number, re.sub(pattern, b"", body, count=1))
        raise AssertionError(pattern)

    return mutated


IDENTIFIED = b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>"
BAD: dict[str, Mutation] = {
    "6.1.2-1": raw(b"%PDF-1.7", b"%PDF-1.9"),
    "6.1.2-2": lambda: PDF[:10] + b"abcd" + PDF[14:],
    "6.1.3-1": raw(b"/ID[", b"/IX["),
    "6.1.3-2": raw(b"trailer\n<<", b"trailer\n<</Encrypt<<>>"),
    "6.1.3-3": lambda: PDF + b"\n\n\n",
    "6.1.4-2": raw(b"\nxref\n0 ", b"\nxref  \n0 "),
    "6.1.5-1": swap(b"/Title(Invoice NM-2017-000001)", b"/Title(Invoice NM-2017-000002)"),
    "6.1.6-1": root(b"/X<ABC>"),
    "6.1.7-1": lambda: within(
        spare(),
        re.search(rb"/Length \d+", FILE.body_of(spare()))[0],  # type: ignore[index]
        b"/Length 3",
    ),
    "6.1.7-2": spared(b"\nendstream", b"endstream"),
    "6.1.7-3": spared(b"<<", b"<</F(other.bin)"),
    "6.1.7-4": spared(b"/FlateDecode", b"/LZWDecode"),
    "6.1.8-1": root(b"/X/#FF"),
    "6.1.9-1": raw(b"\n7 0 obj\n", b"\n7 0 obj "),
    "6.1.10-1": writing(b"BI /W 1 /H 1 /F /LZW ID x EI"),
    "6.1.12-1": root(b"/Perms<</Other 1>>"),
    "6.1.13-1": root(b"/X 2147483648"),
    "6.1.13-2": root(b"/X 3404" + b"0" * 35 + b".0"),
    "6.1.13-3": root(b"/X(" + b"a" * 32_768 + b")"),
    "6.1.13-4": root(b"/X/" + b"a" * 128),
    "6.1.13-5": root(b"/X 0." + b"0" * 38 + b"1"),
    "6.1.13-8": writing(b"q " * 29 + b"Q " * 29),
    "6.1.13-11": swap(b"/MediaBox[0 0 595.2756", b"/MediaBox[0 0 2"),
    "6.2.2-1": writing(b"BX draw EX"),
    "6.2.2-2": removed(rb"/Resources \d+ 0 R", b"/Type/Page/"),
    "6.2.3-1": lambda: profile(12, b"scnr"),
    "6.2.3-2": lambda: FILE.replaced(
        FILE.catalog["OutputIntents"].number,
        FILE.body_of(FILE.catalog["OutputIntents"].number).replace(
            b"]", b"<</S/GTS_PDFX/DestOutputProfile 1 0 R>>]"
        ),
    ),
    "6.2.3-3": swap(b"/Type/OutputIntent", b"/Type/OutputIntent/DestOutputProfileRef<<>>"),
    "6.2.4.2-1": root(b"/X[/ICCBased 1 0 R]"),
    "6.2.4.3-2": lambda: content(b"0 0 0 rg", profile(16, b"GRAY")),
    "6.2.4.3-3": writing(b"0 0 0 1 k"),
    "6.2.4.3-4": lambda: content(b"0 g", without_intent()),
    "6.2.5-1": state(b"/TR/Identity"),
    "6.2.5-2": state(b"/TR2/Identity"),
    "6.2.5-3": state(b"/HTP[0 0]"),
    "6.2.5-4": root(b"/X<</HalftoneType 6>>"),
    "6.2.6-1": writing(b"/Vivid ri"),
    "6.2.8-1": drawn(b"/Subtype/Image/Alternates[]"),
    "6.2.8-2": drawn(b"/Subtype/Image/OPI<<>>"),
    "6.2.8-3": drawn(b"/Subtype/Image/Interpolate true"),
    "6.2.9-1": drawn(b"/Subtype/Form/Subtype2/PS"),
    "6.2.9-2": drawn(b"/Subtype/Form/Ref<<>>"),
    "6.2.9-3": drawn(b"/Subtype/PS"),
    "6.2.10-1": state(b"/BM/Glow"),
    "6.2.10-2": lambda: PdfFile(without_intent()).replaced(
        FILE.trailer["Root"].number,
        PdfFile(without_intent())
        .body_of(FILE.trailer["Root"].number)
        .replace(b"/Type/Catalog", b"/Type/Catalog/X<</ExtGState<</G<</ca 0.5>>>>>>"),
    ),
    "6.2.11.2-2": font(b"/Subtype/Bitmap/BaseFont/A"),
    "6.2.11.2-3": font(b"/Subtype/TrueType"),
    "6.2.11.2-7": root(b"/X<</Type/FontDescriptor/FontFile3<</Subtype/Bitmap>>>>"),
    "6.2.11.3-2": swap(b"/CIDToGIDMap/Identity", b""),
    "6.2.11.3-3": swap(b"/Encoding/Identity-H", b"/Encoding/UniGB-UCS2-H"),
    "6.2.11.4-1": removed(rb"/FontFile2 \d+ 0 R", b"/FontDescriptor"),
    "6.2.11.7-1": removed(rb"/ToUnicode \d+ 0 R", b"/Type0"),
    "6.3.1-1": annotation(b"/Subtype/Movie/F 4/AP<<>>"),
    "6.3.2-1": annotation(b"/Subtype/Link"),
    "6.3.2-2": annotation(b"/Subtype/Link/F 6"),
    "6.3.3-1": annotation(b"/Subtype/Square/F 4"),
    "6.4.1-1": annotation(b"/Subtype/Widget/F 4/AP<<>>/AA<<>>"),
    "6.4.1-3": root(b"/AcroForm<</NeedAppearances true>>"),
    "6.4.2-1": root(b"/AcroForm<</XFA[]>>"),
    "6.4.2-2": root(b"/NeedsRendering true"),
    "6.5.1-1": root(b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"),
    "6.5.1-2": root(b"/OpenAction<</S/Named/N/Print>>"),
    "6.5.2-1": root(b"/AA<<>>"),
    "6.5.2-2": page(b"/AA<<>>"),
    "6.6.2.1-1": removed(rb"/Metadata \d+ 0 R", b"/Catalog"),
    "6.6.2.1-2": said(b' id="W5M0', b' bytes="9" id="W5M0'),
    "6.6.2.1-3": said(b' id="W5M0', b' encoding="UTF-8" id="W5M0'),
    "6.6.2.1-4": said(b"</rdf:RDF>", b"</rdf:RDG>"),
    "6.6.2.1-5": metadata(lambda packet: packet.decode().encode("utf-16")),
    "6.6.2.3-2": said(b"pdfaExtension", b"extension"),
    "6.6.2.3-3": said(b"<pdfaSchema:prefix>fx</pdfaSchema:prefix>", b""),
    "6.6.2.3-4": said(b">external<", b">elsewhere<"),
    "6.6.2.3-7": said(b"<fx:Version>", b"<fx:Other>1</fx:Other><fx:Version>"),
    "6.6.4-1": said(IDENTIFIED, b""),
    "6.6.4-2": said(b"<pdfaid:part>3", b"<pdfaid:part>2"),
    "6.6.4-3": said(b"<pdfaid:conformance>A", b"<pdfaid:conformance>B"),
    "6.6.4-4": said(b"pdfaid", b"archive"),
    "6.7.2-1": swap(b"/Marked true", b"/Marked false"),
    "6.7.3-1": removed(rb"/StructTreeRoot \d+ 0 R", b"/Catalog"),
    "6.7.3-2": swap(b"/StructElem/S/Span", b"/StructElem/S/Phrase"),
    "6.7.4-1": swap(b"/Lang(en-GB)", b"/Lang(en_GB)"),
    "6.8-1": swap(b"/Subtype/text#2Fxml", b""),
    "6.8-2": swap(b"/UF(factur-x.xml)", b""),
    "6.8-3": swap(b"/AFRelationship/Alternative", b""),
    "6.8-4": removed(rb" \d+ 0 R(?=\])", b"/AF["),
    "6.9-1": root(b"/OCProperties<</D<<>>>>"),
    "6.9-2": root(b"/OCProperties<</D<</Name(a)>>/Configs[<</Name(a)>>]>>"),
    "6.9-4": root(b"/OCProperties<</D<</Name(a)/AS[]>>>>"),
    "6.10-1": swap(b"/Names<</EmbeddedFiles", b"/Names<</AlternatePresentations<<>>/EmbeddedFiles"),
    "6.10-2": page(b"/PresSteps<<>>"),
    "6.11-1": root(b"/Requirements[]"),
}


@pytest.mark.parametrize("language", list(Language))
def test_our_documents_keep_every_clause(language: Language) -> None:
    assert check_pdfa(facturx(example(), language)) == ()


@pytest.mark.parametrize("number", [clause.number for clause in CLAUSES])
def test_a_bad_file_breaks_its_clause_and_no_other(number: str) -> None:
    broken = {finding.rule for finding in check_pdfa(BAD[number]())}
    assert broken == {f"ISO 19005-3, {number}"}


def test_every_clause_has_a_bad_file_and_stands_once() -> None:
    numbers = [clause.number for clause in CLAUSES]
    assert len(set(numbers)) == len(numbers)
    assert set(BAD) == set(numbers)


def test_the_page_lists_every_clause_and_says_what_the_check_is_not() -> None:
    page = (Path(__file__).parents[3] / "docs" / "e-invoices.md").read_text("utf-8")
    assert NOT_VALIDATED in page.lower().replace("verapdf", "veraPDF")
    listed = re.findall(r"^\| (6[\d.]+-\d+) \| (.+) \|$", page, re.MULTILINE)
    assert listed == [(clause.number, clause.says) for clause in CLAUSES]


def test_objects_are_those_that_another_reader_sees() -> None:
    reader = pypdf.PdfReader(io.BytesIO(PDF), strict=True)
    assert set(FILE.catalog) == {key[1:] for key in reader.trailer["/Root"]}
    assert len(FILE.typed("Page")) == len(reader.pages)
    for number, entry in FILE.objects.items():
        other = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        if isinstance(entry.value, dict) and isinstance(other, dict):
            assert {f"/{key}" for key in entry.value} - {"/Length"} <= set(other) | {"/Length"}


def test_an_object_that_is_replaced_by_itself_changes_nothing() -> None:
    for number in (1, FILE.catalog["Metadata"].number, max(FILE.objects)):
        assert FILE.replaced(number, FILE.body_of(number)) == PDF


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (rb"\(a\)\n\101\\", "(a)\nA\\"),
        (b"\xfe\xff\x53\xd1\x79\x68", "发票"),
        (pdf_file.Hexadecimal(b"FEFF53D17968"), "发票"),
        (b"a\\\r\nb\\\nc", "abc"),
    ],
)
def test_strings_are_read_as_text(value: bytes, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        PDF[: len(PDF) // 2],
        PDF.replace(b"\n7 0 obj", b"\n8 0 obj"),
        PDF.replace(b"startxref\n", b"startxref\n1"),
        PDF.replace(b"/Root ", b"/Toor "),
        PDF.replace(b"trailer\n<<", b"trailer\n<</Prev 9"),
        PDF.replace(b"endobj", b"endobx", 1),
        PDF.replace(b"0000000000 65535 f", b"xxxxxxxxxx 65535 f", 1)[:-40],
        root(b"/X" + b"[" * 65 + b"]" * 65)(),
        root(b"/X<<1 2>>")(),
        root(b"/X odd")(),
    ],
)
def test_what_cannot_be_read_is_said_and_never_guessed(data: bytes) -> None:
    (finding,) = check_pdfa(data)
    assert finding.rule == UNREADABLE
    with pytest.raises(PdfUnreadable):
        PdfFile(data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_file, "FILE_BYTES_MAX", len(PDF))
    PdfFile(PDF)
    monkeypatch.setattr(pdf_file, "FILE_BYTES_MAX", len(PDF) - 1)
    with pytest.raises(PdfUnreadable, match="at most"):
        PdfFile(PDF)
    monkeypatch.setattr(pdf_file, "STREAM_BYTES_MAX", 10)
    with pytest.raises(PdfUnreadable, match="larger than 10"):
        FILE.stream_of(FILE.typed("Page")[0]["Contents"])
