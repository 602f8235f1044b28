"""What is asked of many signals at once: pure types."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId

SIGNALS_MAX = 10_000
"""Signals in one question."""
ROWS_MAX = 5_000_000
"""Rows that an answer made of single readings may hold in memory."""
GRID_VALUES_MAX = 2_000_000
"""Signals times instants of one grid."""
BUCKETS_MAX = 2_000_000
"""Signals times buckets of one table."""

POINT_SCHEMA = pa.schema(
    [
        pa.field("ts", pa.int64(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
"""Readings that stand for all, for the eye."""

FLEET_BUCKET_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("bucket_start", pa.int64(), nullable=False),
        pa.field("min", pa.float64(), nullable=False),
        pa.field("max", pa.float64(), nullable=False),
        pa.field("mean", pa.float64(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""Buckets of several signals; a bucket without good numbers is absent."""


class Interpolation(enum.StrEnum):
    """What a signal is taken to be between two readings."""

    STEP = "step"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class FleetQuery:
    """Which signals are asked about, and when.

    Attributes:
        signals: each once.
        period: of effective time.
        known_at: as the historian knew it at that instant; None: with all that it knows.
        rows_only: read rows even where roll-ups would do: the answer is the same.
    """

    signals: Sequence[SignalId]
    period: Period
    known_at: Instant | None = None
    rows_only: bool = False

    def __post_init__(self) -> None:
        """Refuse too many signals, and one that comes twice."""
        if not len(set(self.signals)) == len(self.signals) <= SIGNALS_MAX:
            msg = (
                f"cannot answer for {len(self.signals)} signals, {len(set(self.signals))} of them "
                f"different: expected at most {SIGNALS_MAX}, each once"
            )
            raise Invalid(msg)
