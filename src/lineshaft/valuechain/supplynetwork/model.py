"""The supply network of a firm: what it makes of what, and who delivers it from where. Pure."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from math import lcm

import msgspec

from lineshaft.core.errors import Invalid

DAYS_PER_WEEK = 7


class CircularBill(Invalid):
    """An item that is a part of itself."""


class Item(msgspec.Struct, frozen=True):
    """Something that is bought, made or sold; `unit` is a code of UN/ECE Rec 20."""

    id: str
    name: str
    unit: str


class Component(msgspec.Struct, frozen=True):
    """A row of the bill of material: so much of the child in one of the parent."""

    parent: str
    child: str
    quantity: Fraction


class Supplier(msgspec.Struct, frozen=True):
    """Who delivers; `country` is ISO 3166-1 alpha-2, of the seat."""

    id: str
    name: str
    country: str


class Site(msgspec.Struct, frozen=True):
    """Where a supplier delivers from, and through which port, if any."""

    id: str
    supplier: str
    country: str
    port: str


class Sourcing(msgspec.Struct, frozen=True):
    """A source of an item.

    Attributes:
        share: of what is bought of the item; 0 for a source in reserve.
        lead_days: from shipping to arrival.
        requalification_days: until it may deliver, where it is not qualified.
        capacity_per_week: most units; None: it can take over what the others do not deliver.
    """

    item: str
    supplier: str
    site: str
    share: Fraction
    lead_days: int
    unit_price: Decimal | None
    contract_end: dt.date | None
    is_qualified: bool
    requalification_days: int
    capacity_per_week: Fraction | None


class SubTier(msgspec.Struct, frozen=True):
    """Where a supplier gets what an item is made of: a share of it, at a tier from 2 on."""

    supplier: str
    item: str
    tier: int
    country: str
    share: Fraction


class Stock(msgspec.Struct, frozen=True):
    """What is on stock of an item at the end of a day."""

    item: str
    quantity: Fraction
    as_of: dt.date


class CustomerOrder(msgspec.Struct, frozen=True):
    """An order of a customer for an item that is sold; `margin` is of the whole order."""

    order: str
    item: str
    quantity: Fraction
    due_on: dt.date
    customer: str
    margin: Decimal


class Line(msgspec.Struct, frozen=True):
    """What brings an item to customers: the margin of a unit and the units planned a week.

    Attributes:
        capacity_per_week: most units of the item, with what is made up for; None: as planned.
    """

    line: str
    item: str
    margin: Decimal
    currency: str
    planned_per_week: Fraction
    capacity_per_week: Fraction | None


class CareAction(msgspec.Struct, frozen=True):
    """Who looks after a dependency, and what they do about it until when."""

    item: str
    owner: str
    action: str
    due_on: dt.date | None


class Firm(msgspec.Struct, frozen=True):
    """A firm of a network of firms; `purchases` is what it buys in a year, known here or not."""

    id: str
    sector: str
    purchases: Fraction


class Supply(msgspec.Struct, frozen=True):
    """What one firm sells to another in a year."""

    supplier: str
    customer: str
    value: Fraction


class SectorInput(msgspec.Struct, frozen=True):
    """What the inputs from one sector are to another: 2 essential, 1 not, 0 negligible."""

    from_sector: str
    to_sector: str
    kind: int


class SupplyNetwork(msgspec.Struct, frozen=True, dict=True):
    """All of it as of one day; every name in it exists, and no item is a part of itself.

    An item with sources is bought, and what it is made of is its suppliers' matter; an item without
    sources is made of its components. Amounts are all of one currency.
    """

    items: tuple[Item, ...] = ()
    bill_of_material: tuple[Component, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    sites: tuple[Site, ...] = ()
    sourcing: tuple[Sourcing, ...] = ()
    sub_tier: tuple[SubTier, ...] = ()
    stock: tuple[Stock, ...] = ()
    orders: tuple[CustomerOrder, ...] = ()
    lines: tuple[Line, ...] = ()
    owners: tuple[CareAction, ...] = ()
    inputs: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The one currency; empty without a line."""
        return self.lines[0].currency if self.lines else ""

    @property
    def as_of(self) -> dt.date | None:
        """The day of the youngest stock; None where no stock is known."""
        return max((each.as_of for each in self.stock), default=None)

    @cached_property
    def sources(self) -> dict[str, list[Sourcing]]:
        """The sources of each bought item, in the order of the file."""
        found: dict[str, list[Sourcing]] = defaultdict(list)
        for each in self.sourcing:
            found[each.item].append(each)
        return dict(found)

    @cached_property
    def made_of(self) -> dict[str, list[Component]]:
        """The components of each made item."""
        found: dict[str, list[Component]] = defaultdict(list)
        for each in self.bill_of_material:
            if each.parent not in self.sources:
                found[each.parent].append(each)
        return dict(found)

    @cached_property
    def site_of(self) -> dict[str, Site]:
        """Sites by id."""
        return {each.id: each for each in self.sites}

    @cached_property
    def supplier_of(self) -> dict[str, Supplier]:
        """Suppliers by id."""
        return {each.id: each for each in self.suppliers}

    @cached_property
    def sub_tiers(self) -> dict[tuple[str, str], list[SubTier]]:
        """Sub-tiers by supplier and item."""
        found: dict[tuple[str, str], list[SubTier]] = defaultdict(list)
        for each in self.sub_tier:
            found[each.supplier, each.item].append(each)
        return dict(found)

    @cached_property
    def parents_first(self) -> list[str]:
        """All items, each before its components; equal ones in the order of the file.

        Raises:
            CircularBill: naming the items of a circle.
        """
        parents: dict[str, list[str]] = {each.id: [] for each in self.items}
        for components in self.made_of.values():
            for each in components:
                parents[each.child].append(each.parent)
        try:
            return list(TopologicalSorter(parents).static_order())
        except CycleError as error:
            msg = f"bill of material: {' in '.join(error.args[1])}; an item is a part of itself"
            raise CircularBill(msg) from error

    @cached_property
    def stock_of(self) -> dict[str, Fraction]:
        """What is on stock of each item that is known; the youngest day counts."""
        found: dict[str, Stock] = {}
        for each in self.stock:
            if each.item not in found or found[each.item].as_of < each.as_of:
                found[each.item] = each
        return {item: each.quantity for item, each in found.items()}

    @cached_property
    def needs_per_week(self) -> dict[str, Fraction]:
        """Units of each item that the planned lines need in a week, exactly; 0 for no use."""
        needs = dict.fromkeys((each.id for each in self.items), Fraction(0))
        for line in self.lines:
            needs[line.item] += line.planned_per_week
        for parent in self.parents_first:
            for each in self.made_of.get(parent, ()):
                needs[each.child] += needs[parent] * each.quantity
        return needs

    @cached_property
    def margin_per_week(self) -> dict[str, Fraction]:
        """Margin a week of all lines that cannot run without each item, exactly.

        A line counts once for an item, by however many ways it needs it.
        """
        margins = [Fraction(line.margin) * line.planned_per_week for line in self.lines]
        scale = lcm(*(margin.denominator for margin in margins))
        whole = [int(margin * scale) for margin in margins]
        known: dict[int, Fraction] = {}
        for which in self.users.values():
            if which not in known:
                # Whole numbers: a network has millions of pairs of an item and a line.
                total = sum(margin for i, margin in enumerate(whole) if which >> i & 1)
                known[which] = Fraction(total, scale)
        return {item: known[which] for item, which in self.users.items()}

    @cached_property
    def users(self) -> dict[str, int]:
        """The lines that need each item: bit i stands for line i."""
        users = dict.fromkeys((each.id for each in self.items), 0)
        for place, line in enumerate(self.lines):
            users[line.item] |= 1 << place
        for parent in self.parents_first:
            for each in self.made_of.get(parent, ()):
                users[each.child] |= users[parent]
        return users
