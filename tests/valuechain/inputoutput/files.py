"""Files as their publishers describe them, written from a table that is known."""

import csv
from importlib import import_module
from pathlib import Path

import numpy as np
import xlsxwriter

from lineshaft.valuechain.inputoutput.model import Table

ICIO_DEMAND = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
FIGARO_DEMAND = ("P3_S13", "P3_S14", "P3_S15", "P51G", "P5M")
WIOD_DEMAND = ("c37", "c38", "c39", "c41", "c42")

Rows = list[list[object]]


def spread(table: Table, kinds: int) -> np.ndarray:
    """Split final demand of each country into kinds, the last but one the largest."""
    weights = np.arange(1, kinds + 1) / np.arange(1, kinds + 1).sum()
    return (table.demand_by_country[:, :, None] * weights).reshape(len(table.gross_output), -1)


def labelled(table: Table, demand: tuple[str, ...], corner: str) -> tuple[Rows, list[str]]:
    """Return header and rows of industries, and the labels of industries."""
    units = [f"{region}_{industry}" for region in table.regions for industry in table.industries]
    header: list[object] = [corner, *units]
    header += [f"{country}_{kind}" for country in table.countries for kind in demand]
    cells = np.hstack([table.intermediate_use, spread(table, len(demand))])
    return [header, *([unit, *row] for unit, row in zip(units, cells.tolist(), strict=True))], units


def write(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_icio(path: Path, table: Table) -> Path:
    """Edition 2023: rows TLS, VA, OUT and the column OUT; its corners are empty."""
    rows, units = labelled(table, ICIO_DEMAND, "V1")
    wide = len(rows[0]) - 1 - len(units)
    rows[0].append("OUT")
    for row, output in zip(rows[1:], table.gross_output, strict=True):
        row.append(output)
    rows.append(["TLS", *(table.value_added * 0.25), *[""] * wide, ""])
    rows.append(["VA", *(table.value_added * 0.75), *[""] * wide, ""])
    rows.append(["OUT", *table.gross_output, *[""] * wide, ""])
    return write(path, rows)


def write_figaro(path: Path, table: Table) -> Path:
    rows, units = labelled(table, FIGARO_DEMAND, "rowLabels")
    wide = len(rows[0]) - 1 - len(units)
    for label in ("D21X31", "OP_RES", "OP_NRES", "D1", "D29X39", "B2A3G"):
        rows.append([f"W2_{label}", *(table.value_added / 6), *[0] * wide])
    return write(path, rows)


def write_own(path: Path, table: Table, *, has_totals: bool) -> Path:
    rows: Rows = [["kind", "country", "industry", "to_country", "to", "value"]]
    units = [(region, industry) for region in table.regions for industry in table.industries]
    targets = [(country, kind) for country in table.countries for kind in table.demand]
    for unit, row in zip(units, table.intermediate_use.tolist(), strict=True):
        rows += [["use", *unit, *to, value] for to, value in zip(units, row, strict=True)]
    for unit, row in zip(units, table.final_demand.tolist(), strict=True):
        rows += [["demand", *unit, *to, value] for to, value in zip(targets, row, strict=True)]
    for kind in ("output", "value_added") if has_totals else ():
        values = table.gross_output if kind == "output" else table.value_added
        rows += [[kind, *unit, "", "", v] for unit, v in zip(units, values.tolist(), strict=True)]
    return write(path, rows)


def write_wiod(path: Path, table: Table) -> Path:
    """The workbook of WIOD 2013: four columns and six rows of labels, totals at the end."""
    units = [(region, industry) for region in table.regions for industry in table.industries]
    demand = [(country, kind) for country in table.countries for kind in WIOD_DEMAND]
    cells = np.hstack([table.intermediate_use, spread(table, len(WIOD_DEMAND))])
    top: Rows = [[f"industry {code}", f"name of {code}", region, code] for region, code in units]
    top += [["", f"name of {code}", country, code] for country, code in demand]
    top.append(["", "Total output", "", "c60"])
    rows: Rows = [["Intercountry Input-Output Table: 2011"], [""]]
    rows += [["", "", "", "", *(column[line] for column in top)] for line in range(4)]
    rows[2][0], rows[3][0] = "(industry-by-industry)", "(millions of US$)"
    for label, row in zip(top, cells.tolist(), strict=False):
        rows.append([*label, *row, sum(row)])
    wide = len(demand)
    added, output = table.value_added.tolist(), table.gross_output.tolist()
    total = table.intermediate_use.sum(axis=0).tolist()
    for values, name, code in (
        (total, "Total intermediate consumption", "r60"),
        (added, "Value added at basic prices", "r64"),
        (output, "Output at basic prices", "r69"),
    ):
        rows.append(["", name, "TOT", code, *values, *[0] * wide, sum(values)])
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("WIOT_2011")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def write_exiobase(folder: Path, table: Table) -> Path:
    """EXIOBASE 3 is published in pymrio's own layout: Z, Y and file_parameters.json."""
    pymrio = import_module("pymrio")  # takes as long as all of these tests: where it is needed
    frames = pymrio.load_test()
    for extension in list(frames.get_extensions()):
        frames.remove_extension(extension)
    frames.Z = frames.Z.astype(float)
    frames.Z.iloc[:, :] = table.intermediate_use
    frames.Y = frames.Y.astype(float)
    frames.Y.iloc[:, :] = spread(table, 7)
    frames.save_all(folder)
    return folder
