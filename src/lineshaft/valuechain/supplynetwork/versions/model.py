"""What the hub keeps of a supply network: versions, questions, scenarios. Pure."""

import re
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, format_instant
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.versions.model import KeptVersion

NAME_CHARACTERS_MAX = 200
SCENARIOS_MAX = 2_000
WEEK_US = 7 * US_PER_DAY
_MODEL = "daily-step model over the bill of material, after Hallegatte (2008), Inoue & Todo (2019)"
_ALL = (
    Indicator(
        name="lost_margin",
        symbol="L",
        unit="",
        formula="sum over lines p of margin_p x (planned_p - delivered_p) by the last day",
        source=f"{_MODEL}; what is made up for within the horizon is not lost",
        range="[0, inf)",
    ),
    Indicator(
        name="peak",
        symbol="L_max",
        unit="",
        formula="max over days d of sum over lines p of margin_p x (planned_p(d) - delivered_p(d))",
        source=f"{_MODEL}; the most that is missing at the end of any day",
        range="[0, inf)",
    ),
    Indicator(
        name="credits",
        symbol="C",
        unit="",
        formula="sum over months and contracts of fee x granted rate(guarantee, days of waiting)",
        source="the credits of the contracts' own functions: bands, slopes, caps, groups",
        range="[0, inf)",
    ),
)
INDICATORS = {each.name: each for each in _ALL}
"""Of an outage, by name."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}", re.ASCII)


def week_before(versions: list[KeptVersion], version: int) -> int | None:
    """Return what a version is compared with: the last one that is a week older, or the oldest.

    None for the first version. Example: of versions of day 1, 6, 9 and 10 the last one is compared
    with the first.
    """
    by_number = {each.version: each for each in versions}
    older = [each for each in versions if each.version < version]
    if version not in by_number or not older:
        return None
    until = by_number[version].imported_at - WEEK_US
    old_enough = [each.version for each in older if each.imported_at <= until]
    return max(old_enough, default=min(each.version for each in older))


class AskedOutage(msgspec.Struct, frozen=True):
    """The question of an outage as people ask it; the files' own question is made of it.

    Attributes:
        kind: supplier, part, country, port or sanction.
        start: first day, such as 2026-03-01.
        lines: to keep running; with the two limits the goal of cures, without any of them no goal.
    """

    kind: str
    targets: tuple[str, ...]
    start: str
    days: int
    horizon_days: int
    lines: tuple[str, ...] = ()
    lost_margin_max: str | None = None
    credits_max: str | None = None

    @classmethod
    def from_content(cls, content: Any) -> "AskedOutage":
        """Read JSON content: the question as a scenario holds it.

        Raises:
            Invalid: for anything else.
        """
        try:
            goal = content.get("goal") or {}
            return cls(
                kind=str(content["kind"]),
                targets=tuple(map(str, content["targets"])),
                start=str(content["start_on"]),
                days=int(content["days"]),
                horizon_days=int(content.get("horizon_days", 180)),
                lines=tuple(map(str, goal.get("lines", ()))),
                lost_margin_max=_text(goal.get("lost_margin_max")),
                credits_max=_text(goal.get("credits_max")),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = (
                f"cannot read the question of an outage: {error!r}; expected kind, targets, "
                "start_on, days, and perhaps horizon_days and goal"
            )
            raise Invalid(msg) from error


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


class OutageScenario(msgspec.Struct, frozen=True):
    """An answered question that is kept; it never changes.

    Attributes:
        version: of the network that it was asked of.
        sha256: of its bytes.
        saved_by: name of the person.
    """

    id: str
    name: str
    version: int
    sha256: str
    saved_at: Instant
    saved_by: str

    def __post_init__(self) -> None:
        """Refuse an id or a name that cannot be."""
        if _ID.fullmatch(self.id) is None:
            msg = f"scenario {self.id[:80]!r}: expected an id of small letters, digits and hyphens"
            raise Invalid(msg)
        if not 0 < len(self.name.strip()) <= NAME_CHARACTERS_MAX:
            msg = f"scenario {self.id}: expected a name of 1 to {NAME_CHARACTERS_MAX} characters"
            raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "sha256": self.sha256,
            "saved_at": format_instant(self.saved_at),
            "saved_by": self.saved_by,
        }


class AskedAgain(msgspec.Struct, frozen=True):
    """What came of asking a scenario again.

    Attributes:
        version: that it was asked of now.
        is_same: whether the same bytes came out.
        changed: files and contracts that are not what they were.
    """

    version: int
    is_same: bool
    changed: str = ""

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {"version": self.version, "is_same": self.is_same, "changed": self.changed}


class OutageChoices(msgspec.Struct, frozen=True):
    """What can fail in a network, each with what people call it, and its lines.

    Attributes:
        coverage: of the needed bought items, the part whose stock is known.
    """

    suppliers: dict[str, str]
    parts: dict[str, str]
    countries: tuple[str, ...]
    ports: tuple[str, ...]
    lines: tuple[str, ...]
    coverage: Fraction

    def targets(self, kind: str) -> dict[str, str]:
        """Return what may fail of a kind, by id."""
        countries = {each: each for each in self.countries}
        return {
            "supplier": self.suppliers,
            "part": self.parts,
            "country": countries,
            "port": {each: each for each in self.ports},
            "sanction": countries | self.suppliers,
        }[kind]
