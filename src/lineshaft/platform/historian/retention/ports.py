"""What retention needs of a database and of the roll-ups."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.platform.historian.retention.model import EvidenceHold, Hold, RetentionRule


class RetentionStore(Protocol):
    """Keeps holds and rules; `store.SqlRetentionStore`."""

    def put_hold(self, connection: sa.Connection, hold: Hold) -> None:
        """Keep a hold, new or changed."""
        ...

    def remove_hold(self, connection: sa.Connection, id_: str) -> bool:
        """Forget a hold; tells whether there was one."""
        ...

    def hold_count(self, connection: sa.Connection) -> int:
        """Return how many holds there are."""
        ...

    def holds(self, connection: sa.Connection, now: Instant | None = None) -> list[Hold]:
        """Return all holds by id, or those that still hold at an instant."""
        ...

    def add_evidence(self, connection: sa.Connection, holds: Sequence[EvidenceHold]) -> None:
        """Keep holds of evidence."""
        ...

    def evidence(
        self, connection: sa.Connection, signal: str | None, now: Instant
    ) -> list[EvidenceHold]:
        """Return the holds of evidence on a signal, or all, that still hold at an instant."""
        ...

    def put_rule(self, connection: sa.Connection, rule: RetentionRule) -> None:
        """Keep a rule, new or changed."""
        ...

    def remove_rule(self, connection: sa.Connection, pattern: str) -> bool:
        """Forget a rule; tells whether there was one."""
        ...

    def rules(self, connection: sa.Connection) -> list[RetentionRule]:
        """Return all rules by pattern."""
        ...

    def series(self, connection: sa.Connection) -> dict[int, str]:
        """Return every signal by its number."""
        ...

    def forget_rows(
        self,
        connection: sa.Connection,
        corrections: Sequence[tuple[int, int]],
        refusals: Sequence[tuple[int, int]],
    ) -> None:
        """Take deleted records (source and epoch, sequence) out of their indices."""
        ...
