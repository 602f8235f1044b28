"""Use cases of the firm: servitization, smile, channels, items and upgrading of what the hub keeps.

The books of a version count together with what the hub itself has billed. What needs arrays is
imported when it is first asked for: a hub that nobody asks carries none of it.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.books.errors import BooksMissing
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.firm.ports import MeteredDocuments
from lineshaft.valuechain.servitization.model import Books, RevenueLine
from lineshaft.valuechain.servitization.service import (
    LINES_PAGE_MAX,
    TABLES,
    Asked,
    Curve,
    Dashboard,
    LinePage,
    RevenueColumns,
    Servitization,
    curves,
    dashboard,
    days_of,
    rates_named,
    read_books,
)
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks
from lineshaft.valuechain.tables.service import read_tables
from lineshaft.valuechain.versions.model import KeptVersion

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelLedger
    from lineshaft.valuechain.paradox.service import PlacedItem, Trajectory

__all__ = ["FirmFigures", "FirmParts", "MeteredDocuments"]

BILLED = "documents of Lineshaft"
"""What figures call the documents of the hub."""
NO_BOOKS = "no books"
HORIZON_DAYS = 180
ACTIVITIES = "activities"
"""Table of the smile curve."""
READ_KEPT_MAX = 4
"""Versions of the books whose lines stay in memory, as columns."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class FirmParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the figures of the firm are computed from."""

    books: FirmBooks
    networks: SupplyNetworks
    servitization: Servitization
    documents: MeteredDocuments


class _Read(msgspec.Struct, frozen=True):
    """Books of a version without their revenue, and all revenue as columns.

    Attributes:
        billed: what the hub had billed then; it stays the same as long as nothing is added.
    """

    books: Books
    columns: RevenueColumns
    billed: Sequence[RevenueLine]


class FirmFigures:
    """Answers how far the firm has moved from products to services, and where it stands."""

    def __init__(self, parts: FirmParts) -> None:
        """Take everything; nothing is read before it is asked for."""
        self._parts = parts
        # What DuckDB has in memory is asked one question at a time.
        self._asking = Lock()
        self._kept: dict[int, _Read] = {}

    def servitization(self, actor: Actor, asked: Asked, version: int | None = None) -> Dashboard:
        """Compute every figure of servitization, of the books and of what the hub has billed.

        Args:
            actor: who asks; may read the books and the ledger.
            asked: which months, in periods of which length.
            version: of the books; the last one for None, and none at all where there is none.

        Raises:
            TooThin: when there is no revenue in the months.
            CurrenciesMixed: for several currencies without rates.
            BooksVersionNotFound: for a version that is not there.
        """
        read = self._read(actor, version)
        with self._asking:
            days = days_of(read.columns, asked)
        served = self._parts.servitization.served(actor, days)
        with self._asking:
            return dashboard(read.columns, read.books, asked, served)

    def lines(
        self,
        actor: Actor,
        where: Mapping[str, str],
        after: str = "",
        limit: int = 100,
        *,
        version: int | None = None,
    ) -> LinePage:
        """Return a page of the lines behind a figure: what it says under `behind` is `where`.

        Raises:
            QuestionInvalid: for a key, a place or a limit that cannot be.
            BooksVersionNotFound: for a version that is not there.
        """
        read = self._read(actor, version)
        with self._asking:
            return read.columns.page(where, after, limit)

    def every_line(
        self, actor: Actor, where: Mapping[str, str], version: int | None = None
    ) -> Iterator[Mapping[str, str]]:
        """Return all the lines behind a figure, one after the other; see `lines`.

        Raises:
            QuestionInvalid: for a key that lines are not chosen by.
            BooksVersionNotFound: for a version that is not there.
        """
        columns = self._read(actor, version).columns

        def page_after(place: str) -> LinePage:
            with self._asking:
                return columns.page(where, place, LINES_PAGE_MAX)

        first = page_after("")

        def rest() -> Iterator[Mapping[str, str]]:
            page = first
            yield from page.lines
            while page.after is not None:
                page = page_after(page.after)
                yield from page.lines

        return rest()

    def smile(
        self,
        actor: Actor,
        currency: str = "",
        rates: Sequence[str] = (),
        version: int | None = None,
    ) -> tuple[Curve, ...]:
        """Return the smile curve of the books, of all months and then of each quarter.

        Raises:
            BooksMissing: where no books have been imported yet.
            TooThin: when the activities are too few for a curve.
            CurrenciesMixed: for several currencies without rates.
        """
        activities = [table for table in TABLES if table.name == ACTIVITIES]
        with self._parts.books.files(actor, version) as source:
            months = read_tables(source, activities).rows()[ACTIVITIES]
        return curves(months, rates_named(currency, rates))

    def channels(
        self,
        actor: Actor,
        outcome: str = "labour_productivity",
        version: int | None = None,
    ) -> "ChannelLedger":
        """Say what the three channels did, of the books and of what the hub has billed.

        A document of the hub joins to its own usage records, and these to the machines whose signed
        readings they rest on: no table is needed for it.

        Raises:
            CurrenciesMixed: for service revenue in several currencies.
            Invalid: for another outcome.
            BooksVersionNotFound: for a version that is not there.
        """
        from lineshaft.valuechain.channels.service import (  # noqa: PLC0415 - see above
            Revenue,
            channels,
        )

        billed = self._parts.servitization.billed(actor, no_progress)
        metered = self._parts.documents.metered(actor, no_progress)
        with self._source(actor, self._version(actor, version)) as source:
            lines, table = _together(source, read_books(source).revenue, billed)
            return channels(source, Revenue(table, lines, metered), outcome)

    def items(
        self,
        actor: Actor,
        horizon_days: int = HORIZON_DAYS,
        version: int | None = None,
        network: int | None = None,
    ) -> "list[PlacedItem]":
        """Place the firm's own items: how they sell, beside how they depend on others.

        Args:
            actor: who asks; may read the books and the supply network.
            horizon_days: that a requalification is compared with.
            version: of the books; the last one for None.
            network: version of the supply network; the last one for None.

        Raises:
            BooksMissing, NetworkMissing: where one of them has not been imported yet.
            ItemUnknown: for an item that the network does not have.
            TooThin: for too few items.
        """
        from lineshaft.valuechain.paradox.service import (  # noqa: PLC0415 - see above
            firm_quadrant,
        )

        with (
            self._parts.books.files(actor, version) as books,
            self._parts.networks.files(actor, network) as source,
        ):
            _add_table(books, "competitiveness", source)
            return firm_quadrant(source, horizon_days)

    def upgrading(self, actor: Actor, version: int | None = None) -> "Trajectory":
        """Return the trajectory of the books' table `upgrading`, with its positions as figures.

        Raises:
            BooksMissing: where no books have been imported yet.
            TooThin: for fewer than two years in a row.
        """
        from lineshaft.valuechain.paradox.service import upgrading  # noqa: PLC0415 - see above

        with self._parts.books.files(actor, version) as source:
            _check_table(source, "upgrading")
            return upgrading(source)

    def _version(self, actor: Actor, version: int | None) -> KeptVersion | None:
        """Return a version of the books; None where none have been imported yet."""
        try:
            return self._parts.books.version(actor, version)
        except BooksMissing:
            if version is not None:
                raise
            return None

    @contextmanager
    def _source(self, actor: Actor, named: KeptVersion | None) -> Iterator[Path]:
        """Give the books of a version; an empty folder where there are none."""
        if named is not None:
            with self._parts.books.files(actor, named.version) as path:
                yield path
            return
        with TemporaryDirectory() as folder:
            path = Path(folder) / NO_BOOKS
            path.mkdir()
            yield path

    def _read(self, actor: Actor, version: int | None) -> _Read:
        """Return books and lines as columns; they are read anew when either is another one."""
        billed = self._parts.servitization.billed(actor, no_progress)
        named = self._version(actor, version)
        kept = self._kept.get(named.version if named else 0)
        if kept is not None and kept.billed is billed:
            return kept
        with self._source(actor, named) as source:
            books = read_books(source)
            lines, table = _together(source, books.revenue, billed)
        read = _Read(replace(books, revenue=()), RevenueColumns.of(lines, table), billed)
        with self._asking:
            number = named.version if named else 0
            self._kept.pop(number, None)
            self._kept[number] = read
            for oldest in list(self._kept)[:-READ_KEPT_MAX]:
                del self._kept[oldest]
        return read


def _together(
    source: Path, books: Sequence[RevenueLine], billed: Sequence[RevenueLine]
) -> tuple[list[RevenueLine], str]:
    """Return the lines of books and hub, and what figures call them.

    A document of the hub that the books have too counts once, as the hub has it.
    """
    own = {line.document for line in billed if line.amount}
    beside = [line for line in books if line.document not in own]
    names = ([source.name] if beside else []) + ([BILLED] if billed else [])
    return [*beside, *billed], " and ".join(names) or NO_BOOKS


def _add_table(books: Path, name: str, folder: Path) -> None:
    _check_table(books, name)
    shutil.copyfile(books / f"{name}.csv", folder / f"{name}.csv")


def _check_table(books: Path, name: str) -> None:
    if not (books / f"{name}.csv").is_file():
        msg = f"{books.name} have no table {name}: expected it (docs/dependence.md)"
        raise TooThin(msg)
