"""Guarantees of the contracts themselves: a table says only which item each of them relies on.

So no credit is typed twice: target, bands, slope, caps, group, fee and machines are those of the
contract that is billed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.core.period import day_start, zone_named
from lineshaft.services.contracts.model import Contract, CreditTerms, Terms, reigns_of
from lineshaft.valuechain.supplynetwork.guarantees import (
    GuaranteeExposure,
    GuaranteeKind,
    LeftOut,
    Promises,
)
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.tables.model import ID, QUANTITY, Column, TypedTable
from lineshaft.valuechain.tables.service import read_tables


class GuaranteeDependency(msgspec.Struct, frozen=True):
    """A guarantee of a contract, and the item without which a machine stays down.

    Attributes:
        repair_hours: from the arrival of the part until the machine runs.
    """

    contract: str
    guarantee: str
    item: str
    repair_hours: Fraction


DEPENDENCIES = TypedTable(
    "dependencies",
    GuaranteeDependency,
    (
        Column("contract", ID),
        Column("guarantee", ID),
        Column("item", ID),
        Column("repair_hours", QUANTITY, Fraction(0)),
    ),
    ("contract", "guarantee", "item"),
)


def read_dependencies(
    source: Path, network: SupplyNetwork, *, is_required: bool = True
) -> tuple[Sequence[GuaranteeDependency], dict[str, str]]:
    """Read the table `dependencies` beside a network; none where it may be absent and is.

    Returns:
        Rows, and the hash of their file by its name.

    Raises:
        TablesInvalid: for a table that is needed and not there or has mistakes, or items that
            nobody knows.
    """
    read = read_tables(source, (replace(DEPENDENCIES, is_required=is_required),))
    found = read.tables[DEPENDENCIES.name]
    items = {each.id for each in network.items}
    for number, row in found.numbered:
        if row.item not in items:
            read.problems.add(found.file, number, "item", row.item, "expected an item of items")
    return read.rows()[DEPENDENCIES.name], read.inputs


def in_force_on(versions: Sequence[Contract], day: dt.date) -> Contract | None:
    """Return the version that holds when a day begins, by the calendar of the contract's zone.

    Args:
        versions: those that were activated, the first one first.
        day: the first one of an outage.
    """
    for contract, span in reigns_of(versions):
        if span.contains(day_start(day, zone_named(contract.time_zone))):
            return contract
    return None


def promises_of(
    files: Promises,
    dependencies: Iterable[GuaranteeDependency],
    bound: Mapping[str, Sequence[Contract]],
    when: tuple[dt.date, str],
) -> Promises:
    """Let contracts speak for themselves; the table `guarantees` counts where none of them does.

    Args:
        files: what the table says. A row of it also says which item the guarantee relies on.
        dependencies: which items other guarantees rely on; of the same guarantee and item the row
            here counts.
        bound: the activated versions of each contract that the hub has, the first one first.
        when: the day on which they have to hold, and the currency of the network.
    """
    day, currency = when
    exposures = [each for each in files.exposures if each.contract not in bound]
    left_out: list[LeftOut] = []
    said = {
        (each.contract, each.guarantee, each.item): each.repair_hours for each in files.exposures
    }
    links = {key: hours for key, hours in said.items() if key[0] in bound}
    for each in dependencies:
        key = each.contract, each.guarantee, each.item
        if each.contract in bound:
            links[key] = each.repair_hours
        elif key not in said:
            left_out.append(LeftOut(*key, "unknown_contract"))
    in_force = {id_: in_force_on(versions, day) for id_, versions in bound.items()}
    for key, hours in links.items():
        contract = in_force[key[0]]
        dependency = GuaranteeDependency(*key, hours)
        why = "not_in_force" if contract is None else _refused(dependency, contract, currency)
        if contract is None or why:
            left_out.append(LeftOut(*key, why))
        else:
            exposures.append(_exposure_of(dependency, contract))
    speaking = {id_: each for id_, each in in_force.items() if each is not None}
    hashes = {f"contract {id_}": each.sha256 for id_, each in speaking.items()}
    versions = {id_: each.version for id_, each in speaking.items()}
    return Promises(exposures, {**files.inputs, **hashes}, versions, left_out)


def _refused(dependency: GuaranteeDependency, contract: Contract, currency: str) -> str:
    """Return why a guarantee of a contract in force does not count; empty where it does."""
    promise = _promise(contract.terms, dependency.guarantee)
    if contract.currency != currency:
        return "other_currency"
    if promise is None or contract.terms.base_fee is None:
        return "no_such_guarantee"
    return "" if promise[0] in list(GuaranteeKind) else "unbreakable"


def exposures_of(
    dependencies: Iterable[GuaranteeDependency], contracts: Mapping[str, Contract], currency: str
) -> list[GuaranteeExposure]:
    """Take the terms of each guarantee from its contract.

    Args:
        dependencies: which item each guarantee relies on.
        contracts: that bind, by id.
        currency: of the network.

    Raises:
        NotFound: for a contract that does not bind, or a guarantee that it does not have.
        Invalid: for a contract in another currency, or a guarantee that no part can break.
    """
    found = []
    for each in dependencies:
        contract = contracts.get(each.contract)
        if contract is None:
            msg = f"dependencies: contract {each.contract!r} does not bind: expected an active one"
            raise NotFound(msg)
        if contract.currency != currency:
            msg = f"contract {contract.id} is in {contract.currency}: expected {currency}, the "
            raise Invalid(msg + "currency of the lines")
        found.append(_exposure_of(each, contract))
    return found


def _exposure_of(dependency: GuaranteeDependency, contract: Contract) -> GuaranteeExposure:
    fee = contract.terms.base_fee
    promise = _promise(contract.terms, dependency.guarantee)
    if promise is None or fee is None:
        msg = f"contract {contract.id} has no guarantee {dependency.guarantee!r}: expected one of "
        raise NotFound(msg + "its terms")
    kind, group, credit = promise
    if kind not in list(GuaranteeKind):
        msg = f"guarantee {dependency.guarantee} of contract {contract.id} is of {kind}: expected "
        raise Invalid(msg + f"one of {', '.join(GuaranteeKind)}, which a late part breaks")
    return GuaranteeExposure(
        contract=contract.id,
        guarantee=dependency.guarantee,
        item=dependency.item,
        kind=GuaranteeKind(kind),
        terms=credit,
        group=group,
        contract_cap=contract.terms.credits_cap_share,
        monthly_fee=fee.amount_per_month,
        currency=contract.currency,
        machines=len(contract.machines),
        repair_hours=dependency.repair_hours,
    )


def _promise(terms: Terms, guarantee: str) -> tuple[str, str, CreditTerms] | None:
    """Return indicator, exclusivity group and credit of a guarantee; None without it."""
    only = terms.guarantee
    if only is not None and only.id == guarantee:
        return str(GuaranteeKind.AVAILABILITY), f"/{guarantee}", only.credit_terms
    for each in terms.promised:
        if each.id == guarantee:
            return each.indicator, each.group, each.credit_terms
    return None
