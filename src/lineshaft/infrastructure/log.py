"""The log for rooms that seldom say anything.

Most commands write no line, and the library of the log takes a twentieth of the time of their
start: it is imported with the first line.
"""

from typing import Any


def log_of(name: str) -> Any:
    """Return the log of a module, as `structlog.get_logger` does."""
    import structlog  # noqa: PLC0415

    return structlog.get_logger(name)
