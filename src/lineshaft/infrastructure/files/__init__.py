"""Files that are whole or absent after a crash, and room to write them."""

from lineshaft.infrastructure.files.durable import (
    TEMPORARY_SUFFIX,
    durable_file,
    fsync_dir,
    make_dir,
    remove_orphans,
    write_durably,
)
from lineshaft.infrastructure.files.space import FreeSpaceLow, free_bytes, require_free_space

__all__ = [
    "TEMPORARY_SUFFIX",
    "FreeSpaceLow",
    "durable_file",
    "free_bytes",
    "fsync_dir",
    "make_dir",
    "remove_orphans",
    "require_free_space",
    "write_durably",
]
