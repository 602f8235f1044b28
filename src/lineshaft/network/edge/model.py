"""What an edge is told, and the maxima that it keeps."""

from pathlib import Path

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.network.connectors.model import ConnectorConfig

CONNECTORS_MAX = 100
QUEUE_BATCHES_MAX = 32
"""Most deliveries of connectors that wait for the spool."""
GROUP_OBSERVATIONS_MAX = 5_000
"""About how many observations go into one commit of the spool."""
LIVE_DELAY_S = 0.01
RESEND_S = 5.0
BEAT_S_DEFAULT = 10.0
SEAL_S_DEFAULT = 10.0
SPOOL_BYTES_DEFAULT = 1_024 * 1_000_000
SPOOL_BYTES_MIN = 100_000
COUNT_PERIOD_US = 3_600 * US_PER_S


class EdgeConfigInvalid(Invalid):
    """An edge that cannot be run as it is configured."""


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One edge node.

    Attributes:
        source: its name towards the hub.
        directory: where `<source>.sqlite` (the spool) and `<source>.key` are.
        connectors: what it reads.
        metered_signals: series that get a count record each hour and at a clean stop.
        seal_s: longest time that records are collected before they are sealed, in seconds.
        beat_s: time between two signs of life, in seconds.
        spool_bytes_max: at this size of the spool, connectors are not read any more.
        resend_s: without news of the hub for so long, everything above the mark is sent again.
        stop_s: how long a clean stop may take to send what is left, in seconds.
    """

    source: SourceId
    directory: Path
    connectors: tuple[ConnectorConfig, ...] = ()
    metered_signals: frozenset[SignalId] = frozenset()
    seal_s: float = SEAL_S_DEFAULT
    beat_s: float = BEAT_S_DEFAULT
    spool_bytes_max: int = SPOOL_BYTES_DEFAULT
    resend_s: float = RESEND_S
    stop_s: float = 3.0

    def __post_init__(self) -> None:
        """Refuse two connectors of one name, too many of them, and a spool without room."""
        names = [connector.id for connector in self.connectors]
        if len(set(names)) != len(names) or len(names) > CONNECTORS_MAX:
            msg = f"edge {self.source}: expected at most {CONNECTORS_MAX} connectors, each with "
            msg += f"a name of its own; got {len(names)}: {', '.join(sorted(names)[:10])}"
            raise EdgeConfigInvalid(msg)
        if self.spool_bytes_max < SPOOL_BYTES_MIN:
            msg = f"edge {self.source}: a spool of {self.spool_bytes_max} bytes is too small: "
            msg += f"expected at least {SPOOL_BYTES_MIN}"
            raise EdgeConfigInvalid(msg)

    @property
    def spool_path(self) -> Path:
        """The spool's own SQLite file."""
        return self.directory / f"{self.source}.sqlite"

    @property
    def key_path(self) -> Path:
        """The file with private key and salt secret."""
        return self.directory / f"{self.source}.key"
