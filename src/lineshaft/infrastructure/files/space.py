"""The floor under the free space of a disk."""

import os
from pathlib import Path

from lineshaft.core.errors import Unavailable

_BYTES_PER_MB = 1_000_000


class FreeSpaceLow(Unavailable):
    """The disk has less free space than the floor."""


def free_bytes(directory: Path) -> int:
    """Return how many bytes this user can still write on the disk of a directory."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def require_free_space(directory: Path, floor_mb: int) -> None:
    """Check that a disk has room.

    Args:
        directory: any directory on the disk.
        floor_mb: least free space, in megabytes of 1,000,000 bytes.

    Raises:
        FreeSpaceLow: when there is less.
    """
    free_mb = free_bytes(directory) // _BYTES_PER_MB
    if free_mb < floor_mb:
        msg = f"cannot write to {directory}: {free_mb} MB are free, at least {floor_mb} are needed"
        raise FreeSpaceLow(msg)
