"""Write files that are whole or absent after a crash.

Temporary file in the same directory, fsync of the file, rename over the name, fsync of the
directory: rename is atomic (POSIX.1-2017, rename), and the name is durable only once its directory
is synced (Linux, fsync(2)).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

TEMPORARY_SUFFIX = ".tmp"
_MODE = 0o644
_DIRECTORY_MODE = 0o755


@contextmanager
def durable_file(path: Path, *, mode: int = _MODE) -> Iterator[BinaryIO]:
    """Open a new file for writing; it takes its name, durably, when the block ends well.

    On an exception nothing is left, and a file that had the name before stays as it was.

    Args:
        path: the name; its directory must exist.
        mode: permission bits of the file.
    """
    descriptor, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY_SUFFIX
    )
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_dir(path.parent)


def write_durably(path: Path, data: bytes, *, mode: int = _MODE) -> None:
    """Write a whole file; after a crash it has its old content or all of the new."""
    with durable_file(path, mode=mode) as file:
        file.write(data)


def fsync_dir(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_dir(path: Path, *, mode: int = _DIRECTORY_MODE) -> None:
    """Make a directory and those above it, durably; `mode` is that of the last one."""
    if path.is_dir():
        return
    make_dir(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    fsync_dir(path.parent)


def remove_orphans(directory: Path) -> list[Path]:
    """Remove what a crash left of `durable_file` in a directory, and return the names.

    To be called only by the one process that writes there, before it writes.
    """
    orphans = sorted(directory.glob(f".*{TEMPORARY_SUFFIX}"))
    for orphan in orphans:
        orphan.unlink()
    return orphans
