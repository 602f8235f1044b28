"""Who looks after a dependency, and what is done: noted on the page, kept over all versions.

A note is of an item and the supplier that it depends on: when another supplier becomes the only
one, somebody has to look at it anew. It counts in place of what the table `owners` says.
"""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant

if TYPE_CHECKING:
    from lineshaft.valuechain.supplynetwork.register import Dependency

CARE_NOTES_MAX = 20_000
"""Of all dependencies together; each change and each undo is one."""
OWNER_CHARACTERS_MAX = 200
ACTION_CHARACTERS_MAX = 500


class Care(msgspec.Struct, frozen=True):
    """Who looks after a dependency, and what is done.

    Attributes:
        owner: None: whom the table `owners` names, and what it says is done.
        due_on: day by which the action is done, such as 2026-06-30; empty for none.
    """

    owner: str | None = None
    action: str = ""
    due_on: str = ""

    def __post_init__(self) -> None:
        """Refuse what is too long, no day, or an action that the files would say."""
        if len(self.owner or "") > OWNER_CHARACTERS_MAX or len(self.action) > ACTION_CHARACTERS_MAX:
            msg = f"expected an owner of at most {OWNER_CHARACTERS_MAX} characters, an action of "
            raise Invalid(msg + f"at most {ACTION_CHARACTERS_MAX}")
        if self.owner is None and (self.action or self.due_on):
            msg = "an action without an owner: expected an owner, which may be empty"
            raise Invalid(msg)
        try:
            _ = self.due
        except ValueError as error:
            msg = f"cannot read {self.due_on[:20]!r} as a day: expected such as 2026-06-30"
            raise Invalid(msg) from error

    @property
    def due(self) -> dt.date | None:
        """The day by which the action is done."""
        return dt.date.fromisoformat(self.due_on) if self.due_on else None

    @classmethod
    def from_content(cls, content: Any) -> "Care":
        """Read JSON content: owner, action, due_on; an owner of null is what the files say.

        Raises:
            Invalid: for anything else.
        """
        names = {"owner", "action", "due_on"}
        if not isinstance(content, dict) or not content.keys() <= names or "owner" not in content:
            msg = "expected owner, and perhaps action and due_on"
            raise Invalid(msg)
        texts = [content.get(name, "") for name in ("action", "due_on")]
        owner = content["owner"]
        if not all(isinstance(each, str) for each in [*texts, owner or ""]):
            msg = "expected owner, action and due_on as text"
            raise Invalid(msg)
        return cls(owner, *texts)


class CareNote(msgspec.Struct, frozen=True):
    """What somebody noted of a dependency; it never changes.

    Attributes:
        number: counts from 1, over all dependencies.
        supplier: that the item depends on; empty where none is qualified.
    """

    number: int
    item: str
    supplier: str
    care: Care
    noted_at: Instant
    noted_by: str

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "item": self.item,
            "supplier": self.supplier,
            "owner": self.care.owner,
            "action": self.care.action,
            "due_on": self.care.due_on,
            "noted_at": format_instant(self.noted_at),
            "noted_by": self.noted_by,
        }


def supplier_of(dependency: "Dependency") -> str:
    """Return the supplier that a dependency is on; empty where none is qualified."""
    return ", ".join(dependency.suppliers)


def cared(
    dependencies: Sequence["Dependency"], notes: Sequence[CareNote], until: Instant | None = None
) -> list["Dependency"]:
    """Return dependencies with the owners and actions that were noted last.

    Args:
        dependencies: as the files say them.
        notes: the first one first.
        until: only what was noted by then counts; all of it for None.
    """
    last = {
        (each.item, each.supplier): each.care
        for each in notes
        if until is None or each.noted_at <= until
    }
    found = []
    for each in dependencies:
        care = last.get((each.item, supplier_of(each)), Care())
        if care.owner is None:
            found.append(each)
        else:
            noted = replace(each, owner=care.owner, action=care.action, action_due_on=care.due)
            found.append(noted)
    return found
