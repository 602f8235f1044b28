"""Messages that must leave if, and only if, the transaction that wrote them was committed.

The row is the durable copy; the bus carries it at least once, under its id, so that receivers
count it once.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database.tables import OUTBOX

OUTBOX_PAYLOAD_BYTES_MAX = 512 * 1024
_INSERT = sa.insert(OUTBOX)


class OutboxMessage(msgspec.Struct, frozen=True):
    """A message on its way out.

    Attributes:
        id: identifier that receivers count once; unique in the outbox.
        subject: subject of the bus.
        payload: at most `OUTBOX_PAYLOAD_BYTES_MAX` bytes, so that the bus never refuses it.
        created_at: when it was written.
    """

    id: str
    subject: str
    payload: bytes
    created_at: Instant


def insert_messages(connection: sa.Connection, messages: Sequence[OutboxMessage]) -> None:
    """Write messages in the present transaction, in their order.

    Raises:
        Invalid: when a payload is too large; it would block the outbox for ever.
    """
    for message in messages:
        if len(message.payload) > OUTBOX_PAYLOAD_BYTES_MAX:
            msg = (
                f"cannot publish {message.id} on {message.subject}: {len(message.payload)} bytes, "
                f"at most {OUTBOX_PAYLOAD_BYTES_MAX}"
            )
            raise Invalid(msg)
    rows = [msgspec.structs.asdict(message) for message in messages]
    if rows:
        connection.execute(_INSERT, rows)
