"""The tables that a supply network is read from: their columns, and what a cell may be. Pure."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lineshaft.core.errors import Invalid
from lineshaft.core.money import CURRENCY_EXPONENTS
from lineshaft.core.quantity import parse_exact, unit_named
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

ID_CHARACTERS_MAX = 100
TEXT_CHARACTERS_MAX = 500
DAYS_MAX = 3_650
TIER_MAX = 10
QUANTITY_MAX = 10**12
AMOUNT_MAX = 10**12
BANDS_MAX = 20
PERCENT = 100
_COUNTRY = re.compile("[A-Z]{2}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a cell may be: how it is read, and what is said where it cannot be.

    Attributes:
        read: the cell without blanks around it; raises `Invalid` or `ValueError`.
    """

    expected: str
    read: Callable[[str], Any]


def _id(text: str) -> str:
    if len(text) > ID_CHARACTERS_MAX or not text.isprintable():
        raise ValueError(text)
    return text


def _text(text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise ValueError(text)
    return text


def _positive(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 < value <= QUANTITY_MAX:
        raise ValueError(text)
    return value


def _not_negative(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 <= value <= QUANTITY_MAX:
        raise ValueError(text)
    return value


def _share(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _percent(text: str) -> Fraction:
    value = parse_exact(text)
    if not 0 <= value <= PERCENT:
        raise ValueError(text)
    return value / PERCENT


def _count(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and low <= int(text) <= high):
        raise ValueError(text)
    return int(text)


def _amount(text: str) -> Decimal:
    if _AMOUNT.fullmatch(text) is None or abs(Decimal(text)) > AMOUNT_MAX:
        raise ValueError(text)
    return Decimal(text)


def _cost(text: str) -> Decimal:
    value = _amount(text)
    if value < 0:
        raise ValueError(text)
    return value


def _date(text: str) -> dt.date:
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def _yes_no(text: str) -> bool:
    return {"yes": True, "no": False}[text.lower()]


def _country(text: str) -> str:
    if _COUNTRY.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _currency(text: str) -> str:
    if text not in CURRENCY_EXPONENTS:
        raise ValueError(text)
    return text


def _bands(text: str) -> tuple[CreditStep, ...]:
    """Read `90:5;80:10;:20`: up to 90 missed 5 %, up to 80 10 %, for all that is left 20 %."""
    parts = text.split(";")
    if len(parts) > BANDS_MAX:
        raise ValueError(text)
    found = []
    for part in parts:
        until, credit = part.split(":")
        bound = parse_exact(until.strip()) if until.strip() else None
        found.append(CreditStep(bound, _percent(credit.strip())))
    return tuple(found)


ID = Kind(f"expected 1 to {ID_CHARACTERS_MAX} characters", _id)
TEXT = Kind(f"expected at most {TEXT_CHARACTERS_MAX} characters", _text)
POSITIVE = Kind("expected an exact number above 0, such as 4 or 0.25 or 1/3", _positive)
QUANTITY = Kind("expected an exact number from 0, such as 120 or 0.25", _not_negative)
SHARE = Kind("expected an exact number from 0 to 1, such as 0.6 or 1/3", _share)
PERCENTAGE = Kind("expected percent from 0 to 100, such as 95 or 99.5", _percent)
DAYS = Kind(f"expected whole days from 0 to {DAYS_MAX}", lambda text: _count(text, 0, DAYS_MAX))
TIER = Kind(f"expected a whole number from 2 to {TIER_MAX}", lambda text: _count(text, 2, TIER_MAX))
MACHINES = Kind("expected a whole number from 1 to 100000", lambda text: _count(text, 1, 100_000))
AMOUNT = Kind("expected an amount such as 1250.00", _amount)
COST = Kind("expected an amount from 0, such as 1250.00", _cost)
DATE = Kind("expected a date such as 2026-03-31", _date)
YES_NO = Kind("expected yes or no", _yes_no)
COUNTRY = Kind("expected a country of ISO 3166-1 alpha-2, such as DE", _country)
CURRENCY = Kind("expected a currency of ISO 4217, such as EUR", _currency)
UNIT = Kind(
    "expected a unit of UN/ECE Rec 20, such as C62 or KGM", lambda text: unit_named(text).code
)
BANDS = Kind("expected bands such as 90:5;80:10;:20", _bands)
CURE = Kind(f"expected one of {', '.join(CureKind)}", CureKind)
INPUT = Kind(
    "expected essential, non_essential or negligible", lambda text: InputKind[text.upper()]
)
GUARANTEE = Kind(f"expected one of {', '.join(GuaranteeKind)}", GuaranteeKind)

REFUSED = (Invalid, ValueError, KeyError)
"""What a kind raises for a cell that it cannot read."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        attribute: of the row that it fills.
        default: of an empty cell or an absent column; `...` where there must be one.
    """

    attribute: str
    kind: Kind
    default: Any = ...
    name: str = ""

    @property
    def header(self) -> str:
        """What stands above it."""
        return self.name or self.attribute


@dataclass(frozen=True, slots=True)
class Table:
    """A file or a sheet of this name.

    Attributes:
        key: attributes that no two rows have alike.
        references: attribute and the table whose first column has it.
    """

    name: str
    row: Callable[..., Any]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[tuple[str, str], ...] = ()
    is_required: bool = False


ITEM = (("item", "items"),)
TABLES = (
    Table(
        "items",
        Item,
        (Column("id", ID, name="item"), Column("name", TEXT, ""), Column("unit", UNIT, "C62")),
        ("id",),
        is_required=True,
    ),
    Table(
        "bill_of_material",
        Component,
        (Column("parent", ID), Column("child", ID), Column("quantity", POSITIVE)),
        ("parent", "child"),
        (("parent", "items"), ("child", "items")),
    ),
    Table(
        "suppliers",
        Supplier,
        (Column("id", ID, name="supplier"), Column("name", TEXT, ""), Column("country", COUNTRY)),
        ("id",),
    ),
    Table(
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
    Table(
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
    Table(
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
    Table(
        "stock",
        Stock,
        (Column("item", ID), Column("quantity", QUANTITY), Column("as_of", DATE)),
        ("item", "as_of"),
        ITEM,
    ),
    Table(
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
    Table(
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
    Table(
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

CURES = Table(
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
GUARANTEES = Table(
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
    Table(
        "firms",
        Firm,
        (Column("id", ID, name="firm"), Column("sector", ID), Column("purchases", QUANTITY)),
        ("id",),
        is_required=True,
    ),
    Table(
        "supplies",
        Supply,
        (Column("supplier", ID), Column("customer", ID), Column("value", POSITIVE)),
        ("supplier", "customer"),
        (("supplier", "firms"), ("customer", "firms")),
        is_required=True,
    ),
    Table(
        "inputs",
        SectorInput,
        (Column("from_sector", ID), Column("to_sector", ID), Column("kind", INPUT)),
        ("from_sector", "to_sector"),
    ),
)
"""Of a network of firms; an input that is not named is not essential."""
