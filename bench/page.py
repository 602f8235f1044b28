"""Write the measured figures into `docs/performance.md`: `python -m bench.page`.

Of each promise the page shows the last measurement in `bench/results.jsonl`. A test holds each row
of the page to that file.
"""

import json
import sys
from pathlib import Path
from typing import Any

from bench.records import RESULTS, ROOT, shown

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
COLUMNS = ("promise", "measured", "limit", "ratio", "load", "pace", "loop", "on", "commit")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}\n"


def records(path: Path = RESULTS) -> list[dict[str, Any]]:
    """Return the measurements of promises, oldest first; long runs stand in the same file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [record for record in map(json.loads, lines) if "value" in record]


def row(record: dict[str, Any]) -> str:
    """Write one measurement as a row of the table."""
    peer = record["peer"]
    limit = f"{peer} {shown(record['peer_value'])} {record['unit']}" if peer else ""
    cells = [
        f"`{record['name']}`",
        f"{shown(record['value'])} {record['unit']}",
        limit,
        f"{record['ratio']:g}" if record["ratio"] else "",
        f"{record['load']:g}",
        *(f"{record[name]:g}" if name in record else "" for name in ("pace", "loop")),
        record["at"][:10],
        f"`{record['commit']}`",
    ]
    return "| " + " | ".join(cells) + " |\n"


def rows_of(page: str) -> list[str]:
    """Return the rows of the page's table."""
    return page.partition(BEGIN)[2].partition(END)[0].splitlines(keepends=True)[3:-1]


def with_figures(page: str, found: list[dict[str, Any]]) -> str:
    """Return the page with the last measurement of each promise, in the order of their names."""
    last = {record["name"]: record for record in found}
    table = HEAD + "".join(row(last[name]) for name in sorted(last))
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def main() -> int:
    """Write the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_figures(page, records()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
