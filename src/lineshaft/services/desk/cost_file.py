"""Costs as CSV in, accounts of profit and studies as CSV out. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from lineshaft.core.errors import Invalid
from lineshaft.core.period import format_instant
from lineshaft.services.desk.errors import CostsWrong
from lineshaft.services.desk.model import (
    COST_FIELDS,
    CostRecord,
    GroupBy,
    Outcome,
    ProfitEntry,
    ProfitRow,
)

COST_ROWS_MAX = 100_000
"""Rows of one file."""
ERRORS_SAID_MAX = 50
"""Wrong rows that one refusal names."""
PROGRESS_EVERY = 1_000
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula at the start of a text."""


def read_costs(
    lines: Iterable[str], on_row: Callable[[int], None] = lambda _row: None
) -> list[CostRecord]:
    """Read a file of costs: comma-separated, with the columns `COST_FIELDS` in any order.

    `machine` and `contract` may be left out where all rows name the other; `start` and `end` are
    dates or RFC 3339, the end is not included; `amount` has a point and at most the decimals of
    the currency; an id stands once.

    Args:
        lines: of the file, decoded; a byte order mark is passed over.
        on_row: is told the number of every `PROGRESS_EVERY`th row.

    Raises:
        CostsWrong: naming the line and the field of each wrong row, up to `ERRORS_SAID_MAX`.
    """
    reader = csv.reader(_without_mark(lines), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        return _rows(reader, header, on_row)
    except csv.Error as error:
        msg = f"line {reader.line_num}: {error}"
        raise CostsWrong(msg) from error


def _check_header(header: Sequence[str]) -> None:
    needed = set(COST_FIELDS) - {"machine", "contract"}
    wrong = [f"{name} is missing" for name in COST_FIELDS if name in needed - set(header)]
    wrong += [f"unknown {name[:80]!r}" for name in header if name not in COST_FIELDS]
    if wrong or len(set(header)) < len(header):
        said = "; ".join(wrong) or "a column stands twice"
        msg = f"line 1 must name the columns {','.join(COST_FIELDS)}: {said}"
        raise CostsWrong(msg)


def _rows(
    reader: Iterable[list[str]], header: Sequence[str], on_row: Callable[[int], None]
) -> list[CostRecord]:
    found: dict[str, CostRecord] = {}
    wrong: list[str] = []
    for number, row in enumerate(reader, 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            cost = _row(row, header)
            if cost.id in found:
                wrong.append(f"row {number}: id {cost.id} stands twice")
            found[cost.id] = cost
        except Invalid as error:
            wrong.append(f"row {number}: {error}")
        if len(found) > COST_ROWS_MAX:
            wrong.append(f"more than {COST_ROWS_MAX} rows: divide the file")
            break
        if number % PROGRESS_EVERY == 0:
            on_row(number)
    if wrong:
        more = len(wrong) - ERRORS_SAID_MAX
        said = [*wrong[:ERRORS_SAID_MAX], *([f"and {more} more"] if more > 0 else [])]
        msg = "nothing was recorded. " + "; ".join(said)
        raise CostsWrong(msg)
    return list(found.values())


def _row(row: Sequence[str], header: Sequence[str]) -> CostRecord:
    if len(row) != len(header):
        msg = f"{len(row)} fields, expected {len(header)}"
        raise Invalid(msg)
    cells = (cell.strip() for cell in row)
    return CostRecord.from_content(dict(zip(header, cells, strict=True)))


def _without_mark(lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line


def costs_csv(costs: Iterable[CostRecord]) -> str:
    """Write costs so that `read_costs` reads them back."""
    contents = (cost.to_content() for cost in costs)
    return _csv(COST_FIELDS, ([content[name] for name in COST_FIELDS] for content in contents))


def profit_csv(rows: Iterable[ProfitRow], by: GroupBy) -> str:
    """Write an account of profit: a line for each row, exact amounts with a point."""
    header = (by.value, "currency", "revenue", "credits", "costs", "margin")
    return _csv(
        header,
        (
            [
                _text(row.key),
                row.figures.revenue.currency,
                *(
                    f"{amount.amount:f}"
                    for amount in (
                        row.figures.revenue,
                        row.figures.credits,
                        row.figures.costs,
                        row.figures.margin,
                    )
                ),
            ]
            for row in rows
        ),
    )


def entries_csv(entries: Iterable[ProfitEntry]) -> str:
    """Write the entries of an account of profit, from which all its rows follow."""
    header = (
        "month", "contract", "offering", "machine", "kind", "detail", "amount", "currency",
        "origin",
    )  # fmt: skip
    return _csv(
        header,
        (
            [
                each.month,
                _text(each.contract),
                _text(each.offering),
                _text(each.machine),
                each.kind.value,
                each.detail,
                f"{each.amount.amount:f}",
                each.amount.currency,
                _text(each.origin),
            ]
            for each in entries
        ),
    )


def study_csv(outcomes: Sequence[Outcome]) -> str:
    """Write what a study came to: each machine and billed period under each variant."""
    header = (
        "variant", "contract", "machine", "month", "start", "end", "revenue", "credits", "net",
        "currency", "is_complete", "evidence_root",
    )  # fmt: skip
    return _csv(
        header,
        (
            [
                _text(outcome.variant.label),
                _text(cell.contract),
                _text(cell.machine),
                cell.month,
                format_instant(cell.period.start),
                format_instant(cell.period.end),
                f"{cell.revenue.amount:f}",
                f"{cell.credits.amount:f}",
                f"{cell.net.amount:f}",
                cell.revenue.currency,
                str(cell.is_complete).lower(),
                cell.evidence_root,
            ]
            for outcome in outcomes
            for cell in outcome.cells
        ),
    )


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
