"""Studies, costs and measured usage in SQL: written once, never changed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import insert_into
from lineshaft.services.desk.model import CostKind, CostRecord, SavedStudy, Study
from lineshaft.services.desk.tables import DESK_COST, DESK_STUDY, DESK_USAGE
from lineshaft.services.metering.model import Meter, UsageRecord

PARAMETERS_MAX = 500
"""Ids that are asked for in one statement."""

_KEY = ("meter_sha256", "period_start", "period_end", "known_at")


class SqlDeskStore:
    """Implements `DeskStore`."""

    def add_study(self, connection: sa.Connection, saved: SavedStudy) -> None:
        """Keep a version of a study."""
        study = saved.study
        connection.execute(
            sa.insert(DESK_STUDY).values(
                id=study.id,
                version=study.version,
                content=canonical.encode(study.to_content()).decode(),
                saved_at=saved.saved_at,
                saved_by=saved.saved_by,
            )
        )

    def study(self, connection: sa.Connection, id_: str, version: int | None) -> SavedStudy | None:
        """Return a version of a study, the last one for None."""
        table = DESK_STUDY.c
        query = sa.select(DESK_STUDY).where(table.id == id_).order_by(table.version.desc())
        if version is not None:
            query = query.where(table.version == version)
        row = connection.execute(query.limit(1)).first()
        return None if row is None else _saved(row)

    def studies(self, connection: sa.Connection) -> list[SavedStudy]:
        """Return the last version of each study, the one saved last first."""
        table = DESK_STUDY.c
        last = sa.select(table.id, sa.func.max(table.version).label("version")).group_by(table.id)
        newest = last.subquery()
        is_last = (table.id == newest.c.id) & (table.version == newest.c.version)
        query = sa.select(DESK_STUDY).select_from(DESK_STUDY.join(newest, is_last))
        found = connection.execute(query.order_by(table.saved_at.desc(), table.id))
        return [_saved(row) for row in found]

    def kept_usage(
        self, connection: sa.Connection, meters: Sequence[Meter], period: Period, known_at: Instant
    ) -> list[UsageRecord]:
        """Return what was measured of some meters within a period, as known at an instant."""
        table = DESK_USAGE.c
        found: list[UsageRecord] = []
        hashes = sorted({meter_sha256(meter) for meter in meters})
        for first in range(0, len(hashes), PARAMETERS_MAX):
            query = sa.select(table.content).where(
                table.meter_sha256.in_(hashes[first : first + PARAMETERS_MAX]),
                table.known_at == known_at,
                table.period_start >= period.start,
                table.period_end <= period.end,
            )
            contents = connection.execute(query).scalars()
            found += [UsageRecord.from_content(canonical.decode(each)) for each in contents]
        return found

    def keep_usage(self, connection: sa.Connection, records: Iterable[UsageRecord]) -> None:
        """Keep what was measured; what is kept already stays as it is.

        Two runs of one study may measure the same at once: it is the database that keeps one.
        """
        rows = sorted(map(_usage_row, records), key=lambda row: [row[name] for name in _KEY])
        if rows:
            insert = insert_into(connection.dialect.name, DESK_USAGE)
            connection.execute(insert.on_conflict_do_nothing(index_elements=_KEY), rows)

    def add_costs(
        self, connection: sa.Connection, costs: Sequence[CostRecord], by: tuple[Instant, str]
    ) -> None:
        """Keep costs, with when and by whom they were recorded."""
        recorded_at, recorded_by = by
        if not costs:
            return
        connection.execute(
            sa.insert(DESK_COST),
            [
                {
                    "id": cost.id,
                    "kind": cost.kind.value,
                    "period_start": cost.period.start,
                    "period_end": cost.period.end,
                    "amount": f"{cost.amount.amount:f}",
                    "currency": cost.amount.currency,
                    "machine": cost.machine,
                    "contract": cost.contract,
                    "source": cost.source,
                    "recorded_at": recorded_at,
                    "recorded_by": recorded_by,
                }
                for cost in costs
            ],
        )

    def costs_named(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, CostRecord]:
        """Return recorded costs by id; ids that are not recorded are left out."""
        found: dict[str, CostRecord] = {}
        for first in range(0, len(ids), PARAMETERS_MAX):
            named = DESK_COST.c.id.in_(ids[first : first + PARAMETERS_MAX])
            rows = connection.execute(sa.select(DESK_COST).where(named))
            found |= {row.id: _cost(row) for row in rows}
        return found

    def costs(
        self,
        connection: sa.Connection,
        period: Period,
        after: tuple[Instant, str] | None,
        limit: int,
    ) -> list[CostRecord]:
        """Return a page of the costs of which a part lies in a period, by start and id."""
        table = DESK_COST.c
        query = sa.select(DESK_COST).where(
            table.period_start < period.end, table.period_end > period.start
        )
        if after is not None:
            start, id_ = after
            query = query.where(
                (table.period_start > start) | ((table.period_start == start) & (table.id > id_))
            )
        query = query.order_by(table.period_start, table.id).limit(limit)
        return [_cost(row) for row in connection.execute(query)]


def _usage_row(record: UsageRecord) -> dict[str, Any]:
    return {
        "meter_sha256": meter_sha256(record.meter),
        "period_start": record.period.start,
        "period_end": record.period.end,
        "known_at": record.known_at,
        "evidence_root": record.evidence_root,
        "content": canonical.encode(record.to_content()),
    }


def meter_sha256(meter: Meter) -> str:
    """Return the hash of a meter: of its machine, signal, kind and parameters."""
    return canonical.sha256_hex(canonical.encode(meter.to_content()))


def _saved(row: sa.Row[Any]) -> SavedStudy:
    study = Study.from_content(canonical.decode(row.content.encode()))
    return SavedStudy(study, Instant(row.saved_at), row.saved_by)


def _cost(row: sa.Row[Any]) -> CostRecord:
    return CostRecord(
        id=row.id,
        kind=CostKind(row.kind),
        period=Period(Instant(row.period_start), Instant(row.period_end)),
        amount=Money(Decimal(row.amount), row.currency),
        source=row.source,
        machine=row.machine,
        contract=row.contract,
    )
