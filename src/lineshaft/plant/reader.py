"""Reads a plant directory: TOML files to typed entries, each with its place."""

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid, Refusal
from lineshaft.core.quantity import parse_exact
from lineshaft.plant import schema
from lineshaft.plant.errors import Location, PlantInvalid, PlantMissing
from lineshaft.plant.locate import line_of, locate

FILE_BYTES_MAX = 1_000_000
FILES_MAX = 1_000
DIGITS_MAX = 50

_AT = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_SYNTAX_LINE = re.compile(r"at line (\d+)")


class Entry(msgspec.Struct, frozen=True):
    """One element of a plant: its kind, its typed table, and where it stands."""

    kind: str
    id: str
    table: Any
    location: Location

    @property
    def version(self) -> int | None:
        """Of an offering or a contract, whose versions stand beside each other."""
        return getattr(self.table, "version", None)


def read_plant(directory: Path) -> list[Entry]:
    """Read the plant files below a directory: in the order of applying, then of paths.

    A plant file is a `*.toml` with a `[[table]]`, whatever its name; one without, such as the map
    of an import, is left alone.

    Raises:
        PlantMissing: when there is no such directory or no plant file in it.
        PlantInvalid: for a wrong file; names file, line and expectation.
    """
    read = [(file, *_parse(file)) for file in _toml_files(directory)]
    plant = [(file, text, content) for file, text, content in read if _is_plant(content)]
    if not plant and any(content for _, _, content in read):
        msg = f"cannot read the plant {directory}: none of its {len(read)} .toml files has a "
        raise PlantMissing(msg + f"plant's table: expected one of {_expected()}")
    entries = [entry for file, text, content in plant for entry in _entries(file, text, content)]
    _check_unique(entries)
    kinds = list(schema.TABLES)
    return sorted(entries, key=lambda entry: (kinds.index(entry.kind), entry.version or 0))


def files_left_alone(directory: Path) -> list[Path]:
    """Return the `*.toml` below a directory that are no plant files, by path.

    Raises:
        PlantMissing, PlantInvalid: as `read_plant`.
    """
    read = [(file, _parse(file)[1]) for file in _toml_files(directory)]
    return [file for file, content in read if content and not _is_plant(content)]


def _toml_files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        msg = f"cannot read the plant {directory}: expected a directory with .toml files"
        raise PlantMissing(msg)
    files = sorted(directory.rglob("*.toml"))
    if not 0 < len(files) <= FILES_MAX:
        msg = f"cannot read the plant {directory}: expected 1 to {FILES_MAX} .toml files, "
        msg += f"found {len(files)}"
        raise PlantMissing(msg)
    return files


def _is_plant(content: dict[str, Any]) -> bool:
    """Tell whether a file has a table of a plant, or could have meant one: `[[machnie]]`."""
    return any(
        kind in schema.TABLES
        or (isinstance(table, list) and any(isinstance(t, dict) for t in table))
        for kind, table in content.items()
    )


def _expected() -> str:
    return ", ".join(f"[[{name}]]" for name in schema.TABLES)


def _entries(file: Path, text: str, content: dict[str, Any]) -> Iterator[Entry]:
    lines = locate(text)
    for kind, tables in content.items():
        if kind not in schema.TABLES:
            what = f"unknown table {kind!r}: expected {_expected()}; a file of anything else with "
            what += "[[tables]] belongs into another directory"
            raise PlantInvalid(Location(file, line_of(lines, (kind, 0))), what)
        if not isinstance(tables, list):
            what = f"expected [[{kind}]], an array of tables, instead of [{kind}]"
            raise PlantInvalid(Location(file, line_of(lines, (kind,))), what)
        for index, table in enumerate(tables):
            yield _read_entry(_Place(file, lines, kind, index), table)


def _parse(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PlantInvalid(Location(file, 1), f"cannot read it: {error.strerror}") from error
    if len(data) > FILE_BYTES_MAX:
        raise PlantInvalid(Location(file, 1), f"{len(data)} bytes: at most {FILE_BYTES_MAX}")
    try:
        text = data.decode()
        return text, tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise PlantInvalid(Location(file, 1), "expected UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        raise PlantInvalid(Location(file, int(found[1]) if found else 1), str(error)) from error


class _Place(msgspec.Struct, frozen=True):
    """One table of a file, and the lines of the file."""

    file: Path
    lines: dict[tuple[str | int, ...], int]
    kind: str
    index: int

    def location(self, path: tuple[str | int, ...] = ()) -> Location:
        return Location(self.file, line_of(self.lines, (self.kind, self.index, *path)))


def _read_entry(place: _Place, content: Any) -> Entry:
    try:
        table: Any = msgspec.convert(
            _plain(content), schema.TABLES[place.kind], dec_hook=_decode, str_keys=True
        )
    except msgspec.ValidationError as error:
        path = _path_of(str(error))
        where = ".".join(map(str, path)) or place.kind
        what = f"{place.kind}: {where}: {_AT.sub('', str(error))}"
        raise PlantInvalid(place.location(path), what) from error
    except Refusal as error:
        raise PlantInvalid(place.location(), f"{place.kind}: {error}") from error
    return Entry(place.kind, table.id, table, place.location())


def _plain(content: Any) -> Any:
    """Return the content with decimals as text, as the terms of a contract carry them."""
    match content:
        case Decimal():
            # A number such as 1e999999999 stays as it is written, and is refused where it is read.
            return f"{content:f}" if abs(content.adjusted()) <= DIGITS_MAX else str(content)
        case dict():
            return {key: _plain(value) for key, value in content.items()}
        case list():
            return [_plain(value) for value in content]
        case _:
            return content


def _decode(kind: type[Any], content: Any) -> Any:
    if kind is Fraction and isinstance(content, int | str) and not isinstance(content, bool):
        try:
            return parse_exact(content)
        except Invalid as error:
            raise ValueError(str(error)) from error
    msg = f"expected a number, got {content!r}"
    raise ValueError(msg)


def _path_of(message: str) -> tuple[str | int, ...]:
    """Return the path that a validation message names, the unknown field included."""
    found = _AT.search(message)
    steps = _STEP.findall(found[1]) if found else []
    path: tuple[str | int, ...] = tuple(name or int(index or 0) for name, index in steps)
    unknown = _UNKNOWN.search(message)
    return (*path, unknown[1]) if unknown else path


def _check_unique(entries: list[Entry]) -> None:
    seen: dict[tuple[str, str, object], Entry] = {}
    for entry in entries:
        key = (entry.kind, entry.id, entry.version)
        if key in seen:
            version = "" if entry.version is None else f" version {entry.version}"
            what = f"{entry.kind} {entry.id!r}{version} is declared twice, first at "
            what += f"{seen[key].location}"
            raise PlantInvalid(entry.location, what)
        seen[key] = entry
