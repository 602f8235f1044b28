"""Imports of libraries without the optional parts that a process does not use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*optional: str) -> Iterator[None]:
    """Let a library be imported as if optional ones that it takes where it finds them were absent.

    What is imported already stays, and later imports find everything again. Used where an optional
    library costs megabytes in each process for a use that we do not make of it.
    """
    absent = [name for name in optional if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment] # says: cannot be imported
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
