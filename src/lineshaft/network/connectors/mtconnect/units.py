"""Units of MTConnect (ANSI/MTC1.4, part 2, `units` and `nativeUnits`) as codes of UN/ECE Rec 20.

Where the recommendation has no code, the unit gets a name of its own, made of codes: `DD/MIN` is a
degree per minute. Such a unit can be shown and stored, but neither converted nor billed.
"""

import csv
from functools import cache
from importlib.resources import files

import msgspec


class MtconnectUnit(msgspec.Struct, frozen=True):
    """A unit of MTConnect.

    Attributes:
        code: code of Rec 20, or the name of a derived unit.
        is_rec20: whether `code` is one of the recommendation.
        name: in words.
    """

    code: str
    is_rec20: bool
    name: str


NO_UNIT = MtconnectUnit("", is_rec20=False, name="")


@cache
def units() -> dict[str, MtconnectUnit]:
    """Return the shipped table by MTConnect's own names."""
    with files("lineshaft.network.connectors.mtconnect").joinpath("units.csv").open() as table:
        return {
            row["mtconnect"]: MtconnectUnit(row["code"], row["is_rec20"] == "1", row["name"])
            for row in csv.DictReader(table)
        }


def unit_of(mtconnect: str) -> MtconnectUnit:
    """Return the unit with MTConnect's name; one that the table lacks keeps its own name."""
    if not mtconnect:
        return NO_UNIT
    return units().get(mtconnect) or MtconnectUnit(mtconnect, is_rec20=False, name=mtconnect)
