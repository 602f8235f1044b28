"""A stream of the bus, never without maxima."""

from typing import Literal

import msgspec
import nats.js.errors
from nats.js import api

from lineshaft.infrastructure.bus.connection import Connection
from lineshaft.infrastructure.bus.translation import translated

DUPLICATE_WINDOW_S_MAX = 120.0


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream keeps.

    Attributes:
        name: letters, digits, `-` and `_`.
        subjects: subjects that it stores.
        bytes_max: most bytes on disk.
        age_s_max: longest time that a message is kept, in seconds.
        message_bytes_max: largest message.
        discard: at its maximum, refuse the `new` message or drop the `old`.
        retention: `limits` keeps until a maximum, `workqueue` until it is acknowledged once.
    """

    name: str
    subjects: tuple[str, ...]
    bytes_max: int
    age_s_max: float
    message_bytes_max: int
    discard: Literal["new", "old"]
    retention: Literal["limits", "workqueue"] = "limits"

    async def attach(self, connection: Connection) -> None:
        """Make the stream, or change the one that exists to be like this.

        Raises:
            Unavailable: when the server does not do it.
        """
        config = api.StreamConfig(
            name=self.name,
            subjects=list(self.subjects),
            storage=api.StorageType.FILE,
            max_bytes=self.bytes_max,
            max_age=self.age_s_max,
            max_msg_size=self.message_bytes_max,
            discard=api.DiscardPolicy(self.discard),
            retention=api.RetentionPolicy(self.retention),
            duplicate_window=min(DUPLICATE_WINDOW_S_MAX, self.age_s_max),
        )
        # A change comes first: to make a stream that is there already, the server wants the disk
        # for a second one, and refuses when that is not left.
        with translated(f"make the stream {self.name}"):
            try:
                await connection.streams.update_stream(config)
            except nats.js.errors.NotFoundError:
                await connection.streams.add_stream(config)
