"""What is known to be lost, in SQL: a question that touches it is refused, never under-counted."""

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from msgspec.structs import asdict

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.platform.historian.backup.tables import KNOWLEDGE_CUT, LOST_ROWS
from lineshaft.platform.historian.errors import KnowledgeCut, RowsLost
from lineshaft.platform.historian.model import Loss
from lineshaft.platform.historian.tables import SERIES, SOURCE_EPOCH

_CUT = (
    sa.select(KNOWLEDGE_CUT.c.cut_at, KNOWLEDGE_CUT.c.restored_at)
    .where(KNOWLEDGE_CUT.c.cut_at < sa.bindparam("at"))
    .where(KNOWLEDGE_CUT.c.restored_at > sa.bindparam("at"))
    .limit(1)
)


class LossManifest:
    """The part of the manifest that knows what no file has any more."""

    def write_losses(self, connection: sa.Connection, losses: Sequence[Loss]) -> None:
        """Write down what is lost."""
        if losses:
            connection.execute(sa.insert(LOST_ROWS), [asdict(one) for one in losses])

    def losses(
        self, connection: sa.Connection, series: int | None = None, span: Period | None = None
    ) -> list[Loss]:
        """Return what is lost of a series, or of all, in a period.

        What its source has sent again is not lost any more: a chain goes on without gaps, so a
        mark at the last lost record says that all of them are back.
        """
        values: dict[str, int] = {} if series is None else {"of": series}
        if span is not None:
            values |= {"start": span.start, "end": span.end}
        query = _losses(of_series=series is not None, of_span=span is not None)
        return [Loss(*row) for row in connection.execute(query, values)]

    def require_known(
        self, connection: sa.Connection, series: int, span: Period, known_at: Instant | None
    ) -> None:
        """Pass when everything that a question is about is there.

        Args:
            connection: in the transaction that answers.
            series: the number of the signal.
            span: every instant that the answer depends on.
            known_at: the knowledge that is asked for; None: all.

        Raises:
            KnowledgeCut: when that knowledge was given up by a restore to an earlier instant.
            RowsLost: when rows of the span are lost.
        """
        if known_at is not None:
            self._require_knowledge(connection, known_at)
        # What a restore has cut was not known at an instant before the cut.
        lost = [
            one
            for one in self.losses(connection, series, span)
            if known_at is None or one.source_epoch is None or known_at >= one.noted_at
        ]
        if lost:
            name = connection.scalar(sa.select(SERIES.c.signal).where(SERIES.c.id == series))
            first = format_instant(min(one.first_ts for one in lost))
            last = format_instant(max(one.last_ts for one in lost))
            msg = f"cannot answer about {name}: {sum(one.rows for one in lost)} of its records "
            msg += f"between {first} and {last} are lost ({lost[0].reason})"
            raise RowsLost(msg)

    def _require_knowledge(self, connection: sa.Connection, known_at: Instant) -> None:
        cut = connection.execute(_CUT, {"at": known_at}).first()
        if cut is not None:
            msg = f"cannot answer as of {format_instant(known_at)}: this hub was restored at "
            msg += f"{format_instant(cut.restored_at)} to what was known at "
            msg += format_instant(cut.cut_at)
            raise KnowledgeCut(msg)

    def write_cut(self, connection: sa.Connection, cut_at: Instant, restored_at: Instant) -> None:
        """Write down that what was known between two instants is not known any more."""
        values = {"cut_at": cut_at, "restored_at": restored_at}
        connection.execute(sa.insert(KNOWLEDGE_CUT).values(values))


@functools.cache
def _losses(*, of_series: bool, of_span: bool) -> Any:
    table = LOST_ROWS.c
    is_back = sa.and_(
        table.source_epoch == SOURCE_EPOCH.c.id, SOURCE_EPOCH.c.sequence >= table.last_sequence
    )
    columns = [table[name] for name in Loss.__struct_fields__]
    query = sa.select(*columns).where(~sa.exists().where(is_back))
    if of_series:
        query = query.where(table.series == sa.bindparam("of"))
    if of_span:
        query = query.where(table.last_ts >= sa.bindparam("start"))
        query = query.where(table.first_ts < sa.bindparam("end"))
    return query.order_by(table.series, table.first_ts)
