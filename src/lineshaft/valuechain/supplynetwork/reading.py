"""Read a supply network from its tables, and check that it hangs together."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lineshaft.valuechain.supplynetwork.model import CircularBill, SupplyNetwork
from lineshaft.valuechain.supplynetwork.schema import FIRM_TABLES, TABLES
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid
from lineshaft.valuechain.tables.model import TypedTable
from lineshaft.valuechain.tables.service import ReadTables, Shown, no_progress, read_tables


def read_network(source: Path, show: Shown = no_progress) -> SupplyNetwork:
    """Read a network and check that it hangs together.

    Args:
        source: a folder of CSV files, or an Excel workbook (docs/supply-network.md).
        show: told what is read, how many rows are done, of how many (0: not known).

    Raises:
        TablesInvalid: with all that is wrong, each with file, row and column.
        ExtraMissing: for a workbook without the extra that reads it.
    """
    read = read_tables(source, TABLES, show)
    _check_sense(read)
    network = SupplyNetwork(**read.rows(), inputs=read.inputs)
    try:
        _ = network.parents_first
    except CircularBill as error:
        file = read.tables["bill_of_material"].file
        raise TablesInvalid([Problem(file, 1, "child", "", str(error))]) from error
    return network


def read_firms(source: Path, show: Shown = no_progress) -> dict[str, tuple[Any, ...]]:
    """Read the tables `firms`, `supplies` and `inputs`.

    Raises:
        TablesInvalid: as `read_network`.
    """
    return read_tables(source, FIRM_TABLES, show).rows()


def read_beside(
    source: Path, table: TypedTable, network: SupplyNetwork
) -> tuple[tuple[Any, ...], dict[str, str]]:
    """Read cures or guarantees beside a network; none where there is no such table.

    Returns:
        Rows, and the hash of their file by its name.

    Raises:
        TablesInvalid: as `read_network`; also for another currency than that of the network.
    """
    read = read_tables(source, (replace(table, references=()),))
    found = read.tables[table.name]
    items = {each.id for each in network.items}
    for number, row in found.numbered:
        if row.item not in items:
            read.problems.add(found.file, number, "item", row.item, "expected an item of items")
        if row.currency != network.currency:
            expected = f"expected {network.currency}, the currency of the lines"
            read.problems.add(found.file, number, "currency", row.currency, expected)
    return read.rows()[table.name], read.inputs


def _check_sense(read: ReadTables) -> None:
    """Check what rows say together: shares, sites of suppliers, one currency."""
    problems, sourcing = read.problems, read.tables["sourcing"]
    owner = {row.id: row.supplier for _, row in read.tables["sites"].numbered}
    shares: dict[str, Fraction] = {}
    last: dict[str, int] = {}
    for number, row in sourcing.numbered:
        shares[row.item] = shares.get(row.item, Fraction(0)) + row.share
        last[row.item] = number
        if owner.get(row.site, row.supplier) != row.supplier:
            expected = f"expected a site of {row.supplier}, not of {owner[row.site]}"
            problems.add(sourcing.file, number, "site", row.site, expected)
        if row.share and not row.is_qualified:
            expected = "expected 0 of a source that is not qualified"
            problems.add(sourcing.file, number, "share", str(row.share), expected)
    for item, share in shares.items():
        if share != 1:
            expected = f"expected shares of {item} that add up to 1, not {share}"
            problems.add(sourcing.file, last[item], "share", str(share), expected)
    _check_lines(read)


def _check_lines(read: ReadTables) -> None:
    """Check that there is one currency, and that what is ordered is sold."""
    problems, lines, orders = read.problems, read.tables["lines"], read.tables["orders"]
    sold = {row.item for row in lines.rows}
    for number, row in orders.numbered:
        if row.item not in sold:
            expected = f"expected an item of {lines.file}"
            problems.add(orders.file, number, "item", row.item, expected)
    for number, row in lines.numbered:
        if row.currency != lines.rows[0].currency:
            expected = f"expected {lines.rows[0].currency}, the currency of the first line"
            problems.add(lines.file, number, "currency", row.currency, expected)
        if row.capacity_per_week is not None and row.capacity_per_week < row.planned_per_week:
            expected = f"expected at least planned_per_week, {row.planned_per_week}"
            problems.add(
                lines.file, number, "capacity_per_week", str(row.capacity_per_week), expected
            )
