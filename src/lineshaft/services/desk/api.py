"""Studies, costs and accounts of profit over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.routes import READING, REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.desk.content import (
    entry_content,
    outcomes_content,
    profit_content,
    saved_content,
)
from lineshaft.services.desk.model import CostRecord, GroupBy, Months, Study
from lineshaft.services.desk.service import DesignDesk, entries_csv, profit_csv, study_csv

STUDIES, COSTS, PROFIT = "/api/v1/studies", "/api/v1/costs", "/api/v1/profit"
COSTS_MAX = 500
"""Costs of one request; longer files go through the command line or the page."""
LABEL_CHARACTERS_MAX = 200
CSV = "text/csv; charset=utf-8"

ActorOf = Callable[[Request], Actor]
Content = Annotated[dict[str, Any], Body()]
Month = Annotated[str, Query(max_length=7, examples=["2026-01"])]
Label = Annotated[str, Query(max_length=LABEL_CHARACTERS_MAX, description="Of the variant.")]
By = Annotated[GroupBy, Query(description="What the account is divided by.")]


def router(desk: DesignDesk, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        desk: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["design desk"])
    _add_studies(routes, desk)
    _add_runs(routes, desk)
    _add_costs(routes, desk)
    _add_profit(routes, desk)
    return routes


def _add_studies(routes: APIRouter, desk: DesignDesk) -> None:
    @routes.get(STUDIES)
    def studies(request: Request) -> dict[str, Any]:
        """Return the last version of each study, the one saved last first."""
        return {"studies": [saved_content(each) for each in desk.studies(request.state.actor)]}

    @routes.get(STUDIES + "/{id_}")
    def study(request: Request, id_: str) -> dict[str, Any]:
        """Return the last version of a study."""
        return saved_content(desk.study(request.state.actor, id_))

    @routes.put(STUDIES + "/{id_}/versions/{version}")
    def save(request: Request, id_: str, version: int, content: Content) -> dict[str, Any]:
        """Save a version of a study; the same again changes nothing."""
        made = Study.from_content({**content, "id": id_, "version": version})
        return saved_content(desk.save(request.state.actor, made))

    @routes.post(STUDIES + "/{id_}/publication", openapi_extra=REPEATABLE)
    def publish(request: Request, id_: str, variant: Label) -> dict[str, Any]:
        """Record the offering of a variant as its next version, unless it is the last already."""
        return desk.publish(request.state.actor, id_, variant).to_content()


def _add_runs(routes: APIRouter, desk: DesignDesk) -> None:
    @routes.get(STUDIES + "/{id_}/outcomes")
    def outcomes(request: Request, id_: str) -> dict[str, Any]:
        """Run a saved study: history under each variant, risk, and the first two compared."""
        actor = request.state.actor
        return outcomes_content(desk.run(actor, desk.study(actor, id_).study))

    @routes.get(STUDIES + "/{id_}/outcomes.csv")
    def outcomes_as_csv(request: Request, id_: str) -> Response:
        """Run a saved study: a line for each variant, machine and billed period."""
        actor = request.state.actor
        found = desk.run(actor, desk.study(actor, id_).study)
        return Response(study_csv(found), media_type=CSV)

    @routes.post("/api/v1/study-runs", openapi_extra=READING)
    def run(request: Request, content: Content) -> dict[str, Any]:
        """Run a study that need not be saved."""
        return outcomes_content(desk.run(request.state.actor, Study.from_content(content)))


def _add_costs(routes: APIRouter, desk: DesignDesk) -> None:
    @routes.get(COSTS)
    def costs(request: Request, first: Month, last: Month) -> dict[str, Any]:
        """Return the recorded costs of which a part lies in some months."""
        found = desk.costs(request.state.actor, Months(first, last))
        return {"costs": [each.to_content() for each in found]}

    @routes.post(COSTS, openapi_extra=REPEATABLE)
    def record(request: Request, content: Content) -> dict[str, Any]:
        """Record costs, all or none; the same id with the same content changes nothing."""
        listed = content.get("costs")
        is_list = isinstance(listed, list) and all(isinstance(each, dict) for each in listed)
        if not is_list or listed is None or not 0 < len(listed) <= COSTS_MAX:
            msg = f"expected 1 to {COSTS_MAX} costs"
            raise Invalid(msg)
        found = [CostRecord.from_content(each) for each in listed]
        return {"recorded": desk.record_costs(request.state.actor, found)}


def _add_profit(routes: APIRouter, desk: DesignDesk) -> None:
    @routes.get(PROFIT)
    def profit(request: Request, first: Month, last: Month, by: By = GroupBy.CONTRACT) -> Any:
        """Return revenue, credits, costs and margin of some months."""
        found = desk.profit(request.state.actor, Months(first, last), by)
        return {"rows": profit_content(found)}

    @routes.get(PROFIT + ".csv")
    def profit_as_csv(
        request: Request, first: Month, last: Month, by: By = GroupBy.CONTRACT
    ) -> Response:
        """Return the same as CSV."""
        found = desk.profit(request.state.actor, Months(first, last), by)
        return Response(profit_csv(found, by), media_type=CSV)

    @routes.get(PROFIT + "/entries")
    def entries(request: Request, first: Month, last: Month) -> dict[str, Any]:
        """Return every amount that an account of profit is the sum of."""
        found = desk.profit_entries(request.state.actor, Months(first, last))
        return {"entries": [entry_content(each) for each in found]}

    @routes.get(PROFIT + "/entries.csv")
    def entries_as_csv(request: Request, first: Month, last: Month) -> Response:
        """Return the same as CSV."""
        found = desk.profit_entries(request.state.actor, Months(first, last))
        return Response(entries_csv(found), media_type=CSV)
