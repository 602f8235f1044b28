"""Sheets: exact numbers, no formulas, a named maximum, the same rows in both formats."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lineshaft.infrastructure import sheets
from lineshaft.infrastructure.sheets import Sheet, SheetFormat, TextTooLong, TooManyRows
from lineshaft.infrastructure.sheets.answer import sheet_answer

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
DAY = dt.date(2027, 1, 31)
ATTACK = '=HYPERLINK("http://a","b")'
ROWS = [
    ["INV-1", Decimal("1234.50"), 7, True, DAY, None],
    [ATTACK, Decimal("0.1"), -3, False, DAY, "@cmd"],
    ["<r><t>x</t></r>", Decimal("12345678901234.567"), 2**60, True, DAY, "<b>&\x01_x0041_"],
    ["发票 ", Decimal("1E+3"), 0, True, DAY, ""],
]
COLUMNS = ["number", "amount", "count", "is_paid", "day", "remark"]


def made(rows: Any, shape: SheetFormat, columns: Any = COLUMNS) -> bytes:
    sink = io.BytesIO()
    sheets.write_sheet(Sheet("invoices", columns, rows), shape, sink)
    return sink.getvalue()


def xml_of(data: bytes, name: str) -> Any:
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(name))


def cells(data: bytes, page: int = 1) -> dict[str, tuple[str | None, str, str | None]]:
    """Return type, content and style of each cell of a page."""
    found = {}
    for cell in xml_of(data, f"xl/worksheets/sheet{page}.xml").iterfind(".//m:c", NS):
        text = "".join(cell.xpath("./m:v/text() | .//m:t/text()", namespaces=NS))
        found[cell.get("r")] = (cell.get("t"), text, cell.get("s"))
    return found


def test_excel_holds_each_kind_of_cell_and_never_a_formula() -> None:
    data = made(ROWS, SheetFormat.XLSX)
    found = cells(data)
    assert [found[f"{column}1"][1] for column in "ABCDEF"] == COLUMNS
    assert {place: found[place][:2] for place in ("A2", "B2", "C2", "D2", "E2", "B3", "B5")} == {
        "A2": ("inlineStr", "INV-1"),
        "B2": (None, "1234.50"),
        "C2": (None, "7"),
        "D2": ("b", "1"),
        "E2": (None, "46418"),
        "B3": (None, "0.1"),
        "B5": (None, "1E+3"),
    }
    assert not xml_of(data, "xl/worksheets/sheet1.xml").findall(".//m:f", NS)
    assert found["A3"][:2] == ("inlineStr", ATTACK)
    styles = xml_of(data, "xl/styles.xml").findall("m:cellXfs/m:xf", NS)
    is_quoted = [styles[int(found[place][2] or 0)].get("quotePrefix") for place in ("A3", "F3")]
    assert is_quoted == ["1", "1"]
    assert found["A4"][1] == "<r><t>x</t></r>"
    assert found["F4"][1] == "<b>&_x0001__x005F_x0041_"
    assert "F2" not in found


def test_a_number_of_more_digits_than_a_spreadsheet_keeps_is_text_with_a_note() -> None:
    data = made(ROWS, SheetFormat.XLSX)
    found = cells(data)
    assert found["B4"][:2] == ("inlineStr", "12345678901234.567")
    assert found["C4"][:2] == ("inlineStr", str(2**60))
    noted = [text for _, text, _ in cells(data, 2).values()]
    assert noted[0].startswith("A spreadsheet keeps 15 digits")
    assert noted[1:] == ["amount", "count"]
    with zipfile.ZipFile(io.BytesIO(made(ROWS[:2], SheetFormat.XLSX))) as exact:
        assert "xl/worksheets/sheet2.xml" not in exact.namelist()


def test_csv_has_the_same_rows_with_all_digits_and_no_formula() -> None:
    data = made(ROWS, SheetFormat.CSV)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == COLUMNS
    assert rows[1] == ["INV-1", "1234.50", "7", "true", "2027-01-31", ""]
    assert [rows[2][at] for at in (0, 2, 5)] == [f"'{ATTACK}", "-3", "'@cmd"]
    assert rows[3][1:3] == ["12345678901234.567", str(2**60)]
    assert rows[4][1] == "1000"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False)
        | st.decimals(min_value=-(10**9), max_value=10**9, places=4),
        min_size=1,
        max_size=20,
    )
)
def test_every_number_of_a_file_is_the_number_that_was_given(numbers: list[Decimal]) -> None:
    found = cells(made([[number] for number in numbers], SheetFormat.XLSX, ["n"]))
    for row, number in enumerate(numbers, start=2):
        kind, text, _ = found[f"A{row}"]
        assert Decimal(text) == number
        if kind is None:  # what Excel itself makes of the cell: 15 digits of the nearest binary64
            assert Decimal(f"{float(text):.15g}") == number


def test_a_file_has_a_maximum_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets.sheet, "ROWS_MAX", {})
    for shape in SheetFormat:
        monkeypatch.setitem(sheets.ROWS_MAX, shape, 2)
        assert made(ROWS[:2], shape)
        with pytest.raises(TooManyRows, match="more than 2 rows"):
            made(ROWS, shape)


def test_a_cell_has_a_maximum_of_characters() -> None:
    longest = "x" * sheets.TEXT_CHARACTERS_MAX
    assert cells(made([[longest]], SheetFormat.XLSX, ["t"]))["A2"][1] == longest
    with pytest.raises(TextTooLong, match="ask for CSV"):
        made([[longest + "x"]], SheetFormat.XLSX, ["t"])


async def test_an_answer_is_a_whole_file_of_known_length() -> None:
    answers = []
    for shape in SheetFormat:
        answer = sheet_answer(Sheet("invoices", COLUMNS, ROWS), shape, "late")
        body = b"".join([bytes(chunk) async for chunk in answer.body_iterator])  # type: ignore[arg-type]
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers["content-disposition"] == f'attachment; filename="late.{shape.value}"'
        answers.append(body)
    assert answers == [made(ROWS, shape) for shape in SheetFormat]
