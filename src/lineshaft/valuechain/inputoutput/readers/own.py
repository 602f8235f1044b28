"""Our own CSV: one line per flow, for tables that no publisher's format fits.

    kind,country,industry,to_country,to,value
    use,ARG,agriculture,TUR,textiles,4.3
    demand,ARG,agriculture,TUR,households,6.1
    output,ARG,agriculture,,,77.7
    value_added,ARG,agriculture,,,50.0

`use` goes to an industry, `demand` to a kind of final demand; the kind `inventories` is the change
of inventories. `output` and `value_added` may be left out for all: then output is what is used and
demanded, and value added what output leaves of the inputs. What has no line is 0.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from lineshaft.valuechain.inputoutput.errors import UnreadableTable
from lineshaft.valuechain.inputoutput.model import ROWS_MAX, Table, TableFile, Tell, Vector
from lineshaft.valuechain.inputoutput.readers.labelled import number, opened

COLUMNS = ("kind", "country", "industry", "to_country", "to", "value")
KINDS = ("use", "demand", "output", "value_added")
INVENTORIES = "inventories"
LINES_MAX = 20_000_000
TELL_LINES = 100_000

Place = tuple[str, str]


class _Flows(msgspec.Struct, eq=False):
    """Lines by kind; the order of countries, industries and demand is that of the file."""

    path: Path
    countries: dict[str, None] = msgspec.field(default_factory=dict)
    industries: dict[str, None] = msgspec.field(default_factory=dict)
    demand: dict[str, None] = msgspec.field(default_factory=dict)
    values: dict[str, dict[tuple[Place, Place], float]] = msgspec.field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )

    def take(self, line: int, row: list[str]) -> None:
        """Take a line in."""
        where = f"{self.path.name} row {line}"
        if len(row) != len(COLUMNS):
            msg = f"{where}: expected {len(COLUMNS)} cells ({', '.join(COLUMNS)}), got {len(row)}"
            raise UnreadableTable(msg)
        kind, country, industry, to_country, to = (cell.strip() for cell in row[:5])
        if kind not in KINDS:
            msg = f"{where}: expected a kind of {', '.join(KINDS)}, got {kind[:40]!r}"
            raise UnreadableTable(msg)
        is_flow = kind in {"use", "demand"}
        if not (country and industry and (bool(to_country) == bool(to) == is_flow)):
            msg = f"{where}: expected country and industry, and to_country and to with use and "
            raise UnreadableTable(msg + "demand alone")
        key = ((country, industry), (to_country, to))
        if key in self.values[kind]:
            msg = f"{where}: expected each flow once, {kind} of {country} {industry} is there twice"
            raise UnreadableTable(msg)
        value = number(where, row[5], "value")
        if not np.isfinite(value):
            msg = f"{where} column value: expected a finite number"
            raise UnreadableTable(msg)
        self.values[kind][key] = value
        self.countries |= dict.fromkeys([country, *filter(None, [to_country])])
        self.industries[industry] = None
        if is_flow:
            (self.industries if kind == "use" else self.demand)[to] = None


def read(source: TableFile, tell: Tell) -> Table:
    """Read a file of flows.

    Raises:
        UnreadableTable: naming file and row.
    """
    flows = _Flows(source.path)
    with opened(source.path) as rows:
        header = tuple(cell.strip() for cell in next(rows, []))
        if header != COLUMNS:
            msg = f"{source.path.name} row 1: expected {','.join(COLUMNS)}"
            raise UnreadableTable(msg)
        for line, row in _numbered(source.path, rows, tell):
            flows.take(line, row)
    return _table(source, flows)


def _numbered(path: Path, rows: Iterator[list[str]], tell: Tell) -> Iterator[tuple[int, list[str]]]:
    size = path.stat().st_size
    done = 0
    for line, row in enumerate(rows, 2):
        if line > LINES_MAX + 1:
            msg = f"{path.name} row {line}: expected at most {LINES_MAX} lines"
            raise UnreadableTable(msg)
        done += sum(map(len, row)) + len(row)
        if line % TELL_LINES == 0:
            tell("reading", min(done, size), size)
        if row:
            yield line, row
    tell("reading", size, size)


def _table(source: TableFile, flows: _Flows) -> Table:
    countries, industries, demand = map(tuple, (flows.countries, flows.industries, flows.demand))
    size = len(countries) * len(industries)
    if size > ROWS_MAX or not demand:
        msg = f"{source.path.name}: expected 1 to {ROWS_MAX} industries in countries and a line of "
        raise UnreadableTable(msg + f"demand, got {size} and {len(demand)} kinds of demand")
    rows = {(c, i): n for n, (c, i) in enumerate((c, i) for c in countries for i in industries)}
    columns = {(c, k): n for n, (c, k) in enumerate((c, k) for c in countries for k in demand)}
    used, final = np.zeros((size, size)), np.zeros((size, len(columns)))
    for (origin, target), value in flows.values["use"].items():
        used[rows[origin], rows[target]] = value
    for (origin, target), value in flows.values["demand"].items():
        final[rows[origin], columns[target]] = value
    output = _stated(flows, "output", rows, used.sum(axis=1) + final.sum(axis=1))
    return Table(
        name=source.name or source.path.stem,
        vintage=source.year,
        currency=source.currency or "XXX",
        regions=countries,
        economies=countries,
        industries=industries,
        demand=demand,
        inventories=frozenset({INVENTORIES} & set(demand)),
        intermediate_use=used,
        final_demand=final,
        gross_output=output,
        value_added=_stated(flows, "value_added", rows, output - used.sum(axis=0)),
    )


def _stated(flows: _Flows, kind: str, rows: dict[Place, int], otherwise: Vector) -> Vector:
    lines = flows.values[kind]
    if not lines:
        return otherwise
    found = np.zeros(len(rows))
    for (place, _), value in lines.items():
        found[rows[place]] = value
    return found
