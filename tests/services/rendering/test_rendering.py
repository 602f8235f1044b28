"""HTML and PDF of a document: the same bytes each time, and what a customer reads on them."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import lru_cache
from html.parser import HTMLParser
from threading import Barrier
from typing import Any

import pypdf
import pytest

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid, InvariantError
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.rendering import pdf, renderer
from lineshaft.services.billing.rendering.errors import MissingGlyph, RenderingTooLarge
from lineshaft.services.billing.rendering.labels import LABELS
from lineshaft.services.billing.rendering.model import (
    Language,
    MediaType,
    RenderingRecord,
    record_file,
    signed_record,
)
from lineshaft.services.billing.rendering.renderer import record_of, render
from lineshaft.services.billing.rendering.view import view_of
from tests.services.billing import promised
from tests.services.rendering.sample import ISSUED_AT, document, document_file

BOTH = pytest.mark.parametrize("language", list(Language))
THREADS = 3
EVERY = [(media_type, language) for media_type in MediaType for language in Language]


def pdf_of(content: dict[str, Any], language: Language) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(rendered_once(document_file(content), language)))


@lru_cache(16)
def rendered_once(file: bytes, language: Language) -> bytes:
    """Return the PDF of a document that several tests look at."""
    return render(file, MediaType.PDF, language)


def html_of(content: dict[str, Any], language: Language) -> str:
    return render(document_file(content), MediaType.HTML, language).decode()


def words_of(reader: pypdf.PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


@pytest.mark.parametrize(("media_type", "language"), EVERY)
def test_the_same_document_gives_the_same_bytes(media_type: MediaType, language: Language) -> None:
    file = document_file(document())
    assert render(file, media_type, language) == render(file, media_type, language)


def test_pages_set_at_the_same_time_and_after_one_that_failed_are_the_same() -> None:
    file, together = document_file(document()), Barrier(THREADS)
    unsettable = document_file(document(customer=document()["customer"] | {"name": "\u1100"}))

    def made(_: int) -> bytes:
        together.wait()
        with pytest.raises(MissingGlyph):
            render(unsettable, MediaType.PDF, Language.ENGLISH)
        return render(file, MediaType.PDF, Language.ENGLISH)

    with ThreadPoolExecutor(THREADS) as threads:
        pages = set(threads.map(made, range(THREADS)))
    assert pages == {render(file, MediaType.PDF, Language.ENGLISH)}


@BOTH
def test_a_pdf_is_archivable_and_carries_the_document(language: Language) -> None:
    reader = pdf_of(document(), language)
    assert reader.attachments["INVOICE.json"] == [document_file(document())]
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert (metadata.pdfaid_part, metadata.pdfaid_conformance) == ("3", "A")
    assert reader.metadata is not None
    assert reader.metadata["/CreationDate"] == "D:20170624060001Z"


def test_a_pdf_carries_the_invoice_for_machines_where_the_document_can_be_one() -> None:
    reader = pdf_of(document(), Language.ENGLISH)
    assert set(reader.attachments) == {"INVOICE.json", "factur-x.xml"}
    no_vat_id = document(supplier=document()["supplier"] | {"vat_id": ""})
    assert set(pdf_of(no_vat_id, Language.ENGLISH).attachments) == {"INVOICE.json"}


def test_pages_that_break_a_clause_are_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = pdf.PDF_STANDARD.replace("a-3a", "a-3b")
    monkeypatch.setattr(pdf, "PDF_STANDARD", broken)
    with pytest.raises(
        InvariantError, match=r"NM-2017-000001 as PDF breaks ISO 19005-3, 6\.6\.4-3"
    ):
        render(document_file(document()), MediaType.PDF, Language.ENGLISH)


@BOTH
def test_a_pdf_uses_the_shipped_fonts_only(language: Language) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in pdf_of(document(), language).pages
        for font in page["/Resources"]["/Font"].values()
    }
    ours = {"LineshaftSans", "LineshaftSansSC"}
    assert {font.partition("-")[0] for font in fonts} <= ours | {"DejaVuSansMono"}
    assert fonts & {f"{name}-Regular" for name in ours}


@BOTH
def test_the_golden_figures_are_on_both_renderings(language: Language) -> None:
    shown = [
        words_of(pdf_of(document(), language)),
        html_of(document(), language).partition("<script")[0],
    ]
    figures = ("NM-2017-000001", "100.00", "134.82", "−10.00", "224.82", "42.72", "267.54 EUR")
    more = ("40.27 %", "34,796.348886", "12,578 s", "3.493889 h", "76.918 %", "45.00 EUR")
    for text in shown:
        for figure in (*figures, *more):
            assert figure in text, figure


@BOTH
def test_every_rendering_says_that_it_is_no_chinese_tax_invoice(language: Language) -> None:
    said = {
        Language.ENGLISH: "notaChinesetaxinvoice(fapiao,全电发票)",
        Language.CHINESE: "不是中国税务发票（全电发票）",
    }[language]
    shown = [
        words_of(pdf_of(document(), language)),
        html_of(document(), language).partition("<script")[0],
        render(document_file(document()), MediaType.UBL, language).decode(),
    ]
    for text in shown:
        assert said in re.sub(r"\s", "", text)


def test_what_is_incomplete_is_said() -> None:
    text = words_of(pdf_of(document(), Language.ENGLISH))
    assert "Incomplete: the readings for Cutting time on mazak01 cover 40.27 %" in text
    assert "incomplete; the proof is valid for what was received" in text
    chinese = html_of(document(), Language.CHINESE)
    assert "不完整；证明对已收到的数据有效" in chinese


def test_a_complete_document_has_no_notice() -> None:
    content = document(statements=[])
    assert view_of(content, Language.ENGLISH)["badge"] is None
    assert 'class="badge"' not in html_of(content, Language.ENGLISH)
    assert "Please note" not in words_of(pdf_of(content, Language.ENGLISH))


def test_pages_are_numbered_in_the_reader_s_language() -> None:
    reader = pdf_of(document(), Language.CHINESE)
    count = len(reader.pages)
    for number, page in enumerate(reader.pages, start=1):
        text = re.sub(r"\s+", "", page.extract_text())
        assert f"第{number}页，共{count}页" in text


def test_a_document_without_guarantee_and_usage_is_rendered() -> None:
    content = document(guarantee=None, usage=[], statements=[])
    content["lines"] = content["lines"][:1]
    assert "Availability guarantee" not in words_of(pdf_of(content, Language.ENGLISH))
    page = html_of(content, Language.ENGLISH)
    assert 'class="guarantee"' not in page


@BOTH
def test_pages_say_until_when_it_is_payable(language: Language) -> None:
    content = document()
    content["contract"]["payment_days"] = 14
    shown = {Language.ENGLISH: "8 July 2017", Language.CHINESE: "2017年7月8日"}[language]
    pages = re.sub(r"\s", "", words_of(pdf_of(content, language)))
    assert shown.replace(" ", "") in pages
    assert shown in html_of(content, language)
    label = LABELS[language]["due"]
    assert label not in html_of(document(), language)
    assert label not in html_of(content | {"type": "381"}, language)


@BOTH
def test_every_guarantee_of_a_list_is_on_the_pages(language: Language) -> None:
    agreed = promised.of(
        promised.availability(), promised.quality(), promised.incident_time("restoration_time")
    )
    used = promised.used(agreed, promised.states(("36", "FAULT")), 1_000, 990)
    rated = promised.rated(agreed, used)
    read = canonical.encode(document_content(rated, "NM-2026-000001", ISSUED_AT))
    content = canonical.decode(read)
    rows = view_of(content, language)["guarantees"]["rows"]
    assert [row[1:3] for row in rows[:2]] == [
        ["95.000 %", "≥ 98.000 %"],
        ["99.000 %", "≥ 98.000 %"],
    ]
    words, page = words_of(pdf_of(content, language)), html_of(content, language)
    for cell in (each for row in rows for each in row):
        assert cell in page
    labels = LABELS[language]
    assert [row[3] for row in rows] == [
        labels[f"guarantee_{said}"] for said in ("not_kept", "kept", "not_judged")
    ]
    assert "95.000 %" in words


def test_a_character_that_the_fonts_lack_is_an_error_never_a_box() -> None:
    customer = document()["customer"] | {"name": "𪚥 Ltd"}
    content = document(customer=customer)
    with pytest.raises(MissingGlyph, match=r"NM-2017-000001 as PDF.*𪚥"):
        render(document_file(content), MediaType.PDF, Language.ENGLISH)
    assert "𪚥 Ltd" in html_of(content, Language.ENGLISH)


def test_every_character_of_gb_2312_and_of_european_names_has_a_glyph() -> None:
    pairs = [bytes([high, low]) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF)]
    known = [text for text in (pair.decode("gb2312", "ignore") for pair in pairs) if text]
    assert len(known) == 7_445
    european = "ÄÖÜäöüßÀÇÈÉÊËÎÏÔŒÙÛŸàâçèéêëîïôœùûÅÆØåæøŁŃŚŹŻłńśźżŠŽČŘšžčřĞİŞğışÑñ¿¡€£¥§«»„“”‚‘’–—…"
    address = ["".join(known[start : start + 60]) for start in range(0, len(known), 60)]
    customer = document()["customer"] | {"address_lines": [*address, european]}
    render(document_file(document(customer=customer)), MediaType.PDF, Language.CHINESE)


class Outline(HTMLParser):
    """Remembers every element with what would make a page load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@BOTH
def test_a_page_loads_and_runs_nothing(language: Language) -> None:
    page = html_of(document(), language)
    outline = Outline()
    outline.feed(page)
    for tag, attributes in outline.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "href", "srcset", "action", "onload", "onclick"} & set(attributes)
        if tag == "script":
            assert attributes == {"type": "application/json", "id": "lineshaft-document"}
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import", style)
    assert f'<html lang="{language}">' in page


def test_text_of_others_stays_text() -> None:
    nasty = '<script>alert(1)</script><b onmouseover="x">&amp;</b>'
    customer = document()["customer"] | {
        "name": nasty,
        "address_lines": [nasty, "#panic() $x$ *b*"],
    }
    content = document(customer=customer)
    page = html_of(content, Language.ENGLISH)
    outline = Outline()
    outline.feed(page)
    assert sum(tag == "script" for tag, _ in outline.elements) == 1
    assert not any("onmouseover" in attributes for _, attributes in outline.elements)
    text = words_of(pdf_of(content, Language.ENGLISH))
    assert "alert(1)" in text
    assert "#panic() $x$ *b*" in text


def test_both_languages_have_the_same_words_and_blanks() -> None:
    english, chinese = LABELS[Language.ENGLISH], LABELS[Language.CHINESE]
    assert set(english) == set(chinese)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


def test_shares_of_the_bar_fill_it_and_fit_the_durations() -> None:
    guarantee = view_of(document(), Language.ENGLISH)["guarantee"]
    shares = {part["class"]: part["share_ppm"] for part in guarantee["classes"]}
    assert sum(shares.values()) in range(999_997, 1_000_001)
    assert shares["down_provider"] == 8_027_652_138 * 1_000_000 // 86_400_000_000
    durations = {part["class"]: part["duration"] for part in guarantee["classes"]}
    assert durations["down_customer"] == "17.634 s"
    assert durations["up"] == "7 h 25 min 51.062748 s"


def test_steps_show_exact_amounts_before_the_rounding() -> None:
    line = view_of(document(), Language.ENGLISH)["lines"][1]
    assert [step["amount"] for step in line["steps"]] == ["90.00", "44.8167"]
    assert Fraction(document()["lines"][1]["amount_exact"]) == Fraction(8089, 60)


def test_instants_are_shown_in_the_zone_of_the_contract() -> None:
    period = document()["service_period"] | {"time_zone": "Asia/Shanghai"}
    facts = dict(view_of(document(service_period=period), Language.CHINESE)["facts"])
    assert facts["服务开始"] == "2017年6月22日 08:00"
    assert facts["时区"] == "Asia/Shanghai"


def test_a_rendering_over_the_maximum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = document_file(document())
    size = len(render(file, MediaType.HTML, Language.ENGLISH))
    monkeypatch.setattr(renderer, "RENDERING_BYTES_MAX", size)
    render(file, MediaType.HTML, Language.ENGLISH)
    monkeypatch.setattr(renderer, "RENDERING_BYTES_MAX", size - 1)
    with pytest.raises(RenderingTooLarge):
        render(file, MediaType.HTML, Language.ENGLISH)


def test_a_record_says_what_was_rendered_and_reads_back() -> None:
    file = document_file(document())
    data = render(file, MediaType.HTML, Language.CHINESE)
    record = record_of(file, data, MediaType.HTML, Language.CHINESE)
    assert RenderingRecord.from_content(record.to_content()) == record
    assert (record.sha256, record.size) == (canonical.sha256_hex(data), len(data))
    assert record.document_sha256 == canonical.sha256_hex(file)
    assert record.renderer_version.count("+typst-") == 1
    signed = canonical.encode(record.to_content())
    assert signed_record(record_file(signed, "k1", bytes(64))) == record


@pytest.mark.parametrize(
    "change",
    [
        {"format": "lineshaft/rendering/2"},
        {"language": "de"},
        {"media_type": "image/png"},
        {"sha256": "00"},
        {"size": "1"},
        {"more": 1},
    ],
)
def test_another_record_is_refused(change: dict[str, Any]) -> None:
    file = document_file(document())
    content = record_of(file, b"x", MediaType.PDF, Language.ENGLISH).to_content()
    with pytest.raises(Invalid, match="no rendering record"):
        RenderingRecord.from_content(content | change)


def test_a_file_of_another_kind_is_no_record() -> None:
    for data in (b"{}", b"[]", json.dumps({"rendering": 1}).encode(), b"no"):
        with pytest.raises(Invalid):
            signed_record(data)
