"""Tables for tests: random balanced ones, and those of the public data beside the repository."""

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lineshaft.valuechain.inputoutput.model import Table

WIOD_SERVICES = frozenset(f"c{number}" for number in range(19, 36))
WIOD_MANUFACTURING = frozenset(f"c{number}" for number in range(3, 17))


def balanced(seed: int, countries: int = 3, industries: int = 3, idle: int = 0) -> Table:
    """Return a table that balances; `idle` industries make, use and sell nothing."""
    rng = np.random.default_rng(seed)
    size = countries * industries
    used = rng.random((size, size)) * rng.choice([0.01, 1.0, 10.0], (size, size))
    nothing = rng.choice(size, idle, replace=False)
    used[nothing], used[:, nothing] = 0, 0
    output = np.maximum(used.sum(axis=0), used.sum(axis=1)) * (1.05 + rng.random(size))
    parts = rng.random((size, countries * 2)) + 0.01
    parts *= ((output - used.sum(axis=1)) / parts.sum(axis=1))[:, None]
    names = tuple(f"C{number}" for number in range(countries))
    kinds = tuple(f"i{number}" for number in range(industries))
    return Table(
        name=f"seed {seed}",
        vintage="2020",
        currency="USD",
        regions=names,
        economies=names,
        industries=kinds,
        demand=("consumption", "inventories"),
        services=frozenset(kinds[-1:]),
        manufacturing=frozenset(kinds[:1]),
        intermediate_use=used,
        final_demand=parts,
        gross_output=output,
        value_added=output - used.sum(axis=0),
    )


def numbers(path: Path) -> np.ndarray:
    with path.open() as file:
        return np.array([[float(cell) for cell in row] for row in csv.reader(file)])


def words(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text().split())


def leather(data: Path) -> Table:
    """The numeric example of decompr (Appendix A.1 of the notes)."""
    folder = data / "gvc_small"
    used = numbers(folder / "leather_inter.csv")
    output = numbers(folder / "leather_out.csv")[:, 0]
    countries = words(folder / "leather_countries.csv")
    return Table(
        name="leather",
        vintage="example",
        currency="USD",
        regions=countries,
        economies=countries,
        industries=words(folder / "leather_industries.csv"),
        demand=("final",),
        intermediate_use=used,
        final_demand=numbers(folder / "leather_final.csv"),
        gross_output=output,
        value_added=output - used.sum(axis=0),
    )


def iciotest(data: Path) -> Table:
    """The table on which exvatools tests: MX1, MX2 belong to MEX, CN1, CN2 to CHN."""
    with (data / "iciotest" / "iciotest.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    cells = np.array([[float(cell) for cell in row[1:]] for row in rows])
    used, demanded = cells[:, :30], cells[:, 30:]
    output = cells.sum(axis=1)
    return Table(
        name="iciotest",
        vintage="example",
        currency="USD",
        regions=("ESP", "FRA", "MEX", "USA", "CHN", "ROW", "MX1", "MX2", "CN1", "CN2"),
        economies=("ESP", "FRA", "MEX", "USA", "CHN", "ROW", "MEX", "MEX", "CHN", "CHN"),
        industries=("a", "b", "c"),
        demand=("d1", "d2"),
        intermediate_use=used,
        final_demand=demanded,
        gross_output=output,
        value_added=output - used.sum(axis=0),
    )


def wiod(data: Path, year: int) -> Table:
    """A year of WIOD 2013; inventories are the last of five kinds of demand."""
    with np.load(data / "wiod2013" / f"wiot_{year}.npz") as file:
        parts = {name: file[name] for name in file}
    countries = tuple(parts["countries"].tolist())
    return Table(
        name="WIOD 2013",
        vintage=str(year),
        currency="USD",
        regions=countries,
        economies=countries,
        industries=tuple(parts["industries"].tolist()),
        demand=("c37", "c38", "c39", "c41", "c42"),
        inventories=frozenset({"c42"}),
        services=WIOD_SERVICES,
        manufacturing=WIOD_MANUFACTURING,
        intermediate_use=np.ascontiguousarray(parts["Z"]),
        final_demand=np.ascontiguousarray(parts["F"]),
        gross_output=parts["x"],
        value_added=parts["x"] - parts["Z"].sum(axis=0),
    )


def united_kingdom(data: Path) -> tuple[Table, tuple[str, ...]]:
    """The UK's table of 2010, domestic use, product by product, and its products' names.

    Final demand is what intermediate use leaves of total demand.
    """
    rows = pq.read_table(data / "iotables" / "uk_2010_data.parquet").to_pylist()
    kept = "Input-Output table (domestic use, basic prices, product by product)"
    rows = [row for row in rows if row["indicator"] == kept]
    cells = {(row["uk_row"], row["uk_col"]): float(row["values"]) for row in rows}
    names = {row["uk_row"]: row["uk_row_lab"] for row in rows}
    products = tuple(names)[: tuple(names).index("Total consumption")]
    used = np.array([[cells[row, column] for column in products] for row in products])
    output = np.array([cells["Total output", column] for column in products])
    added = ("Taxes less subsidies on production", "Compensation of employees")
    parts = [[cells[row, column] for column in products] for row in added]
    parts.append([cells["Gross Operating Surplus", column] for column in products])
    table = Table(
        name="UK 2010",
        vintage="2010",
        currency="GBP",
        regions=("GBR",),
        economies=("GBR",),
        industries=products,
        demand=("final",),
        intermediate_use=used,
        final_demand=(output - used.sum(axis=1))[:, None],
        gross_output=output,
        value_added=np.array(parts).sum(axis=0),
    )
    return table, tuple(names[product] for product in products)
