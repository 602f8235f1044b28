"""The tables that a supply network is read from. Pure."""

from decimal import Decimal
from fractions import Fraction

from lineshaft.core.quantity import parse_exact
from lineshaft.valuechain.supplynetwork.cures import Cure, CureKind
from lineshaft.valuechain.supplynetwork.esri import InputKind
from lineshaft.valuechain.supplynetwork.guarantees import (
    CreditStep,
    GuaranteeExposure,
    GuaranteeKind,
)
from lineshaft.valuechain.supplynetwork.model import (
    CareAction,
    Component,
    CustomerOrder,
    Firm,
    Item,
    Line,
    SectorInput,
    Site,
    Sourcing,
    Stock,
    SubTier,
    Supplier,
    Supply,
)
from lineshaft.valuechain.tables.model import (
    AMOUNT,
    COST,
    COUNTRY,
    CURRENCY,
    DATE,
    ID,
    PERCENTAGE,
    POSITIVE,
    QUANTITY,
    SHARE,
    TEXT,
    UNIT,
    YES_NO,
    CellKind,
    Column,
    TypedTable,
    one_of,
    percent,
    whole,
)

DAYS_MAX = 3_650
TIER_MAX = 10
BANDS_MAX = 20
MACHINES_MAX = 100_000


def _bands(text: str) -> tuple[CreditStep, ...]:
    """Read `90:5;80:10;:20`: up to 90 missed 5 %, up to 80 10 %, for all that is left 20 %."""
    parts = text.split(";")
    if len(parts) > BANDS_MAX:
        raise ValueError(text)
    found = []
    for part in parts:
        until, credit = part.split(":")
        bound = parse_exact(until.strip()) if until.strip() else None
        found.append(CreditStep(bound, percent(credit.strip())))
    return tuple(found)


DAYS = whole(0, DAYS_MAX, "whole days")
TIER = whole(2, TIER_MAX)
MACHINES = whole(1, MACHINES_MAX)
BANDS = CellKind("expected bands such as 90:5;80:10;:20", _bands)
CURE = one_of(CureKind)
INPUT = CellKind(
    "expected essential, non_essential or negligible", lambda text: InputKind[text.upper()]
)
GUARANTEE = one_of(GuaranteeKind)

ITEM = (("item", "items"),)
TABLES = (
    TypedTable(
        "items",
        Item,
        (Column("id", ID, name="item"), Column("name", TEXT, ""), Column("unit", UNIT, "C62")),
        ("id",),
        is_required=True,
    ),
    TypedTable(
        "bill_of_material",
        Component,
        (Column("parent", ID), Column("child", ID), Column("quantity", POSITIVE)),
        ("parent", "child"),
        (("parent", "items"), ("child", "items")),
    ),
    TypedTable(
        "suppliers",
        Supplier,
        (Column("id", ID, name="supplier"), Column("name", TEXT, ""), Column("country", COUNTRY)),
        ("id",),
    ),
    TypedTable(
        "sites",
        Site,
        (
            Column("id", ID, name="site"),
            Column("supplier", ID),
            Column("country", COUNTRY),
            Column("port", TEXT, ""),
        ),
        ("id",),
        (("supplier", "suppliers"),),
    ),
    TypedTable(
        "sourcing",
        Sourcing,
        (
            Column("item", ID),
            Column("supplier", ID),
            Column("site", ID),
            Column("share", SHARE),
            Column("lead_days", DAYS),
            Column("unit_price", COST, None),
            Column("contract_end", DATE, None),
            Column("is_qualified", YES_NO, name="qualified"),
            Column("requalification_days", DAYS, 0),
            Column("capacity_per_week", QUANTITY, None),
        ),
        ("item", "site"),
        (*ITEM, ("supplier", "suppliers"), ("site", "sites")),
        is_required=True,
    ),
    TypedTable(
        "sub_tier",
        SubTier,
        (
            Column("supplier", ID),
            Column("item", ID),
            Column("tier", TIER),
            Column("country", COUNTRY),
            Column("share", SHARE),
        ),
        ("supplier", "item", "tier", "country"),
        (("supplier", "suppliers"), *ITEM),
    ),
    TypedTable(
        "stock",
        Stock,
        (Column("item", ID), Column("quantity", QUANTITY), Column("as_of", DATE)),
        ("item", "as_of"),
        ITEM,
    ),
    TypedTable(
        "orders",
        CustomerOrder,
        (
            Column("order", ID),
            Column("item", ID),
            Column("quantity", POSITIVE),
            Column("due_on", DATE),
            Column("customer", TEXT, ""),
            Column("margin", AMOUNT, Decimal(0)),
        ),
        ("order",),
        ITEM,
    ),
    TypedTable(
        "lines",
        Line,
        (
            Column("line", ID),
            Column("item", ID),
            Column("margin", COST),
            Column("currency", CURRENCY),
            Column("planned_per_week", POSITIVE),
            Column("capacity_per_week", POSITIVE, None),
        ),
        ("line",),
        ITEM,
        is_required=True,
    ),
    TypedTable(
        "owners",
        CareAction,
        (
            Column("item", ID),
            Column("owner", TEXT),
            Column("action", TEXT, ""),
            Column("due_on", DATE, None),
        ),
        ("item",),
        ITEM,
    ),
)
"""Of a network, in the order in which they are read: what refers comes after what it names."""

CURES = TypedTable(
    "cures",
    Cure,
    (
        Column("id", ID, name="cure"),
        Column("kind", CURE),
        Column("item", ID),
        Column("cost", COST),
        Column("currency", CURRENCY),
        Column("quantity", QUANTITY, Fraction(0)),
        Column("share", SHARE, Fraction(0)),
        Column("ready_days", DAYS, 0),
    ),
    ("id",),
    ITEM,
)
GUARANTEES = TypedTable(
    "guarantees",
    GuaranteeExposure.of_row,
    (
        Column("contract", ID),
        Column("guarantee", ID),
        Column("item", ID),
        Column("kind", GUARANTEE),
        Column("target", QUANTITY),
        Column("bands", BANDS, ()),
        Column("slope", QUANTITY, None),
        Column("cap", PERCENTAGE),
        Column("group", TEXT, ""),
        Column("contract_cap", PERCENTAGE, Fraction(1)),
        Column("monthly_fee", COST),
        Column("currency", CURRENCY),
        Column("machines", MACHINES, 1),
        Column("repair_hours", QUANTITY, Fraction(0)),
    ),
    ("contract", "guarantee", "item"),
    ITEM,
)
FIRM_TABLES = (
    TypedTable(
        "firms",
        Firm,
        (Column("id", ID, name="firm"), Column("sector", ID), Column("purchases", QUANTITY)),
        ("id",),
        is_required=True,
    ),
    TypedTable(
        "supplies",
        Supply,
        (Column("supplier", ID), Column("customer", ID), Column("value", POSITIVE)),
        ("supplier", "customer"),
        (("supplier", "firms"), ("customer", "firms")),
        is_required=True,
    ),
    TypedTable(
        "inputs",
        SectorInput,
        (Column("from_sector", ID), Column("to_sector", ID), Column("kind", INPUT)),
        ("from_sector", "to_sector"),
    ),
)
"""Of a network of firms; an input that is not named is not essential."""
