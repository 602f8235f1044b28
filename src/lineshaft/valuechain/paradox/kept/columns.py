"""The column file of a version: what each country and the world trade of each product by year.

Rows are ordered by country, and a country is a row group of its own: one is read without the rest.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lineshaft.infrastructure.files import durable_file, fsync_dir, make_dir
from lineshaft.valuechain.paradox.concentration import Concentrations
from lineshaft.valuechain.paradox.kept.errors import TradeDamaged
from lineshaft.valuechain.paradox.kept.model import FILE_BYTES_MAX
from lineshaft.valuechain.paradox.model import Codes, Flags, Floats
from lineshaft.valuechain.paradox.products import (
    CountryYear,
    WorldYear,
    country_year,
    world_year,
)
from lineshaft.valuechain.versions.errors import VersionTooLarge

WORLD = -1
"""In place of a country; its `import_hhi` is the concentration of the world's exporters."""
SCHEMA = pa.schema(
    [
        ("country", pa.int16()),
        ("year", pa.int16()),
        ("product", pa.int32()),
        ("imports", pa.float64()),
        ("exports", pa.float64()),
        ("import_hhi", pa.float64()),
        ("is_flagged", pa.bool_()),
    ]
)
_CHUNK = 1024 * 1024


def trade_file(directory: Path, sha256: str) -> Path:
    """Return the path of a file."""
    return directory / f"{sha256}.parquet"


def write_columns(directory: Path, years: Sequence[tuple[int, Concentrations]]) -> tuple[str, int]:
    """Write the years into one file, named by its hash; return hash and size.

    Raises:
        VersionTooLarge: beyond `FILE_BYTES_MAX`.
    """
    make_dir(directory)
    with TemporaryDirectory(dir=directory) as folder:
        staged = Path(folder) / "years.parquet"
        _write(staged, years)
        size, sha256 = staged.stat().st_size, _hash(staged)
        if size > FILE_BYTES_MAX:
            msg = f"{size} bytes of figures: expected at most {FILE_BYTES_MAX}; keep fewer years"
            raise VersionTooLarge(msg)
        staged.rename(trade_file(directory, sha256))
        fsync_dir(directory)
    return sha256, size


def _write(path: Path, years: Sequence[tuple[int, Concentrations]]) -> None:
    with durable_file(path) as file, pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        worlds = [world_year(found, year) for year, found in years]
        writer.write_table(pa.concat_tables(map(_world_table, worlds)))
        codes = sorted({code for _, found in years for code in found.countries.tolist()})
        for code in codes:
            of_country = [
                _country_table(code, country_year(found, world, _row(found, code)))
                for (_, found), world in zip(years, worlds, strict=True)
                if code in found.countries
            ]
            writer.write_table(pa.concat_tables(of_country))


def read_country(path: Path, country: int, years: Iterable[int]) -> list[CountryYear]:
    """Read what a country trades in each of the years, which may be nothing.

    Raises:
        TradeDamaged: when the file is not there, or cannot be read.
    """
    try:
        rows = pq.read_table(path, filters=[("country", "in", [WORLD, country])])
    except (OSError, pa.ArrowException) as error:
        msg = f"the trade of {path.name[:12]} cannot be read: keep the same files again"
        raise TradeDamaged(msg) from error
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names}
    found = []
    for year in years:
        of_year = columns["year"] == year
        at = np.flatnonzero(of_year & (columns["country"] == WORLD))
        world = WorldYear(
            year,
            columns["product"][at].astype(np.int64),
            columns["exports"][at],
            columns["import_hhi"][at],
        )
        at = np.flatnonzero(of_year & (columns["country"] == country))
        found.append(
            CountryYear(
                columns["product"][at].astype(np.int64),
                columns["imports"][at],
                columns["exports"][at],
                columns["import_hhi"][at],
                columns["is_flagged"][at].astype(bool),
                world,
            )
        )
    return found


def _row(found: Concentrations, code: int) -> int:
    return int(found.countries.searchsorted(code))


def _world_table(world: WorldYear) -> pa.Table:
    flags = np.zeros(len(world.products), bool)
    columns = (world.exports, world.exports, world.hhi, flags)
    return _table((WORLD, world.year), world.products, columns)


def _country_table(code: int, of: CountryYear) -> pa.Table:
    columns = (of.imports, of.exports, of.import_hhi, of.flags)
    return _table((code, of.world.year), of.products, columns)


def _table(
    place: tuple[int, int], products: Codes, columns: tuple[Floats, Floats, Floats, Flags]
) -> pa.Table:
    ids = [np.full(len(products), each, np.int16) for each in place]
    arrays = [*ids, products.astype(np.int32), *columns]
    return pa.table(dict(zip(SCHEMA.names, arrays, strict=True)), SCHEMA)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
