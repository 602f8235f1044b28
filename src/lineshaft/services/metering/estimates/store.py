"""Estimates in SQL: written once, never changed."""

from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.services.metering.estimates.model import (
    Estimate,
    EstimateRecord,
    EstimateStep,
    StepKind,
)
from lineshaft.services.metering.estimates.tables import METER_ESTIMATE, METER_ESTIMATE_STEP


class SqlEstimateStore:
    """Implements `EstimateStore`."""

    def insert(self, connection: sa.Connection, record: EstimateRecord) -> None:
        """Keep an estimate that nobody has approved yet."""
        estimate = record.estimate
        connection.execute(
            sa.insert(METER_ESTIMATE).values(
                id=estimate.id,
                machine=estimate.machine,
                meter=estimate.meter,
                content=canonical.encode(estimate.to_content()).decode(),
                recorded_at=record.recorded_at,
            )
        )

    def add_step(
        self, connection: sa.Connection, id_: str, kind: StepKind, step: EstimateStep
    ) -> None:
        """Keep that an estimate is approved or withdrawn."""
        row = {"id": id_, "step": str(kind), "at": step.at, "by": step.by}
        connection.execute(sa.insert(METER_ESTIMATE_STEP).values(row))

    def find(self, connection: sa.Connection, id_: str) -> EstimateRecord | None:
        """Return an estimate by its name."""
        found = _found(connection, METER_ESTIMATE.c.id == id_)
        return found[0] if found else None

    def machines(self, connection: sa.Connection) -> frozenset[str]:
        """Return the machines of which any estimate is recorded."""
        return frozenset(connection.scalars(sa.select(METER_ESTIMATE.c.machine).distinct()))

    def of_machine(
        self, connection: sa.Connection, machine: str, meter: str | None = None
    ) -> list[EstimateRecord]:
        """Return the estimates of a machine, of one meter or of all, by id."""
        which = METER_ESTIMATE.c.machine == machine
        if meter is not None:
            which &= METER_ESTIMATE.c.meter == meter
        return _found(connection, which)


def _found(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[EstimateRecord]:
    approved, withdrawn = METER_ESTIMATE_STEP.alias(), METER_ESTIMATE_STEP.alias()
    joined: sa.FromClause = METER_ESTIMATE
    columns = []
    for kind, step in ((StepKind.APPROVED, approved), (StepKind.WITHDRAWN, withdrawn)):
        is_own = (step.c.id == METER_ESTIMATE.c.id) & (step.c.step == str(kind))
        joined = joined.outerjoin(step, is_own)
        columns += [step.c.at.label(f"{kind}_at"), step.c.by.label(f"{kind}_by")]
    query = sa.select(METER_ESTIMATE, *columns).select_from(joined).where(which)
    return [_record(row) for row in connection.execute(query.order_by(METER_ESTIMATE.c.id))]


def _record(row: sa.Row[Any]) -> EstimateRecord:
    return EstimateRecord(
        estimate=Estimate.from_content(canonical.decode(row.content.encode())),
        recorded_at=Instant(row.recorded_at),
        approval=_step(row.approved_at, row.approved_by),
        withdrawal=_step(row.withdrawn_at, row.withdrawn_by),
    )


def _step(at: int | None, by: str | None) -> EstimateStep | None:
    return None if at is None or by is None else EstimateStep(by, Instant(at))
