"""Files of the firm's figures: servitization, its service lines and document lines, the smile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from lineshaft.core.money import round_half_away
from lineshaft.infrastructure.pages import as_file
from lineshaft.infrastructure.sheets import SheetFormat
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.servitization.service import (
    Curve,
    Dashboard,
    figure_row,
    standing_figures,
)
from lineshaft.web.firm_questions import lines_question_of, question_of, version_of
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import Trajectory

Load = Callable[[Visit], Awaitable[Response]]
ForVisitor = Callable[[Request, Load], Awaitable[Response]]
"""Answers whoever is signed in, and sends others to sign in."""
DECIMALS = 6
FILES = "/files/valuechain"
Row = dict[str, Any]


def add_routes(app: FastAPI, for_visitor: ForVisitor) -> None:
    """Add the routes."""
    _add_servitization(app, for_visitor)
    _add_curves(app, for_visitor)

    @app.get(FILES + "/lines.{shape}", include_in_schema=False)
    async def lines(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            asked, firm = lines_question_of(request), visitor.application.firm
            version = version_of(asked.version)
            rows = await visitor.ask(firm.every_line, asked.where, version)
            return await _file("lines", map(dict, rows), shape)

        return await for_visitor(request, load)


def _add_servitization(app: FastAPI, for_visitor: ForVisitor) -> None:
    async def dashboard_of(visitor: Visit, request: Request) -> Dashboard:
        asked, firm = question_of(request), visitor.application.firm
        return await visitor.ask(firm.servitization, asked.asked(), asked.of_version)

    @app.get(FILES + "/servitization.{shape}", include_in_schema=False)
    async def figures(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await dashboard_of(visitor, request)
            rows = [_rounded(figure_row(each)) for each in (*found.whole, *found.trend)]
            return await _file("servitization", rows, shape)

        return await for_visitor(request, load)

    @app.get(FILES + "/service-lines.{shape}", include_in_schema=False)
    async def service_lines(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            found = await dashboard_of(visitor, request)
            return await _file("service-lines", _stages(found), shape)

        return await for_visitor(request, load)


def _add_curves(app: FastAPI, for_visitor: ForVisitor) -> None:
    @app.get(FILES + "/smile.{shape}", include_in_schema=False)
    async def smile(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            asked, firm = question_of(request), visitor.application.firm
            rates = asked.listed_rates
            found = await visitor.ask(firm.smile, asked.currency, rates, asked.of_version)
            return await _file("smile", _margins(found), shape)

        return await for_visitor(request, load)

    @app.get(FILES + "/upgrading.{shape}", include_in_schema=False)
    async def upgrading(request: Request, shape: SheetFormat) -> Response:
        async def load(visitor: Visit) -> Response:
            version = question_of(request).of_version
            found = await visitor.ask(visitor.application.firm.upgrading, version)
            rows = await asyncio.to_thread(_years, found)
            return await _file("upgrading", rows, shape)

        return await for_visitor(request, load)


async def _file(name: str, rows: Iterable[Row], shape: SheetFormat) -> Response:
    return await asyncio.to_thread(as_file, name, rows, shape)


def _rounded(row: Row) -> Row:
    """Write a row with a number for the eye beside the exact one."""
    exact = row["value"]
    value = round_half_away(Fraction(exact), DECIMALS) if exact else None
    coverage = round_half_away(Fraction(row["coverage"]), DECIMALS)
    return row | {"value": value, "exact": exact, "coverage": coverage}


def _shown(figure: Figure) -> Any:
    return None if figure.value is None else round_half_away(Fraction(figure.value), DECIMALS)


def _years(found: "Trajectory") -> list[Row]:
    # Its package needs arrays: whoever asks for no trajectory need not wait for them.
    from lineshaft.valuechain.paradox.service import step_content  # noqa: PLC0415

    return [step_content(*each) for each in found]


def _stages(found: Dashboard) -> list[Row]:
    alarms = {each.service_line: each.reason for each in found.alarms}
    rows = []
    for each in found.stages:
        alone, margin, growth = (one.figure for one in standing_figures(found, each))
        rows.append(
            {
                "service_line": each.service_line,
                "stage": "" if each.stage is None else each.stage.value,
                "stand_alone_share": _shown(alone),
                "margin": _shown(margin),
                "growth": _shown(growth),
                "alarm": alarms.get(each.service_line, ""),
                "missing": each.missing,
                "months": found.stage_months,
            }
        )
    return rows


def _margins(found: Iterable[Curve]) -> list[Row]:
    return [
        {
            "period": curve.period,
            "place": activity.position,
            "activity": activity.value,
            "margin_per_hour": _shown(figure),
            "currency": curve.currency,
            "curve": "" if curve.shape is None else curve.shape.value,
            "depth": curve.depth.value,
            "low": curve.depth.low,
            "high": curve.depth.high,
            "missing": curve.depth.missing,
        }
        for curve in found
        for activity, figure in curve.margins
    ]
