"""Gives memory back that intake needs while it works and not while it rests."""

import ctypes
import gc

import pyarrow as pa

_LIBC = ctypes.CDLL(None)


def release() -> None:
    """Return to the system what neither Python, nor Arrow, nor the C library's allocator uses.

    They keep what was freed for the next commit: some hundred megabytes after a busy hour. On a C
    library without `malloc_trim` (glibc has it, malloc_trim(3)) only the pool gives way.
    """
    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(_LIBC, "malloc_trim", None)
    if trim is not None:
        trim(0)
