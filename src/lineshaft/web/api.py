"""The JSON API for scripts: API tokens in, the same use cases, JSON out."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from lineshaft.core.errors import NotFound
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.infrastructure.telemetry import metrics_page
from lineshaft.platform.historian import api as historian_api
from lineshaft.platform.historian.usage import api as usage_api
from lineshaft.platform.twin.model import Machine
from lineshaft.platform.webhooks import api as webhooks_api
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.services.billing import api as billing_api
from lineshaft.services.billing.accounting import api as ledger_api
from lineshaft.services.billing.dunning import api as dunning_api
from lineshaft.services.billing.receivables import api as receivables_api
from lineshaft.services.contracts import api as contracts_api
from lineshaft.services.contracts.catalogue import api as catalogue_api
from lineshaft.services.desk import api as desk_api
from lineshaft.services.facts import api as facts_api
from lineshaft.services.incidents import api as incidents_api
from lineshaft.services.metering.clocks import api as clocks_api
from lineshaft.services.metering.estimates import api as estimates_api
from lineshaft.services.metering.exchanges import api as exchanges_api
from lineshaft.valuechain.books import api as books_api
from lineshaft.valuechain.channels import api as channels_api
from lineshaft.valuechain.inputoutput.kept import api as tables_api
from lineshaft.valuechain.paradox import api as paradox_api
from lineshaft.valuechain.paths import api as paths_api
from lineshaft.valuechain.report import api as report_api
from lineshaft.valuechain.servitization import api as servitization_api
from lineshaft.valuechain.supplynetwork.versions import api as networks_api
from lineshaft.web import problems
from lineshaft.web.downloads import attached, document_content
from lineshaft.web.ports import Application

BEARER = "bearer "
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1"})

P = ParamSpec("P")
T = TypeVar("T")


def add_routes(app: FastAPI, application: Application) -> None:
    """Add the routes."""
    problems.answer_with_problems(app)

    def actor_of(request: Request) -> Actor:
        return application.identity.actor_of_token(_token(request))

    app.include_router(historian_api.router(application.historian, actor_of))
    app.include_router(usage_api.router(application.usage, actor_of))
    app.include_router(clocks_api.router(application.clocks, actor_of))
    app.include_router(exchanges_api.router(application.exchanges, actor_of))
    app.include_router(facts_api.router(application.cores, application.stocks, actor_of))
    app.include_router(estimates_api.router(application.estimates, actor_of))
    app.include_router(webhooks_api.router(application.webhooks, actor_of))
    app.include_router(incidents_api.router(application.incidents, actor_of))
    app.include_router(desk_api.router(application.design, actor_of))
    app.include_router(billing_api.router(application.billing, actor_of))
    app.include_router(dunning_api.router(application.dunning, actor_of))
    app.include_router(receivables_api.router(application.receivables, actor_of))
    app.include_router(ledger_api.router(application.ledger, application.billing, actor_of))
    app.include_router(catalogue_api.router(application.catalogue, actor_of))
    app.include_router(contracts_api.router(application.contracts, actor_of))
    app.include_router(books_api.router(application.books, actor_of))
    app.include_router(networks_api.router(application.networks, actor_of))
    app.include_router(report_api.router(application.reports, actor_of))
    app.include_router(paths_api.router(application.paths, actor_of))
    app.include_router(servitization_api.router(application.firm, actor_of))
    app.include_router(tables_api.router(application.tables, actor_of))
    app.include_router(channels_api.router(application.firm, actor_of))
    app.include_router(paradox_api.router(application.firm, application.trade, actor_of))

    app.state.kept_answers = application.answers
    routes = signed_in_routes(actor_of)

    @routes.get("/api/v1/machines", tags=["machines"])
    async def machines(request: Request) -> Response:
        """Return the machines that the caller may see."""
        found = await _ask(application, request, application.twin.machines)
        return _json({"machines": [_machine(machine) for machine in found]})

    @routes.get("/api/v1/machines/{machine}", tags=["machines"])
    async def machine(request: Request, machine: str) -> Response:
        """Return a machine with its signals."""
        found = await _ask(application, request, application.twin.machine, machine)
        return _json(found.to_content())

    @routes.get("/api/v1/invoices/{number}/{rendering}", tags=["billing"])
    async def rendering(request: Request, number: str, rendering: str) -> Response:
        """Return a file of a document, such as `invoice.en.pdf` or `evidence.json`."""
        content, media_type = await _ask(
            application, request, document_content, application, number, rendering
        )
        return attached(content, media_type, f"{number}.{rendering.removeprefix('invoice.')}")

    app.include_router(routes)
    _add_others(app, application)


def _add_others(app: FastAPI, application: Application) -> None:
    """Add what is beside the use cases: whether the hub is well, and what it counts."""

    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    async def nothing(request: Request, path: str) -> Response:
        msg = f"the API has nothing to {request.method} at /api/{path[:80]}"
        raise NotFound(msg)

    @app.get("/health", include_in_schema=False)
    async def health(request: Request) -> Response:
        """Say whether all is well to anybody, and what is not to whoever may see the status."""
        content: dict[str, Any] = {"ok": await asyncio.to_thread(application.programs.is_well)}
        if "authorization" in request.headers:
            reports = await _ask(application, request, application.programs.reports)
            content["checks"] = application.health.report().checks
            content["programs"] = [report.to_api() for report in reports]
        status = HTTPStatus.OK if content["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(content, status, headers={"cache-control": "no-store"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        if not _is_local(request):
            status = (Action.STATUS_READ, Resource("hub", "*"))
            await _ask(application, request, application.authorizer.authorize, *status)
        content, media_type = metrics_page()
        return Response(content, media_type=media_type)


async def _ask(
    application: Application,
    request: Request,
    use_case: Callable[Concatenate[Actor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a use case for whoever the API token of the request belongs to."""

    def run() -> T:
        actor = application.identity.actor_of_token(_token(request))
        return use_case(actor, *args, **kwargs)

    return await asyncio.to_thread(run)


def _token(request: Request) -> str:
    given = request.headers.get("authorization", "")
    return given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""


def _is_local(request: Request) -> bool:
    """Tell whether a request comes from this machine, and not through a proxy on it."""
    is_forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return request.client is not None and request.client.host in LOCAL_HOSTS and not is_forwarded


def _json(content: Any) -> Response:
    data = json.dumps(content, ensure_ascii=False).encode()
    return Response(data, media_type="application/json", headers={"cache-control": "no-store"})


def _machine(machine: Machine) -> dict[str, Any]:
    content = machine.to_content()
    content["signals"] = len(machine.signals)
    return content
