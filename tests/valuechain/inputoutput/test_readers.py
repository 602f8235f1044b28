"""Each format on a file that is made to its publisher's description; none is a real file."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import ExtraMissing
from lineshaft.valuechain.inputoutput.errors import UnreadableTable
from lineshaft.valuechain.inputoutput.model import Table, TableFile, balance_of
from lineshaft.valuechain.inputoutput.readers import labelled, own, read_table
from tests.valuechain.inputoutput.files import (
    write_exiobase,
    write_figaro,
    write_icio,
    write_own,
    write_wiod,
)
from tests.valuechain.inputoutput.tables import balanced

ISIC = ("A01_02", "C10T12", "D", "F", "G", "J58T60")


def sections(countries: tuple[str, ...], industries: tuple[str, ...]) -> Table:
    table = balanced(21, len(countries), len(industries), idle=1)
    return replace(table, regions=countries, economies=countries, industries=industries)


def silent(_what: str, _done: int, _total: int) -> None:
    pass


def read(path: Path, format_name: str, **said: object) -> Table:
    return read_table(TableFile(path=path, **said), format_name, silent)


def same(found: Table, expected: Table) -> None:
    assert found.regions == expected.regions
    assert found.industries == expected.industries
    for name in ("intermediate_use", "demand_by_country", "gross_output", "value_added", "exports"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-9), name
    assert balance_of(found).count == 0


def test_icio_with_its_extended_rows(tmp_path: Path) -> None:
    table = replace(
        sections(("AUS", "CHN", "MEX", "CN1", "CN2", "MX1"), ISIC),
        economies=("AUS", "CHN", "MEX", "CHN", "CHN", "MEX"),
        demand=("all", "nothing"),
        final_demand=np.zeros((36, 6)),
    )
    rest = table.gross_output - table.intermediate_use.sum(axis=1)
    final = np.zeros((36, 6))
    final[:, :4] = rest[:, None] / 4
    table = replace(table, final_demand=final)
    told: list[tuple[str, int, int]] = []
    path = write_icio(tmp_path / "ICIO2023_2020.csv", table)
    source = TableFile(path=path)
    found = read_table(source, "icio", lambda *what: told.append(what))
    same(found, table)
    assert found.countries == ("AUS", "CHN", "MEX")
    assert found.demand == ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
    assert found.inventories == {"INVNT"}
    assert (found.name, found.vintage, found.currency) == ("OECD ICIO", "2020", "USD")
    assert found.services == {"G", "J58T60"}
    assert found.manufacturing == {"C10T12"}
    assert told[-1] == ("reading", 55, 55)


def test_figaro(tmp_path: Path) -> None:
    table = sections(("AT", "DE", "FIGW1"), ("A01", "C10T12", "L", "U"))
    path = write_figaro(tmp_path / "matrix_eu-ic-io_ind-by-ind_24ed_2022.csv", table)
    found = read(path, "figaro", name="FIGARO, edition 2024")
    same(found, table)
    assert found.inventories == {"P5M"}
    said = (found.name, found.vintage, found.currency)
    assert said == ("FIGARO, edition 2024", "2022", "EUR")
    assert found.services == {"L", "U"}


@pytest.mark.filterwarnings("ignore:::pymrio")
@pytest.mark.filterwarnings("ignore:::pandas")
def test_wiod_through_pymrio(tmp_path: Path) -> None:
    codes = tuple(f"c{number}" for number in range(1, 36))
    table = sections(("DEU", "USA"), codes)
    found = read(write_wiod(tmp_path / "wiot11_row_sep12.xlsx", table), "wiod", vintage="2011")
    same(found, table)
    assert found.inventories == {"c42"}
    assert len(found.services) == 17
    assert len(found.manufacturing) == 14


@pytest.mark.filterwarnings("ignore:::pymrio")
@pytest.mark.filterwarnings("ignore:::pandas")
def test_exiobase_through_pymrio(tmp_path: Path) -> None:
    regions = tuple(f"reg{number}" for number in range(1, 7))
    table = sections(regions, ("food", "mining", "manufactoring", "e", "f", "g", "h", "i"))
    folder = tmp_path / "IOT_2020_ixi"
    found = read(write_exiobase(folder, table), "exiobase", services=frozenset({"trade"}))
    named = replace(table, industries=found.industries)
    same(found, named)
    assert found.vintage == "2020"
    assert found.services == {"trade"}
    assert found.inventories == {"Changes in inventories"}


@pytest.mark.parametrize("has_totals", [True, False])
def test_our_own_csv(has_totals: bool, tmp_path: Path) -> None:
    table = balanced(9)
    path = write_own(tmp_path / "my chain 2019.csv", table, has_totals=has_totals)
    found = read(path, "csv", services=frozenset({"i2"}), currency="EUR")
    same(found, table)
    assert found.demand == table.demand
    assert found.inventories == {"inventories"}
    assert (found.name, found.vintage, found.currency) == ("my chain 2019", "2019", "EUR")


def changed(path: Path, change: Callable[[list[str]], None]) -> Path:
    lines = path.read_text().splitlines()
    change(lines)
    path.write_text("\n".join(lines))
    return path


def swap(line: int, old: str, new: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        assert old in lines[line]
        lines[line] = lines[line].replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swap(0, "AT_U", "AT_A01"), "row 1: expected each label once, got 'AT_A01' again"),
        (swap(2, "AT_L", "AT_A01"), r"row 3: expected each label once, 'AT_A01' is in row 2, too"),
        (swap(2, ",", ",x"), r"row 3 column AT_A01: expected a number, got 'x"),
        (
            swap(
                2,
                ",",
                ",nan,",
            ),
            "row 3: expected 17 cells as in row 1, got 18",
        ),
        (lambda lines: lines.pop(1), "no table of Eurostat FIGARO: expected AT_A01 in row 1 and"),
        (lambda lines: lines.append("W2_NEW" + ",0" * 16), r"row 14: got 'W2_NEW', expected an"),
        (swap(0, "DE_P5M", "XX_P5M"), r"row 1: got 'XX_P5M', expected .* a country that has rows"),
        (swap(0, "DE_P5M", "DE_P52"), "row 1: expected AT_P52"),
        (lambda lines: lines.clear(), "row 1: expected 2 to 24000 labels of columns, got 0"),
    ],
)
def test_a_matrix_that_is_not_as_described_names_file_and_row(
    change: Callable[[list[str]], None], message: str, tmp_path: Path
) -> None:
    table = sections(("AT", "DE"), ("A01", "L", "U"))
    path = write_figaro(tmp_path / "f.csv", table)
    with pytest.raises(UnreadableTable, match=f"^f.csv .*{message}"):
        read(changed(path, change), "figaro")


def test_a_matrix_that_is_cut_off_or_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = sections(("AT", "DE"), ("A01", "L"))
    path = write_figaro(tmp_path / "f.csv", table)
    path.write_text(path.read_text().replace("e-", "e-9999"))  # tiny is 0, not wrong
    monkeypatch.setattr(labelled, "EXTRA_ROWS_MAX", 9)
    monkeypatch.setattr(labelled, "ROWS_MAX", 1)
    read(path, "figaro")
    monkeypatch.setattr(labelled, "EXTRA_ROWS_MAX", 8)
    with pytest.raises(UnreadableTable, match=r"f.csv row 11: expected at most 9 rows"):
        read(path, "figaro")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableTable, match=r"f.csv is no CSV file in UTF-8"):
        read(path, "figaro")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("use,A,i,B,j", "expected 6 cells"),
        ("buys,A,i,B,j,1", "expected a kind of use, demand, output, value_added, got 'buys'"),
        ("use,A,i,,,1", "to_country and to with use and demand alone"),
        ("output,A,i,B,j,1", "to_country and to with use and demand alone"),
        ("use,A,i,A,i,2", "each flow once, use of A i is there twice"),
        ("use,A,i,A,j,one", "column value: expected a number, got 'one'"),
        ("use,A,i,A,j,inf", "column value: expected a finite number"),
    ],
)
def test_a_line_of_our_own_that_is_wrong(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(",".join(own.COLUMNS) + f"\nuse,A,i,A,i,1\ndemand,A,i,A,all,1\n\n{line}\n")
    with pytest.raises(UnreadableTable, match=f"own.csv row 5.*{message}"):
        read(path, "csv")


def test_limits_and_heads_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.csv"
    path.write_text(",".join(own.COLUMNS) + "\nuse,A,i,A,i,1\ndemand,A,i,A,all,1\n")
    monkeypatch.setattr(own, "LINES_MAX", 2)
    assert math.isclose(read(path, "csv").gross_output[0], 2)
    monkeypatch.setattr(own, "LINES_MAX", 1)
    with pytest.raises(UnreadableTable, match=r"own.csv row 3: expected at most 1 lines"):
        read(path, "csv")
    path.write_text(",".join(own.COLUMNS) + "\nuse,A,i,A,i,1\n")
    with pytest.raises(UnreadableTable, match="a line of demand, got 1 and 0"):
        read(path, "csv")
    path.write_text("kind,value\n")
    with pytest.raises(UnreadableTable, match=r"own.csv row 1: expected kind,country"):
        read(path, "csv")


def test_what_cannot_be_read_says_what_was_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.xlsx"
    path.write_text("no workbook")
    with pytest.raises(UnreadableTable, match=r"cannot read other.xlsx as WIOD 2013: expected"):
        read(path, "wiod")
    with pytest.raises(
        Invalid, match=r"cannot read other.xlsx as sut: expected one of icio, figaro"
    ):
        read(path, "sut")
    path = write_own(tmp_path / "own.csv", balanced(9), has_totals=False)
    with pytest.raises(Invalid, match=r"own.csv has no industry z: expected codes such as i0, i1"):
        read(path, "csv", services=frozenset({"z"}))
    monkeypatch.setitem(__import__("sys").modules, "pymrio", None)
    with pytest.raises(
        ExtraMissing, match=r"needs pymrio, .* pip install 'lineshaft\[valuechain\]'"
    ):
        read(path, "wiod")
