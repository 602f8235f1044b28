"""What is recorded under a contract beside readings: cores, stocks and when to order."""

from fractions import Fraction

from lineshaft.core.errors import Refusal
from lineshaft.core.period import Instant, zone_named
from lineshaft.services.billing.service import StockProposal
from lineshaft.services.contracts.model import Contract, ReplenishmentPrice
from lineshaft.services.facts.model import Core
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, empty_state, link_button, panel, table
from lineshaft.web.markup import Child, Html
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.session import Visit


async def recorded_panels(visit: Visit, contract: Contract, names: dict[str, str]) -> list[Html]:
    """Return the cores and the stocks of a contract that has any in its terms.

    Args:
        visit: who asks.
        contract: in force.
        names: of the machines, by their ids.
    """
    found = []
    if contract.terms.deposits:
        cores: list[Core] = []
        for machine in contract.machines:
            known = visit.application.cores.known
            cores += await visit.ask(known, machine, visit.application.clock.now())
        ours = [core for core in cores if core.contract == contract.id]
        found.append(_cores(visit, contract, ours, names))
    prices = contract.terms.usage_prices
    if any(isinstance(price.price, ReplenishmentPrice) for price in prices):
        try:
            stocks = await visit.ask(visit.application.billing.replenishment, contract.id)
        except Refusal:
            return found
        found.append(_stocks(visit, contract, stocks, names))
    return found


def _cores(visit: Visit, contract: Contract, cores: list[Core], names: dict[str, str]) -> Html:
    title, way = visit.say("cores.title"), _way(visit, contract)
    if not cores:
        none = empty_state(visit.say("cores.none.title"), visit.say("cores.none.text"))
        return panel(title, none, beside=way)
    columns = [
        Column(visit.say(f"cores.{name}"))
        for name in ("part", "machine", "delivered", "returned", "grade")
    ]
    rows = []
    for core in cores:
        back = core.returned
        returned: Child = badge(visit.say("cores.open"))
        if back is not None:
            returned = _at(visit, contract, back.received_at)
        rows.append(
            Row(
                [
                    f"{core.model} ({core.id})",
                    names.get(core.machine, core.machine),
                    _at(visit, contract, core.delivered_at),
                    returned,
                    "" if back is None else back.grade,
                ]
            )
        )
    return panel(title, table(title, columns, rows), beside=way, is_flush=True)


def _way(visit: Visit, contract: Contract) -> Html:
    """Return the way to where all of it is recorded."""
    return link_button(visit.say("records.open"), f"/contracts/{contract.id}/records", kind="small")


def _stocks(
    visit: Visit, contract: Contract, stocks: list[StockProposal], names: dict[str, str]
) -> Html:
    columns = [
        Column(visit.say("stocks.item")),
        Column(visit.say("stocks.machines")),
        Column(visit.say("stocks.now"), is_number=True),
        Column(visit.say("stocks.counted")),
        Column(visit.say("stocks.reorder_point"), is_number=True),
        Column(visit.say("stocks.proposal")),
    ]
    rows = [
        Row(
            [
                local(visit, each.description),
                ", ".join(names.get(machine, machine) for machine in each.machines),
                visit.say("stocks.unknown")
                if each.quantity is None
                else form.measure(each.quantity, each.unit),
                visit.say("stocks.never")
                if each.counted_at is None
                else _at(visit, contract, each.counted_at),
                visit.say("stocks.unknown")
                if each.reorder is None
                else form.measure(Fraction(each.reorder.quantity), each.unit),
                _proposal(visit, each),
            ]
        )
        for each in stocks
    ]
    title = visit.say("stocks.title")
    way = _way(visit, contract)
    return panel(title, table(title, columns, rows), beside=way, is_flush=True)


def _proposal(visit: Visit, stock: StockProposal) -> Child:
    if stock.quantity is None:
        return visit.say("stocks.count_first")
    if stock.reorder is None:
        return visit.say("stocks.too_early")
    if stock.is_due:
        return badge(visit.say("stocks.order_now"), "bad")
    return badge(visit.say("stocks.enough"), "good")


def _at(visit: Visit, contract: Contract, at: Instant) -> str:
    return form.instant(at, zone_named(contract.time_zone), visit.language)
