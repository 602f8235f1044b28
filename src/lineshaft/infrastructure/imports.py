"""Imports of libraries without the optional parts that a process does not use.

Some libraries take others where they find them, for a use that we do not make of them: that costs
each process time at its start, and memory.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Absent(MetaPathFinder):
    """Finds libraries to be absent, but for those that are imported already."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(name for name in names if name not in sys.modules)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse our names, and leave the others to the next finder."""
        if fullname.partition(".")[0] in self._names:
            message = f"{fullname} is left out of this process"
            raise ModuleNotFoundError(message, name=fullname)
        return None

    def forget(self, names: Sequence[str]) -> None:
        """Find these again."""
        self._names -= frozenset(names)


def leave_out(*optional: str) -> None:
    """Let libraries look absent to this process for ever; what is imported already stays."""
    sys.meta_path.insert(0, _Absent(optional))


@contextmanager
def without(*optional: str) -> Iterator[None]:
    """Let a library be imported as if optional ones were absent; later imports find them again."""
    absent = _Absent(optional)
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)


def bring_back(*optional: str) -> None:
    """Let libraries that were left out be found again: a use that needs them has come after all."""
    for finder in sys.meta_path:
        if isinstance(finder, _Absent):
            finder.forget(optional)
