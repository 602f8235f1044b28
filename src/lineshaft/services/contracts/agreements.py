"""Offer, accept, pause, resume, renew, end, exchange: the life of a contract, act by act."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import Action, Actor, Resource, Role
from lineshaft.services.contracts import changing
from lineshaft.services.contracts.activation import Activation
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.errors import ContentDiffers, ContractNotFound
from lineshaft.services.contracts.life import (
    ActKind,
    ActRefused,
    ContractAct,
    ContractLife,
    ContractState,
)
from lineshaft.services.contracts.parts import ContractParts
from lineshaft.services.contracts.renewing import Renewals

ACCEPTANCE_FORMAT = "lineshaft/contract-acceptance/1"
REASON_CHARACTERS_MAX = 500
ADDRESS_CHARACTERS_MAX = 100
ACTS_MAX = 10_000
Said = tuple[ActKind, Instant, dict[str, Any]]


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A machine leaves its place, another one follows; the gap between is the provider's downtime.

    Attributes:
        machine, until: which leaves, and when.
        next_machine, since: which follows, and from when on it serves.
    """

    machine: str
    until: Instant
    next_machine: str
    since: Instant
    reason: str = ""
    work_order: str = ""


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that is bought by the option of its lease, or goes back.

    Attributes:
        at: when it is the customer's, or leaves its place.
    """

    machine: str
    at: Instant
    reason: str = ""


class Agreements:
    """What provider and customer do with a contract; each act is added, nothing is changed."""

    def __init__(self, parts: ContractParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._activation = Activation(parts)

    def life(self, actor: Actor, id_: str) -> ContractLife:
        """Return the versions of a contract and what was done with it, as the actor may see it.

        The customer sees what binds or was offered, not what the provider drafts.

        Raises:
            ContractNotFound: when there is none, or the actor may not see it.
        """
        with self._parts.database.read() as connection:
            life = ContractLife(
                self._parts.store.versions(connection, id_),
                self._parts.store.acts(connection, id_),
            )
        return self._seen(actor, id_, life)

    def offer(self, actor: Actor, id_: str, version: int, valid_until: Instant) -> ContractAct:
        """Offer a version to the customer of the contract, until an instant.

        Raises:
            ContractNotFound: when there is no such version.
            ActRefused: when it is not a draft or an offer, or the offer would be over already.
        """
        return self._act(
            actor, (id_, version), ActKind.OFFER, lambda of: self._offered(of, valid_until)
        )

    def withdraw(self, actor: Actor, id_: str, version: int, reason: str) -> ContractAct:
        """Take back a draft or an offer that nobody has accepted yet."""
        said = {"reason": _checked(reason)}
        now = self._parts.clock.now()
        return self._act(
            actor, (id_, version), ActKind.WITHDRAW, lambda _: (ActKind.WITHDRAW, now, said)
        )

    def accept(
        self, actor: Actor, id_: str, version: int, sha256: str, address: str
    ) -> ContractAct:
        """Accept an offered version for the customer; the record of it is signed.

        Args:
            actor: somebody of the customer's organisation, signed in.
            id_: of the contract.
            version: that was offered.
            sha256: of the content that was read and is accepted, hexadecimal.
            address: from which it is accepted.

        Raises:
            ContractNotFound: when there is no such version, or the actor may not see it.
            Forbidden: when the actor is not of the customer.
            ContentDiffers: when the hash is of other content.
            ActRefused: when it is not offered, or the offer is over.
        """
        seen = self.life(actor, id_)
        with self._parts.database.unit_of_work() as unit:
            contract = self._ready(unit, actor, (id_, version), (Action.CONTRACT_ACCEPT, seen))
            life = self._life(unit, id_)
            life.check(ActKind.ACCEPT, version, self._parts.clock.now())
            if sha256 != contract.sha256:
                msg = f"version {version} of contract {id_} has another content than the one that "
                raise ContentDiffers(msg + f"is accepted: expected {contract.sha256}")
            said = self._signed(unit, actor, contract, _checked(address, ADDRESS_CHARACTERS_MAX))
            return self._noted(unit, actor, contract, (Action.CONTRACT_ACCEPT, said))

    def pause(
        self, actor: Actor, id_: str, span: tuple[Instant, Instant | None], reason: str
    ) -> ContractAct:
        """Let a contract rest from an instant on, until another one or until it is resumed.

        Raises:
            ContractNotFound: when there is none.
            ActRefused: when none binds, or it rests already.
        """
        said: dict[str, Any] = {"reason": _checked(reason)}
        if span[1] is not None:
            said["until"] = format_instant(span[1])
        return self._change(
            actor,
            id_,
            (ActKind.PAUSE, span[0], said),
            lambda contract: changing.paused(contract, span, reason),
        )

    def resume(self, actor: Actor, id_: str, at: Instant) -> ContractAct:
        """End the pause that a contract is in."""
        return self._change(
            actor, id_, (ActKind.RESUME, at, {}), lambda contract: changing.resumed(contract, at)
        )

    def renew(self, actor: Actor, id_: str, until: Instant, reason: str) -> ContractAct:
        """Let a contract of fixed term run longer."""
        return self._change(
            actor,
            id_,
            (ActKind.RENEW, until, {"reason": _checked(reason)}),
            lambda contract: changing.renewed(contract, until),
        )

    def end(self, actor: Actor, id_: str, at: Instant | None, reason: str) -> ContractAct:
        """Let a contract end, by notice given now; at the earliest instant for None.

        Raises:
            ContractNotFound: when there is none.
            ActRefused: when none binds, it has ended, or the notice is too late for the instant.
        """
        now = self._parts.clock.now()
        binding = self.life(actor, id_).binding
        when = at
        if when is None:
            when = now if binding is None else binding.contract.earliest_end(now)
        ends_at = when
        return self._change(
            actor,
            id_,
            (ActKind.END, ends_at, {"reason": _checked(reason), "notice_at": format_instant(now)}),
            lambda contract: changing.ended(contract, ends_at, now),
        )

    def exchange(self, actor: Actor, id_: str, swap: Exchange) -> ContractAct:
        """Exchange a machine for another one in its place: one line, the sum of both."""
        why = {"reason": _checked(swap.reason), "work_order": _checked(swap.work_order)}
        said = {"machine": swap.machine, "next_machine": swap.next_machine}
        said |= {"since": format_instant(swap.since)} | why
        out, in_ = (swap.machine, swap.until), (swap.next_machine, swap.since)
        return self._change(
            actor,
            id_,
            (ActKind.EXCHANGE, swap.until, said),
            lambda contract: changing.exchanged(contract, out, in_, why),
        )

    def purchase(self, actor: Actor, id_: str, bought: Parting) -> ContractAct:
        """Let the customer buy a leased machine: its option is charged with the period until then.

        Raises:
            ContractNotFound: when there is none.
            ActRefused: without an option on it, before the end of the lease, or again.
        """
        return self._part(
            actor,
            id_,
            (ActKind.PURCHASE, bought),
            lambda contract: changing.purchased(contract, bought.machine, bought.at),
        )

    def give_back(self, actor: Actor, id_: str, back: Parting) -> ContractAct:
        """Take a machine out of its place: instalments that are due later are not charged for it.

        Raises:
            ContractNotFound: when there is none.
            ActRefused: when it does not serve then, or no other machine does.
        """
        return self._part(
            actor,
            id_,
            (ActKind.RETURN, back),
            lambda contract: changing.returned(contract, back.machine, back.at),
        )

    def _part(
        self,
        actor: Actor,
        id_: str,
        said: tuple[ActKind, Parting],
        change: Callable[[Contract], Contract],
    ) -> ContractAct:
        kind, parting = said
        detail = {"machine": parting.machine, "reason": _checked(parting.reason)}
        return self._change(actor, id_, (kind, parting.at, detail), change)

    def record_due(self) -> int:
        """Record what contracts do by their terms until now: see `renewing`.

        Returns:
            how many acts are new.
        """
        return Renewals(self._parts, self._activation).record_due()

    def _act(
        self,
        actor: Actor,
        place: tuple[str, int],
        kind: ActKind,
        said_of: Callable[[Contract], Said],
    ) -> ContractAct:
        """Add an act of the provider that leaves the content as it is."""
        seen = self.life(actor, place[0])
        with self._parts.database.unit_of_work() as unit:
            contract = self._ready(unit, actor, place, (Action.CONTRACT_OFFER, seen))
            self._life(unit, place[0]).check(kind, place[1], self._parts.clock.now())
            return self._noted(unit, actor, contract, (Action.CONTRACT_OFFER, said_of(contract)))

    def _change(
        self, actor: Actor, id_: str, said: Said, change: Callable[[Contract], Contract]
    ) -> ContractAct:
        """Make the next version from the binding one, and let it bind at once."""
        seen = self.life(actor, id_)
        with self._parts.database.unit_of_work() as unit:
            place = (id_, seen.last.contract.version)
            self._ready(unit, actor, place, (Action.CONTRACT_CHANGE, seen))
            life, now = self._life(unit, id_), self._parts.clock.now()
            binding = life.binding
            if binding is None:
                msg = f"cannot {said[0]} contract {id_}: no version of it binds"
                raise ActRefused(msg)
            life.check(said[0], binding.contract.version, now)
            last = life.last.contract.version
            if life.state(last, now) in {ContractState.OFFERED, ContractState.ACCEPTED}:
                msg = f"cannot {said[0]} contract {id_}: version {last} of it is "
                msg += f"{life.state(last, now)}; withdraw or activate it first"
                raise ActRefused(msg)
            contract = replace(change(binding.contract), version=last + 1)
            self._parts.store.add_contract(unit.connection, contract, now)
            self._activation.bind(unit, actor, contract, life.records)
            return self._noted(unit, actor, contract, (Action.CONTRACT_CHANGE, said))

    def _noted(
        self, unit: UnitOfWork, actor: Actor, contract: Contract, done: tuple[Action, Said]
    ) -> ContractAct:
        action, said = done
        act = self._activation.note(unit, actor, contract, said)
        self._activation.announce(unit, act, contract)
        detail = {"version": act.version, "act": str(act.kind), "number": act.number}
        self._parts.audit.append(unit.connection, actor, action, f"contract/{contract.id}", detail)
        return act

    def _ready(
        self,
        unit: UnitOfWork,
        actor: Actor,
        place: tuple[str, int],
        asked: tuple[Action, ContractLife],
    ) -> Contract:
        """Lock the contract, and return the version if the actor may see it and do this."""
        (id_, version), (action, seen) = place, asked
        found = [each.contract for each in seen.records if each.contract.version == version]
        if not found:
            raise _not_found(id_)
        resource = Resource("contract", id_, organisation=found[0].organisation)
        self._parts.authorizer.authorize(actor, action, resource)
        unit.lock(f"contract:{id_}")
        if len(self._parts.store.acts(unit.connection, id_)) >= ACTS_MAX:
            msg = f"contract {id_} has {ACTS_MAX} acts: no more are recorded"
            raise ActRefused(msg)
        return found[0]

    def _life(self, unit: UnitOfWork, id_: str) -> ContractLife:
        store, connection = self._parts.store, unit.connection
        return ContractLife(store.versions(connection, id_), store.acts(connection, id_))

    def _seen(self, actor: Actor, id_: str, life: ContractLife) -> ContractLife:
        """Say "there is none" rather than "you may not": an id must not tell that it exists."""
        records = shown(actor, life)
        if not records.records:
            raise _not_found(id_)
        resource = Resource("contract", id_, organisation=records.last.contract.organisation)
        if not self._parts.authorizer.is_allowed(actor, Action.CONTRACT_READ, resource):
            raise _not_found(id_)
        return records

    def _offered(self, contract: Contract, valid_until: Instant) -> Said:
        now = self._parts.clock.now()
        if valid_until <= now:
            msg = f"an offer until {format_instant(valid_until)} is over: expected a later instant"
            raise ActRefused(msg)
        detail = {
            "to": contract.organisation,
            "valid_until": format_instant(valid_until),
            "sha256": contract.sha256,
        }
        return ActKind.OFFER, now, detail

    def _signed(self, unit: UnitOfWork, actor: Actor, contract: Contract, address: str) -> Said:
        """Record who accepted what, when and from where, under a signature of the hub."""
        now = self._parts.clock.now()
        statement = {
            "format": ACCEPTANCE_FORMAT,
            "contract": contract.id,
            "version": contract.version,
            "sha256": contract.sha256,
            "organisation": contract.organisation,
            "accepted_by": actor.id,
            "name": actor.name,
            "address": address,
            "accepted_at": format_instant(now),
        }
        signature = self._parts.keys.sign(unit.connection, canonical.encode(statement))
        detail = {
            "statement": statement,
            "key_id": signature.key_id,
            "signature": signature.signature.hex(),
        }
        return ActKind.ACCEPT, now, detail


def shown(actor: Actor, life: ContractLife) -> ContractLife:
    """Leave out what a customer may not know of: drafts that were never offered, and their acts."""
    if actor.role is not Role.CUSTOMER:
        return life
    records = [
        record for record in life.records if life.is_shown_to_customer(record.contract.version)
    ]
    versions = {record.contract.version for record in records}
    return ContractLife(records, [act for act in life.acts if act.version in versions])


def _checked(text: str, characters_max: int = REASON_CHARACTERS_MAX) -> str:
    if len(text) > characters_max or not text.isprintable():
        msg = f"a text of {len(text)} characters: expected at most {characters_max}, on one line"
        raise Invalid(msg)
    return text


def _not_found(id_: str) -> ContractNotFound:
    return ContractNotFound(f"there is no contract {id_}, or no such version of it")
