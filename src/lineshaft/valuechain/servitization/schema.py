"""The tables of the books (docs/servitization.md), and how they are read."""

import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace

from lineshaft.core.classification import Activity, Binding, CustomerClass, ServiceClass
from lineshaft.core.money import Money, allocate
from lineshaft.valuechain.servitization.model import (
    ActivityMonth,
    Books,
    CostKind,
    InstalledMachine,
    RevenueLine,
    ServiceInput,
    SoldKind,
)
from lineshaft.valuechain.tables.model import (
    AMOUNT,
    COST,
    CURRENCY,
    DATE,
    ID,
    QUANTITY,
    TEXT,
    YES_NO,
    CellKind,
    Column,
    TypedTable,
    one_of,
)
from lineshaft.valuechain.tables.service import ReadTables, Shown, no_progress, read_tables

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def _month(text: str) -> str:
    if _MONTH.fullmatch(text) is None:
        raise ValueError(text)
    return text


MONTH = CellKind("expected a month such as 2026-03", _month)
REVENUE = TypedTable(
    "revenue",
    RevenueLine,
    (
        Column("date", DATE),
        Column("document", ID),
        Column("line", ID),
        Column("customer", ID),
        Column("customer_class", one_of(CustomerClass), None),
        Column("item", ID),
        Column("kind", one_of(SoldKind)),
        Column("binding", one_of(Binding), None),
        Column("service_class", one_of(ServiceClass), None),
        Column("service_line", TEXT, ""),
        Column("is_recurring", YES_NO, default=False, name="recurring"),
        Column("quantity", QUANTITY, None),
        Column("amount", AMOUNT),
        Column("currency", CURRENCY),
        Column("cost", AMOUNT, None),
        Column("site", TEXT, ""),
        Column("machine", TEXT, ""),
        Column("bundle", TEXT, ""),
        Column("stand_alone_price", COST, None),
    ),
    key=("document", "line"),
)
INSTALLED_BASE = TypedTable(
    "installed_base",
    InstalledMachine,
    (
        Column("machine", ID),
        Column("product", ID),
        Column("customer", ID),
        Column("installed_on", DATE),
        Column("removed_on", DATE, None),
        Column("is_connected", YES_NO, default=False, name="connected"),
        Column("contract_from", DATE, None),
        Column("contract_to", DATE, None),
    ),
    key=("machine",),
)
SERVICE_INPUTS = TypedTable(
    "service_inputs",
    ServiceInput,
    (
        Column("month", MONTH),
        Column("account", ID),
        Column("kind", one_of(CostKind)),
        Column("service_class", one_of(ServiceClass), None),
        Column("function", TEXT, ""),
        Column("amount", AMOUNT),
        Column("currency", CURRENCY),
        Column("site", TEXT, ""),
    ),
    key=("month", "account", "site", "function", "currency"),
)
ACTIVITIES = TypedTable(
    "activities",
    ActivityMonth,
    (
        Column("month", MONTH),
        Column("activity", one_of(Activity)),
        Column("site", TEXT, ""),
        Column("hours", QUANTITY),
        Column("revenue", AMOUNT),
        Column("cost", AMOUNT),
        Column("currency", CURRENCY),
    ),
    key=("month", "activity", "site", "currency"),
)
TABLES = (REVENUE, INSTALLED_BASE, SERVICE_INPUTS, ACTIVITIES)


def read_books(source: Path, show: Shown = no_progress) -> Books:
    """Read the books of a firm; the amount of a bundle is allocated to its components.

    Args:
        source: a folder of CSV files, or an Excel workbook.
        show: told what is read, how many rows are done, of how many (0: not known).

    Raises:
        TablesInvalid: with file, row and column of all that is wrong, up to a maximum.
        ExtraMissing: for a workbook without the extra that reads it.
    """
    read = read_tables(source, TABLES, show)
    _check_bundles(read)
    rows = read.rows()
    return Books(
        revenue=allocate_bundles(rows["revenue"]),
        installed_base=rows["installed_base"],
        service_inputs=rows["service_inputs"],
        activities=rows["activities"],
        inputs=tuple(sorted(read.inputs.items())),
    )


def _check_bundles(read: ReadTables) -> None:
    """Find bundles of which some components have a stand-alone price, and some have none."""
    table = read.tables["revenue"]
    components: defaultdict[tuple[str, str], list[tuple[int, RevenueLine]]] = defaultdict(list)
    for number, line in table.numbered:
        if line.bundle:
            components[line.document, line.bundle].append((number, line))
    for listed in components.values():
        number, first = listed[0]
        priced = [line.stand_alone_price for _, line in listed if line.stand_alone_price]
        said = {line.stand_alone_price is None for _, line in listed}
        if len(said) > 1 or (said == {False} and not priced):
            expected = "expected stand_alone_price for all lines of a bundle, or for none, "
            expected += "and one of them above 0"
            read.problems.add(table.file, number, "stand_alone_price", first.bundle, expected)
        if len({line.currency for _, line in listed}) > 1:
            expected = "expected one currency for all lines of a bundle"
            read.problems.add(table.file, number, "currency", first.bundle, expected)


def allocate_bundles(lines: tuple[RevenueLine, ...]) -> tuple[RevenueLine, ...]:
    """Allocate what a bundle costs to its components by their stand-alone prices.

    To the cent; the components add up to what is written on all lines of the bundle (IFRS 15,
    paragraphs 74, 76 and 81). Lines of bundles without stand-alone prices stay as they are.

    Example: 100.00 over components of 80 and 40 alone are 66.67 and 33.33.
    """
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        if line.bundle and line.stand_alone_price is not None:
            places[line.document, line.bundle].append(place)
    found = list(lines)
    for listed in places.values():
        components = [lines[place] for place in listed]
        currency = components[0].currency
        whole = sum((line.amount for line in components), start=components[0].amount * 0)
        weights = [Fraction(line.stand_alone_price or 0) for line in components]
        parts = allocate(Money.rounded(Fraction(abs(whole)), currency), weights)
        # What is finer than a cent stays with the first component: the sum is exact.
        rest = abs(whole) - sum((part.amount for part in parts), start=whole * 0)
        sign = -1 if whole < 0 else 1
        for number, (place, part) in enumerate(zip(listed, parts, strict=True)):
            amount = sign * (part.amount + (rest if number == 0 else 0))
            found[place] = replace(found[place], amount=amount)
    return tuple(found)
