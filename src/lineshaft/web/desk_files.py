"""Files of the design desk: studies and accounts of profit as CSV."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from lineshaft.services.desk.model import GroupBy, Months
from lineshaft.services.desk.service import entries_csv, profit_csv, study_csv
from lineshaft.web.session import Visit

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
_MARK = "\ufeff"
"""So that spreadsheets read it as UTF-8."""


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get("/files/desk/{study}.csv", include_in_schema=False)
    async def study_file(request: Request, study: str) -> Response:
        async def load(visitor: Visit) -> Response:
            design = visitor.application.design
            saved = await visitor.ask(design.study, study)
            found = await visitor.ask(design.run, saved.study)
            return _csv(study_csv(found), f"{saved.study.id}.csv")

        return await for_visitor(request, load)

    @app.get("/files/profit.csv", include_in_schema=False)
    async def profit(request: Request, first: str, last: str, by: GroupBy) -> Response:
        async def load(visitor: Visit) -> Response:
            months = Months(first, last)
            rows = await visitor.ask(visitor.application.design.profit, months, by)
            return _csv(profit_csv(rows, by), f"profit-{first}-{last}.csv")

        return await for_visitor(request, load)

    @app.get("/files/profit-entries.csv", include_in_schema=False)
    async def entries(request: Request, first: str, last: str) -> Response:
        async def load(visitor: Visit) -> Response:
            months = Months(first, last)
            found = await visitor.ask(visitor.application.design.profit_entries, months)
            return _csv(entries_csv(found), f"profit-entries-{first}-{last}.csv")

        return await for_visitor(request, load)


def _csv(text: str, name: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response((_MARK + text).encode(), media_type="text/csv", headers=headers)
