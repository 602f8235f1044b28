"""Use cases of the report: read what is given, make the report, write it.

`report` reads files of the caller and asks nobody for leave: who can read them may know what is in
them. What computes and writes is imported when it is first asked for: a hub that nobody asks
carries none of it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.firm.service import FirmFigures
from lineshaft.valuechain.report.errors import TooManyReports
from lineshaft.valuechain.report.given import NationalTable, ReportSources, Show
from lineshaft.valuechain.report.model import BoardReport, ReportLanguage
from lineshaft.valuechain.report.plots import drawn
from lineshaft.valuechain.servitization.service import Asked, Curve, Dashboard
from lineshaft.valuechain.supplynetwork.versions.errors import NetworkMissing
from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage, week_before
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelLedger
    from lineshaft.valuechain.paradox.service import PlacedItem

__all__ = [
    "MEDIA_TYPES",
    "KeptReports",
    "NationalTable",
    "ReportFormat",
    "ReportParts",
    "ReportSources",
    "drawn",
    "report",
    "written",
]

REPORTS_AT_ONCE_MAX = 1
"""In one process: each reads everything that there is."""
WAIT_SECONDS_MAX = 20.0
"""For the turn of a report."""


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


MEDIA_TYPES = {
    ReportFormat.HTML: "text/html; charset=utf-8",
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def report(
    sources: ReportSources,
    language: ReportLanguage,
    made_at: Instant,
    show: Show = no_progress,
) -> BoardReport:
    """Read what is given and make the report; what is missing stands in it.

    Raises:
        TablesInvalid: for files that have mistakes, with all of them.
        TargetUnknown, NotFound: for an outage of what the network does not have.
        ExtraMissing: without the extra `lineshaft[valuechain]`.
    """
    from lineshaft.valuechain.report.gathering import gather  # noqa: PLC0415 - see above
    from lineshaft.valuechain.report.making import made  # noqa: PLC0415

    return made(gather(sources, show), language, made_at)


def written(found: BoardReport, shape: ReportFormat) -> bytes:
    """Write a report; the same report gives the same bytes.

    Raises:
        MissingGlyph: for a PDF, when a name has a character that the shipped fonts lack.
    """
    match shape:
        case ReportFormat.HTML:
            from lineshaft.valuechain.report.page import to_html  # noqa: PLC0415 - see above

            return to_html(found)
        case ReportFormat.PDF:
            from lineshaft.valuechain.report.printing import to_pdf  # noqa: PLC0415

            return to_pdf(found)
        case ReportFormat.XLSX:
            from lineshaft.valuechain.report.workbook import to_xlsx  # noqa: PLC0415

            return to_xlsx(found)


class ReportParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a report of the hub is made from."""

    networks: SupplyNetworks
    books: FirmBooks
    firm: FirmFigures
    clock: Clock


class _KeptFirm(msgspec.Struct, frozen=True):
    """The `FirmAnswers` of what the hub keeps and has billed: the numbers of its pages."""

    actor: Actor
    firm: FirmFigures
    has_books: bool

    def dashboard(self, asked: Asked) -> Dashboard:
        return self.firm.servitization(self.actor, asked)

    def ledger(self) -> "ChannelLedger":
        return self.firm.channels(self.actor)

    def curves(self) -> tuple[Curve, ...]:
        return self.firm.smile(self.actor)

    def items(self) -> "Sequence[PlacedItem]":
        return self.firm.items(self.actor)


class KeptReports:
    """Makes reports of what the hub keeps, so many at once and no more."""

    def __init__(self, parts: ReportParts) -> None:
        """Take everything; nothing is read before it is asked for."""
        self._parts = parts
        self._turns = BoundedSemaphore(REPORTS_AT_ONCE_MAX)

    def report(
        self,
        actor: Actor,
        language: ReportLanguage,
        scenario: str = "",
        show: Show = no_progress,
    ) -> BoardReport:
        """Make the report of the last versions; what is missing stands in it.

        Args:
            actor: who asks; may read the supply network, the books and the ledger.
            language: of the report.
            scenario: id of a kept outage whose question is asked again; empty for none.
            show: told what is read.

        Raises:
            ScenarioNotFound: when there is no such scenario.
            TooManyReports: when others take longer than `WAIT_SECONDS_MAX`.
            ExtraMissing: without the extra `lineshaft[valuechain]`.
        """
        with self._turn(), self._sources(actor, scenario) as sources:
            return report(sources, language, self._parts.clock.now(), show)

    def file(
        self, actor: Actor, language: ReportLanguage, scenario: str, shape: ReportFormat
    ) -> bytes:
        """Make a report and write it.

        Raises:
            Refusal: as `report` and `written`.
        """
        return written(self.report(actor, language, scenario), shape)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_SECONDS_MAX):
            msg = f"{REPORTS_AT_ONCE_MAX} reports are being made: at most that many at once; "
            raise TooManyReports(msg + "try again in a minute")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _sources(self, actor: Actor, scenario: str) -> Iterator[ReportSources]:
        parts = self._parts
        kept = parts.books.versions(actor)
        with ExitStack() as stack:
            network, before = self._network(actor, stack)
            yield ReportSources(
                network=network,
                network_before=before,
                outage=self._question(actor, scenario),
                firm=_KeptFirm(actor, parts.firm, bool(kept)),
                answer=lambda asked: parts.networks.what_if(actor, asked),
                inputs={f"books version {one.version}": one.sha256 for one in kept[:1]},
            )

    def _network(self, actor: Actor, stack: ExitStack) -> tuple[Path | None, Path | None]:
        """Give the last version, and the one that it is compared with."""
        networks = self._parts.networks
        known = networks.versions(actor)
        try:
            last = stack.enter_context(networks.files(actor))
        except NetworkMissing:
            return None, None
        older = week_before(known, known[0].version)
        if older is None:
            return last, None
        return last, stack.enter_context(networks.files(actor, older))

    def _question(self, actor: Actor, scenario: str) -> AskedOutage | None:
        if not scenario:
            return None
        _, content = self._parts.networks.scenario(actor, scenario)
        return AskedOutage.from_content(json.loads(content)["question"])
