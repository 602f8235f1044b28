"""The three channels over HTTP; `web` mounts the router."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response

from lineshaft.infrastructure.pages import FILES, FormatParameter, ListFormat, ListPage, listed
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelLedger

CHANNELS = "/api/v1/valuechain/channels"
Paged = Annotated[ListPage, Depends()]
Version = Annotated[int | None, Query(ge=1, description="Of the books; without it the last one.")]
Sought = Annotated[
    str,
    Query(
        max_length=80,
        description="What the roll-out is to have moved: labour_productivity or quality_ratio.",
    ),
]
Site = Annotated[str | None, Query(max_length=200, description="Only this; empty: the firm.")]
Line = Annotated[str | None, Query(max_length=200, description="Only this; empty: the site.")]
OUTCOME = "labour_productivity"


class FirmLedger(Protocol):
    """The firm, above this package: computes the channels from what the hub keeps."""

    def channels(
        self, actor: Actor, outcome: str = ..., version: int | None = ...
    ) -> "ChannelLedger":
        """Say what the three channels did; the last version of the books for None."""
        ...


def router(firm: FirmLedger, actor_of: Callable[[Request], Actor]) -> APIRouter:
    """Return the routes.

    Args:
        firm: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["value chain"])

    @routes.get(CHANNELS)
    def summary(request: Request, outcome: Sought = OUTCOME, version: Version = None) -> Any:
        """Return what may be said of the roll-out, and how each quarter was computed."""
        from lineshaft.valuechain.channels.service import (  # noqa: PLC0415 - when it is asked
            ledger_content,
        )

        ledger = firm.channels(request.state.actor, outcome, version)
        firm_wide = ledger.chosen(None, "", "")
        return ledger_content(ledger, firm_wide) | {"lines": [], "places": _places(ledger)}

    @routes.get(CHANNELS + "/figures", responses=FILES)
    def figures(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
        request: Request,
        page: Paged,
        outcome: Sought = OUTCOME,
        version: Version = None,
        site: Site = None,
        line: Line = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the figures of the channels, each with all that it stands on."""
        from lineshaft.valuechain.channels.service import (  # noqa: PLC0415 - when it is asked
            figure_content,
        )

        ledger = firm.channels(request.state.actor, outcome, version)
        rows = _numbered(map(figure_content, ledger.chosen(None, site, line)))
        return listed(request, "figures", rows, dict, (_number, page, shape))

    @routes.get(CHANNELS + "/lines", responses=FILES)
    def lines(
        request: Request,
        page: Paged,
        version: Version = None,
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the lines of stand-alone services, with the records and machines behind them."""
        from lineshaft.valuechain.channels.service import (  # noqa: PLC0415 - when it is asked
            line_content,
        )

        ledger = firm.channels(request.state.actor, OUTCOME, version)
        rows = _numbered(map(line_content, ledger.lines))
        return listed(request, "lines", rows, dict, (_number, page, shape))

    return routes


def _places(ledger: "ChannelLedger") -> list[dict[str, str]]:
    found = sorted({(each.site, each.line) for each in ledger.figures})
    return [{"site": site, "line": line} for site, line in found]


def _numbered(rows: Any) -> list[dict[str, Any]]:
    return [{"number": number, **row} for number, row in enumerate(rows, start=1)]


def _number(row: dict[str, Any]) -> tuple[int]:
    return (row["number"],)
