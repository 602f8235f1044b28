"""What a plan says: for each entry, whether it is new, changed, or as it should be. Pure."""

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lineshaft.core.reading import SignalId
from lineshaft.network.connectors.model import ConnectorConfig


class Action(enum.StrEnum):
    """What `apply` will do with an entry."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"


class Difference(msgspec.Struct, frozen=True):
    """One field that changes; None stands for absent."""

    path: str
    before: Any
    after: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one entry.

    Attributes:
        kind: such as `machine`.
        id: of the entry.
        version: of an offering or a contract.
        declared_at: `file:line`.
        content: the wanted content, JSON.
    """

    kind: str
    id: str
    version: int | None
    action: Action
    differences: tuple[Difference, ...]
    declared_at: str
    content: Any


class Plan(msgspec.Struct, frozen=True):
    """All changes, in the order in which they are applied."""

    changes: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it should be."""
        return all(change.action is Action.KEEP for change in self.changes)

    def count(self, action: Action) -> int:
        """Return how many entries get that action."""
        return sum(change.action is action for change in self.changes)


def compare(before: Any | None, after: Any) -> tuple[Action, tuple[Difference, ...]]:
    """Compare recorded content with wanted content."""
    if before is None:
        return Action.CREATE, ()
    differences = tuple(_differences("", before, after))
    return (Action.UPDATE if differences else Action.KEEP), differences


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else str(key)
            yield from _differences(inner, before.get(key), after.get(key))
    elif before != after:
        yield Difference(path, before, after)


class ConnectorRecord(msgspec.Struct, frozen=True):
    """A connector as the plant declares it.

    Attributes:
        kind: the protocol.
        source: the edge node that runs it.
        is_live: see `network.connectors.model.ConnectorConfig`.
        options: of the connector; a file is named relative to the data directory.
    """

    id: str
    kind: str
    machine: str
    source: str
    is_live: bool
    options: dict[str, Any]

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "kind": self.kind,
            "machine": self.machine,
            "source": self.source,
            "is_live": self.is_live,
            "options": dict(self.options),
        }

    @classmethod
    def from_content(cls, content: Any) -> "ConnectorRecord":
        """Read from JSON content."""
        return cls(**content)


class NodePlan(msgspec.Struct, frozen=True):
    """What one edge node runs.

    Attributes:
        connectors: with paths that can be opened.
        metered_signals: series that a contract bills from, which get count records.
    """

    connectors: tuple[ConnectorConfig, ...]
    metered_signals: tuple[SignalId, ...]
