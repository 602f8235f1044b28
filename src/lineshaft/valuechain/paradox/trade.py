"""Read a year of BACI: CSV, also gzip, with the columns `t,i,j,k,v,q` of its description.

`t` is the year, `i` the exporter, `j` the importer (numeric codes), `k` six digits of the
Harmonized System, `v` thousands of US dollars, `q` metric tons, which nothing here needs. Not tried
on a real file: none may be shipped, and none was at hand.
"""

import csv
import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np

from lineshaft.valuechain.paradox.errors import UnreadableTrade
from lineshaft.valuechain.paradox.model import COUNTRIES_MAX, PRODUCTS_MAX, TradeFlows

COLUMNS = ("t", "i", "j", "k", "v", "q")
ROWS_MAX = 40_000_000
_EDITION = re.compile(r"BACI_(HS\d\d)_Y\d{4}_(V\w+)", re.ASCII)
_TYPES = "{'t':'INTEGER','i':'INTEGER','j':'INTEGER','k':'INTEGER','v':'DECIMAL(18,3)','q':'TEXT'}"
# Whole dollars: the published values have three decimals of a thousand.
_ROWS = f"""
    SELECT t, i::BIGINT AS i, j::BIGINT AS j, k::BIGINT AS k, (v * 1000)::BIGINT AS v
    FROM read_csv(?, delim = ',', header = true, auto_detect = false, columns = {_TYPES})
"""
_WRONG = f"""
    SELECT t, i, j, k, v FROM flows
    WHERE i NOT BETWEEN 0 AND {COUNTRIES_MAX - 1} OR j NOT BETWEEN 0 AND {COUNTRIES_MAX - 1}
        OR k NOT BETWEEN 0 AND {PRODUCTS_MAX - 1} OR v < 0 OR i = j
        OR (i IS NULL) OR (j IS NULL) OR (k IS NULL) OR (v IS NULL) OR (t IS NULL) LIMIT 1
"""
_TWICE = "SELECT i, j, k, count(*) FROM flows GROUP BY i, j, k HAVING count(*) > 1 LIMIT 1"


def read_trade(path: Path) -> TradeFlows:
    """Read a file of one year; flows of 0 dollars are left out.

    Raises:
        UnreadableTrade: naming the file, and row or flow.
    """
    import duckdb  # noqa: PLC0415 - half a second that most commands do without

    _check_header(path)
    with duckdb.connect() as engine:
        try:
            engine.execute(f"CREATE TABLE flows AS {_ROWS}", [str(path)])
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            msg = f"{path.name}: expected numbers in {','.join(COLUMNS)}, {said}"
            raise UnreadableTrade(msg) from error
        year = _checked_year(engine, path)
        found = engine.execute("SELECT i, j, k, v FROM flows WHERE v > 0").fetchnumpy()
    edition = _EDITION.match(path.name)
    return TradeFlows(
        name=f"BACI {edition[1]} {edition[2]}" if edition else path.name,
        year=year,
        exporters=np.asarray(found["i"]),
        importers=np.asarray(found["j"]),
        products=np.asarray(found["k"]),
        dollars=np.asarray(found["v"]).astype(np.float64),
    )


def _check_header(path: Path) -> None:
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            header = tuple(cell.strip() for cell in next(csv.reader(file), []))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        msg = f"{path.name}: expected a CSV file of BACI, {error}"
        raise UnreadableTrade(msg) from error
    if header != COLUMNS:
        msg = f"{path.name} row 1: expected {','.join(COLUMNS)}, got {','.join(header)[:80]}"
        raise UnreadableTrade(msg)


def _checked_year(engine: Any, path: Path) -> int:
    rows, low, high = engine.execute("SELECT count(*), min(t), max(t) FROM flows").fetchone()
    if not 0 < rows <= ROWS_MAX or low != high:
        msg = f"{path.name}: expected 1 to {ROWS_MAX} flows of one year, got {rows} of "
        msg += f"{low} to {high}"
        raise UnreadableTrade(msg)
    wrong = engine.execute(_WRONG).fetchone()
    if wrong:
        msg = f"{path.name}: expected codes below {COUNTRIES_MAX}, six digits, two countries and "
        msg += f"values from 0, got t,i,j,k,v = {','.join(map(str, wrong))}"
        raise UnreadableTrade(msg)
    twice = engine.execute(_TWICE).fetchone()
    if twice:
        msg = f"{path.name}: expected each flow once, got i,j,k = {twice[0]},{twice[1]},{twice[2]} "
        msg += f"{twice[3]} times"
        raise UnreadableTrade(msg)
    return int(low)
