"""Hypothetical extraction: what is lost when some deliveries stop, with and without substitutes."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.errors import UnknownPlace
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Matrix, Stoppage, Table, Vector
from lineshaft.valuechain.inputoutput.whatif import CHANGES_MAX, WhatIf
from lineshaft.valuechain.libraries import needed

UPPER_BOUND = "upper bound: nothing is replaced"
INDICATOR = Indicator(
    name="lost_value_added",
    symbol="dVA",
    unit="",
    formula="v' (x - x*), x* = (I - A*)^-1 f* without the deliveries, or with other origins",
    source="Dietzenbacher & Lahr 2013; with substitution Dietzenbacher, van Burken & Kondo 2019",
    range="(-inf, inf)",
)


class Extraction(msgspec.Struct, frozen=True, eq=False):
    """What a stoppage costs.

    Attributes:
        label: how far the figures can be trusted: `UPPER_BOUND`, or the part that is replaced.
        lost_output, lost_value_added: by row; negative for those who deliver instead.
        not_replaceable: part of what was to be replaced for which there is no other origin.
    """

    label: str
    lost_output: Vector
    lost_value_added: Vector
    not_replaceable: float


class _Change(msgspec.Struct, frozen=True, eq=False):
    coefficients: Matrix
    demand: Vector
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    not_replaceable: float


def extraction(kernel: Kernel, stoppage: Stoppage) -> Extraction:
    """Take deliveries out, and let other origins replace a part of them.

    Without substitution it is the hypothetical extraction of rows (Dietzenbacher & Lahr 2013), an
    upper bound. With it, other countries' same industry delivers the replaced part, in proportion
    to what the buyer takes from them already, or, where that is nothing, to their output: the
    global extraction method (Dietzenbacher, van Burken & Kondo 2019), here by the part `replaced`.

    Raises:
        UnknownPlace: when the table has no such country or industry.
        Invalid: when the replaced part is not from 0 to 1.
    """
    _check(kernel.table, stoppage)
    change = _change(kernel, stoppage)
    output = _output(kernel, change)
    lost = kernel.output_for_demand - output
    label = (
        f"{stoppage.replaced:.0%} replaced by other origins" if stoppage.replaced else UPPER_BOUND
    )
    lost_value_added = kernel.value_added_coefficients * lost
    return Extraction(label, lost, lost_value_added, change.not_replaceable)


def _check(table: Table, stoppage: Stoppage) -> None:
    unknown = sorted({stoppage.supplier, *stoppage.users} - set(table.countries))
    unknown += sorted(stoppage.industries - set(table.industries))
    if unknown:
        msg = f"{table.name} has no {', '.join(unknown)}: expected countries such as "
        msg += f"{', '.join(table.countries[:3])} and industries such as "
        msg += ", ".join(table.industries[:3])
        raise UnknownPlace(msg)
    if not 0 <= stoppage.replaced <= 1:
        msg = f"cannot replace a part of {stoppage.replaced}: expected 0 to 1"
        raise Invalid(msg)


def _change(kernel: Kernel, stoppage: Stoppage) -> _Change:
    """Return the changed coefficients (change only), the new demand and what they touch."""
    table = kernel.table
    is_stopped = (table.country_of_row == table.countries.index(stoppage.supplier)) & (
        table.is_of(stoppage.industries or frozenset(table.industries))
    )
    users = [not stoppage.users or name in stoppage.users for name in table.countries]
    is_user = np.array(users)[table.country_of_row]
    columns, demands = np.flatnonzero(is_user), np.flatnonzero(users)
    use, use_lost = _moved(
        table, kernel.technical_coefficients[:, columns], is_stopped, stoppage.replaced
    )
    demand, demand_lost = _moved(
        table, table.demand_by_country[:, demands], is_stopped, stoppage.replaced
    )
    output = table.gross_output[columns]
    touched = np.flatnonzero((use != 0).any(axis=1))
    wanted = stoppage.replaced * float(
        (kernel.technical_coefficients[np.ix_(is_stopped, columns)] @ output).sum()
        + table.demand_by_country[np.ix_(is_stopped, demands)].sum()
    )
    missing = float(use_lost @ output + demand_lost.sum())
    return _Change(
        use,
        kernel.demand + demand.sum(axis=1),
        touched,
        columns,
        missing / wanted if wanted else 0.0,
    )


def _moved(
    table: Table, bought: Matrix, is_stopped: NDArray[np.bool_], replaced: float
) -> tuple[Matrix, Vector]:
    """Return the change of what is bought, and by column what found no other origin."""
    change = np.zeros_like(bought)
    change[is_stopped] = -bought[is_stopped]
    lost = np.zeros(bought.shape[1])
    if not replaced:
        return change, lost
    for industry in np.unique(table.industry_of_row[is_stopped]).tolist():
        of_it = table.industry_of_row == industry
        gone, others = of_it & is_stopped, np.flatnonzero(of_it & ~is_stopped)
        wanted = replaced * bought[gone].sum(axis=0)
        weights = np.clip(bought[others], 0, None)
        by_output = np.clip(table.gross_output[others], 0, None)[:, None]
        weights = np.where(weights.sum(axis=0) > 0, weights, by_output)
        total = weights.sum(axis=0)
        has_origin = total > 0
        change[others] += weights / np.where(has_origin, total, 1) * wanted * has_origin
        lost += np.where(has_origin, 0, wanted)
    return change, lost


def _output(kernel: Kernel, change: _Change) -> Vector:
    """Solve by an update of the cached inverse where its rank is low, and anew otherwise."""
    session = WhatIf(kernel)
    size = len(change.demand)
    if min(len(change.rows), len(change.columns)) > CHANGES_MAX:
        system = np.eye(size) - kernel.technical_coefficients
        system[:, change.columns] -= change.coefficients
        return np.asarray(needed("scipy.linalg").solve(system, change.demand, overwrite_a=True))
    session.change_demand(change.demand - kernel.demand)
    if len(change.rows) <= len(change.columns):
        for row in change.rows.tolist():
            whole = np.zeros(size)
            whole[change.columns] = change.coefficients[row]
            session.change_row(row, whole)
    else:
        for place, column in enumerate(change.columns.tolist()):
            session.change_column(column, change.coefficients[:, place])
    return session.outcome().output
