"""The numbers of a tariff as fields that people fill in, under the offering's own words."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lineshaft.services.contracts.model import LocalText, Offering
from lineshaft.web.session import Preferences

NUMBERS = (
    "amount",
    "amount_per_month",
    "at_least",
    "cap",
    "credit",
    "credits_cap",
    "flat_fee",
    "other_price",
    "package_price",
    "percent",
    "quantity",
    "size",
    "slope",
    "target",
    "unit_price",
    "until",
    "up_to",
)
"""What of a price or a guarantee can be changed without changing what it is."""
_PARTS = ("base_fee", "usage_prices", "guarantee", "guarantees", "credits_cap")

Path = tuple[str | int, ...]


class Field(msgspec.Struct, frozen=True):
    """A number of a tariff.

    Attributes:
        part: description of the fee, price or guarantee that it belongs to; None: of all.
        key: its name in the terms.
        place: of its tier, step or band, from 1; None where there is one only.
    """

    path: Path
    part: LocalText | None
    key: str
    place: int | None
    value: str

    def label(self, reader: Preferences) -> str:
        """Say what it is."""
        name = reader.say(f"tariff.{self.key}")
        if self.place is None:
            return name
        return reader.say("tariff_place", name=name, place=self.place)


def fields(offering: Offering) -> list[Field]:
    """Return the numbers of an offering in the order of its terms."""
    terms = offering.to_content()["terms"]
    found: list[Field] = []
    for name in _PARTS:
        parts = terms.get(name)
        listed = parts if isinstance(parts, list) else [parts]
        for place, part in enumerate(listed):
            path: Path = (name, place) if isinstance(parts, list) else (name,)
            described = part.get("description") if isinstance(part, Mapping) else None
            text = None if described is None else LocalText(
                en=described["en"], zh_hans=described["zh-Hans"]
            )  # fmt: skip
            found += [
                Field(where, text, str(where[-1]), _place(where[len(path) :]), value)
                for where, value in _numbers(part, path)
            ]
    return found


def changed(offering: Offering, values: Mapping[Path, str]) -> Offering:
    """Return the offering with other numbers.

    Raises:
        TermsInvalid: when they contradict each other.
    """
    content = copy.deepcopy(offering.to_content())
    for path, value in values.items():
        holder: Any = content["terms"]
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value.strip()
    return Offering.from_content(content)


def _numbers(part: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key not in {"meter", "calendar", "description", "indexation"}:
                yield from _numbers(value, (*path, key))
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from _numbers(value, (*path, place))
    elif isinstance(part, str) and path[-1] in NUMBERS:
        yield path, part


def _place(path: Path) -> int | None:
    return next((step + 1 for step in path if isinstance(step, int)), None)
