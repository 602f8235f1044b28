"""Guarantees of the contracts themselves: a table says only which item each of them relies on.

So no credit is typed twice: target, bands, slope, caps, group, fee and machines are those of the
contract that is billed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.services.contracts.model import Contract, CreditTerms, Terms
from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure, GuaranteeKind
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.tables.model import ID, QUANTITY, Column, TypedTable
from lineshaft.valuechain.tables.service import read_tables


@dataclass(frozen=True, slots=True)
class GuaranteeDependency:
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
    is_required=True,
)


def read_dependencies(
    source: Path, network: SupplyNetwork
) -> tuple[Sequence[GuaranteeDependency], dict[str, str]]:
    """Read the table `dependencies` beside a network.

    Returns:
        Rows, and the hash of their file by its name.

    Raises:
        TablesInvalid: for a table that is not there or has mistakes, or items that nobody knows.
    """
    read = read_tables(source, (DEPENDENCIES,))
    found = read.tables[DEPENDENCIES.name]
    items = {each.id for each in network.items}
    for number, row in found.numbered:
        if row.item not in items:
            read.problems.add(found.file, number, "item", row.item, "expected an item of items")
    return read.rows()[DEPENDENCIES.name], read.inputs


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
