"""What the OpenAPI description says of answers."""

from typing import Any

from lineshaft.infrastructure.routes import problems
from lineshaft.platform.historian.api.formats import MEDIA_TYPES, AnswerFormat

PARQUET = "application/vnd.apache.parquet"
REFUSALS = problems(
    {
        403: "The actor may not see this machine in this period.",
        422: "A parameter is missing, malformed or beyond its limit; `detail` says which.",
        429: "As many streams or queries as the hub runs at once are under way.",
        503: "The store does not answer at the moment, or an answer would not be whole.",
    }
)
"""What a question about readings may be answered with, in its own words."""

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
