"""Use cases of the world's trade in the hub: keep years of it, and say where a country stands.

What computes is imported when it is first asked for: a hub that nobody asks carries none of it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core import canonical
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.valuechain.paradox.kept.errors import (
    TradeMissing,
    TradeVersionNotFound,
    TradeVersionTaken,
)
from lineshaft.valuechain.paradox.kept.model import TradeVersion, check_years
from lineshaft.valuechain.versions.model import KeptVersion, Kind, Packed
from lineshaft.valuechain.versions.service import Versions, VersionsParts, VersionStore

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.concentration import Concentrations
    from lineshaft.valuechain.paradox.products import CountryQuadrant

__all__ = ["KeptTrade", "ShownCountry", "TradeFiles"]

KIND = Kind(
    name="world trade",
    lock="world-trade",
    resource=Resource("table", "*"),
    read=Action.TABLE_READ,
    write=Action.TABLE_WRITE,
    missing="no world trade is kept yet: expected a file of BACI (CEPII) for each of three years "
    "in a row or more; keep them with: lineshaft valuechain trade keep FILE...",
    is_missing=TradeMissing,
    not_found=TradeVersionNotFound,
    taken=TradeVersionTaken,
)

Progress = Callable[[str, int, int], None]


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class TradeFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Files of one edition of BACI.

    Attributes:
        years: a file for each year.
        countries, products: the lists of names that are published beside them; None: codes alone.
    """

    years: Sequence[Path]
    countries: Path | None = None
    products: Path | None = None


class ShownCountry(msgspec.Struct, frozen=True):
    """A country's products, and the version that they are from."""

    version: TradeVersion
    quadrant: "CountryQuadrant"

    @property
    def name(self) -> str:
        """What the country is called."""
        return self.version.countries[self.quadrant.country]


class KeptTrade:
    """Keeps the world's trade by country, product and year."""

    def __init__(self, parts: VersionsParts, store: VersionStore, directory: Path) -> None:
        """Take everything; nothing is read before it is needed.

        Args:
            parts: database, authorizer, audit, clock.
            store: of what is known of each version.
            directory: of the column files; it is made when it is needed.
        """
        self._versions = Versions(parts, store, KIND)
        self._directory = directory

    def versions(self, actor: Actor) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        return self._versions.all(actor)

    def version(self, actor: Actor, version: int | None = None) -> TradeVersion:
        """Return what a version holds; the last one for None.

        Raises:
            TradeMissing: where none is kept yet.
            TradeVersionNotFound: for a version that is not there.
        """
        named = self._versions.named(actor, version)
        content = canonical.decode(self._versions.content(actor, named))
        return TradeVersion.from_content(named.version, content)

    def keep(
        self, actor: Actor, files: TradeFiles, note: str = "", show: Progress = no_progress
    ) -> KeptVersion:
        """Read files of trade and keep their figures as the next version, all of it or nothing.

        The same files as those of the last version change nothing; a file that got lost is made
        anew.

        Raises:
            UnreadableTrade: naming the file.
            Invalid: for a year twice, a gap, more than `YEARS_MAX`, or files of two editions.
            TooThin: for fewer than three years.
            VersionTooLarge: beyond `FILE_BYTES_MAX`.
        """
        from lineshaft.valuechain.paradox.kept.columns import write_columns  # noqa: PLC0415
        from lineshaft.valuechain.paradox.service import read_years  # noqa: PLC0415 - as above

        self._versions.check_write(actor, note)
        edition, read = read_years(files.years, show)
        years = [year for year, _ in read]
        check_years(years)
        countries, products = _names(files, read)
        show("writing", 0, 1)
        sha256, size = write_columns(self._directory, read)
        show("writing", 1, 1)
        made = TradeVersion(0, edition, tuple(years), sha256, size, countries, products)
        rows = {str(year): len(found.products) for year, found in read}
        packed = Packed(canonical.encode(made.to_content()), rows, f"{years[0]}-{years[-1]}")
        return self._versions.keep(actor, packed, None, note)

    def country(self, actor: Actor, country: int, version: int | None = None) -> ShownCountry:
        """Place each product of a country, and list what it depends on.

        Raises:
            TradeMissing, TradeVersionNotFound: as `version`.
            ImporterUnknown: for a country that imports nothing in these years.
            TradeDamaged: when the file is missing.
        """
        from lineshaft.valuechain.paradox.kept.columns import (  # noqa: PLC0415 - as above
            read_country,
            trade_file,
        )
        from lineshaft.valuechain.paradox.products import country_quadrant  # noqa: PLC0415

        kept = self.version(actor, version)
        path = trade_file(self._directory, kept.file)
        years = read_country(path, country, kept.years)
        return ShownCountry(kept, country_quadrant(country, years, kept.edition))


def _names(
    files: TradeFiles, read: "Sequence[tuple[int, Concentrations]]"
) -> tuple[dict[int, str], dict[str, str]]:
    """Return names of what is traded: of all countries, of the products that have one."""
    from lineshaft.valuechain.paradox.kept.names import (  # noqa: PLC0415 - see above
        COUNTRIES,
        PRODUCTS,
        read_names,
    )

    of_country = {} if files.countries is None else read_names(files.countries, COUNTRIES)
    of_product = {} if files.products is None else read_names(files.products, PRODUCTS)
    codes = sorted({code for _, found in read for code in found.countries.tolist()})
    traded = {f"{code:06}" for _, found in read for code in found.products.tolist()}
    of_product = {code.zfill(6): name for code, name in of_product.items()}
    countries = {code: of_country.get(str(code)) or str(code) for code in codes}
    return countries, {code: of_product[code] for code in sorted(traded & set(of_product))}
