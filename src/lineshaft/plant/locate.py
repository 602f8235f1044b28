"""On which line of a TOML text a value stands, which the parser does not tell."""

import re
from collections import defaultdict

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")


def locate(text: str) -> dict[Path, int]:
    """Map the path of every table and key to its line, from 1.

    Paths are as in the parsed content: `("machine", 0, "name")`. Keys within inline tables and
    arrays are not mapped; ask `line_of` for the nearest that is.
    """
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = defaultdict(int)
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _enter(header[2], counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(name: str) -> list[str]:
    return [part.strip("\"'") for part in name.split(".")]


def _enter(name: str, counts: dict[Path, int], *, is_array: bool) -> Path:
    """Return the path of a table header, counting the elements of arrays of tables."""
    path: Path = ()
    *parents, last = _parts(name)
    for parent in parents:
        path = (*path, parent)
        if counts[path]:
            path = (*path, counts[path] - 1)
    path = (*path, last)
    if not is_array:
        return path
    counts[path] += 1
    return (*path, counts[path] - 1)


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest thing around it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]
