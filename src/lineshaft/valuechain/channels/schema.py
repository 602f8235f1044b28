"""The tables that the books of the three channels are read from. Pure."""

from fractions import Fraction
from typing import Any

from lineshaft.core.classification import ServiceClass
from lineshaft.valuechain.channels.model import (
    AssetKind,
    BilledUsage,
    CapitalAsset,
    ConnectedMachine,
    LineConnection,
    LineOutput,
    PayrollCost,
    Purchase,
    PurchaseKind,
    WorkedHours,
)
from lineshaft.valuechain.tables.model import (
    AMOUNT,
    COST,
    CURRENCY,
    DATE,
    ID,
    POSITIVE,
    QUANTITY,
    QUARTER,
    TEXT,
    YES_NO,
    Column,
    TypedTable,
    one_of,
)

WHEN = Column("quarter", QUARTER)
MONEY = Column("currency", CURRENCY)
PRICE = Column("price_index", POSITIVE, Fraction(1))
AT_LINE = (Column("site", ID), Column("line", ID))


def _for_line(default: Any = "") -> tuple[Column, ...]:
    return (Column("site", ID, default), Column("line", ID, default))


TABLES = (
    TypedTable(
        "hours",
        WorkedHours,
        (
            WHEN,
            *_for_line(),
            Column("activity", ID),
            Column("hours", QUANTITY),
            Column("wage_cost", COST),
            MONEY,
            Column("is_monitored", YES_NO, default=False, name="monitored"),
        ),
        ("quarter", "site", "line", "activity", "is_monitored"),
    ),
    TypedTable(
        "assets",
        CapitalAsset,
        (
            Column("asset", ID),
            Column("kind", one_of(AssetKind)),
            *_for_line(),
            Column("user_cost", COST),
            MONEY,
            Column("first_quarter", QUARTER),
            Column("last_quarter", QUARTER, None),
        ),
        ("asset",),
    ),
    TypedTable(
        "purchases",
        Purchase,
        (
            Column("date", DATE),
            *_for_line(),
            Column("supplier", TEXT),
            Column("kind", one_of(PurchaseKind)),
            Column("service_class", one_of(ServiceClass), None),
            Column("amount", AMOUNT),
            MONEY,
            PRICE,
        ),
        (),
    ),
    TypedTable(
        "payroll",
        PayrollCost,
        (
            WHEN,
            *_for_line(),
            Column("function", ID),
            Column("is_service_function", YES_NO),
            Column("amount", COST),
            MONEY,
            PRICE,
        ),
        (),
    ),
    TypedTable(
        "output",
        LineOutput,
        (
            WHEN,
            *AT_LINE,
            Column("product", TEXT, ""),
            Column("good", QUANTITY),
            Column("bad", QUANTITY),
            Column("unit_value", COST),
            MONEY,
            PRICE,
            Column("energy_kwh", QUANTITY, None, name="energy"),
        ),
        ("quarter", "site", "line", "product"),
    ),
    TypedTable(
        "roll_out",
        LineConnection,
        (*AT_LINE, Column("connected_on", DATE, None)),
        ("site", "line"),
    ),
    TypedTable(
        "usage",
        BilledUsage,
        (
            Column("document", ID),
            Column("line", ID),
            Column("usage_record", ID),
            Column("meter", TEXT),
            Column("machine", ID),
        ),
        ("document", "line", "usage_record"),
    ),
    TypedTable(
        "machines",
        ConnectedMachine,
        (Column("machine", ID), Column("connected_on", DATE, None), Column("owner", TEXT, "")),
        ("machine",),
    ),
)
"""Of the books; every one of them may be absent."""
