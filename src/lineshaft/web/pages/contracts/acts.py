"""What people do with a contract: buttons by its state and by who looks; each asks first."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, day_start, to_datetime, zone_named
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.services.contracts.model import (
    Contract,
    ContractAct,
    ContractLife,
    ContractState,
    LeasePrice,
)
from lineshaft.services.contracts.service import Parting
from lineshaft.web.components import facts, link_button
from lineshaft.web.controls import attempt, button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.conditions import conditions, instant_in_zone
from lineshaft.web.pages.contracts.names import machine_name, machines_by_id
from lineshaft.web.pages.contracts.terms import terms_in_words
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field

REASON_CHARACTERS_MAX = 500
OFFER_DAYS = ("14", "30", "60")
_DAY_US = 86_400 * US_PER_S
Values = Mapping[str, str]
Do = Callable[[Values], Awaitable[None]]
Part = Callable[[Actor, str, Parting], ContractAct]


class ContractActs:
    """The buttons of a contract."""

    def __init__(self, visit: Visit, life: ContractLife, name: str, address: str) -> None:
        """Take who looks, what is known of the contract, its name, and where they look from."""
        self._visit, self._life, self._name, self._address = visit, life, name, address
        self._does = visit.application.contracts.agreements
        self._names: dict[str, str] = {}
        self._last = life.last.contract
        binding = life.binding
        self._bound = None if binding is None else binding.contract

    async def add(self) -> None:
        """Put the buttons there that fit the state and the person; none is no row."""
        made: list[Callable[[], object]] = []
        now, last = self._visit.application.clock.now(), self._last
        state = self._life.state(last.version, now)
        if state is ContractState.OFFERED and await self._may(Action.CONTRACT_ACCEPT):
            made.append(lambda: self._button("life.accept.open", self._accept, "primary"))
        may_offer = await self._may(Action.CONTRACT_OFFER)
        if may_offer and state in {ContractState.DRAFT, ContractState.EXPIRED}:
            made.append(lambda: self._button("life.offer.act", self._offer, "primary"))
        is_ready = state in {ContractState.DRAFT, ContractState.ACCEPTED}
        if is_ready and await self._may(Action.CONTRACT_ACTIVATE):
            kind = "primary" if state is ContractState.ACCEPTED else ""
            made.append(lambda: self._button("life.activate.act", self._activate, kind))
        taken_back = {ContractState.DRAFT, ContractState.OFFERED, ContractState.EXPIRED}
        if may_offer and state in taken_back:
            made.append(lambda: self._button("life.withdraw.act", self._withdraw))
        waiting = {ContractState.OFFERED, ContractState.ACCEPTED}
        if self._bound is not None and state not in waiting:
            if await self._may(Action.CONTRACT_CHANGE):
                made += self._changes(self._bound, self._life.state(self._bound.version, now))
            if await self._may(Action.CONTRACT_WRITE):
                made.append(self._amend)
        if made:
            with ui.element("div").classes("actions"):
                for make in made:
                    make()

    def _changes(self, bound: Contract, state: ContractState) -> list[Callable[[], object]]:
        found: list[Callable[[], object]] = []
        if state is ContractState.ACTIVE:
            found.append(lambda: self._button("life.pause.act", self._pause))
        if state is ContractState.PAUSED:
            found.append(lambda: self._button("life.resume.act", self._resume))
        if state in {ContractState.ACTIVE, ContractState.PAUSED}:
            if bound.end is not None:
                found.append(lambda: self._button("life.renew.act", self._renew))
            found += self._partings(bound)
            found.append(lambda: self._button("life.end.act", self._end))
        return found

    def _partings(self, bound: Contract) -> list[Callable[[], object]]:
        """Return what may be done with single machines of a lease."""
        leases = [
            each.price for each in bound.terms.usage_prices if isinstance(each.price, LeasePrice)
        ]
        found: list[Callable[[], object]] = []
        if any(each.purchase_option is not None for each in leases):
            found.append(lambda: self._button("life.purchase.act", self._purchase))
        if leases and len(bound.machines) > 1:
            found.append(lambda: self._button("life.return.act", self._return))
        return found

    def _amend(self) -> None:
        show(link_button(self._say("life.amend.act"), f"/contracts/{self._last.id}/amend"))

    async def _accept(self) -> None:
        """Show the whole content in words, then ask."""
        of, visit = self._last, self._visit
        machines = await machines_by_id(visit)
        names = ", ".join(machine_name(machines, each) for each in of.machines)
        with dialog_card("wide") as close:
            show(tag("h2", self._say("life.accept.title", name=self._name)))
            show(tag("h3", self._say("contract.terms")))
            show(terms_in_words(visit, of, machines))
            pairs = [
                (self._say("contract.supplier"), of.supplier.name),
                (self._say("contract.customer"), of.customer.name),
                (self._say("contracts.machines"), names),
                (self._say("contract.from"), instant_in_zone(visit, of, of.starts_at)),
                (self._say("contract.until"), self._ends(of)),
                *conditions(visit, of, machines),
                (self._say("life.accept.hash"), tag("span", of.sha256, class_="mono")),
            ]
            show(facts(pairs, is_list=True))
            show(tag("p", self._said_of("life.accept.text")))

            async def accept() -> None:
                await visit.ask(self._does.accept, of.id, of.version, of.sha256, self._address)
                ui.navigate.reload()

            with ui.element("div").classes("actions"):
                button(self._say("life.accept.act"), lambda: attempt(visit, accept), "primary")
                button(self._say("action.cancel"), close)

    def _offer(self) -> None:
        async def do(values: Values) -> None:
            until = self._visit.application.clock.now() + int(values["days"]) * _DAY_US
            of = self._last
            await self._visit.ask(self._does.offer, of.id, of.version, Instant(until))

        self._dialog("offer", ("days",), do)

    def _withdraw(self) -> None:
        async def do(values: Values) -> None:
            of = self._last
            await self._visit.ask(self._does.withdraw, of.id, of.version, values["reason"])

        self._dialog("withdraw", ("reason",), do)

    def _activate(self) -> None:
        async def do(_values: Values) -> None:
            contracts, of = self._visit.application.contracts, self._last
            await self._visit.ask(contracts.activate, of.id, of.version)

        self._dialog("activate", (), do)

    def _pause(self) -> None:
        async def do(values: Values) -> None:
            start = self._day(values["pause.start"])
            span = start or self._visit.application.clock.now(), self._day(values["pause.end"])
            await self._visit.ask(self._does.pause, self._last.id, span, values["reason"])

        self._dialog("pause", ("pause.start", "pause.end", "reason"), do)

    def _resume(self) -> None:
        async def do(_values: Values) -> None:
            now = self._visit.application.clock.now()
            await self._visit.ask(self._does.resume, self._last.id, now)

        self._dialog("resume", (), do)

    def _renew(self) -> None:
        async def do(values: Values) -> None:
            until = self._day(values["renew.until"])
            if until is None:
                msg = "a contract is renewed until a day: expected one"
                raise Invalid(msg)
            await self._visit.ask(self._does.renew, self._last.id, until, values["reason"])

        self._dialog("renew", ("renew.until", "reason"), do)

    def _end(self) -> None:
        async def do(values: Values) -> None:
            at = self._day(values["end.at"])
            await self._visit.ask(self._does.end, self._last.id, at, values["reason"])

        self._dialog("end", ("end.at", "reason"), do)

    async def _purchase(self) -> None:
        await self._part("purchase", self._does.purchase)

    async def _return(self) -> None:
        await self._part("return", self._does.give_back)

    async def _part(self, key: str, act: Part) -> None:
        """Ask which machine is bought or goes back, and when."""
        machines = await machines_by_id(self._visit)
        bound = self._bound or self._last
        self._names = {each: machine_name(machines, each) for each in bound.machines}

        async def do(values: Values) -> None:
            at = self._day(values["machine.at"])
            if at is None:
                msg = "a machine is bought or goes back on a day: expected one"
                raise Invalid(msg)
            parting = Parting(machine=values["machine"], at=at, reason=values["reason"])
            await self._visit.ask(act, bound.id, parting)

        self._dialog(key, ("machine", "machine.at", "reason"), do)

    def _dialog(self, key: str, fields: Sequence[str], do: Do) -> None:
        """Ask for what an act needs; nothing happens without a yes."""
        visit = self._visit
        with dialog_card() as close:
            show(tag("h2", self._said_of(f"life.{key}.title")))
            show(tag("p", self._said_of(f"life.{key}.text")))
            made = {name: self._field(name) for name in fields}

            async def run() -> None:
                await do({name: str(field.value or "").strip() for name, field in made.items()})
                ui.navigate.reload()

            with ui.element("div").classes("actions"):
                button(self._say(f"life.{key}.act"), lambda: attempt(visit, run), "primary")
                button(self._say("action.cancel"), close)

    def _field(self, name: str) -> ui.input | ui.select:
        if name == "days":
            options = {days: self._say(f"life.offer.days.{days}") for days in OFFER_DAYS}
            return select_field(self._say("life.offer.days"), options, OFFER_DAYS[1])
        label = self._said_of(f"life.{name}", name)
        if name == "machine":
            return select_field(label, self._names, next(iter(self._names)))
        if name == "reason":
            return text_field(label).props(f"maxlength={REASON_CHARACTERS_MAX}")
        day = self._today().isoformat() if name == "pause.start" else ""
        return text_field(label, day).props("type=date stack-label")

    def _today(self) -> dt.date:
        zone = zone_named(self._last.time_zone)
        return to_datetime(self._visit.application.clock.now(), zone).date()

    def _day(self, text: str) -> Instant | None:
        """Return the start of a day in the contract's zone; today is now, nothing is None."""
        if not text:
            return None
        try:
            day = dt.date.fromisoformat(text)
        except ValueError as error:
            msg = f"cannot read {text[:40]!r} as a day: expected such as 2027-01-31"
            raise Invalid(msg) from error
        if day == self._today():
            return self._visit.application.clock.now()
        return day_start(day, zone_named(self._last.time_zone))

    def _ends(self, of: Contract) -> str:
        if of.ends_at is None:
            return self._say("contract.open_end")
        return instant_in_zone(self._visit, of, of.ends_at)

    def _said_of(self, key: str, name: str = "") -> str:
        """Say a text of the contract's version, parties and dates."""
        of = self._bound if self._bound is not None and name.startswith("end") else self._last
        now = self._visit.application.clock.now()
        return self._say(
            key,
            name=self._name,
            version=self._last.version,
            customer=of.customer.name,
            supplier=of.supplier.name,
            start=instant_in_zone(self._visit, of, of.starts_at),
            end=self._ends(of),
            earliest=instant_in_zone(self._visit, of, of.earliest_end(now)),
        )

    def _button(
        self, key: str, press: Callable[[], Awaitable[None] | None], kind: str = ""
    ) -> None:
        button(self._say(key), press, kind)

    def _say(self, key: str, **values: object) -> str:
        return self._visit.say(key, **values)

    async def _may(self, action: Action) -> bool:
        resource = Resource("contract", self._last.id, organisation=self._last.organisation)
        return await self._visit.may(action, resource)
