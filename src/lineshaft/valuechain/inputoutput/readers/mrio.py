"""WIOD and EXIOBASE, through the parsers of pymrio. Not tried on real files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lineshaft.valuechain.inputoutput.errors import UnreadableTable
from lineshaft.valuechain.inputoutput.model import Table, TableFile, Tell, Vector
from lineshaft.valuechain.libraries import needed

INVENTORIES = frozenset({"c42", "Changes in inventories"})
"""Codes of WIOD 2013 and of EXIOBASE 3."""


def read_wiod(source: TableFile, tell: Tell) -> Table:
    """Read a table of WIOD 2013, such as wiot11_row_sep12.xlsx.

    Raises:
        UnreadableTable: when pymrio cannot read it.
        ExtraMissing: without pymrio.
    """

    def parse(pymrio: Any, path: Path) -> Any:
        return pymrio.parse_wiod(path, names="c_codes")

    return _table(source, tell, parse, ("WIOD 2013", "USD"))


def read_exiobase(source: TableFile, tell: Tell) -> Table:
    """Read EXIOBASE 3, its archive or the unpacked folder.

    Raises:
        UnreadableTable: when pymrio cannot read it.
        ExtraMissing: without pymrio.
    """

    def parse(pymrio: Any, path: Path) -> Any:
        return pymrio.parse_exiobase3(path)

    return _table(source, tell, parse, ("EXIOBASE 3", "EUR"))


def _table(
    source: TableFile, tell: Tell, parse: Callable[[Any, Path], Any], said: tuple[str, str]
) -> Table:
    tell("reading", 0, 1)
    source.path.stat()  # what is not there is said as for every file
    pymrio = needed("pymrio", "pandas")
    name, currency = said
    try:
        parsed = parse(pymrio, source.path)
        found = _frames(source, parsed, (source.name or name, source.currency or currency))
    except Exception as error:  # another's parser says in many ways that it cannot read
        msg = f"cannot read {source.path.name} as {name}: expected the file as it is published, "
        msg += "with its own name"
        raise UnreadableTable(msg) from error
    tell("reading", 1, 1)
    return found


def _frames(source: TableFile, parsed: Any, said: tuple[str, str]) -> Table:
    """Take the frames of pymrio, whose rows are labelled with region and sector."""
    flows, demanded = parsed.Z, parsed.Y
    if flows is None:
        flows = parsed.A * parsed.x["indout"].to_numpy()
    regions = tuple(dict.fromkeys(flows.index.get_level_values(0)))
    industries = tuple(dict.fromkeys(flows.index.get_level_values(1)))
    kinds = tuple(dict.fromkeys(demanded.columns.get_level_values(1)))
    rows = [(region, industry) for region in regions for industry in industries]
    columns = [(region, kind) for region in regions for kind in kinds]
    used = _values(flows.loc[rows, rows])
    final = _values(demanded.loc[rows, columns])
    output: Vector = used.sum(axis=1) + final.sum(axis=1)
    return Table(
        name=said[0],
        vintage=source.year,
        currency=said[1],
        regions=regions,
        economies=regions,
        industries=industries,
        demand=kinds,
        inventories=INVENTORIES & set(kinds),
        intermediate_use=used,
        final_demand=final,
        gross_output=output,
        value_added=output - used.sum(axis=0),
    )


def _values(frame: Any) -> Any:
    return np.ascontiguousarray(frame.to_numpy(), dtype=np.float64)
