"""What a back-fill is told, what it says of itself, and the maxima that it keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId

Kind = Literal["decimal", "text", "boolean"]
StampUnit = Literal["iso", "s", "ms", "us", "ns"]
SIGNALS_MAX = 20_000
"""Signals of one file."""
WINDOW_SEGMENTS_MAX = 256
"""Most segments that are sent and not yet in the historian. A live source's next segment waits
behind these at most, however large the file is."""
AHEAD_SEGMENTS_MAX = 512
"""Most sealed segments in memory, sent or not, before reading goes on."""
CHECKPOINT_SEGMENTS = 2_000
"""After so many segments the place in the file is noted, so that resuming begins there."""
REFUSALS_SHOWN_MAX = 10
RATE_MIN = 1
STATEMENTS_MAX = 1_000
"""Times that an import may say anew until when its file is complete."""


class MappedSignal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a column of a wide file, or a name in a long one, is to us."""

    signal: str
    kind: Kind = "decimal"


class FileMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The map of a file.

    Attributes:
        ts, signal, value, status: names of the columns.
        ts_unit: `iso` (RFC 3339), or what integers since 1970-01-01T00:00:00Z count.
        assume_utc: whether an RFC 3339 stamp without an offset is UTC; else it is refused.
        delimiter: what separates the columns of a CSV file.
        kind: what the values of signals are that neither `signals` nor the plant says.
        machine: whose signals those are that name no machine.
        signals: by column (wide) or by name (long).
    """

    ts: str = "ts"
    signal: str = "signal"
    value: str = "value"
    status: str = "status"
    ts_unit: StampUnit = "iso"
    assume_utc: bool = False
    delimiter: str = ","
    kind: Kind = "decimal"
    machine: str = ""
    signals: dict[str, MappedSignal | str] = {}

    def __post_init__(self) -> None:
        """Refuse a delimiter, machine or number of signals that cannot be."""
        is_single = len(self.delimiter) == 1 and self.delimiter.isascii()
        if not is_single or self.delimiter in '"\n\r':
            msg = f"delimiter {self.delimiter!r}: expected one character such as ; or a tab"
            raise ValueError(msg)
        if len(self.signals) > SIGNALS_MAX:
            msg = f"a map of {len(self.signals)} signals: at most {SIGNALS_MAX}"
            raise ValueError(msg)


class BackFillConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One import.

    Attributes:
        source: its name towards the hub.
        file: what is imported, CSV or Parquet by the end of its name (`.csv`, `.parquet`).
        directory: where the key and the memory of the import are.
        key_path: the key file, where it is not `<source>.key` in `directory`.
        map: what the columns mean.
        declared: what the plant says the values of its signals are, where it is no number.
        rate: most records a second; None for as fast as the hub takes them.
        until: the file holds everything up to there; None: nobody says so, and it is taken to be
            complete up to its last stamp.
        resend_s: without news of the hub for so long, everything above the mark is sent again.
    """

    source: SourceId
    file: Path
    directory: Path
    key_path: Path | None = None
    map: FileMap
    declared: Mapping[SignalId, Kind] = msgspec.field(default_factory=dict)
    rate: int | None = None
    until: Instant | None = None
    resend_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a rate at which nothing would be sent."""
        if self.rate is not None and self.rate < RATE_MIN:
            msg = f"cannot import at {self.rate} records/s: expected at least {RATE_MIN}"
            raise Invalid(msg)

    @property
    def memory_path(self) -> Path:
        """The file that says what is imported under this name, and how far."""
        return self.directory / f"{self.source}.json"

    @property
    def signing_key_path(self) -> Path:
        """The file with private key and salt secret."""
        return self.key_path or key_path(self.directory, self.source)


def key_path(directory: Path, source: SourceId) -> Path:
    """Return where the key file of an import is, unless it is told otherwise."""
    return directory / f"{source}.key"


class Progress(msgspec.Struct, frozen=True):
    """How far an import is.

    Attributes:
        standing: how it stands with the hub.
        why: what is waited for; empty while all is well.
        rows: rows of the file whose records are in the historian.
        rows_total: rows of the file.
        records: records in the historian; of a wide file several a row.
    """

    standing: str
    why: str
    rows: int
    rows_total: int
    records: int


class Summary(msgspec.Struct, frozen=True):
    """What an import has done in the end.

    Attributes:
        records: records of the file, all in the historian now.
        refusals: how many of them are refusals of rows that cannot be read.
        first_refusals: why, for the first of those that this run has read.
        stored_before: records that were there when this run began.
    """

    records: int
    refusals: int
    first_refusals: tuple[str, ...]
    stored_before: int
