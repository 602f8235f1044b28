"""Holds and rules in SQL, and what else goes with deleted rows."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.platform.historian.retention.model import EvidenceHold, Hold, RetentionRule
from lineshaft.platform.historian.retention.tables import EVIDENCE_HOLD, HOLD, RULE
from lineshaft.platform.historian.tables import CORRECTION, REFUSAL, SERIES

_INSERT_EVIDENCE = sa.insert(EVIDENCE_HOLD)


class SqlRetentionStore:
    """Implements `RetentionStore`."""

    def put_hold(self, connection: sa.Connection, hold: Hold) -> None:
        """Keep a hold, new or changed."""
        values = msgspec.structs.asdict(hold)
        connection.execute(sa.delete(HOLD).where(HOLD.c.id == hold.id))
        connection.execute(sa.insert(HOLD).values(values))

    def remove_hold(self, connection: sa.Connection, id_: str) -> bool:
        """Forget a hold; tells whether there was one."""
        return bool(connection.execute(sa.delete(HOLD).where(HOLD.c.id == id_)).rowcount)

    def hold_count(self, connection: sa.Connection) -> int:
        """Return how many holds there are."""
        return connection.execute(sa.select(sa.func.count()).select_from(HOLD)).scalar_one()

    def holds(self, connection: sa.Connection, now: Instant | None = None) -> list[Hold]:
        """Return all holds by id, or those that still hold at an instant."""
        rows = connection.execute(sa.select(HOLD))
        found = sorted((Hold(**row._mapping) for row in rows), key=lambda one: one.id)  # noqa: SLF001 - SQLAlchemy's name
        return found if now is None else [one for one in found if one.is_live(now)]

    def add_evidence(self, connection: sa.Connection, holds: Sequence[EvidenceHold]) -> None:
        """Keep holds of evidence."""
        rows = [msgspec.structs.asdict(one) for one in holds]
        if rows:
            connection.execute(_INSERT_EVIDENCE, rows)

    def evidence(
        self, connection: sa.Connection, signal: str | None, now: Instant
    ) -> list[EvidenceHold]:
        """Return the holds of evidence on a signal, or all, that still hold at an instant."""
        table = EVIDENCE_HOLD.c
        query = sa.select(EVIDENCE_HOLD).where(table.keep_until > now).order_by(table.id)
        if signal is not None:
            query = query.where(table.signal == signal)
        return [_to_evidence(row) for row in connection.execute(query)]

    def put_rule(self, connection: sa.Connection, rule: RetentionRule) -> None:
        """Keep a rule, new or changed."""
        self.remove_rule(connection, rule.pattern)
        connection.execute(sa.insert(RULE).values(rule.to_content()))

    def remove_rule(self, connection: sa.Connection, pattern: str) -> bool:
        """Forget a rule; tells whether there was one."""
        return bool(connection.execute(sa.delete(RULE).where(RULE.c.pattern == pattern)).rowcount)

    def rules(self, connection: sa.Connection) -> list[RetentionRule]:
        """Return all rules by pattern."""
        found = [
            RetentionRule(row.pattern, row.days, row.keep_rollups)
            for row in connection.execute(sa.select(RULE))
        ]
        return sorted(found, key=lambda rule: rule.pattern)

    def series(self, connection: sa.Connection) -> dict[int, str]:
        """Return every signal by its number."""
        query = sa.select(SERIES.c.id, SERIES.c.signal)
        return {row.id: row.signal for row in connection.execute(query)}

    def forget_rows(
        self,
        connection: sa.Connection,
        corrections: Sequence[tuple[int, int]],
        refusals: Sequence[tuple[int, int]],
    ) -> None:
        """Take deleted records (source and epoch, sequence) out of their indices."""
        for table, rows in ((CORRECTION, corrections), (REFUSAL, refusals)):
            statement = sa.delete(table).where(
                table.c.source_epoch == sa.bindparam("of"), table.c.sequence == sa.bindparam("at")
            )
            if rows:
                keys = [{"of": source_epoch, "at": sequence} for source_epoch, sequence in rows]
                connection.execute(statement, keys)


def _to_evidence(row: sa.Row[Any]) -> EvidenceHold:
    return EvidenceHold(
        subject=row.subject,
        signal=SignalId(row.signal),
        source=SourceId(row.source),
        epoch=row.epoch,
        first_ordinal=row.first_ordinal,
        last_ordinal=row.last_ordinal,
        keep_until=Instant(row.keep_until),
    )
