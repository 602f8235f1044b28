"""Files to import, and what becomes of them without a hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.reading import Record, SignalId, SourceId
from lineshaft.core.segment.block import to_records
from lineshaft.core.segment.wire import decode_segment, open_segment
from lineshaft.network.backfill.files import open_file
from lineshaft.network.backfill.memory import Checkpoint, Memory
from lineshaft.network.backfill.model import FileMap, Kind
from lineshaft.network.backfill.production import Production
from lineshaft.network.backfill.sealing import Sealed
from lineshaft.network.keys import load_or_create_keys

BEGAN_AT = parse_instant("2026-06-01T00:00:00Z")
SOURCE = SourceId("history-1")
STAMP = "2026-01-05T{:02d}:{:02d}:{:02d}Z"


def stamp(second: int) -> str:
    return STAMP.format(second // 3600 % 24, second // 60 % 60, second % 60)


def instant(second: int) -> Instant:
    return parse_instant(stamp(second))


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def production(
    path: Path,
    file_map: FileMap | None = None,
    checkpoint: Checkpoint | None = None,
    declared: Mapping[SignalId, Kind] | None = None,
) -> Production:
    file_map = file_map or FileMap()
    file = open_file(path, file_map.delimiter)
    memory = Memory(
        path.name,
        file.facts(),
        file_map,
        BEGAN_AT,
        epoch=1,
        checkpoint=checkpoint,
        declared=declared or {},
    )
    keys = load_or_create_keys(path.parent / "history-1.key")
    return Production(file, memory, SOURCE, keys)


def sealed(path: Path, file_map: FileMap | None = None) -> list[Sealed]:
    return [one for batch in production(path, file_map).segments(0) for one in batch]


def records_of(segments: Sequence[Sealed], path: Path) -> list[Record]:
    """Open and verify segments; return their records by sequence."""
    keys = load_or_create_keys(path.parent / "history-1.key")
    found = []
    for one in segments:
        segment = decode_segment(one.data)
        for block in open_segment(segment, keys.salt_secret, keys.private_key.public_key()):
            found += to_records(block)
    return sorted(found, key=lambda record: record.sequence)


def records(path: Path, file_map: FileMap | None = None) -> list[Record]:
    return records_of(sealed(path, file_map), path)
