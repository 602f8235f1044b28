"""What the ids in the ledger are called: contracts, offerings, machines, parties, accounts."""

import msgspec

from lineshaft.services.billing.model import AccountKind
from lineshaft.web.pages.contracts.names import local, machines_by_id
from lineshaft.web.session import Visit

_OF = {
    AccountKind.RECEIVABLES: "customer",
    AccountKind.REVENUE: "offering",
    AccountKind.CONTRACT_LIABILITY: "contract",
    AccountKind.REFUND_LIABILITY: "contract",
    AccountKind.PARTNER_PAYABLE: "customer",
    AccountKind.NET_INVESTMENT: "contract",
    AccountKind.LEASED_OUT: "contract",
    AccountKind.LEASE_INTEREST: "contract",
}
"""What the detail of an account is the id of; for no other account it is one."""


class LedgerNames(msgspec.Struct, frozen=True):
    """Names by column of a list and by id; what nobody has described is shown by its id.

    Attributes:
        known: of the columns `contract`, `offering`, `machine` and `customer`.
    """

    visit: Visit
    known: dict[str, dict[str, str]]

    def of(self, column: str, id_: str) -> str | None:
        """Return what an id is called; None where a column has none, or it is not known."""
        return self.known.get(column, {}).get(id_)

    def account(self, code: str) -> str:
        """Return what an account is called, such as `Owed by Riverside Precision Parts`."""
        kind, _, detail = code.partition(":")
        name = self.of(_OF.get(AccountKind(kind), ""), detail) or detail
        if kind == AccountKind.VAT_PAYABLE:
            name = f"{detail.replace('-', ' ')} %"
        key = f"ledger.account.{kind}" + ("" if name else ".all")
        return self.visit.say(key, name=name)


async def ledger_names(visit: Visit) -> LedgerNames:
    """Return the names of everything that somebody may see."""
    contracts = visit.application.contracts
    records = [one.contract for one in await visit.ask(contracts.contracts)]
    offerings = {each.id: local(visit, each.name) for each in await visit.ask(contracts.offerings)}
    parties = {}
    for contract in records:
        others = contract.parties or ()
        for party in (contract.supplier, contract.customer, *(each.party for each in others)):
            parties[party.id] = party.name
    sold = {
        each.id: f"{offerings.get(each.offering.id, each.offering.id)}, {each.customer.name}"
        for each in records
    }
    machines = {id_: each.name for id_, each in (await machines_by_id(visit)).items()}
    known = {"contract": sold, "offering": offerings, "machine": machines, "customer": parties}
    return LedgerNames(visit, known)
