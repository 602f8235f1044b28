"""The next content of a contract, as acts make it: it rests, goes on, runs longer, ends; pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from lineshaft.core.period import Instant, Period, format_instant, zone_named
from lineshaft.services.contracts.assets import AssetBinding, Pause
from lineshaft.services.contracts.content import TermsInvalid
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.leases import LeasePrice, LeasePurchase
from lineshaft.services.contracts.life import ActRefused


def paused(contract: Contract, span: tuple[Instant, Instant | None], reason: str) -> Contract:
    """Let a contract rest from an instant on, until another or until it is resumed."""
    start, end = span
    _check_inside(contract, start)
    said = {} if end is None else {"end": format_instant(end)}
    pause = Pause(start=format_instant(start), reason=reason, **said)
    before = () if contract.pauses is UNSET else contract.pauses
    return replace(contract, pauses=(*before, pause))


def resumed(contract: Contract, at: Instant) -> Contract:
    """End the pause that an instant lies in, or that ends there.

    Raises:
        ActRefused: when there is none.
    """
    before = () if contract.pauses is UNSET else contract.pauses
    open_ = [each for each in before if each.period.start < at <= each.period.end]
    if not open_:
        msg = f"contract {contract.id} does not rest at {format_instant(at)}"
        raise ActRefused(msg, contract=contract.id)
    ended = replace(open_[0], end=format_instant(at))
    return replace(contract, pauses=tuple(ended if each is open_[0] else each for each in before))


def renewed(contract: Contract, until: Instant) -> Contract:
    """Let a contract of fixed term run longer.

    Raises:
        ActRefused: when it has no end, or would get an earlier one.
    """
    if contract.ends_at is None or until <= contract.ends_at:
        end = "none" if contract.end is None else contract.end
        msg = f"cannot renew contract {contract.id} until {format_instant(until)}: its end is {end}"
        raise ActRefused(msg + ", expected a later one", contract=contract.id)
    return replace(contract, end=format_instant(until))


def ended(contract: Contract, at: Instant, notice_at: Instant) -> Contract:
    """Let a contract end at an instant.

    Raises:
        ActRefused: when it ends before, or the notice is too late for it.
    """
    earliest = contract.earliest_end(notice_at)
    if contract.renewal is not UNSET and at < earliest:
        msg = f"cannot end contract {contract.id} at {format_instant(at)}: by its notice it ends "
        msg += f"at {format_instant(earliest)} at the earliest"
        raise ActRefused(msg, contract=contract.id)
    if contract.ends_at is not None and contract.ends_at <= at:
        msg = f"cannot end contract {contract.id} at {format_instant(at)}: it ends at "
        raise ActRefused(msg + str(contract.end), contract=contract.id)
    _check_inside(contract, at)
    return replace(contract, end=format_instant(at))


def exchanged(contract: Contract, out: tuple[str, Instant], in_: tuple[str, Instant],
              why: Mapping[str, str]) -> Contract:  # fmt: skip
    """Take a machine out of its place, and put another one there.

    Args:
        contract: as it is.
        out: the machine, and until when it served.
        in_: the machine that follows, and from when on it serves.
        why: `reason` and `work_order`.

    Raises:
        ActRefused: when the machine does not serve then, or the other one comes before it left.
    """
    (machine, until), (next_machine, since) = out, in_
    bound = bindings_of(contract)
    serving = [each for each in bound if each.machine == machine and each.period.contains(until)]
    if not serving or since < until:
        msg = f"cannot exchange {machine} of contract {contract.id}: expected a machine that "
        msg += "serves then, and one that follows it"
        raise ActRefused(msg, contract=contract.id, machine=machine)
    last = serving[0]
    after: dict[str, Any] = {} if last.end is UNSET else {"end": last.end}
    new = AssetBinding(place=last.place, machine=next_machine, start=format_instant(since),
                       reason=why["reason"], work_order=why["work_order"], **after)  # fmt: skip
    kept = [replace(each, end=format_instant(until)) if each is last else each for each in bound]
    kept.insert(kept.index(replace(last, end=format_instant(until))) + 1, new)
    machines = tuple(dict.fromkeys([*contract.machines, next_machine]))
    return replace(contract, machines=machines, bindings=tuple(kept))


def purchased(contract: Contract, machine: str, at: Instant) -> Contract:
    """Let the customer buy a leased machine by its option, at the end of the lease or later.

    Raises:
        ActRefused: without an option on the machine, before the end of the lease, or again.
    """
    zone, terms = zone_named(contract.time_zone), contract.terms
    serving = {slot.machine for slot in contract.slots(Period(Instant(at - 1), at))}
    for place, sold in enumerate(terms.usage_prices):
        lease = sold.price
        if not isinstance(lease, LeasePrice) or lease.purchase_option is None:
            continue
        ends_at = lease.ends_at(contract.starts_at, zone)
        is_new = machine not in {each.machine for each in lease.bought}
        is_within = contract.ends_at is None or at <= contract.ends_at
        if not (machine in serving and ends_at <= at and is_new and is_within):
            continue
        bought = (*lease.bought, LeasePurchase(machine, format_instant(at)))
        prices = [*terms.usage_prices]
        prices[place] = replace(sold, price=replace(lease, purchases=bought))
        return replace(contract, terms=replace(terms, usage_prices=tuple(prices)))
    msg = f"cannot sell {machine} under contract {contract.id} at {format_instant(at)}: expected a "
    msg += "machine that serves then, once, with an option and after its lease"
    raise ActRefused(msg, contract=contract.id, machine=machine)


def returned(contract: Contract, machine: str, at: Instant) -> Contract:
    """Take a machine out of its place for good: nobody follows it, and it owes no instalment more.

    Raises:
        ActRefused: when it does not serve then, or is the last one.
    """
    bound = bindings_of(contract)
    serving = [
        each
        for each in bound
        if each.machine == machine and each.period.start < at < each.period.end
    ]
    if not serving or len(bound) == 1:
        msg = f"cannot take {machine} back from contract {contract.id} at {format_instant(at)}: "
        msg += "expected a machine that serves then, and another one that goes on"
        raise ActRefused(msg, contract=contract.id, machine=machine)
    last = serving[0]
    kept = [replace(each, end=format_instant(at)) if each is last else each for each in bound]
    return replace(contract, bindings=tuple(kept))


def bindings_of(contract: Contract) -> tuple[AssetBinding, ...]:
    """Return who serves where; a contract without bindings has a place for each machine."""
    if contract.bindings is not UNSET:
        return contract.bindings
    return tuple(AssetBinding(place=machine, machine=machine) for machine in contract.machines)


def _check_inside(contract: Contract, at: Instant) -> None:
    end = contract.ends_at
    if at <= contract.starts_at or (end is not None and end <= at):
        msg = f"contract {contract.id} does not cover {format_instant(at)}: it begins at "
        raise TermsInvalid(msg + contract.start, contract=contract.id)


def service_spans(contract: Contract) -> list[tuple[str, Period]]:
    """Return when each machine serves under a contract, for whoever may see its data."""
    end = contract.ends_at
    whole = Period(contract.starts_at, Instant(2**63 - 1) if end is None else end)
    return [(slot.machine, slot.period) for slot in contract.slots(whole)]
