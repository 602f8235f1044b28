"""Words for what is lost, and for going back to an earlier instant: pure."""

from dataclasses import dataclass

from lineshaft.core.period import Instant


@dataclass(frozen=True, slots=True)
class Loss:
    """Rows of a series that the marks announce and no store file has any more.

    Attributes:
        series: number of its signal.
        source_epoch: whose records; None when those of several sources are lost with a file.
        last_sequence: the last lost record; once the mark of the source has reached it again, all
            of them are back.
        first_ts, last_ts: the rows lie at these instants and between.
        rows: how many.
        reason: what happened, for people.
    """

    series: int
    source_epoch: int | None
    last_sequence: int
    first_ts: Instant
    last_ts: Instant
    rows: int
    reason: str
    noted_at: Instant


@dataclass(frozen=True, slots=True)
class Cut:
    """What going back to an earlier instant has taken away.

    Attributes:
        at: everything known at this instant is there.
        restored_at: every later commit is known after this one.
        segments, records: that were known later, and are gone.
        losses: by series, what their sources may send again.
    """

    at: Instant
    restored_at: Instant
    segments: int
    records: int
    losses: tuple[Loss, ...]
