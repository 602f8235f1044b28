"""The kept national tables over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import READING, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.inputoutput.kept.model import KeptTable, Lever
from lineshaft.valuechain.inputoutput.kept.service import KeptTables

if TYPE_CHECKING:
    from lineshaft.valuechain.inputoutput.service import Reported

TABLES = "/api/v1/valuechain/tables"
TOP_MAX = 12_000

Content = Annotated[dict[str, Any], Body()]
Paged = Annotated[ListPage, Depends()]
Country = Annotated[str, Query(max_length=80, description="A country of the table.")]
Unverified = Annotated[bool, Query(description="Also toys, and what no published figure confirms.")]


def router(tables: KeptTables, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        tables: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])
    _add_tables(routes, tables)
    _add_questions(routes, tables)
    return routes


def _add_tables(routes: APIRouter, tables: KeptTables) -> None:
    @routes.get(TABLES, responses=FILES)
    def kept(request: Request, page: Paged, shape: FormatParameter = ListFormat.JSON) -> Response:
        """Return the national tables that are kept."""
        found = tables.tables(request.state.actor)
        wanted = (_name, page, shape)
        return listed(request, "tables", found, KeptTable.to_content, wanted)

    @routes.get(TABLES + "/{name}")
    def table(request: Request, name: str) -> dict[str, Any]:
        """Return a table with its countries, regions and industries."""
        actor = request.state.actor
        found = tables.table(actor, name)
        return found.to_content() | {"has": tables.choices(actor, name).to_content()}

    @routes.get(TABLES + "/{name}/figures", responses=FILES)
    def figures(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
        request: Request,
        name: str,
        country: Country,
        page: Paged,
        unverified: Unverified = False,  # noqa: FBT002 - FastAPI's way
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the indicators of a country and its industries, with all that they stand on."""
        found = tables.figures(request.state.actor, name, country, is_all_wanted=unverified)
        rows = [figure_content(n, each) for n, each in enumerate(found, start=1)]
        return listed(request, "figures", rows, dict, (_place, page, shape))


def _add_questions(routes: APIRouter, tables: KeptTables) -> None:
    @routes.post(TABLES + "/{name}/what-if", openapi_extra=READING)
    def what_if(request: Request, name: str, content: Content) -> dict[str, Any]:
        """Answer what changes of demand and coefficients come to, by country and industry."""
        changes, top = content.get("changes"), content.get("top", 10)
        if not isinstance(changes, list) or not isinstance(top, int) or not 0 <= top <= TOP_MAX:
            msg = f"expected `changes`, a list, and `top`, at most {TOP_MAX}"
            raise Invalid(msg)
        levers = [Lever.from_content(each) for each in changes]
        return tables.what_if(request.state.actor, name, levers, top).to_content()

    @routes.post(TABLES + "/{name}/extraction", openapi_extra=READING)
    def extraction(request: Request, name: str, content: Content) -> dict[str, Any]:
        """Answer what countries lose in value added when deliveries stop."""
        from lineshaft.valuechain.inputoutput.model import Stoppage  # noqa: PLC0415 - as service

        try:
            stoppage = Stoppage(
                supplier=str(content["supplier"]),
                industries=frozenset(map(str, content.get("industries", ()))),
                users=frozenset(map(str, content.get("users", ()))),
                replaced=float(content.get("replaced", 0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = f"cannot read the stoppage: {error!r}; expected supplier, and perhaps industries,"
            raise Invalid(msg + " users and replaced") from error
        found = tables.extract(request.state.actor, name, stoppage)
        lost = [figure_content(n, each) for n, each in enumerate(found.countries, start=1)]
        said = {"label": found.label, "world": found.world}
        return said | {"not_replaceable": found.not_replaceable, "countries": lost}


def figure_content(rank: int, each: "Reported") -> dict[str, Any]:
    """Return a figure as JSON content: its value, and what it stands on."""
    figure, said = each.figure, each.figure.indicator
    return {
        "rank": rank,
        "indicator": said.name,
        "symbol": said.symbol,
        "country": each.country,
        "industry": each.industry,
        "value": figure.value,
        "unit": said.unit or each.currency,
        "table": figure.table,
        "vintage": figure.vintage,
        "coverage": str(figure.coverage),
        "formula": said.formula,
        "source": said.source,
        "is_verified": said.is_verified,
        "missing": figure.missing,
    }


def _name(table: KeptTable) -> tuple[str]:
    return (table.name,)


def _place(row: dict[str, Any]) -> tuple[int]:
    return (row["rank"],)
