"""What the OpenAPI description says of answers."""

from typing import Any

from lineshaft.core.errors import KINDS
from lineshaft.platform.historian.api.formats import MEDIA_TYPES, AnswerFormat

PARQUET = "application/vnd.apache.parquet"
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457); `error` is the kind of the refusal.",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error": {"type": "string", "enum": [kind.__name__ for kind in KINDS]},
    },
}
_SAID = {
    401: "Nobody is asking: the token is missing, unknown, ended or revoked.",
    403: "The actor may not see this machine in this period.",
    422: "A parameter is missing, malformed or beyond its limit; `detail` says which.",
    429: "As many streams or queries as the hub runs at once are under way.",
    503: "The store does not answer at the moment, or an answer would not be whole.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": said,
        "content": {"application/problem+json": {"schema": _PROBLEM}},
    }
    for status, said in _SAID.items()
}
"""What every question may be answered with."""

_BYTES = {"type": "string", "format": "binary"}
_SHEETS = {
    MEDIA_TYPES[AnswerFormat.CSV].partition(";")[0]: {"schema": {"type": "string"}},
    MEDIA_TYPES[AnswerFormat.ARROW]: {"schema": _BYTES},
}
ROWS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Rows, in the format that was asked for.", "content": _SHEETS}
}
"""The answer of a question that is answered in rows."""
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A Parquet file.", "content": {PARQUET: {"schema": _BYTES}}}
}
