"""What a report is made from, as it is given."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineshaft.valuechain.servitization.model import RevenueLine
from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage

Show = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""
Served = Mapping[dt.date, frozenset[str]]
"""Machines with a contract in force, by day."""
BILLED = "documents of Lineshaft"


@dataclass(frozen=True, slots=True)
class NationalTable:
    """An input-output table for a benchmark: its file, its format, and whose industries."""

    path: Path
    format_name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSources:
    """What is given; each part may be absent, and the report then says so.

    Attributes:
        books: folder or workbook of the firm's books.
        network: folder or workbook of the supply network.
        network_before: an older one, to say what changed.
        outage: what is to fail.
        table: a national table, for a benchmark.
        billed: revenue that the hub itself has billed.
        served: says which machines contracts of the hub serve on some days.
        answer: answers the outage in place of the files; returns the bytes of a scenario.
    """

    books: Path | None = None
    network: Path | None = None
    network_before: Path | None = None
    outage: AskedOutage | None = None
    table: NationalTable | None = None
    billed: Sequence[RevenueLine] = ()
    served: Callable[[Sequence[dt.date]], Served] | None = None
    answer: Callable[[AskedOutage], bytes] | None = None
