"""What people record under a contract: parts on deposit, deliveries and counts of consumables."""

from collections.abc import Awaitable, Callable
from typing import Generic

import msgspec
from fastapi import Request
from msgspec.structs import replace
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.quantity import Quantity, parse_exact, unit_named
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.contracts.model import (
    Contract,
    CoreDepositPrice,
    ReplenishmentPrice,
    UsagePrice,
)
from lineshaft.services.facts.model import (
    TEXT_CHARACTERS_MAX,
    Core,
    CoreReturn,
    F,
    FactVersion,
    StockKind,
    StockRecord,
)
from lineshaft.services.facts.service import MachineFacts
from lineshaft.web import format as form
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import button, confirm, form_card
from lineshaft.web.instants import instant_field, instant_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.names import (
    contract_name,
    local,
    machine_name,
    machines_by_id,
)
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, select_field, text_field, widget_table

Act = Callable[[], Awaitable[None]]


class _Kind(msgspec.Struct, Generic[F], frozen=True):
    """What tells the two lists of the page from each other."""

    name: str
    columns: tuple[str, ...]
    write: Action
    facts: MachineFacts[F]


async def build(visit: Visit, request: Request) -> None:
    """Show what was recorded under a contract, and the buttons of whoever may record."""
    life = await visit.ask(
        visit.application.contracts.agreements.life, request.path_params["contract"]
    )
    contract = (life.binding or life.last).contract
    heading = visit.say("records.title")
    title(visit, heading)
    name = await contract_name(visit, contract)
    crumbs = [
        (visit.say("contracts.title"), "/contracts"),
        (name, f"/contracts/{contract.id}"),
    ]
    show(page_head(heading, lead=visit.say("records.lead"), crumbs=crumbs))
    machines = await machines_by_id(visit)
    page = _RecordsPage(
        visit, contract, {one: machine_name(machines, one) for one in contract.machines}
    )
    if not await page.draw():
        none = empty_state(visit.say("records.none.title"), visit.say("records.none.text"))
        show(none, "panel")


class _RecordsPage:
    """The two lists, each with its buttons."""

    def __init__(self, visit: Visit, contract: Contract, machines: dict[str, str]) -> None:
        self._visit, self._contract, self._machines = visit, contract, machines
        prices = contract.terms.usage_prices
        self._deposits = {one.id: one for one in contract.terms.deposits}
        self._consumables = {
            one.id: one for one in prices if isinstance(one.price, ReplenishmentPrice)
        }

    async def draw(self) -> bool:
        """Put the lists there that the terms have a price for; False where there is none."""
        application = self._visit.application
        if self._deposits:
            columns = ("part", "machine", "delivered", "returned", "actions")
            kind = _Kind("cores", columns, Action.CORE_WRITE, application.cores)
            await self._part(kind, self._deliver, self._core_cells)
        if self._consumables:
            columns = ("what", "machine", "at", "quantity", "actions")
            write = Action.STOCK_WRITE
            stocks = _Kind("stock_records", columns, write, application.stocks)
            await self._part(stocks, self._stock, self._stock_cells)
        return bool(self._deposits or self._consumables)

    async def _part(
        self,
        kind: _Kind[F],
        record: Callable[[], None],
        cells: Callable[[list[Column], FactVersion[F], bool], None],
    ) -> None:
        visit, heading = self._visit, self._visit.say(f"{kind.name}.title")
        resource = Resource(
            kind.name.partition("_")[0].removesuffix("s"), "*", machine=self._contract.machines[0]
        )
        may_write = await visit.may(kind.write, resource)
        found = await self._last_versions(kind.facts)
        with ui.element("section").classes("panel flush" if found else "panel part"):
            with ui.element("div").classes("panel-head"):
                show(tag("h2", heading), "grow")
                if may_write:
                    button(visit.say(f"{kind.name}.record"), record, "primary")
            if not found:
                text = visit.say(f"{kind.name}.none.text")
                show(empty_state(visit.say(f"{kind.name}.none.title"), text))
                return
            columns = [Column(visit.say(f"{kind.name}.{name}")) for name in kind.columns]
            with widget_table(heading, columns):
                for version in found:
                    with ui.element("tr"):
                        cells(columns, version, may_write)

    async def _last_versions(self, facts: MachineFacts[F]) -> list[FactVersion[F]]:
        """Return what was recorded last of each fact of this contract, the newest first."""
        last: dict[str, FactVersion[F]] = {}
        for machine in self._contract.machines:
            for version in await self._visit.ask(facts.versions, machine):
                if version.fact.to_content()["contract"] == self._contract.id:
                    last[version.fact.id] = version
        return sorted(last.values(), key=lambda one: one.recorded_at, reverse=True)

    def _core_cells(
        self, columns: list[Column], version: FactVersion[Core], may_write: bool
    ) -> None:
        visit, core = self._visit, version.fact
        cell(columns[0], join(core.model, _sub(core.reference)), is_head=True)
        cell(columns[1], join(self._machines.get(core.machine, core.machine)))
        cell(columns[2], join(visit.instant(core.delivered_at)))
        cell(columns[3], self._returned(core))
        with ui.element("td"), ui.element("div").classes("actions"):
            if not may_write or core.is_withdrawn:
                return
            if core.returned is None:
                text = visit.say("cores.return")
                button(text, lambda: self._return(version), "small primary")
            else:
                undone = replace(core, returned=None)
                self._undo("unreturn", visit.application.cores, version, undone)
            withdrawn = replace(core, is_withdrawn=True)
            self._undo("withdraw", visit.application.cores, version, withdrawn)

    def _returned(self, core: Core) -> Html:
        visit, back = self._visit, core.returned
        if core.is_withdrawn:
            return badge(visit.say("records.withdrawn"))
        if back is None:
            return badge(visit.say("cores.open"), "warn")
        said = visit.say("cores.back", grade=back.grade, person=back.inspected_by)
        return join(visit.instant(back.received_at), _sub(said))

    def _stock_cells(
        self, columns: list[Column], version: FactVersion[StockRecord], may_write: bool
    ) -> None:
        visit, of = self._visit, version.fact
        price = self._consumables.get(of.item)
        name = of.item if price is None else local(visit, price.description)
        said = visit.say(f"stock_records.{of.kind.value}", item=name)
        cell(columns[0], join(said, _sub(f"{of.reference} · {of.person}")), is_head=True)
        cell(columns[1], join(self._machines.get(of.machine, of.machine)))
        cell(columns[2], join(visit.instant(of.at)))
        state = badge(visit.say("records.withdrawn")) if of.is_withdrawn else None
        cell(columns[3], join(form.measure(of.quantity.amount, of.quantity.unit), " ", state))
        with ui.element("td"), ui.element("div").classes("actions"):
            if may_write and not of.is_withdrawn:
                withdrawn = replace(of, is_withdrawn=True)
                self._undo("withdraw", visit.application.stocks, version, withdrawn)

    def _undo(
        self, what: str, facts: MachineFacts[F], version: FactVersion[F], following: F
    ) -> None:
        """Put a button there that records the next version, after a question."""
        visit = self._visit

        async def act() -> None:
            await visit.ask(facts.record, following, version.version + 1)
            ui.navigate.reload()

        keys = (f"records.{what}_title", f"records.{what}_text", f"records.{what}")
        texts = visit.say(keys[0]), visit.say(keys[1]), visit.say(keys[2])
        button(texts[2], lambda: confirm(visit, texts, act), "small")

    def _deliver(self) -> None:
        visit = self._visit
        id_ = visit.application.ids.new_id("core")

        async def act() -> None:
            core = Core(
                id=id_,
                machine=str(machine.value),
                contract=self._contract.id,
                item=str(item.value),
                model=_typed(model),
                delivered_at=self._instant(at),
                reference=_typed(reference),
            )
            await visit.ask(visit.application.cores.record, core)
            ui.navigate.reload()

        with form_card(visit, self._texts("cores.record"), act):
            item = select_field(*self._items("cores.item", self._deposits))
            machine = self._machine_field()
            model = _text(visit, "cores.model")
            at = instant_field(visit, visit.say("cores.delivered"), None)
            reference = _text(visit, "cores.reference")

    def _return(self, version: FactVersion[Core]) -> None:
        visit, core = self._visit, version.fact
        price = self._deposits[core.item].price if core.item in self._deposits else None
        grades = price.grades if isinstance(price, CoreDepositPrice) else ()

        async def act() -> None:
            back = CoreReturn(
                received_at=self._instant(at),
                model=_typed(model),
                grade=str(grade.value or ""),
                inspected_by=_typed(person),
            )
            following = replace(core, returned=back)
            await visit.ask(visit.application.cores.record, following, version.version + 1)
            ui.navigate.reload()

        with form_card(visit, self._texts("cores.return"), act):
            at = instant_field(visit, visit.say("cores.received"), None)
            model = _text(visit, "cores.returned_model", core.model)
            choices = {
                one.grade: visit.say(
                    "cores.grade_share", grade=one.grade, percent=form.rounded(one.percent)
                )
                for one in grades
            }
            grade = select_field(visit.say("cores.grade"), choices, next(iter(choices), ""))
            person = _text(visit, "cores.person", visit.actor.name)

    def _stock(self) -> None:
        visit = self._visit
        id_ = visit.application.ids.new_id("stk")

        async def act() -> None:
            record = StockRecord(
                id=id_,
                kind=StockKind(str(kind.value)),
                machine=str(machine.value),
                contract=self._contract.id,
                item=str(item.value),
                at=self._instant(at),
                quantity=Quantity(parse_exact(_typed(amount)), self._unit(str(item.value))),
                person=_typed(person),
                reference=_typed(reference),
            )
            await visit.ask(visit.application.stocks.record, record)
            ui.navigate.reload()

        with form_card(visit, self._texts("stock_records.record"), act):
            kinds = {one.value: visit.say(f"stock_records.kind.{one.value}") for one in StockKind}
            kind = select_field(visit.say("stock_records.kind"), kinds, StockKind.COUNT.value)
            item = select_field(*self._items("stock_records.item", self._consumables))
            machine = self._machine_field()
            at = instant_field(visit, visit.say("stock_records.at"), None)
            amount = _text(visit, "stock_records.quantity").props("inputmode=decimal")
            person = _text(visit, "stock_records.person", visit.actor.name)
            reference = _text(visit, "stock_records.reference")

    def _texts(self, key: str) -> tuple[str, str, str]:
        say = self._visit.say
        return say(key), say(f"{key}_text"), say("records.save")

    def _items(self, key: str, prices: dict[str, UsagePrice]) -> tuple[str, dict[str, str], str]:
        visit = self._visit
        names = {}
        for id_, price in prices.items():
            unit = self._unit(id_)
            symbol = unit_named(unit).symbol if unit else ""
            said = local(visit, price.description)
            names[id_] = f"{said} ({symbol})" if symbol else said
        return visit.say(key), names, next(iter(names))

    def _unit(self, item: str) -> str:
        price = self._consumables[item].price if item in self._consumables else None
        return price.unit if isinstance(price, ReplenishmentPrice) else ""

    def _machine_field(self) -> ui.select:
        label = self._visit.say("records.machine")
        return select_field(label, self._machines, self._contract.machines[0])

    def _instant(self, field: ui.input) -> Instant:
        at = instant_of(self._visit, field, None)
        if at is None:
            msg = "what is recorded needs a day and a time"
            raise Invalid(msg)
        return at


def _sub(text: str) -> Html:
    return tag("span", text, class_="sub")


def _text(visit: Visit, key: str, value: str = "") -> ui.input:
    return text_field(visit.say(key), value).props(f"maxlength={TEXT_CHARACTERS_MAX}")


def _typed(field: ui.input) -> str:
    return str(field.value or "").strip()
