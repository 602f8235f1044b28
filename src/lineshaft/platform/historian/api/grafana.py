"""What dashboards ask: the contract of Grafana's JSON data sources, and lists for variables.

The paths and bodies are those of the data source `simpod-json-datasource` (its openapi.yaml) and of
`grafana-simple-json-datasource` before it. The data source Infinity reads the other questions of
this API as they are; for its variables there are lists of texts and values.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from lineshaft.core.pages import PAGE_SIZE_MAX, PageRequest
from lineshaft.core.period import Period, format_instant, parse_instant
from lineshaft.core.reading import check_machine_id, machine_of
from lineshaft.infrastructure.routes import READING
from lineshaft.platform.historian.api.answers import json_answer
from lineshaft.platform.historian.api.parameters import (
    INSTANT_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Asking,
    machine_named,
    signal_of,
)
from lineshaft.platform.historian.model import POINTS_MAX, StoredRefusal
from lineshaft.platform.historian.queries.functions import POINTS_MIN
from lineshaft.platform.historian.queries.model import POINT_SCHEMA, FleetQuery
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import Actor

TARGETS_MAX = 50
"""Series of one panel."""
POINTS = 1_000
"""Points where the panel does not say how many it can show."""
US_PER_MS = 1_000

ShortText = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX)]
Moment = Annotated[str, Field(max_length=INSTANT_CHARACTERS_MAX)]


class Function(StrEnum):
    """What a panel shows of a signal."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    LTTB = "lttb"
    REFUSALS = "refusals"


class Payload(BaseModel):
    """What is asked beside the target."""

    function: Function = Function.MEAN


class Target(BaseModel):
    """One series of a panel: a signal, or for refusals a machine."""

    target: ShortText = ""
    payload: Payload | None = None


class TimeRange(BaseModel):
    """The period that a dashboard shows."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")

    def to_period(self) -> Period:
        """Return the period.

        Raises:
            Invalid: when it cannot be one.
        """
        return Period(parse_instant(self.start), parse_instant(self.end))


class PanelRequest(BaseModel):
    """What a panel asks."""

    range: TimeRange
    targets: list[Target] = Field(max_length=TARGETS_MAX)
    points: int | None = Field(default=None, ge=1, alias="maxDataPoints")


class Annotation(BaseModel):
    """Which refusals: those of a machine, or of all."""

    query: ShortText | None = None


class AnnotationRequest(BaseModel):
    """What marks a dashboard asks for."""

    range: TimeRange
    annotation: Annotation = Annotation()


def add_grafana(routes: APIRouter, historian: Historian) -> None:
    """Add the routes."""

    @routes.get("/grafana")
    @routes.get("/grafana/", include_in_schema=False)
    def test() -> Response:
        """Say that the data source can be reached."""
        return json_answer({"ok": True})

    @routes.post("/grafana/metrics", openapi_extra=READING)
    def metrics(asking: Annotated[Asking, Depends()]) -> Response:
        """Return the signals that a panel can show."""
        options = [{"label": one.value, "value": one.value} for one in Function]
        payloads = [{"name": "function", "type": "select", "options": options}]
        found = historian.signals(asking.actor)
        return json_answer([{"label": one, "value": one, "payloads": payloads} for one in found])

    @routes.post("/grafana/search", openapi_extra=READING)
    def search(asking: Annotated[Asking, Depends()]) -> Response:
        """Return the signals that a panel can show, as texts."""
        return json_answer(historian.signals(asking.actor))

    @routes.post("/grafana/query", openapi_extra=READING)
    def query(asking: Annotated[Asking, Depends()], panel: PanelRequest) -> Response:
        """Return the points of the series of a panel."""
        period = panel.range.to_period()
        points = min(panel.points or POINTS, POINTS_MAX)
        answers = [
            _series(historian, asking.actor, target, period, points)
            for target in panel.targets
            if target.target
        ]
        return json_answer(answers)

    @routes.post("/grafana/annotations", openapi_extra=READING)
    def annotations(asking: Annotated[Asking, Depends()], wanted: AnnotationRequest) -> Response:
        """Return refusals as marks."""
        machine = machine_named(wanted.annotation.query or None)
        period = wanted.range.to_period()
        page = historian.refusals(asking.actor, machine, period, PageRequest(PAGE_SIZE_MAX))
        return json_answer([_mark(one) for one in page.items])

    @routes.get("/grafana/machines")
    @routes.post("/grafana/variable", name="variable", openapi_extra=READING)
    def machines(asking: Annotated[Asking, Depends()]) -> Response:
        """Return the machines that have stored records, for a variable."""
        found = sorted({machine_of(one) for one in historian.signals(asking.actor)})
        return json_answer([_choice(one) for one in found])

    @routes.get("/grafana/signals")
    def signals(
        asking: Annotated[Asking, Depends()],
        machine: Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)],
    ) -> Response:
        """Return the signals of a machine, for a variable."""
        found = historian.signals(asking.actor, [check_machine_id(machine)])
        return json_answer([_choice(one) for one in found])


def _choice(text: str) -> dict[str, str]:
    return {"text": text, "value": text, "__text": text, "__value": text}


def _series(
    historian: Historian, actor: Actor, target: Target, period: Period, points: int
) -> dict[str, Any]:
    function = Function.MEAN if target.payload is None else target.payload.function
    if function is Function.REFUSALS:
        machine = machine_named(target.target)
        page = historian.refusals(actor, machine, period, PageRequest(PAGE_SIZE_MAX))
        return _table(page.items)
    signal = signal_of(target.target)
    if function is Function.LTTB:
        wanted = max(points, POINTS_MIN)
        found = historian.functions.largest_triangles(actor, FleetQuery([signal], period), wanted)
        table = found.get(signal, POINT_SCHEMA.empty_table())
        return {"target": target.target, "datapoints": _points(table, "ts", "value")}
    table = historian.downsample(actor, signal, period, points)
    return {"target": target.target, "datapoints": _points(table, "bucket_start", function.value)}


def _points(table: pa.Table, instants: str, values: str) -> list[list[float | int]]:
    """Return value and milliseconds since 1970, as the contract has them."""
    ts, value = table.column(instants).to_pylist(), table.column(values).to_pylist()
    return [[one, at // US_PER_MS] for at, one in zip(ts, value, strict=True)]


def _mark(one: StoredRefusal) -> dict[str, Any]:
    return {
        "time": one.ts // US_PER_MS,
        "title": f"refused: {one.signal}",
        "text": one.reason,
        "tags": ["refusal", machine_of(one.signal)],
    }


def _table(refusals: Sequence[StoredRefusal]) -> dict[str, Any]:
    columns = [
        {"text": "Time", "type": "time"},
        {"text": "Signal", "type": "string"},
        {"text": "Reason", "type": "string"},
        {"text": "Known", "type": "string"},
    ]
    rows = [
        [one.ts // US_PER_MS, one.signal, one.reason, format_instant(one.known_at)]
        for one in refusals
    ]
    return {"type": "table", "columns": columns, "rows": rows}
