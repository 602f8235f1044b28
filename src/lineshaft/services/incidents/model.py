"""Incidents and agreed exclusions: versions that never change, agreed by both sides. Pure.

An incident holds the instants that the clocks of a guarantee run between: reported, acknowledged,
on site, restored (IEC 60050-192, 192-07-23, counts restoration from the fault to the restored
function). An exclusion is an interval that both sides leave out of what is owed. Neither is ever
changed: a change is the next version, and what both sides have agreed on stands until they agree on
another.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Generic, TypeVar

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.core.reading import check_machine_id

VERSIONS_MAX = 1_000
"""Versions of one incident or exclusion."""
SUBJECTS_MAX = 10_000
"""Incidents of one machine, and exclusions."""
RECENT_MAX = 200
"""Incidents of all machines in one list."""
WAITS_MAX = 1_000
TEXT_CHARACTERS_MAX = 500
ID_CHARACTERS_MAX = 63
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class Side(enum.StrEnum):
    """Of the two that a guarantee binds: who owes it, and who is owed."""

    PROVIDER = "provider"
    CUSTOMER = "customer"


class IncidentCause(enum.StrEnum):
    """Who answers for an incident, as far as is known."""

    PROVIDER = "provider"
    CUSTOMER = "customer"
    FORCE_MAJEURE = "force_majeure"
    UNKNOWN = "unknown"


class ExclusionCategory(enum.StrEnum):
    """Why both sides leave an interval out of what is owed."""

    FORCE_MAJEURE = "force_majeure"
    CUSTOMER = "customer"
    MAINTENANCE = "maintenance"


class CustomerWait(msgspec.Struct, frozen=True):
    """A wait that the customer has caused: the clocks of the provider stand still."""

    period: Period
    reason: str

    def __post_init__(self) -> None:
        """Refuse a wait without a reason."""
        check_text(self.reason, "reason of a wait")

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {**_period_content(self.period), "reason": self.reason}

    @classmethod
    def from_content(cls, content: Any) -> "CustomerWait":
        """Read canonical content."""
        fields = _fields(content, "a wait", ("start", "end", "reason"))
        return cls(_period(fields), _text(fields, "reason"))


class ServiceIncident(msgspec.Struct, frozen=True):
    """Something was wrong with a machine: when it was reported, met and mended, and why.

    Attributes:
        reported_at: the clocks start here.
        acknowledged_at, on_site_at, restored_at: None while it has not happened.
        waits: that the customer has caused, in time order, none within another.
        note: for a person.
        is_withdrawn: it was recorded by mistake and counts for nothing.
    """

    id: str
    machine: str
    reported_at: Instant
    acknowledged_at: Instant | None = None
    on_site_at: Instant | None = None
    restored_at: Instant | None = None
    cause: IncidentCause = IncidentCause.UNKNOWN
    waits: tuple[CustomerWait, ...] = ()
    note: str = ""
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        """Refuse instants that contradict each other."""
        check_id(self.id, "incident")
        check_machine_id(self.machine)
        known = [at for at in self._instants() if at is not None]
        ends = [wait.period for wait in self.waits]
        is_sound = (
            known == sorted(known)
            and len(self.waits) <= WAITS_MAX
            and all(one.end <= other.start for one, other in pairwise(ends))
            and all(self._lies_within(period) for period in ends)
            and len(self.note) <= TEXT_CHARACTERS_MAX
        )
        if not is_sound:
            msg = (
                f"incident {self.id}: expected reported, acknowledged, on site and restored in "
                f"time order, at most {WAITS_MAX} waits between them that do not overlap, and a "
                f"note of at most {TEXT_CHARACTERS_MAX} characters"
            )
            raise Invalid(msg)

    def _instants(self) -> tuple[Instant | None, ...]:
        return self.reported_at, self.acknowledged_at, self.on_site_at, self.restored_at

    def _lies_within(self, period: Period) -> bool:
        is_over = self.restored_at is not None and period.end > self.restored_at
        return self.reported_at <= period.start and not is_over

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "acknowledged_at": _instant_content(self.acknowledged_at),
            "cause": self.cause.value,
            "id": self.id,
            "is_withdrawn": self.is_withdrawn,
            "machine": self.machine,
            "note": self.note,
            "on_site_at": _instant_content(self.on_site_at),
            "reported_at": format_instant(self.reported_at),
            "restored_at": _instant_content(self.restored_at),
            "waits": [wait.to_content() for wait in self.waits],
        }

    @classmethod
    def from_content(cls, content: Any) -> "ServiceIncident":
        """Read canonical or hand-written content; what may be left out is not known yet.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        optional = ("acknowledged_at", "on_site_at", "restored_at", "cause", "waits", "note")
        fields = _fields(
            content, "an incident", ("id", "machine", "reported_at"), (*optional, "is_withdrawn")
        )
        return cls(
            id=_text(fields, "id"),
            machine=_text(fields, "machine"),
            reported_at=parse_instant(_text(fields, "reported_at")),
            acknowledged_at=_instant(fields, "acknowledged_at"),
            on_site_at=_instant(fields, "on_site_at"),
            restored_at=_instant(fields, "restored_at"),
            cause=_choice(fields, "cause", IncidentCause, IncidentCause.UNKNOWN),
            waits=tuple(map(CustomerWait.from_content, _list(fields, "waits"))),
            note=_text(fields, "note", ""),
            is_withdrawn=_flag(fields, "is_withdrawn"),
        )


class AgreedExclusion(msgspec.Struct, frozen=True):
    """An interval that both sides leave out of what is owed for a machine, with its proof.

    Attributes:
        proof: what shows it: a permit, a report, an order of maintenance.
        is_withdrawn: it excludes nothing any more.
    """

    id: str
    machine: str
    period: Period
    category: ExclusionCategory
    proof: str
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        """Refuse an exclusion without proof."""
        check_id(self.id, "exclusion")
        check_machine_id(self.machine)
        check_text(self.proof, f"proof of exclusion {self.id}")

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "category": self.category.value,
            "id": self.id,
            "is_withdrawn": self.is_withdrawn,
            "machine": self.machine,
            "proof": self.proof,
            **_period_content(self.period),
        }

    @classmethod
    def from_content(cls, content: Any) -> "AgreedExclusion":
        """Read canonical or hand-written content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        needed = ("id", "machine", "start", "end", "category", "proof")
        fields = _fields(content, "an exclusion", needed, ("is_withdrawn",))
        return cls(
            id=_text(fields, "id"),
            machine=_text(fields, "machine"),
            period=_period(fields),
            category=_choice(fields, "category", ExclusionCategory, None),
            proof=_text(fields, "proof"),
            is_withdrawn=_flag(fields, "is_withdrawn"),
        )


class SideApproval(msgspec.Struct, frozen=True):
    """One side has agreed to a version.

    Attributes:
        by: id of the person.
    """

    side: Side
    by: str
    at: Instant


AnySubject = ServiceIncident | AgreedExclusion
Subject = TypeVar("Subject", bound=AnySubject)
Subject_co = TypeVar("Subject_co", bound=AnySubject, covariant=True)


class RecordedVersion(msgspec.Struct, Generic[Subject_co], frozen=True):
    """A version of an incident or an exclusion as it is recorded.

    Attributes:
        recorded_at: known since then.
        recorded_by: id of the person.
        approvals: of either side, at most one each.
    """

    subject: Subject_co
    version: int
    recorded_at: Instant
    recorded_by: str
    approvals: tuple[SideApproval, ...] = ()

    @property
    def agreed_at(self) -> Instant | None:
        """Since when both sides have agreed to it; None while one has not."""
        at = {approval.side: approval.at for approval in self.approvals}
        return max(at.values()) if len(at) == len(Side) else None

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            **self.subject.to_content(),
            "agreed_at": _instant_content(self.agreed_at),
            "approvals": [
                {"at": format_instant(each.at), "by": each.by, "side": each.side.value}
                for each in self.approvals
            ],
            "recorded_at": format_instant(self.recorded_at),
            "recorded_by": self.recorded_by,
            "version": self.version,
        }

    def is_agreed(self, known_at: Instant) -> bool:
        """Tell whether both sides had agreed to it by an instant."""
        return self.agreed_at is not None and self.agreed_at <= known_at


AnyVersion = RecordedVersion[AnySubject]


class SubjectKind(enum.StrEnum):
    """What both sides can agree to."""

    INCIDENT = "incident"
    EXCLUSION = "exclusion"


def kind_of(subject: AnySubject) -> SubjectKind:
    """Return which of the two it is."""
    is_incident = isinstance(subject, ServiceIncident)
    return SubjectKind.INCIDENT if is_incident else SubjectKind.EXCLUSION


def agreed(versions: Iterable[RecordedVersion[Subject]], known_at: Instant) -> list[Subject]:
    """Return, by id, what both sides had agreed on by an instant, in any order of arrival.

    Of each incident or exclusion it is the last version that both agreed to; a later one that only
    one side wants changes nothing. What was withdrawn is left out.
    """
    last: dict[str, RecordedVersion[Subject]] = {}
    for version in versions:
        known = last.get(version.subject.id)
        is_later = known is None or version.version > known.version
        if is_later and version.is_agreed(known_at):
            last[version.subject.id] = version
    found = (last[key].subject for key in sorted(last))
    return [subject for subject in found if not subject.is_withdrawn]


def check_id(value: str, what: str) -> None:
    """Pass an identifier: lower-case letters, digits, `-`, `_` and `.`, 1 to 63 characters.

    Raises:
        Invalid: otherwise.
    """
    if not (0 < len(value) <= ID_CHARACTERS_MAX and _ID_CHARACTERS.issuperset(value)):
        msg = f"{what} {value[:80]!r}: expected 1 to {ID_CHARACTERS_MAX} of a-z, 0-9, '-', '_', '.'"
        raise Invalid(msg)


def check_text(value: str, what: str) -> None:
    """Pass a text that says something.

    Raises:
        Invalid: when it is empty or too long.
    """
    if not (value.strip() and len(value) <= TEXT_CHARACTERS_MAX):
        msg = f"{what}: expected 1 to {TEXT_CHARACTERS_MAX} characters"
        raise Invalid(msg)


def _fields(
    content: Any, what: str, needed: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Pass a table with all that is needed and nothing that nobody knows."""
    if not isinstance(content, Mapping):
        msg = f"{what}: expected a table, not {content!r}"
        raise Invalid(msg)
    missing = [name for name in needed if name not in content]
    unknown = sorted(set(map(str, content)) - {*needed, *optional})
    if missing or unknown:
        named = ", ".join([*(f"{name} is missing" for name in missing), *unknown])
        msg = f"{what} needs {', '.join(needed)}, may have {', '.join(optional)}; wrong: {named}"
        raise Invalid(msg)
    return content


def _text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        msg = f"{name} = {value!r}: expected a text"
        raise Invalid(msg)
    return value


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        msg = f"{name} = {value!r}: expected a list"
        raise Invalid(msg)
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        msg = f"{name} = {value!r}: expected true or false"
        raise Invalid(msg)
    return value


Choice = TypeVar("Choice", bound=enum.StrEnum)


def _choice(
    fields: Mapping[str, Any], name: str, choices: type[Choice], default: Choice | None
) -> Choice:
    value = fields.get(name, default)
    if value not in list(choices):
        msg = f"{name} = {value!r}: expected one of {', '.join(choices)}"
        raise Invalid(msg)
    return choices(value)


def _instant(fields: Mapping[str, Any], name: str) -> Instant | None:
    return None if fields.get(name) is None else parse_instant(_text(fields, name))


def _instant_content(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)


def _period(fields: Mapping[str, Any]) -> Period:
    return Period.parse(_text(fields, "start"), _text(fields, "end"))


def _period_content(period: Period) -> dict[str, Any]:
    return {"end": format_instant(period.end), "start": format_instant(period.start)}
