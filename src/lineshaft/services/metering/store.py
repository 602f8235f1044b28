"""Usage records in SQL: written once, never changed."""

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.services.metering.model import UsageRecord
from lineshaft.services.metering.tables import USAGE_RECORD


class SqlUsageStore:
    """Implements `UsageStore`."""

    def insert(self, connection: sa.Connection, record: UsageRecord) -> None:
        """Keep a record; one that is there already stays as it is."""
        content = canonical.encode(record.to_content())
        digest = canonical.sha256_hex(content)
        there = sa.select(USAGE_RECORD.c.digest).where(USAGE_RECORD.c.digest == digest)
        if connection.execute(there).first() is not None:
            return
        connection.execute(
            sa.insert(USAGE_RECORD).values(
                digest=digest,
                machine=record.meter.machine,
                meter=record.meter.id,
                period_start=record.period.start,
                period_end=record.period.end,
                known_at=record.known_at,
                content=content,
            )
        )

    def find(self, connection: sa.Connection, digest: str) -> UsageRecord | None:
        """Return the record with that hash, or None.

        Raises:
            InvariantError: when the stored bytes are not those of the hash.
        """
        query = sa.select(USAGE_RECORD.c.content).where(USAGE_RECORD.c.digest == digest)
        content = connection.execute(query).scalar()
        if content is None:
            return None
        if canonical.sha256_hex(content) != digest:
            msg = f"the stored usage record {digest} is not what was kept under that hash"
            raise InvariantError(msg)
        return UsageRecord.from_content(canonical.decode(content))
