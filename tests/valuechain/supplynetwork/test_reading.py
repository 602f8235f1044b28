"""What a network is read from: CSV and Excel say the same, and every mistake is named."""

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from lineshaft.valuechain.supplynetwork.reading import read_beside, read_network
from lineshaft.valuechain.supplynetwork.schema import CURES
from lineshaft.valuechain.supplynetwork.schema import TABLES as TABLE_LIST
from lineshaft.valuechain.tables import service as reading
from lineshaft.valuechain.tables.errors import TablesInvalid
from tests.valuechain.supplynetwork.examples import TABLES, write_tables


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in TABLES.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(csv.reader(io.StringIO(text))):
            cells: list[object] = list(row)
            for place, cell in enumerate(row):
                if number and cell.replace(".", "", 1).isdecimal():
                    cells[place] = float(cell)
            sheet.append(cells)
    book.save(path)


def test_a_workbook_reads_as_the_files_do(tmp_path: Path) -> None:
    write_workbook(tmp_path / "network.xlsx")
    shown: list[tuple[str, int, int]] = []
    of_files = read_network(write_tables(tmp_path / "csv"), lambda *what: shown.append(what))
    of_book = read_network(tmp_path / "network.xlsx")
    for name in ("items", "bill_of_material", "sourcing", "sub_tier", "stock", "orders", "lines"):
        assert getattr(of_files, name) == getattr(of_book, name)
    assert set(of_book.inputs) == {"network.xlsx"}
    assert of_files.inputs.keys() == {f"{table.name}.csv" for table in TABLE_LIST}
    assert ("stock", 5, 5) in shown
    # 7 mills and 7 lathes a week of one spindle each, and 3.5 as spares
    assert of_files.needs_per_week["spindle"] == Fraction("17.5")
    assert of_files.needs_per_week["bearing"] == 28  # those in a spindle are its maker's matter


CASES = [
    (
        {"lines": "line,item,margin,currency,planned_per_week\nmills,mill,20000,EUR,x\n"},
        "lines.csv, row 2, planned_per_week: 'x', expected an exact number above 0",
    ),
    ({"stock": "item,quantity,as_of\nnone,1,2026-02-28\n"}, "item: 'none', expected one of items"),
    ({"stock": "item,amount\n"}, "amount: 'amount', expected each at most once of item, quantity"),
    ({"stock": "item,quantity\n"}, "stock.csv, row 1, as_of: '', expected this column"),
    ({"items": None}, "items.csv, row 1, : '', expected this table"),
    ({"stock": "item,quantity,as_of\na,1e5,2026-02-30\n"}, "2026-02-30"),
    ({"suppliers": TABLES["suppliers"] + "acme,,DE\n"}, "row 5, id: 'acme', expected once"),
    (
        {"bill_of_material": TABLES["bill_of_material"] + "head,mill,1\n"},
        "an item is a part of itself",
    ),
    (
        {"sourcing": TABLES["sourcing"].replace("borr-1,0.6", "borr-1,0.5")},
        "sourcing.csv, row 5, share: '9/10', expected shares of bearing that add up to 1",
    ),
    ({"orders": TABLES["orders"] + "o-4,head,1,2026-03-01,,\n"}, "'head', expected an item of"),
    ({"stock": "item,quantity,as_of\n" + '"a,1\n'}, "expected CSV in UTF-8"),
]


@pytest.mark.parametrize(("changed", "expected"), CASES)
def test_a_mistake_is_named_with_its_place(
    changed: dict[str, str | None], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(TablesInvalid) as refused:
        read_network(write_tables(tmp_path, **changed))
    assert expected in str(refused.value)


def test_all_mistakes_are_told_up_to_a_maximum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"i{number},-1,never\n" for number in range(3))
    stock = "item,quantity,as_of\n" + rows
    with pytest.raises(TablesInvalid) as refused:
        read_network(write_tables(tmp_path, stock=stock))
    assert len(refused.value.problems) == 6
    monkeypatch.setattr(reading, "PROBLEMS_MAX", 4)
    with pytest.raises(TablesInvalid, match="4 problems, and more behind them") as refused:
        read_network(tmp_path)
    assert len(refused.value.problems) == 4
    monkeypatch.setattr(reading, "ROWS_MAX", 4)
    with pytest.raises(TablesInvalid, match="row 6, : '', expected at most 4 rows"):
        read_network(write_tables(tmp_path, stock=TABLES["stock"]))
    monkeypatch.setattr(reading, "FILE_BYTES_MAX", 50)
    with pytest.raises(TablesInvalid, match="expected at most 50 bytes"):
        read_network(tmp_path)


def test_cures_are_of_the_network_and_its_currency(tmp_path: Path) -> None:
    cures = "cure,kind,item,cost,currency,quantity\na,buffer,none,1,EUR,1\nb,buffer,mill,1,USD,1\n"
    cures += "c,buffer,mill,1.001,EUR,1\nd,buffer,mill,1,EUR,\n"
    network = read_network(write_tables(tmp_path, cures=cures))
    with pytest.raises(TablesInvalid) as refused:
        read_beside(tmp_path, CURES, network)
    assert [(each.row, each.column) for each in refused.value.problems] == [
        (4, "cure"),
        (5, "cure"),
        (2, "item"),
        (3, "currency"),
    ]


def test_products_of_a_real_firm_have_the_shape_of_items_and_orders(
    shared_data: Path, tmp_path: Path
) -> None:
    """SupplyGraph: a maker of consumer goods; its bill of material is not public."""
    graph = shared_data / "supplygraph"
    nodes = (graph / "Homogenoeus__Nodes__Nodes.csv").read_text().split()[1:]
    names = list(dict.fromkeys(nodes))
    with (graph / "Homogenoeus__Temporal_Data__Unit__Sales_Order.csv").open(newline="") as file:
        days = list(csv.DictReader(file))[:60]
    orders = [
        f"{name}-{day['Date'][:10]},{name},{day[name]},{day['Date'][:10]}"
        for day in days
        for name in names
        if float(day[name] or 0) > 0
    ]
    tables: dict[str, str | None] = dict.fromkeys(TABLES, None)
    tables |= {
        "items": "item\n" + "".join(f"{name}\n" for name in names),
        "sourcing": "item,supplier,site,share,lead_days,qualified\n",
        "lines": "line,item,margin,currency,planned_per_week\n"
        + "".join(f"{name},{name},1,BDT,7\n" for name in names),
        "orders": "order,item,quantity,due_on\n" + "\n".join(orders),
    }
    network = read_network(write_tables(tmp_path, **tables))
    assert len(network.items) == len(names) > 30
    assert len(network.orders) == len(orders) > 1_000
    assert json.dumps([each.due_on.isoformat() for each in network.orders[:1]]) == '["2023-01-01"]'
