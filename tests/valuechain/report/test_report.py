"""The report of the example firm: its numbers are those of the hand count, in every format."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from lineshaft.core.period import Instant, parse_instant
from lineshaft.valuechain.report.gathering import Gathered, gather
from lineshaft.valuechain.report.given import ReportSources
from lineshaft.valuechain.report.making import made
from lineshaft.valuechain.report.model import (
    BoardReport,
    CellShape,
    PlotKind,
    PlotSeries,
    ReportCell,
    ReportLanguage,
    ReportPlot,
)
from lineshaft.valuechain.report.plots import drawn
from lineshaft.valuechain.report.service import ReportFormat, written
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words.chinese import CHINESE
from lineshaft.valuechain.report.words.english import ENGLISH
from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage

FIRM = Path(__file__).parents[3] / "examples" / "spindle-works"
AT = parse_instant("2018-01-08T09:00:00Z")
OUTAGE = AskedOutage(
    "supplier", ("havelin",), "2018-01-01", 60, 180, ("mill-turn", "five-axis"), None, "0"
)
HAND = ("10.79 %", "15.39 %", "12.08 %", "23.07 %", "6,500 EUR", "46,000 EUR", "115,282 EUR",
        "27,000 EUR", "216,000 EUR", "42,210 EUR")  # fmt: skip
"""What examples/spindle-works/README.md counts by hand, as the pages write it."""


def quiet(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def found() -> Gathered:
    return gather(
        ReportSources(
            books=FIRM / "books",
            network=FIRM / "network",
            network_before=FIRM / "network-last-week",
            outage=OUTAGE,
        ),
        quiet,
    )


@pytest.fixture(scope="module", params=list(ReportLanguage))
def report(found: Gathered, request: pytest.FixtureRequest) -> BoardReport:
    return made(found, request.param, AT)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " "))


class Page(HTMLParser):
    """The words of a page, its addresses and its anchors."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: set[str] = set()
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self._hidden = 0
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden += tag in {"style", "sup", "title"}
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                self.addresses.add(value or "")
            if name == "id":
                self.anchors.add(f"#{value}")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "sup", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def test_the_page_has_the_numbers_of_the_hand_count_and_loads_nothing(report: BoardReport) -> None:
    content = written(report, ReportFormat.HTML)
    page = Page(content)
    said = plain("".join(page.words))
    assert [number for number in HAND if number not in said] == []
    stopped = next(t for s in report.sections if s.id == "outage" for t in s.tables)
    assert [row[1].value for row in stopped.rows] == [40, 40, 40]
    assert page.addresses <= page.anchors
    assert not page.tags & {"script", "link", "img", "iframe", "form"}
    assert set(re.findall(rb"https?://[^\"' ]+", content)) == {b"http://www.w3.org/2000/svg"}
    made_once = plain("".join(page.words)).count("09:00 UTC")
    assert made_once == 1
    assert content == written(report, ReportFormat.HTML)


def test_the_pdf_has_the_numbers_of_the_hand_count(report: BoardReport) -> None:
    content = written(report, ReportFormat.PDF)
    said = plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    assert [number for number in HAND if number not in said] == []
    assert report.title in said
    if report.language is ReportLanguage.CHINESE:
        assert content == written(report, ReportFormat.PDF)


def test_the_workbook_has_the_numbers_themselves(report: BoardReport) -> None:
    content = written(report, ReportFormat.XLSX)
    book: Any = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [each.title for each in report.sections]
    values = [cell.value for page in book for row in page.iter_rows() for cell in row]
    for amount in (-6500, 46000, 115282, 27000, 216000, 42210):
        assert amount in values
    numbers = [value for value in values if isinstance(value, float)]
    assert any("10.79" in value for value in values if isinstance(value, str))
    assert any(abs(value - 2_915_740 / 18_948_240) < 1e-14 for value in numbers)
    summary = book[report.sections[0].title]
    noted = [cell for row in summary.iter_rows() for cell in row if cell.comment]
    assert len(noted) == sum(h.cell.figure is not None for h in report.sections[0].headlines)
    assert content == written(report, ReportFormat.XLSX)


def test_every_number_leads_to_a_definition(report: BoardReport) -> None:
    cells = [cell for section in report.sections for cell in section.cells()]
    figures = [cell.figure for cell in cells if cell.figure is not None]
    assert len(figures) > 100
    for figure in figures:
        assert all((figure.indicator.formula, figure.indicator.source, figure.table))
        assert figure.vintage
        assert 0 <= figure.coverage <= 1
    definitions = report.sections[-1].tables[0]
    assert len(definitions.rows) == len({(f.indicator.name, f.table) for f in figures})
    content = report.to_content()
    headline = content["sections"][0]["headlines"][-4]
    assert headline["value"] == str(figures_value(report, "output_servitization"))
    assert headline["figure"]["formula"]


def figures_value(report: BoardReport, name: str) -> Any:
    cells = (cell for section in report.sections for cell in section.cells())
    return next(c.value for c in cells if c.figure and c.figure.indicator.name == name)


@pytest.mark.parametrize("language", ReportLanguage)
def test_without_data_every_section_says_what_is_missing(language: ReportLanguage) -> None:
    report = made(gather(ReportSources(), quiet), language, AT)
    by_id = {section.id: section for section in report.sections}
    for name in ("register", "outage", "servitization", "channels", "smile", "quadrant"):
        assert by_id[name].is_empty
        assert len(by_id[name].missing) >= 1, name
    assert len(by_id["summary"].missing) >= 6
    page = plain("".join(Page(written(report, ReportFormat.HTML)).words))
    assert all(plain(line) in page for line in by_id["summary"].missing)
    assert written(report, ReportFormat.XLSX)


def test_a_goal_that_no_cure_reaches_is_said_and_the_outage_still_told() -> None:
    lines = ("mill-turn", "five-axis", "spare-spindles")
    asked = AskedOutage("country", ("DE", "CZ", "JP"), "2018-01-01", 180, 200, lines, "0", None)
    found = gather(ReportSources(network=FIRM / "network", outage=asked), quiet)
    assert [each.key for each in found.lacks["outage"]] == ["no_cure"]
    assert found.outage is not None
    assert found.outage.content["answer"]["lines"]


def test_both_languages_have_the_same_words() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    places = re.compile(r"{(\w+)}")
    for key, text in ENGLISH.items():
        assert set(places.findall(text)) == set(places.findall(CHINESE[key])), key


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (ReportCell(None, CellShape.MONEY), "—"),
        (ReportCell(-0.4, CellShape.MONEY, "EUR"), "0 EUR"),
        (ReportCell(-1234.5, CellShape.MONEY, "EUR"), "−1,235 EUR"),
        (ReportCell(0.153879, CellShape.PERCENT), "15.39 %"),
        (ReportCell(20.0, CellShape.DAYS), "20"),
        (ReportCell(1.005, CellShape.RATE), "1.00"),
    ],
)
def test_numbers_are_written_for_people(cell: ReportCell, text: str) -> None:
    assert shown(cell, ReportLanguage.ENGLISH).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_plot_without_any_size_is_drawn_and_a_name_cannot_be_markup() -> None:
    series = (PlotSeries("<b>", (0.0, None)),)
    for kind in (PlotKind.BARS, PlotKind.LINES, PlotKind.RANKED):
        plot = ReportPlot(kind, 'a"b', ("<script>", "2018-01-01"), series)
        said = drawn(plot, ReportLanguage.CHINESE)
        assert "<script>" not in said
        assert "<b>" not in said
        assert "nan" not in said


def test_the_same_instant_is_all_that_differs(found: Gathered) -> None:
    one = made(found, ReportLanguage.ENGLISH, AT)
    other = made(found, ReportLanguage.ENGLISH, Instant(AT + 60_000_000))
    pages = [written(each, ReportFormat.HTML).decode() for each in (one, other)]
    assert pages[0] != pages[1]
    assert pages[0] == pages[1].replace("09:01 UTC", "09:00 UTC")
