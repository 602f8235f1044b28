"""Read the books of the three channels, and check that they are of one currency."""

from pathlib import Path

from lineshaft.valuechain.channels.model import ChannelBooks
from lineshaft.valuechain.channels.schema import TABLES
from lineshaft.valuechain.tables.service import Shown, no_progress, read_tables

WITH_MONEY = ("output", "hours", "assets", "purchases", "payroll")


def read_books(source: Path, show: Shown = no_progress) -> ChannelBooks:
    """Read the books.

    Args:
        source: a folder of CSV files, or an Excel workbook (docs/channels.md).
        show: told what is read, how many rows are done, of how many (0: not known).

    Raises:
        TablesInvalid: with all that is wrong, each with file, row and column.
        ExtraMissing: for a workbook without the extra that reads it.
    """
    read = read_tables(source, TABLES, show)
    currency = ""
    for name in WITH_MONEY:
        table = read.tables[name]
        for number, row in table.numbered:
            currency = currency or row.currency
            if row.currency != currency:
                expected = f"expected {currency}, the currency of the first row that has one"
                read.problems.add(table.file, number, "currency", row.currency, expected)
    assets = read.tables["assets"]
    for number, row in assets.numbered:
        if row.last_quarter is not None and row.last_quarter < row.first_quarter:
            expected = f"expected {row.first_quarter}, the first quarter, or later"
            read.problems.add(assets.file, number, "last_quarter", row.last_quarter, expected)
    return ChannelBooks(source.name, **read.rows(), inputs=read.inputs)
