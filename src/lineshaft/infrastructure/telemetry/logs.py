"""One line per event, from our code and from the libraries, without secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_SECRET_NAME = re.compile(r"password|secret|token|authorization|cookie|credential|private_key")
_URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")
_HIDDEN = "***"

_Event = MutableMapping[str, Any]


def configure_logging(
    process: str, *, level: str = "info", log_format: str = "console", stream: TextIO | None = None
) -> None:
    """Send the log lines of `structlog` and of `logging` to one stream.

    Args:
        process: name of this process; it stands in every line.
        level: least severe level that is written: debug, info, warning or error.
        log_format: `json` (one object per line) or `console`.
        stream: where to; standard error when not given.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _name, event: {"process": process, **event},
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    is_json = log_format == "json"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def hide_secrets(_logger: object, _name: str, event: _Event) -> _Event:
    """Hide values under the names of secrets, and passwords in URLs."""
    return {
        name: _HIDDEN if _SECRET_NAME.search(name.lower()) else _without_password(value)
        for name, value in event.items()
    }


def _without_password(value: object) -> object:
    return _URL_PASSWORD.sub(rf"\1:{_HIDDEN}@", value) if isinstance(value, str) else value
