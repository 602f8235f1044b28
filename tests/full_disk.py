"""A disk without room, as the kernel says it: no file of this process grows beyond a size."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_room(bytes_max: int) -> Iterator[None]:
    """Let every write beyond a size fail (setrlimit(2), RLIMIT_FSIZE; Python ignores SIGXFSZ)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
