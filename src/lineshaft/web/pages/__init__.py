"""Every page by its path. A new page is a file beside its neighbours and a line here."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from lineshaft.web.pages.contracts.contract import build as contract_page
from lineshaft.web.pages.contracts.contracts import build as contracts_page
from lineshaft.web.pages.contracts.draft import build as draft_page
from lineshaft.web.pages.contracts.records import build as records_page
from lineshaft.web.pages.contracts.versions import build_amend as amend_page
from lineshaft.web.pages.contracts.versions import build_difference as contract_difference_page
from lineshaft.web.pages.desk.desk import build as desk_page
from lineshaft.web.pages.desk.profit import build as profit_page
from lineshaft.web.pages.desk.study import build as study_page
from lineshaft.web.pages.finance.close import build as close_page
from lineshaft.web.pages.finance.late import build as late_page
from lineshaft.web.pages.finance.ledger import build as ledger_page
from lineshaft.web.pages.finance.receivables import build as receivables_page
from lineshaft.web.pages.hub.audit import build as audit_page
from lineshaft.web.pages.hub.clock import build as clock_page
from lineshaft.web.pages.hub.sources import build as sources_page
from lineshaft.web.pages.hub.status import build as status_page
from lineshaft.web.pages.hub.webhook import build as webhook_page
from lineshaft.web.pages.hub.webhooks import build as webhooks_page
from lineshaft.web.pages.invoices.invoice import build as invoice_page
from lineshaft.web.pages.invoices.invoices import build as invoices_page
from lineshaft.web.pages.invoices.readings import build as readings_page
from lineshaft.web.pages.machines.estimates import build as estimates_page
from lineshaft.web.pages.machines.exchanges import build as exchanges_page
from lineshaft.web.pages.machines.fleet import build as fleet_page
from lineshaft.web.pages.machines.machine import build as machine_page
from lineshaft.web.pages.machines.refusals import build as refusals_page
from lineshaft.web.pages.offerings.offering import build as offering_page
from lineshaft.web.pages.offerings.offerings import build as offerings_page
from lineshaft.web.pages.offerings.packs import build_pack as pack_page
from lineshaft.web.pages.offerings.packs import build_shelf as packs_page
from lineshaft.web.pages.offerings.versions import build_difference as difference_page
from lineshaft.web.pages.offerings.versions import build_next as next_version_page
from lineshaft.web.pages.people.account import build as account_page
from lineshaft.web.pages.people.people import build as people_page
from lineshaft.web.pages.portal.home import build as portal_page
from lineshaft.web.pages.portal.requests import build as requests_page
from lineshaft.web.pages.valuechain.books import build as books_page
from lineshaft.web.pages.valuechain.channels import build as channels_page
from lineshaft.web.pages.valuechain.dependence import build as dependence_page
from lineshaft.web.pages.valuechain.lines import build as lines_page
from lineshaft.web.pages.valuechain.network import build as network_page
from lineshaft.web.pages.valuechain.outage import build as outage_page
from lineshaft.web.pages.valuechain.paths import build as paths_page
from lineshaft.web.pages.valuechain.register import build as register_page
from lineshaft.web.pages.valuechain.report import build as report_page
from lineshaft.web.pages.valuechain.servitization import build as servitization_page
from lineshaft.web.pages.valuechain.smile import build as smile_page
from lineshaft.web.pages.valuechain.tables import build as tables_page
from lineshaft.web.pages.valuechain.tables_what_if import build as tables_what_if_page
from lineshaft.web.session import Visit

Build = Callable[[Visit, Request], Awaitable[None]]

PAGES: dict[str, Build] = {
    "/": fleet_page,
    "/portal": portal_page,
    "/requests": requests_page,
    "/machines/{machine}": machine_page,
    "/machines/{machine}/exchanges": exchanges_page,
    "/machines/{machine}/estimates": estimates_page,
    "/refusals": refusals_page,
    "/offerings": offerings_page,
    "/offerings/{offering}": offering_page,
    "/offerings/{offering}/next": next_version_page,
    "/offerings/{offering}/difference": difference_page,
    "/packs": packs_page,
    "/packs/{pack}": pack_page,
    "/contracts": contracts_page,
    "/contracts/new": draft_page,
    "/contracts/{contract}": contract_page,
    "/contracts/{contract}/records": records_page,
    "/contracts/{contract}/amend": amend_page,
    "/contracts/{contract}/difference": contract_difference_page,
    "/invoices": invoices_page,
    "/invoices/{number}": invoice_page,
    "/invoices/{number}/lines/{line}": readings_page,
    "/desk": desk_page,
    "/desk/{study}": study_page,
    "/profit": profit_page,
    "/finance": close_page,
    "/finance/receivables": receivables_page,
    "/finance/late": late_page,
    "/finance/ledger": ledger_page,
    "/valuechain/register": register_page,
    "/valuechain/outage": outage_page,
    "/valuechain/network": network_page,
    "/valuechain/books": books_page,
    "/valuechain/report": report_page,
    "/valuechain/channels": channels_page,
    "/valuechain/dependence": dependence_page,
    "/valuechain/tables": tables_page,
    "/valuechain/tables/what-if": tables_what_if_page,
    "/valuechain/servitization": servitization_page,
    "/valuechain/lines": lines_page,
    "/valuechain/smile": smile_page,
    "/valuechain/paths": paths_page,
    "/sources": sources_page,
    "/sources/{source}/clock": clock_page,
    "/people": people_page,
    "/audit": audit_page,
    "/status": status_page,
    "/webhooks": webhooks_page,
    "/webhooks/{webhook}": webhook_page,
    "/account": account_page,
}
