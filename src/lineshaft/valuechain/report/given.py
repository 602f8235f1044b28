"""What a report is made from, as it is given."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from lineshaft.valuechain.servitization.service import Asked, Curve, Dashboard
from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelLedger
    from lineshaft.valuechain.paradox.service import PlacedItem

Show = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


class FirmAnswers(Protocol):
    """Says what the firm's books show, together with what else counts.

    Each may raise `TooThin`; the report then says so.
    """

    @property
    def has_books(self) -> bool:
        """Whether there are books at all."""
        ...

    def dashboard(self, asked: Asked) -> Dashboard:
        """Return every figure of servitization in some months."""
        ...

    def ledger(self) -> "ChannelLedger":
        """Return what the three channels did."""
        ...

    def curves(self) -> tuple[Curve, ...]:
        """Return the curve of all months, and of each quarter."""
        ...

    def items(self) -> "Sequence[PlacedItem]":
        """Place the firm's own items."""
        ...


class NationalTable(msgspec.Struct, frozen=True):
    """An input-output table for a benchmark: its file, its format, and whose industries."""

    path: Path
    format_name: str
    country: str


class ReportSources(msgspec.Struct, frozen=True, kw_only=True):
    """What is given; each part may be absent, and the report then says so.

    Attributes:
        books: folder or workbook of the firm's books.
        network: folder or workbook of the supply network.
        network_before: an older one, to say what changed.
        outage: what is to fail.
        table: a national table, for a benchmark.
        firm: answers in place of `books`.
        answer: answers the outage in place of the files; returns the bytes of a scenario.
        inputs: SHA-256 of what else it is made from, by its name.
    """

    books: Path | None = None
    network: Path | None = None
    network_before: Path | None = None
    outage: AskedOutage | None = None
    table: NationalTable | None = None
    firm: FirmAnswers | None = None
    answer: Callable[[AskedOutage], bytes] | None = None
    inputs: Mapping[str, str] = msgspec.field(default_factory=dict)
