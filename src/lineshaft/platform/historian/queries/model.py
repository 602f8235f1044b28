"""What is asked of many signals at once: pure types."""

import enum
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
EXPORT_SIGNALS_MAX = 10_000
"""Signals of one export."""

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


class FleetQuery(msgspec.Struct, frozen=True):
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


class ExportQuery(msgspec.Struct, frozen=True):
    """Which records are to be exported.

    Attributes:
        signals: in this order.
        known_at: as the historian knew them at that instant; None: all that it knows at the start.
    """

    signals: Sequence[SignalId]
    period: Period
    known_at: Instant | None = None

    def __post_init__(self) -> None:
        """Refuse an export of nothing, or of too much (`Invalid`)."""
        if not 1 <= len(self.signals) <= EXPORT_SIGNALS_MAX:
            msg = f"cannot export {len(self.signals)} signals: expected 1 to {EXPORT_SIGNALS_MAX}"
            raise Invalid(msg)


class BulkSlice(msgspec.Struct, frozen=True, eq=False):
    """Rows of many signals, those of each together and by time: arrays of one length.

    Attributes:
        place: of the signal in the list that was asked for.
        is_decimal: whether it is a good reading of a decimal; the value of any other says nothing.
        source_epoch: number of source and epoch.
    """

    place: NDArray[np.int64]
    ts: NDArray[np.int64]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    sequence: NDArray[np.int64]
    source_epoch: NDArray[np.int32]
    is_decimal: NDArray[np.bool_]


class SegmentHashes(msgspec.Struct, frozen=True):
    """The segments of a source by their signed headers, in the order of their numbers."""

    first_sequences: Sequence[int]
    hashes: Sequence[bytes]
