"""What estimates need of a database."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.metering.estimates.model import EstimateRecord, EstimateStep, StepKind


class EstimateStore(Protocol):
    """Keeps estimates, their approvals and withdrawals; none of them ever changes."""

    def insert(self, connection: sa.Connection, record: EstimateRecord) -> None:
        """Keep an estimate that nobody has approved yet."""
        ...

    def add_step(
        self, connection: sa.Connection, id_: str, kind: StepKind, step: EstimateStep
    ) -> None:
        """Keep that an estimate is approved or withdrawn."""
        ...

    def find(self, connection: sa.Connection, id_: str) -> EstimateRecord | None:
        """Return an estimate by its name."""
        ...

    def machines(self, connection: sa.Connection) -> frozenset[str]:
        """Return the machines of which any estimate is recorded."""
        ...

    def of_machine(
        self, connection: sa.Connection, machine: str, meter: str | None = None
    ) -> list[EstimateRecord]:
        """Return the estimates of a machine, of one meter or of all, by id."""
        ...
