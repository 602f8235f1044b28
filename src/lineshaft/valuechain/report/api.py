"""The report over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.report.model import ReportLanguage
from lineshaft.valuechain.report.service import KeptReports

REPORT = "/api/v1/valuechain/report"
SCENARIO_CHARACTERS_MAX = 80
Scenario = Annotated[
    str,
    Query(
        max_length=SCENARIO_CHARACTERS_MAX,
        description="Id of a kept outage scenario whose question is asked again.",
    ),
]


def router(reports: KeptReports, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        reports: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])

    @routes.get(REPORT)
    def report(
        request: Request,
        language: ReportLanguage = ReportLanguage.ENGLISH,
        scenario: Scenario = "",
    ) -> dict[str, Any]:
        """Return the report of what the hub keeps: sections, figures, tables, what is missing."""
        return reports.report(request.state.actor, language, scenario).to_content()

    return routes
