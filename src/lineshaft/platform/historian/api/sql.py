"""SQL for analysts over HTTP: a query ends when its client has gone."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.period import Period, parse_instant
from lineshaft.core.reading import check_machine_id
from lineshaft.infrastructure.routes import READING
from lineshaft.platform.historian.api.answers import json_answer, sheet
from lineshaft.platform.historian.api.described import ROWS
from lineshaft.platform.historian.api.formats import AnswerFormat, lists_of
from lineshaft.platform.historian.api.parameters import (
    INSTANT_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Asking,
    instant_of,
)
from lineshaft.platform.historian.queries.sql import MACHINES_MAX, SQL_CHARACTERS_MAX, SqlQuery
from lineshaft.platform.historian.service import Historian

T = TypeVar("T")
Machine = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX)]
Moment = Annotated[str, Field(max_length=INSTANT_CHARACTERS_MAX)]


class SqlRequest(BaseModel):
    """A SELECT over the table `readings`: the readings in force of machines in a period."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(max_length=SQL_CHARACTERS_MAX, description="One SELECT of DuckDB's dialect.")
    machines: list[Machine] = Field(min_length=1, max_length=MACHINES_MAX)
    start: Moment
    end: Moment
    known_at: Moment | None = None

    def to_query(self) -> SqlQuery:
        """Return the question.

        Raises:
            Invalid: when a machine, an instant or the period cannot be one.
        """
        machines = [check_machine_id(machine) for machine in self.machines]
        period = Period(parse_instant(self.start), parse_instant(self.end))
        return SqlQuery(self.sql, machines, period, instant_of(self.known_at))


def add_sql(routes: APIRouter, historian: Historian) -> None:
    """Add the route."""

    @routes.post("/sql", responses=ROWS, openapi_extra=READING)
    async def sql(
        request: Request, asking: Annotated[Asking, Depends()], wanted: SqlRequest
    ) -> Response:
        """Run a SELECT over the table `readings`; JSON has `columns` and `rows`."""
        query, gone = wanted.to_query(), threading.Event()
        table = await _unless_gone(request, gone, partial(historian.sql, asking.actor, query, gone))
        if asking.shape is not AnswerFormat.JSON:
            return await asyncio.to_thread(sheet, table, asking.shape)
        return await asyncio.to_thread(_rows, table)


def _rows(table: Any) -> Response:
    rows = [list(row) for row in zip(*lists_of(table), strict=True)]
    return json_answer({"columns": table.column_names, "rows": rows})


async def _unless_gone(request: Request, gone: threading.Event, work: Callable[[], T]) -> T:
    """Work in a thread, and say so to it when the client goes."""
    working = asyncio.create_task(asyncio.to_thread(work))
    watching = asyncio.create_task(_until_gone(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            gone.set()
        return await working
    finally:
        gone.set()
        watching.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
