"""One installation runs once: a lock on its data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lineshaft.core.errors import Conflict

LOCK_FILE = "lineshaft.lock"


class DataDirectoryTaken(Conflict):
    """Another process works in this data directory."""


@contextmanager
def lock_data_dir(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this process; the kernel lets go however the process ends.

    Raises:
        DataDirectoryTaken: when another process holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    # Not inherited by children (PEP 446), so that an orphan cannot hold it.
    descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            msg = f"cannot use {data_dir}: Lineshaft runs there already (process {holder})"
            raise DataDirectoryTaken(msg) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
