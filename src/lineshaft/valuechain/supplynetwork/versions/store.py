"""Scenarios of outages and notes of care in SQL: written once, compressed, never changed."""

import zlib
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.valuechain.supplynetwork.versions.care import Care, CareNote
from lineshaft.valuechain.supplynetwork.versions.model import OutageScenario
from lineshaft.valuechain.supplynetwork.versions.tables import (
    OUTAGE_SCENARIO,
    REGISTER_CARE,
)

_LEVEL = 6
_SCENARIO = [column for column in OUTAGE_SCENARIO.c if column.name != "content"]


class SqlNetworkStore:
    """Implements `NetworkStore`."""

    def add_care_note(self, connection: sa.Connection, note: CareNote) -> None:
        """Keep a note of who looks after a dependency."""
        connection.execute(
            sa.insert(REGISTER_CARE).values(
                number=note.number,
                item=note.item,
                supplier=note.supplier,
                owner=note.care.owner,
                action=note.care.action,
                due_on=note.care.due_on,
                noted_at=note.noted_at,
                noted_by=note.noted_by,
            )
        )

    def care_notes(self, connection: sa.Connection) -> list[CareNote]:
        """Return all notes, the first one first."""
        query = sa.select(REGISTER_CARE).order_by(REGISTER_CARE.c.number)
        return [_note(row) for row in connection.execute(query)]

    def add_scenario(
        self, connection: sa.Connection, scenario: OutageScenario, content: bytes
    ) -> None:
        """Keep a scenario with its bytes."""
        connection.execute(
            sa.insert(OUTAGE_SCENARIO).values(
                id=scenario.id,
                name=scenario.name,
                version=scenario.version,
                sha256=scenario.sha256,
                saved_at=scenario.saved_at,
                saved_by=scenario.saved_by,
                content=zlib.compress(content, _LEVEL),
            )
        )

    def scenarios(self, connection: sa.Connection) -> list[OutageScenario]:
        """Return all scenarios, the one saved last first."""
        table = OUTAGE_SCENARIO.c
        query = sa.select(*_SCENARIO).order_by(table.saved_at.desc(), table.id)
        return [_scenario(row) for row in connection.execute(query)]

    def scenario(self, connection: sa.Connection, id_: str) -> tuple[OutageScenario, bytes] | None:
        """Return a scenario with its bytes."""
        query = sa.select(OUTAGE_SCENARIO).where(OUTAGE_SCENARIO.c.id == id_)
        row = connection.execute(query).first()
        return None if row is None else (_scenario(row), zlib.decompress(row.content))


def _note(row: sa.Row[Any]) -> CareNote:
    return CareNote(
        number=row.number,
        item=row.item,
        supplier=row.supplier,
        care=Care(row.owner, row.action, row.due_on),
        noted_at=Instant(row.noted_at),
        noted_by=row.noted_by,
    )


def _scenario(row: sa.Row[Any]) -> OutageScenario:
    return OutageScenario(
        id=row.id,
        name=row.name,
        version=row.version,
        sha256=row.sha256,
        saved_at=Instant(row.saved_at),
        saved_by=row.saved_by,
    )
