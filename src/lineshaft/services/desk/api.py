"""Studies, costs and accounts of profit over HTTP; `web` mounts the router."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import READING, REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.desk.content import (
    entry_content,
    outcomes_content,
    row_content,
    saved_content,
)
from lineshaft.services.desk.model import (
    CostRecord,
    GroupBy,
    Months,
    ProfitEntry,
    ProfitRow,
    SavedStudy,
    Study,
)
from lineshaft.services.desk.service import DesignDesk, study_csv

STUDIES, COSTS, PROFIT = "/api/v1/studies", "/api/v1/costs", "/api/v1/profit"
COSTS_MAX = 500
"""Costs of one request; longer files go through the command line or the page."""
LABEL_CHARACTERS_MAX = 200
_AMOUNTS = {"amount", "costs", "credits", "margin", "revenue"}
CSV = "text/csv; charset=utf-8"

T = TypeVar("T")
ActorOf = Callable[[Request], Actor]
Content = Annotated[dict[str, Any], Body()]
Month = Annotated[str, Query(max_length=7, examples=["2026-01"])]
Label = Annotated[str, Query(max_length=LABEL_CHARACTERS_MAX, description="Of the variant.")]
Paged = Annotated[ListPage, Depends()]
By = Annotated[GroupBy, Query(description="What the account is divided by.")]


class _Span:
    """The months that a request asks for; a dependency of its route."""

    def __init__(self, first: Month, last: Month) -> None:
        """Read both."""
        self.months = Months(first, last)


Span = Annotated[_Span, Depends()]


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
    @routes.get(STUDIES, responses=FILES)
    def studies(
        request: Request, page: Paged, shape: FormatParameter = ListFormat.JSON
    ) -> Response:
        """Return the last version of each study, by id."""
        found = desk.studies(request.state.actor)
        return listed(request, "studies", found, saved_content, (_study_place, page, shape))

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
    @routes.get(COSTS, responses=FILES)
    def costs(
        request: Request,
        span: Span,
        page: Paged,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the recorded costs of which a part lies in some months."""
        found = desk.costs(request.state.actor, span.months)
        wanted = (_cost_place, page, shape)
        return listed(request, "costs", found, _shaped(CostRecord.to_content, shape), wanted)

    @routes.post(COSTS, openapi_extra=REPEATABLE)
    def record(request: Request, content: Content) -> dict[str, Any]:
        """Record costs, all or none; the same id with the same content changes nothing."""
        sent = content.get("costs")
        is_list = isinstance(sent, list) and all(isinstance(each, dict) for each in sent)
        if not is_list or sent is None or not 0 < len(sent) <= COSTS_MAX:
            msg = f"expected 1 to {COSTS_MAX} costs"
            raise Invalid(msg)
        found = [CostRecord.from_content(each) for each in sent]
        return {"recorded": desk.record_costs(request.state.actor, found)}


def _add_profit(routes: APIRouter, desk: DesignDesk) -> None:
    @routes.get(PROFIT, responses=FILES)
    def profit(
        request: Request,
        span: Span,
        page: Paged,
        by: By = GroupBy.CONTRACT,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return revenue, credits, costs and margin of some months."""
        found = desk.profit(request.state.actor, span.months, by)
        wanted = (_row_place, page, shape)
        return listed(request, "rows", found, _shaped(row_content, shape), wanted)

    @routes.get(PROFIT + "/entries", responses=FILES)
    def entries(
        request: Request,
        span: Span,
        page: Paged,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return every amount that an account of profit is the sum of."""
        found = desk.profit_entries(request.state.actor, span.months)
        wanted = (_first, page, shape)
        return listed(request, "entries", list(enumerate(found)), _shaped(_numbered, shape), wanted)


def _shaped(
    to_content: Callable[[T], dict[str, str]], shape: ListFormat
) -> Callable[[T], dict[str, Any]]:
    """Return amounts as numbers in a file: a spreadsheet adds them up; in JSON they are texts."""
    if shape is ListFormat.JSON:
        return to_content

    def numbers(item: T) -> dict[str, Any]:
        content = to_content(item)
        return {name: Decimal(v) if name in _AMOUNTS else v for name, v in content.items()}

    return numbers


def _study_place(saved: SavedStudy) -> tuple[str]:
    return (saved.study.id,)


def _cost_place(cost: CostRecord) -> tuple[int, str]:
    return cost.period.start, cost.id


def _row_place(row: ProfitRow) -> tuple[str, str]:
    return row.key, row.figures.revenue.currency


def _first(numbered: tuple[int, ProfitEntry]) -> tuple[int]:
    return (numbered[0],)


def _numbered(numbered: tuple[int, ProfitEntry]) -> dict[str, str]:
    return entry_content(numbered[1])
