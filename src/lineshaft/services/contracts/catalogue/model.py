"""Offerings as they stand in the catalogue, their differences, and changing single values. Pure."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import PAGE_SIZE, PAGE_SIZE_MAX
from lineshaft.core.period import Instant, format_instant
from lineshaft.services.contracts.model import (
    Binding,
    ContractRecord,
    CustomerClass,
    LocalText,
    Offering,
    OfferingKind,
    OfferingReference,
)
from lineshaft.services.contracts.prices import TIERS_MAX

PAGE_OFFERINGS_MAX = PAGE_SIZE_MAX
"""Offerings, or contracts of an offering, that one page has."""
VALUES_MAX = 1_000
"""Single values that one request changes."""
REASON_CHARACTERS_MAX = 500
_NAMES = ("id", "state", "grade")
"""What an element of a list is called by; any other is called by its place, from 1 on."""


class PlaceUnknown(Invalid):
    """A value was given for a place that the offering does not have."""


class Withdrawal(msgspec.Struct, frozen=True):
    """An offering is not sold any more: neither this version nor those before it.

    Contracts that were made from it stay. A later version is on sale again.
    """

    offering: OfferingReference
    at: Instant
    by: str
    reason: str

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "version": self.offering.version,
            "at": format_instant(self.at),
            "by": self.by,
            "reason": self.reason,
        }


class CatalogueEntry(msgspec.Struct, frozen=True):
    """A version of an offering as it stands in the catalogue.

    Attributes:
        withdrawal: the one that this version falls under, if there is one.
    """

    offering: Offering
    recorded_at: Instant
    withdrawal: Withdrawal | None

    @property
    def is_on_sale(self) -> bool:
        """Whether new contracts may be made from it."""
        return self.withdrawal is None

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "offering": self.offering.to_content(),
            "recorded_at": format_instant(self.recorded_at),
            "withdrawal": None if self.withdrawal is None else self.withdrawal.to_content(),
        }


class CatalogueQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which offerings to list; None: whatever it is.

    Attributes:
        after: begin after the offering of this id.
        limit: at most so many, and at most `PAGE_OFFERINGS_MAX`.
    """

    kind: OfferingKind | None = None
    binding: Binding | None = None
    customer_class: CustomerClass | None = None
    is_on_sale: bool | None = None
    after: str = ""
    limit: int = PAGE_SIZE

    def __post_init__(self) -> None:
        """Refuse a page of nothing, and one that is too large."""
        check_limit(self.limit)

    def fits(self, entry: CatalogueEntry) -> bool:
        """Tell whether an offering is asked for."""
        said = entry.offering.classification
        asked = (
            (self.kind, said.kind),
            (self.binding, said.binding),
            (self.customer_class, said.customer_class),
            (self.is_on_sale, entry.is_on_sale),
        )
        return all(wanted is None or wanted == found for wanted, found in asked)


class CataloguePage(msgspec.Struct, frozen=True):
    """Last versions of offerings, by id.

    Attributes:
        next: the id to begin the next page after; None on the last one.
    """

    entries: tuple[CatalogueEntry, ...]
    next: str | None


class UsePage(msgspec.Struct, frozen=True):
    """Last versions of the contracts that are made from an offering, by id.

    Attributes:
        next: the id to begin the next page after; None on the last one.
    """

    records: tuple[ContractRecord, ...]
    next: str | None


class OfferingChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different from a pack, or from the version before.

    Attributes:
        name, currency: as before for None.
        values: new values by their place, see `places`; also of `kind`, `binding` and so on. Values
            of the place of a tier that is not there add it; a tier without any value is left out.
    """

    name: LocalText | None = None
    currency: str | None = None
    values: Mapping[str, str] | None = None


class Change(msgspec.Struct, frozen=True):
    """One place at which two versions differ; None where there is nothing."""

    place: str
    before: str | None
    after: str | None

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {"place": self.place, "before": self.before, "after": self.after}


def check_limit(limit: int) -> None:
    """Pass the size of a page.

    Raises:
        Invalid: when it is none, or too large.
    """
    if not 0 < limit <= PAGE_OFFERINGS_MAX:
        msg = f"a page of {limit}: expected 1 to {PAGE_OFFERINGS_MAX}"
        raise Invalid(msg)


def places(offering: Offering) -> dict[str, str | None]:
    """Return every single value of an offering by its place, in the order of its content.

    A place names the way to a value: `terms.usage_prices.hours.price.tiers.1.unit_price`.
    """
    return {found.place: _shown(found.container[found.key]) for found in _leaves(_own(offering))}


def changed(offering: Offering, changes: OfferingChanges) -> Offering:
    """Return an offering with some values changed.

    Raises:
        PlaceUnknown: for a place that is not there; it names those that are near.
        TermsInvalid: when a value cannot stand where it is put.
    """
    content = offering.to_content()
    if changes.name is not None:
        content["name"] = changes.name.to_content()
    if changes.currency is not None:
        content["currency"] = changes.currency
    values = dict(changes.values or {})
    if len(values) > VALUES_MAX:
        msg = f"{len(values)} values to change: expected at most {VALUES_MAX}"
        raise Invalid(msg)
    given = [*((content, name, name) for name in _CLASSIFIED)]
    given += [(content["terms"], "fees_due", _FEES_DUE)]
    for holder, key, name in given:
        if name in values:
            holder[key] = values.pop(name)
    _change_tiers(content, values)
    known = {found.place: found for found in _leaves(content)}
    for place, value in values.items():
        if place not in known or not place.startswith("terms."):
            raise PlaceUnknown(_no_place(offering, place, list(known)))
        found = known[place]
        found.container[found.key] = _typed(found.container[found.key], value)
    return Offering.from_content(content)


def _change_tiers(content: dict[str, Any], values: dict[str, str]) -> None:
    """Take from the values those of tiers; they may add tiers, and leave out the last ones."""
    for price in content["terms"].get("usage_prices", ()):
        tiers = price.get("price", {}).get("tiers")
        start = f"terms.usage_prices.{price.get('id')}.price.tiers."
        for place in [each for each in values if tiers is not None and each.startswith(start)]:
            number, _, key = place.removeprefix(start).partition(".")
            is_tier = number.isdecimal() and len(number) <= _TIER_DIGITS_MAX and int(number) > 0
            if not is_tier or int(number) > TIERS_MAX or key not in _TIER_KEYS:
                continue
            tiers += [{} for _ in range(int(number) - len(tiers))]
            tiers[int(number) - 1] = {**tiers[int(number) - 1], key: values.pop(place)}
        if tiers is not None:
            said = [
                {key: each[key] for key in each if each[key] not in {"", None}} for each in tiers
            ]
            price["price"]["tiers"] = [each for each in said if each]


def differences(before: Offering, after: Offering) -> tuple[Change, ...]:
    """Return every place at which two versions differ, in the order of their content."""
    old, new = places(before), places(after)
    order = [*old, *(place for place in new if place not in old)]
    return tuple(
        Change(place, old.get(place), new.get(place))
        for place in order
        if old.get(place) != new.get(place)
    )


_TIER_KEYS = ("up_to", "unit_price", "flat_fee")
_TIER_DIGITS_MAX = 4
_CLASSIFIED = ("kind", "binding", "customer_class", "activity", "service_class")
_FEES_DUE = "terms.fees_due"
"""Stands in terms only where it was said."""


class _Leaf(msgspec.Struct, frozen=True):
    place: str
    container: Any
    key: Any


def _own(offering: Offering) -> dict[str, Any]:
    """Return the content without what names the version itself."""
    content = offering.to_content()
    return {name: value for name, value in content.items() if name not in {"id", "version"}}


def _leaves(content: dict[str, Any] | list[Any], above: str = "") -> Iterator[_Leaf]:
    """Yield every value that holds no other, with its place."""
    pairs: Iterator[tuple[Any, str]] = (
        ((key, key) for key in content)
        if isinstance(content, dict)
        else ((index, _called(element, index)) for index, element in enumerate(content))
    )
    for key, name in pairs:
        value: Any = content[key]
        place = f"{above}.{name}" if above else name
        if isinstance(value, dict | list) and value:
            yield from _leaves(value, place)
        else:
            yield _Leaf(place, content, key)


def _called(element: Any, index: int) -> str:
    names = (element.get(name) for name in _NAMES) if isinstance(element, dict) else iter(())
    return next((str(name) for name in names if name), str(index + 1))


def _shown(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value in (None, [], {}) else str(value)


def _typed(old: Any, value: str) -> Any:
    """Return a text as what stood there before, so that a number of packages stays a number."""
    if isinstance(old, bool) and value in {"true", "false"}:
        return value == "true"
    if isinstance(old, int) and not isinstance(old, bool) and value.isdecimal():
        return int(value)
    return value


def _no_place(offering: Offering, place: str, known: list[str]) -> str:
    near = [each for each in known if each.rpartition(".")[2] == place.rpartition(".")[2]]
    shown = ", ".join(itertools.islice(near or (e for e in known if e.startswith("terms.")), 10))
    return f"offering {offering.id} has no {place[:200]!r}: expected such as {shown}"
