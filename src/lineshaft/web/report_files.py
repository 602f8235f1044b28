"""The report of the value chain as a file: HTML for the browser, PDF and Excel to keep."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import FastAPI, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.report.errors import ReportTooSlow
from lineshaft.valuechain.report.model import ReportLanguage
from lineshaft.valuechain.report.service import MEDIA_TYPES, ReportFormat
from lineshaft.web.session import Visit
from lineshaft.web.texts import Language

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
T = TypeVar("T")
FILE = "/files/valuechain/report"
REPORT_SECONDS_MAX = 60
"""That somebody waits for a report."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""

    @app.get(FILE + ".{shape}", include_in_schema=False)
    async def report(request: Request, shape: ReportFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            language, scenario = wanted(request, visitor.language)
            reports = visitor.application.reports
            asked = visitor.ask(reports.file, language, scenario, shape)
            return _answer(await in_time(asked), shape, language)

        return await for_visitor(request, load)


def wanted(request: Request, reader: Language) -> tuple[ReportLanguage, str]:
    """Return language and scenario of a query; without them the reader's language and none.

    Raises:
        Invalid: for a language that no report is in.
    """
    own = ReportLanguage.CHINESE if reader is Language.CHINESE else ReportLanguage.ENGLISH
    name = request.query_params.get("language") or own.value
    if name not in list(ReportLanguage):
        msg = f"no report in {name[:20]!r}: expected one of {', '.join(ReportLanguage)}"
        raise Invalid(msg)
    return ReportLanguage(name), request.query_params.get("scenario", "")


async def in_time(asked: Awaitable[T]) -> T:
    """Wait for a report, and no longer than anybody would.

    Raises:
        ReportTooSlow: after `REPORT_SECONDS_MAX`; what was begun goes on and keeps its turn.
    """
    try:
        async with asyncio.timeout(REPORT_SECONDS_MAX):
            return await asked
    except TimeoutError as error:
        msg = f"the report was not made within {REPORT_SECONDS_MAX} s: expected fewer data, or "
        raise ReportTooSlow(msg + "the command 'lineshaft valuechain report --hub'") from error


def _answer(content: bytes, shape: ReportFormat, language: ReportLanguage) -> Response:
    name = f"value-chain-report.{language}.{shape}"
    headers = {"cache-control": "no-store"}
    if shape is ReportFormat.HTML:
        # It is a page of its own: nothing of this site may run in it, or be reached from it.
        headers["content-security-policy"] = _POLICY
        headers["content-disposition"] = f'inline; filename="{name}"'
    else:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=MEDIA_TYPES[shape], headers=headers)
