"""What a report is made from: read once, and what is not there is said, not left out."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.valuechain.channels.service import ChannelLedger, channels
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.paradox.service import PlacedItem, firm_quadrant
from lineshaft.valuechain.report.given import FirmAnswers, ReportSources, Show
from lineshaft.valuechain.servitization.service import (
    Asked,
    Curve,
    Dashboard,
    RevenueColumns,
    benchmarks_of,
    curves,
    dashboard,
    read_books,
)
from lineshaft.valuechain.supplynetwork.errors import CureNotFound
from lineshaft.valuechain.supplynetwork.service import Register, question_of, register, what_if
from lineshaft.valuechain.supplynetwork.versions.model import AskedOutage
from lineshaft.valuechain.tables.errors import TablesInvalid

MONTHS_PER_YEAR = 12
COMPETITIVENESS = "competitiveness"


class Lack(msgspec.Struct, frozen=True):
    """What is missing: the key of its words, and what was said below, in English."""

    key: str
    detail: str = ""


class OutageAnswer(msgspec.Struct, frozen=True):
    """A scenario as its bytes hold it, and what its figures were computed from."""

    content: Mapping[str, Any]
    vintage: str
    coverage: Fraction


class ServitizationYears(msgspec.Struct, frozen=True):
    """The last twelve months of revenue, the twelve before, and the trend of all of them."""

    last: Dashboard
    before: Dashboard | None
    whole: Dashboard


class Gathered(msgspec.Struct):
    """All that sections are made from.

    Attributes:
        before_as_of: of the older network that the register is compared with.
        lacks: what is missing, by section.
        inputs: SHA-256 of each file that was read, by its name.
    """

    register: Register | None = None
    before_as_of: dt.date | None = None
    outage: OutageAnswer | None = None
    servitization: ServitizationYears | None = None
    benchmark: tuple[Figure, ...] = ()
    ledger: ChannelLedger | None = None
    curves: tuple[Curve, ...] = ()
    quadrant: Sequence[PlacedItem] = ()
    lacks: dict[str, list[Lack]] = msgspec.field(default_factory=dict)
    inputs: dict[str, str] = msgspec.field(default_factory=dict)

    def lack(self, section: str, key: str, detail: str = "") -> None:
        """Note what is missing."""
        self.lacks.setdefault(section, []).append(Lack(key, detail))

    @contextmanager
    def unless_thin(self, section: str) -> Iterator[None]:
        """Note a refusal for too few data, and go on."""
        try:
            yield
        except TooThin as error:
            self.lack(section, "thin", str(error))


def gather(sources: ReportSources, show: Show) -> Gathered:
    """Read everything that is given.

    Raises:
        TablesInvalid: for files that have mistakes, with all of them.
        TargetUnknown, NotFound: for an outage of what the network does not have.
        ExtraMissing: without the extra `lineshaft[valuechain]`.
    """
    found = Gathered(inputs=dict(sources.inputs))
    _add_network(found, sources, show)
    _add_outage(found, sources)
    firm = _firm_of(found, sources, show)
    _add_books(found, firm)
    _add_quadrant(found, firm)
    _add_table(found, sources, show)
    return found


def _add_network(found: Gathered, sources: ReportSources, show: Show) -> None:
    if sources.network is None:
        for section in ("register", "outage"):
            found.lack(section, "no_network")
        return
    found.register = register(sources.network, sources.network_before, show)
    found.inputs |= _named("network", found.register.network.inputs)
    if sources.network_before is None:
        found.lack("register", "no_network_before")
    else:
        before = register(sources.network_before).network
        found.before_as_of = before.as_of
        found.inputs |= _named("network-before", before.inputs)
    if found.register.coverage < 1:
        percent = f"{float(found.register.coverage) * 100:.0f} %"
        found.lack("register", "stock_unknown", percent)


def _add_quadrant(found: Gathered, firm: FirmAnswers | None) -> None:
    """Place what is sold; without the table that says how it sells, say so."""
    if found.register is None:
        found.lack("quadrant", "no_network")
        return
    if firm is None or not firm.has_books:
        found.lack("quadrant", "no_competitiveness")
        return
    try:
        with found.unless_thin("quadrant"):
            found.quadrant = firm.items()
    except TablesInvalid as error:
        names = {Path(each.file).stem for each in error.problems}
        if names != {COMPETITIVENESS} or len(error.problems) > 1 or error.problems[0].value:
            raise
        found.lack("quadrant", "no_competitiveness")


def _add_outage(found: Gathered, sources: ReportSources) -> None:
    """Answer the outage; where no cures reach the goal it is answered without them."""
    if sources.network is None or found.register is None:
        return
    asked = sources.outage
    if asked is None:
        found.lack("outage", "no_question")
        return
    try:
        content = _answered(sources, sources.network, asked)
    except CureNotFound as error:
        found.lack("outage", "no_cure", str(error))
        without = replace(asked, lines=(), lost_margin_max=None, credits_max=None)
        content = _answered(sources, sources.network, without)
    read = json.loads(content)
    if read["question"]["goal"] is None and "no_cure" not in _keys(found, "outage"):
        found.lack("outage", "no_goal")
    vintage = f"as of {found.register.network.as_of or 'an unknown day'}"
    found.outage = OutageAnswer(read, vintage, found.register.coverage)
    found.inputs |= _named("network", dict(read["inputs"]))


def _answered(sources: ReportSources, network: Path, asked: AskedOutage) -> bytes:
    if sources.answer is not None:
        return sources.answer(asked)
    goal = (asked.lines, asked.lost_margin_max, asked.credits_max)
    what, when = (asked.kind, asked.targets), (asked.start, asked.days, asked.horizon_days)
    return what_if(network, question_of(what, when, goal)).scenario


def _keys(found: Gathered, section: str) -> set[str]:
    return {each.key for each in found.lacks.get(section, ())}


class _FilesOfFirm:
    """The `FirmAnswers` of a folder or a workbook."""

    def __init__(self, source: Path, network: Path | None, show: Show) -> None:
        self._source, self._network, self._show = source, network, show
        self._books = read_books(source, show)
        self._columns = RevenueColumns.of(self._books.revenue, source.name)
        self.has_books = True

    @property
    def inputs(self) -> dict[str, str]:
        return dict(self._books.inputs)

    def dashboard(self, asked: Asked) -> Dashboard:
        return dashboard(self._columns, self._books, asked)

    def ledger(self) -> ChannelLedger:
        return channels(self._source, show=self._show)

    def curves(self) -> tuple[Curve, ...]:
        return curves(self._books.activities, None)

    def items(self) -> Sequence[PlacedItem]:
        return [] if self._network is None else firm_quadrant(self._network, books=self._source)


def _firm_of(found: Gathered, sources: ReportSources, show: Show) -> FirmAnswers | None:
    if sources.books is None:
        return sources.firm
    firm = _FilesOfFirm(sources.books, sources.network, show)
    found.inputs |= _named("books", firm.inputs)
    return firm


def _add_books(found: Gathered, firm: FirmAnswers | None) -> None:
    if firm is None:
        for section in ("servitization", "channels", "smile"):
            found.lack(section, "no_books")
        return
    with found.unless_thin("servitization"):
        found.servitization = _years(firm)
        if found.servitization.before is None:
            found.lack("servitization", "no_year_before")
    with found.unless_thin("channels"):
        found.ledger = firm.ledger()
        found.inputs |= _named("books", found.ledger.books.inputs)
    if not firm.has_books:
        found.lack("smile", "no_books")
        return
    with found.unless_thin("smile"):
        found.curves = firm.curves()


def _years(firm: FirmAnswers) -> ServitizationYears:
    """Compute the last twelve months that have revenue, and the twelve before.

    Raises:
        TooThin: without revenue.
    """
    whole = firm.dashboard(Asked())
    oldest, _, last = whole.vintage.partition(" to ")
    first = _moved(last, 1 - MONTHS_PER_YEAR)
    earlier = Asked(first=_moved(first, -MONTHS_PER_YEAR), last=_moved(first, -1))
    before = firm.dashboard(earlier) if oldest <= earlier.first else None
    return ServitizationYears(firm.dashboard(Asked(first=first, last=last)), before, whole)


def _add_table(found: Gathered, sources: ReportSources, show: Show) -> None:
    if sources.table is None:
        found.lack("servitization", "no_table")
        return
    given = sources.table
    found.benchmark = benchmarks_of(given.path, given.format_name, given.country, show)


def _moved(month: str, count: int) -> str:
    """Return the month so many months later. Example: `2017-12` moved by -11 is `2017-01`."""
    number = int(month[:4]) * MONTHS_PER_YEAR + int(month[5:]) - 1 + count
    return f"{number // MONTHS_PER_YEAR:04}-{number % MONTHS_PER_YEAR + 1:02}"


def _named(source: str, inputs: Mapping[str, str]) -> dict[str, str]:
    return {f"{source}/{name}": digest for name, digest in inputs.items()}
