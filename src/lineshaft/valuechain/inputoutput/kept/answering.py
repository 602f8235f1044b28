"""What a what-if on a kept table comes to: levers to changes, outputs to countries."""

from collections.abc import Sequence

import numpy as np

from lineshaft.valuechain.inputoutput.errors import UnknownPlace
from lineshaft.valuechain.inputoutput.kept.model import (
    Answered,
    Effect,
    KeptTable,
    Lever,
    LeverKind,
    ShownLever,
)
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Table, Vector
from lineshaft.valuechain.inputoutput.whatif import WhatIf


def answered(kept: KeptTable, kernel: Kernel, levers: Sequence[Lever], top: int | None) -> Answered:
    """Answer with all levers at once, by an update of the one inverse.

    Args:
        kept: what is known of the table.
        kernel: the table with its inverse.
        levers: the changes; more than one of the same number add up.
        top: industries that are returned, those that change most; None for all.

    Raises:
        UnknownPlace: when the table has no such region or industry.
        NotProductive: when some industry then needs more than itself to make itself.
    """
    shown = tuple(_shown(kernel, lever) for lever in levers)
    session = WhatIf(kernel)
    _change(session, kernel.table, shown)
    outcome = session.outcome()
    before = kernel.output_for_demand
    columns = (
        before,
        -outcome.lost_output,
        kernel.value_added_coefficients * before,
        -outcome.lost_value_added,
    )
    return Answered(
        kept,
        shown,
        Effect("", "", *(float(values.sum()) for values in columns)),
        _countries(kernel.table, columns),
        _industries(kernel.table, columns, top),
    )


def _shown(kernel: Kernel, lever: Lever) -> ShownLever:
    before = _before(kernel, lever)
    return ShownLever(lever, before, before * (1 + lever.percent / 100))


def _before(kernel: Kernel, lever: Lever) -> float:
    row = _row(kernel.table, lever.region, lever.industry)
    match lever.kind:
        case LeverKind.DEMAND:
            return float(kernel.demand[row])
        case LeverKind.VALUE_ADDED:
            return float(kernel.value_added_coefficients[row])
        case LeverKind.COEFFICIENT:
            column = _row(kernel.table, lever.to_region, lever.to_industry)
            return float(kernel.technical_coefficients[row, column])


def _row(table: Table, region: str, industry: str) -> int:
    if region not in table.regions or industry not in table.industries:
        msg = f"{table.name} has no {region[:40]} {industry[:40]}: expected regions such as "
        msg += f"{', '.join(table.regions[:3])} and industries such as "
        raise UnknownPlace(msg + ", ".join(table.industries[:3]))
    return table.regions.index(region) * len(table.industries) + table.industries.index(industry)


def _change(session: WhatIf, table: Table, shown: Sequence[ShownLever]) -> None:
    size = len(table.gross_output)
    demand, added = np.zeros(size), np.zeros(size)
    bought: dict[int, Vector] = {}
    for each in shown:
        lever = each.lever
        row, change = _row(table, lever.region, lever.industry), each.after - each.before
        match lever.kind:
            case LeverKind.DEMAND:
                demand[row] += change
            case LeverKind.VALUE_ADDED:
                added[row] += change
            case LeverKind.COEFFICIENT:
                column = _row(table, lever.to_region, lever.to_industry)
                bought.setdefault(column, np.zeros(size))[row] += change
    session.change_demand(demand)
    session.change_value_added(added)
    for column, values in bought.items():
        session.change_column(column, values)


def _countries(table: Table, columns: Sequence[Vector]) -> tuple[Effect, ...]:
    summed = np.stack([table.summed(values) for values in columns], axis=1)
    order = np.argsort(-np.abs(summed[:, -1]), kind="stable")
    return tuple(
        Effect(table.countries[place], "", *summed[place].tolist()) for place in order.tolist()
    )


def _industries(table: Table, columns: Sequence[Vector], top: int | None) -> tuple[Effect, ...]:
    order = np.argsort(-np.abs(columns[-1]), kind="stable")[:top]
    values = np.stack([column[order] for column in columns], axis=1).tolist()
    found = []
    for row, numbers in zip(order.tolist(), values, strict=True):
        region, industry = divmod(row, len(table.industries))
        found.append(Effect(table.regions[region], table.industries[industry], *numbers))
    return tuple(found)
