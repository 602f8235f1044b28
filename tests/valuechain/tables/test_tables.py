"""Typed tables: what is read, and what is said of what is not."""

import sys
from collections import namedtuple
from enum import StrEnum
from pathlib import Path

import openpyxl
import pytest

from lineshaft.valuechain.errors import ExtraMissing
from lineshaft.valuechain.tables.errors import TablesInvalid
from lineshaft.valuechain.tables.model import ID, QUARTER, Column, TypedTable, one_of, whole
from lineshaft.valuechain.tables.service import read_tables


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


Painted = namedtuple("Painted", ["id", "colour", "coats", "quarter"])
TABLE = TypedTable(
    "painted",
    Painted,
    (
        Column("id", ID),
        Column("colour", one_of(Colour)),
        Column("coats", whole(1, 9), 1),
        Column("quarter", QUARTER),
    ),
    (),
)


def test_rows_without_a_key_may_repeat(tmp_path: Path) -> None:
    (tmp_path / "painted.csv").write_text("id,colour,quarter\na,red,2026-Q1\na,red,2026-Q1\n")
    read = read_tables(tmp_path, (TABLE,))
    assert read.rows() == {"painted": (Painted("a", Colour.RED, 1, "2026-Q1"),) * 2}
    assert set(read.inputs) == {"painted.csv"}


def test_what_a_cell_should_be_is_said(tmp_path: Path) -> None:
    text = "id,colour,coats,quarter\na,green,0,2026-Q5\n"
    (tmp_path / "painted.csv").write_text(text)
    with pytest.raises(TablesInvalid) as refused:
        read_tables(tmp_path, (TABLE,)).rows()
    assert [(each.value, each.expected) for each in refused.value.problems] == [
        ("green", "expected one of red, blue"),
        ("0", "expected a whole number from 1 to 9"),
        ("2026-Q5", "expected a quarter such as 2026-Q1"),
    ]


def test_a_source_must_be_there_and_a_workbook_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TablesInvalid, match="none, row 1, : '', expected a folder of CSV files"):
        read_tables(tmp_path / "none", (TABLE,))
    (tmp_path / "no.xlsx").write_bytes(b"")
    with pytest.raises(TablesInvalid, match="expected an Excel file"):
        read_tables(tmp_path / "no.xlsx", (TABLE,))
    book = openpyxl.Workbook()
    book.active.title = "painted"
    for row in (["id", "colour", "coats", "quarter"], ["a", "blue", 2, "2026-Q1"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (row,) = read_tables(tmp_path / "a.xlsx", (TABLE,)).rows()["painted"]
    assert row == Painted("a", Colour.BLUE, 2, "2026-Q1")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ExtraMissing, match=r"needs openpyxl, .* 'lineshaft\[valuechain\]'"):
        read_tables(tmp_path / "a.xlsx", (TABLE,))
