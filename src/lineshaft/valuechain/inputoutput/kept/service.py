"""Use cases of the national tables in the hub: keep, list, drop, figures, what-ifs, extraction.

What computes is imported when it is first asked for: a hub that nobody asks carries none of it.
"""

import threading
from collections.abc import Collection, Sequence
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.valuechain.inputoutput.kept.errors import (
    TableNotFound,
    TableOutOfBalance,
    TableTaken,
    TooManyTables,
)
from lineshaft.valuechain.inputoutput.kept.model import (
    COVERAGE_MIN,
    LICENCE_CHARACTERS_MAX,
    TABLES_MAX,
    TOYS,
    Answered,
    KeptTable,
    Lever,
    TableChoices,
    check_levers,
    check_name,
)
from lineshaft.valuechain.inputoutput.kept.ports import TableStore

if TYPE_CHECKING:
    from lineshaft.valuechain.inputoutput.kept.opened import OpenTables
    from lineshaft.valuechain.inputoutput.kernel import Kernel
    from lineshaft.valuechain.inputoutput.model import Stoppage, Table, TableFile, Tell
    from lineshaft.valuechain.inputoutput.service import Loss, Reported

__all__ = ["KeepWish", "KeptTableParts", "KeptTables", "sample_file"]

ALL = Resource("table", "*")
SAMPLE = "synthetic-2024.csv"
SAMPLE_NAME = "sample"
SAMPLE_TITLE = "Lineshaft sample (synthetic)"
SAMPLE_LICENCE = "synthetic: made up, of no country"
IMBALANCES_SHOWN = 3


def tell_nobody(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class KeptTableParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases take.

    Attributes:
        directory: of the files; it is made when it is needed.
    """

    database: Database
    store: TableStore
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    directory: Path


class KeepWish(msgspec.Struct, frozen=True, kw_only=True):
    """A table that somebody wants to keep.

    Attributes:
        name: under which it is asked for.
        format_name: of the file.
        licence: what to note of its licence, for people.
    """

    name: str
    format_name: str
    source: "TableFile"
    licence: str = ""


def sample_file() -> bytes:
    """Return the synthetic sample, in our own CSV."""
    return _sample().read_bytes()


class KeptTables:
    """Keeps national tables, and answers from them."""

    def __init__(self, parts: KeptTableParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._store = parts.store
        self._lock = threading.Lock()
        self._made: OpenTables | None = None

    # ---- keeping

    def tables(self, actor: Actor) -> list[KeptTable]:
        """Return all tables by name."""
        self._parts.authorizer.authorize(actor, Action.TABLE_READ, ALL)
        with self._parts.database.read() as connection:
            return self._store.tables(connection)

    def table(self, actor: Actor, name: str) -> KeptTable:
        """Return a table by its name.

        Raises:
            TableNotFound: when none is kept under it.
        """
        return _named(self.tables(actor), name)

    def keep(self, actor: Actor, wish: KeepWish, tell: "Tell" = tell_nobody) -> KeptTable:
        """Read a table, check its balance, keep it as a file and factor it; all of it, or nothing.

        The same table under the same name changes nothing; a file that got lost is made anew.

        Raises:
            UnreadableTable: naming file and row.
            TableOutOfBalance: when less than `COVERAGE_MIN` of its output balances.
            TableTooLarge: beyond the bytes that a table may have.
            TableTaken: when the name has another table.
            TooManyTables: beyond `TABLES_MAX`.
            NotProductive: when there is no inverse.
            ExtraMissing: when the format needs a library that is not installed.
        """
        from lineshaft.valuechain.inputoutput.service import open_table  # noqa: PLC0415 - as above

        self._parts.authorizer.authorize(actor, Action.TABLE_WRITE, ALL)
        check_name(wish.name)
        if len(wish.licence) > LICENCE_CHARACTERS_MAX:
            msg = f"a note of {len(wish.licence)} characters: expected at most "
            raise Invalid(msg + str(LICENCE_CHARACTERS_MAX))
        if not wish.source.path.exists():
            msg = f"there is no file {wish.source.path}: expected the table as it is published"
            raise Invalid(msg)
        table = open_table(wish.source, wish.format_name, tell)
        made = self._described(actor, wish, table)
        found = self._known(made)
        self._write(table, found or made, tell)
        return found or self._record(actor, made)

    def keep_sample(self, actor: Actor, tell: "Tell" = tell_nobody) -> KeptTable:
        """Keep the synthetic sample that comes with Lineshaft; again changes nothing."""
        from lineshaft.valuechain.inputoutput.model import TableFile  # noqa: PLC0415 - as above

        with as_file(_sample()) as path:
            source = TableFile(path=path, name=SAMPLE_TITLE, currency="USD")
            wish = KeepWish(
                name=SAMPLE_NAME, format_name="csv", source=source, licence=SAMPLE_LICENCE
            )
            return self.keep(actor, wish, tell)

    def drop(self, actor: Actor, name: str) -> KeptTable:
        """Forget a table, and remove its files; what was computed from it elsewhere stays.

        Raises:
            TableNotFound: when none is kept under this name.
        """
        from lineshaft.valuechain.inputoutput.kept.opened import (  # noqa: PLC0415 - as above
            inverse_file,
            table_file,
        )

        self._parts.authorizer.authorize(actor, Action.TABLE_WRITE, ALL)
        with self._parts.database.unit_of_work() as unit:
            unit.lock("input-output-table")
            gone = _named(self._store.tables(unit.connection), name)
            self._store.drop(unit.connection, name)
            left = self._store.tables(unit.connection)
            about = {"dropped": True, "sha256": gone.sha256}
            self._parts.audit.append(
                unit.connection, actor, Action.TABLE_WRITE, f"table/{name}", about
            )
        directory = self._parts.directory
        if all(each.sha256 != gone.sha256 for each in left):
            self._open.forget(gone)
            table_file(directory, gone.sha256).unlink(missing_ok=True)
        if all(each.digest != gone.digest for each in left):
            inverse_file(directory, gone.digest).unlink(missing_ok=True)
        return gone

    def _described(self, actor: Actor, wish: KeepWish, table: "Table") -> KeptTable:
        from lineshaft.valuechain.inputoutput.kept.packing import measured  # noqa: PLC0415
        from lineshaft.valuechain.inputoutput.model import balance_of  # noqa: PLC0415 - as above

        balance = balance_of(table)
        if balance.coverage < COVERAGE_MIN:
            worst = "; ".join(
                f"{one.side} of {one.label} by {one.size:g} of {one.output:g}"
                for one in balance.imbalances[:IMBALANCES_SHOWN]
            )
            msg = f"only {float(balance.coverage):.0%} of the output of {table.name} balances: "
            msg += f"expected at least {float(COVERAGE_MIN):.0%}; off are the {worst}"
            raise TableOutOfBalance(msg)
        sha256, size_bytes = measured(table)
        return KeptTable(
            name=wish.name,
            format=wish.format_name,
            title=table.name,
            vintage=table.vintage,
            currency=table.currency,
            licence=wish.licence,
            countries=len(table.countries),
            industries=len(table.industries),
            rows=len(table.gross_output),
            size_bytes=size_bytes,
            sha256=sha256,
            digest=table.digest,
            coverage=balance.coverage,
            kept_at=self._parts.clock.now(),
            kept_by=actor.name,
        )

    def _known(self, made: KeptTable) -> KeptTable | None:
        """Return the same table where it is kept already, and refuse where there is no room."""
        with self._parts.database.read() as connection:
            return _same(self._store.tables(connection), made)

    def _write(self, table: "Table", kept: KeptTable, tell: "Tell") -> None:
        from lineshaft.valuechain.inputoutput.kept.opened import table_file  # noqa: PLC0415
        from lineshaft.valuechain.inputoutput.kept.packing import (  # noqa: PLC0415 - as above
            is_whole,
            write_table,
        )

        path = table_file(self._parts.directory, kept.sha256)
        if not is_whole(path, kept.sha256):
            tell("writing", 0, 1)
            write_table(table, path, kept.size_bytes)
            tell("writing", 1, 1)
        # Whoever asks first is to be answered at once, too: the inverse is made now.
        self._open.kernel(kept, tell)

    def _record(self, actor: Actor, made: KeptTable) -> KeptTable:
        with self._parts.database.unit_of_work() as unit:
            unit.lock("input-output-table")
            known = _same(self._store.tables(unit.connection), made)
            if known is not None:
                return known
            self._store.add(unit.connection, made)
            about = {"sha256": made.sha256, "title": made.title, "vintage": made.vintage}
            self._parts.audit.append(
                unit.connection, actor, Action.TABLE_WRITE, f"table/{made.name}", about
            )
        return made

    # ---- what a table says

    def choices(self, actor: Actor, name: str) -> TableChoices:
        """Return what there is to choose in a table.

        Raises:
            TableNotFound: when none is kept under this name.
            TableDamaged: when its file is missing, or is another.
        """
        table = self._kernel(actor, name)[1].table
        manufacturing = tuple(each for each in table.industries if each in table.manufacturing)
        return TableChoices(table.countries, table.regions, table.industries, manufacturing)

    def figures(
        self,
        actor: Actor,
        name: str,
        country: str,
        indicators: Collection[str] = (),
        *,
        is_all_wanted: bool = False,
    ) -> "list[Reported]":
        """Return the figures of a country and its industries.

        Args:
            actor: who asks.
            name: of the table.
            country: one of its countries.
            indicators: some of them; none: all that are on.
            is_all_wanted: also toys, and what no published figure confirms.

        Raises:
            UnknownPlace: when the table has no such country.
            TableNotFound, TableDamaged: as `choices`.
        """
        from lineshaft.valuechain.inputoutput.indicators import MEMBERS  # noqa: PLC0415
        from lineshaft.valuechain.inputoutput.service import (  # noqa: PLC0415 - as above
            Wanted,
            report,
        )

        kernel = self._kernel(actor, name)[1]
        names = set(indicators) or {each.INDICATOR.name for each in MEMBERS}
        wanted = names if is_all_wanted else names - TOYS
        asked = Wanted(frozenset({country}), frozenset(wanted), is_all_wanted)
        return list(report(kernel, asked))

    def what_if(
        self, actor: Actor, name: str, levers: Sequence[Lever], top: int | None = 10
    ) -> Answered:
        """Answer what changes of demand and coefficients come to, by an update of the inverse.

        Args:
            actor: who asks.
            name: of the table.
            levers: the changes, at most `LEVERS_MAX`.
            top: industries that are returned; None for all.

        Raises:
            UnknownPlace: when the table has no such region or industry.
            NotProductive: when some industry then needs more than itself to make itself.
            Invalid: for too many changes.
            TakesTooMuch: when changes of one number take more than all of it.
            TableNotFound, TableDamaged: as `choices`.
        """
        from lineshaft.valuechain.inputoutput.kept.answering import (  # noqa: PLC0415 - as above
            answered,
        )

        check_levers(levers)
        kept, kernel = self._kernel(actor, name)
        return answered(kept, kernel, levers, top)

    def extract(self, actor: Actor, name: str, stoppage: "Stoppage") -> "Loss":
        """Say what each country loses in value added when deliveries stop.

        Raises:
            UnknownPlace: when the table has no such country or industry.
            Invalid: when the replaced part is not from 0 to 1.
            TableNotFound, TableDamaged: as `choices`.
        """
        from lineshaft.valuechain.inputoutput.service import extract  # noqa: PLC0415 - as above

        return extract(self._kernel(actor, name)[1], stoppage)

    def _kernel(self, actor: Actor, name: str) -> "tuple[KeptTable, Kernel]":
        kept = self.table(actor, name)
        return kept, self._open.kernel(kept, tell_nobody)

    @property
    def _open(self) -> "OpenTables":
        from lineshaft.valuechain.inputoutput.kept.opened import OpenTables  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                self._made = OpenTables(self._parts.directory)
            return self._made


def _sample() -> Traversable:
    return files("lineshaft.valuechain.inputoutput.kept") / "sample" / SAMPLE


def _named(known: Sequence[KeptTable], name: str) -> KeptTable:
    for each in known:
        if each.name == name:
            return each
    kept = ", ".join(each.name for each in known[:5]) or "none"
    msg = f"no table is kept as {name[:80]!r}: kept are {kept}; keep one with "
    raise TableNotFound(msg + "'lineshaft valuechain table keep FILE --format ... --name ...'")


def _same(known: Sequence[KeptTable], made: KeptTable) -> KeptTable | None:
    """Return the same table where it is kept already.

    Raises:
        TableTaken: when the name has another table.
        TooManyTables: beyond `TABLES_MAX`.
    """
    for each in known:
        if each.name == made.name:
            if (each.sha256, each.licence) == (made.sha256, made.licence):
                return each
            msg = f"the name {made.name} has another table, {each.title} {each.vintage}: drop it "
            raise TableTaken(msg + "first, or choose another name")
    if len(known) >= TABLES_MAX:
        msg = f"{TABLES_MAX} tables are kept: at most that many; drop one that nobody asks"
        raise TooManyTables(msg)
    return None
