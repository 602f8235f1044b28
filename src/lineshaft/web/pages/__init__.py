"""Every page by its path. A new page is a file beside its neighbours and a line here."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from lineshaft.web.pages.contracts import contract, contracts
from lineshaft.web.pages.hub import sources, status
from lineshaft.web.pages.invoices import invoice, invoices, readings
from lineshaft.web.pages.machines import fleet, machine, refusals
from lineshaft.web.pages.people import account, people
from lineshaft.web.session import Visit

Build = Callable[[Visit, Request], Awaitable[None]]

PAGES: dict[str, Build] = {
    "/": fleet.build,
    "/machines/{machine}": machine.build,
    "/refusals": refusals.build,
    "/contracts": contracts.build,
    "/contracts/{contract}": contract.build,
    "/invoices": invoices.build,
    "/invoices/{number}": invoice.build,
    "/invoices/{number}/lines/{line}": readings.build,
    "/sources": sources.build,
    "/people": people.build,
    "/status": status.build,
    "/account": account.build,
}
