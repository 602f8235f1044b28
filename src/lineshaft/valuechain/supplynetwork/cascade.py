"""The cascade of one failed firm after the other, compiled by numba. Pure.

Written from the equations of Diem et al. (2022), see `esri.py`. Losses never fall from one
iteration to the next, so only firms whose loss has grown tell their partners by how much
(a frontier of events), and the largest input of a customer is known without looking at the others.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Ends = NDArray[np.int32]
Flags = NDArray[np.bool_]

_F = TypeVar("_F", bound=Callable[..., object])
_compiled: Callable[[_F], _F] = numba.njit(nogil=True, cache=True, error_model="numpy")


class Edges(NamedTuple):
    """The supplies from both sides.

    Attributes:
        out_start: first edge of each firm to its customers, and their number at the end.
        out_customer: of each edge.
        out_slot: the sum of a customer's inputs that an edge counts in; -1 for a negligible input.
        out_down: part of that sum that the edge is.
        in_start: first edge of each firm from its suppliers, and their number at the end.
        in_supplier: of each edge.
        in_up: part of the supplier's sales that the edge is.
    """

    out_start: Places
    out_customer: Ends
    out_slot: Ends
    out_down: Floats
    in_start: Places
    in_supplier: Ends
    in_up: Floats


class Markets(NamedTuple):
    """Who replaces whom: market of each firm (-1: nobody does), sales of firms and markets."""

    of: Places
    sales: Floats
    total: Floats


class State(NamedTuple):
    """What one failure has come to; all of it is as it was before, once the failure is over.

    Attributes:
        down, up: loss of each firm.
        told, up_told: how much of it its partners know.
        pending, up_sum: what its partners have told a firm.
        sums: lost part of the inputs of each kind.
        left: sales that are left in each market.
        head, link: the firms of each market that have lost anything, as a list.
        touched, marked, grown_down, grown_up, stirred: lists; the last one is of markets whose
            sales have shrunk. How long each is stands in `counts`, in this order.
    """

    down: Floats
    up: Floats
    told: Floats
    up_told: Floats
    pending: Floats
    up_sum: Floats
    sums: Floats
    left: Floats
    head: Places
    link: Places
    touched: Places
    marked: Places
    grown_down: Places
    grown_up: Places
    stirred: Places
    is_touched: Flags
    is_marked: Flags
    is_stirred: Flags
    counts: Places


TOUCHED, MARKED, DOWN, UP, STIRRED = range(5)


@_compiled
def _tellers(markets: Markets, state: State, tellers: Places) -> int:
    """List whoever has grown, and whoever in a stirred market has lost anything; return how many.

    The arrays are named before each loop: to take one from the state costs more than to read it.
    """
    of, grown, stirred, is_stirred = markets.of, state.grown_down, state.stirred, state.is_stirred
    head, link = state.head, state.link
    count = 0
    for at in range(state.counts[DOWN]):
        # Those in a market come with all of it.
        if of[grown[at]] < 0:
            tellers[count] = grown[at]
            count += 1
    for at in range(state.counts[STIRRED]):
        is_stirred[stirred[at]] = False
        firm = head[stirred[at]]
        while firm >= 0:
            tellers[count] = firm
            count += 1
            firm = link[firm]
    state.counts[DOWN] = state.counts[STIRRED] = 0
    return count


@_compiled
def _tell_down(edges: Edges, markets: Markets, state: State, tellers: Places) -> None:
    """Tell customers what is lost to them, less what others of the market replace."""
    of, sales, left, down, told = markets.of, markets.sales, state.left, state.down, state.told
    start, slots, down_part = edges.out_start, edges.out_slot, edges.out_down
    customers, sums, pending = edges.out_customer, state.sums, state.pending
    is_marked, marked = state.is_marked, state.marked
    count = 0
    for at in range(_tellers(markets, state, tellers)):
        firm = tellers[at]
        share = 1.0
        if of[firm] >= 0 and left[of[firm]] > sales[firm]:
            share = sales[firm] / left[of[firm]]
        more = share * down[firm] - told[firm]
        if more <= 0.0:
            continue
        told[firm] += more
        for edge in range(start[firm], start[firm + 1]):
            slot, customer = slots[edge], customers[edge]
            if slot < 0:
                continue
            sums[slot] += more * down_part[edge]
            if sums[slot] > pending[customer]:
                pending[customer] = sums[slot]
                if not is_marked[customer]:
                    is_marked[customer] = True
                    marked[count] = customer
                    count += 1
    state.counts[MARKED] = count


@_compiled
def _grow_down(markets: Markets, state: State) -> float:
    """Let customers lose what they were told, and markets know; return the largest change."""
    of, sales, left, down, pending = (
        markets.of,
        markets.sales,
        state.left,
        state.down,
        state.pending,
    )
    head, link, stirred, is_stirred = state.head, state.link, state.stirred, state.is_stirred
    is_marked, marked, grown = state.is_marked, state.marked, state.grown_down
    change, count, stirred_count = 0.0, 0, 0
    for at in range(state.counts[MARKED]):
        firm = marked[at]
        is_marked[firm] = False
        loss, its = min(1.0, pending[firm]), of[firm]
        more = loss - down[firm]
        if more <= 0.0:
            continue
        change = max(change, more)
        if its >= 0:
            if down[firm] == 0.0:
                link[firm] = head[its]
                head[its] = firm
            left[its] -= more * sales[firm]
            if not is_stirred[its]:
                is_stirred[its] = True
                stirred[stirred_count] = its
                stirred_count += 1
        down[firm] = loss
        grown[count] = firm
        count += 1
    state.counts[DOWN], state.counts[STIRRED] = count, stirred_count
    _touch(grown, count, state)
    return change


@_compiled
def _touch(grown: Places, number: int, state: State) -> None:
    is_touched, touched, count = state.is_touched, state.touched, state.counts[TOUCHED]
    for at in range(number):
        if not is_touched[grown[at]]:
            is_touched[grown[at]] = True
            touched[count] = grown[at]
            count += 1
    state.counts[TOUCHED] = count


@_compiled
def _tell_up(edges: Edges, state: State) -> None:
    """Let whoever has grown tell its suppliers what it does not order any more."""
    start, suppliers, part = edges.in_start, edges.in_supplier, edges.in_up
    up, told, up_sum, grown = state.up, state.up_told, state.up_sum, state.grown_up
    is_marked, marked = state.is_marked, state.marked
    count = 0
    for at in range(state.counts[UP]):
        firm = grown[at]
        more = up[firm] - told[firm]
        told[firm] = up[firm]
        for edge in range(start[firm], start[firm + 1]):
            supplier = suppliers[edge]
            up_sum[supplier] += more * part[edge]
            if not is_marked[supplier]:
                is_marked[supplier] = True
                marked[count] = supplier
                count += 1
    state.counts[MARKED] = count


@_compiled
def _grow_up(state: State) -> float:
    """Let suppliers lose what they were told; return the largest change."""
    up, up_sum, grown = state.up, state.up_sum, state.grown_up
    is_marked, marked = state.is_marked, state.marked
    change, count = 0.0, 0
    for at in range(state.counts[MARKED]):
        firm = marked[at]
        is_marked[firm] = False
        loss = min(1.0, up_sum[firm])
        if loss > up[firm]:
            change = max(change, loss - up[firm])
            up[firm] = loss
            grown[count] = firm
            count += 1
    state.counts[UP] = count
    _touch(grown, count, state)
    return change


@_compiled
def _undo(edges: Edges, markets: Markets, weights: Floats, state: State) -> float:
    """Set back all that a failure has changed; return what it cost."""
    down, up, told, up_told = state.down, state.up, state.told, state.up_told
    pending, sums, up_sum, left, head = (
        state.pending,
        state.sums,
        state.up_sum,
        state.left,
        state.head,
    )
    total = 0.0
    state.is_stirred[:] = False
    for at in range(state.counts[TOUCHED]):
        firm = state.touched[at]
        total += weights[firm] * max(down[firm], up[firm])
        state.is_touched[firm] = False
        down[firm] = up[firm] = told[firm] = up_told[firm] = 0.0
        pending[firm] = up_sum[firm] = 0.0
        its = markets.of[firm]
        if its >= 0:
            left[its] = markets.total[its]
            head[its] = -1
        # What it told its partners, even where that was too little for them to grow.
        for edge in range(edges.out_start[firm], edges.out_start[firm + 1]):
            pending[edges.out_customer[edge]] = 0.0
            if edges.out_slot[edge] >= 0:
                sums[edges.out_slot[edge]] = 0.0
        for edge in range(edges.in_start[firm], edges.in_start[firm + 1]):
            up_sum[edges.in_supplier[edge]] = 0.0
    state.counts[:] = 0
    return total


@_compiled
def cascades(
    failed: Places, network: tuple[Edges, Markets], weights: Floats, state: State, eps: float
) -> Floats:
    """Return the systemic risk of some firms, each failing alone.

    Args:
        failed: firms that fail, one for each result.
        network: who supplies and who replaces whom.
        weights: of each firm in the result; they sum to 1.
        state: of nothing lost, `nothing_lost`; it is so again at the end.
        eps: an iteration that changes nothing by more is the last.
    """
    edges, markets = network
    found = np.zeros(len(failed))
    tellers = np.empty(len(weights), np.int64)
    for place in range(len(failed)):
        first = failed[place]
        state.pending[first] = state.up_sum[first] = 1.0
        state.marked[0], state.counts[MARKED] = first, 1
        change = max(_grow_down(markets, state), _grow_up(state))
        while change > eps:
            _tell_down(edges, markets, state, tellers)
            change = _grow_down(markets, state)
            _tell_up(edges, state)
            change = max(change, _grow_up(state))
        found[place] = _undo(edges, markets, weights, state)
    return found


def nothing_lost(firms: int, markets: Markets, slots: int) -> State:
    """Return the state before a failure."""
    number = len(markets.total)
    return State(
        down=np.zeros(firms),
        up=np.zeros(firms),
        told=np.zeros(firms),
        up_told=np.zeros(firms),
        pending=np.zeros(firms),
        up_sum=np.zeros(firms),
        sums=np.zeros(slots),
        left=markets.total.copy(),
        head=np.full(number, -1),
        link=np.full(firms, -1),
        touched=np.empty(firms, np.int64),
        marked=np.empty(firms, np.int64),
        grown_down=np.empty(firms, np.int64),
        grown_up=np.empty(firms, np.int64),
        stirred=np.empty(number, np.int64),
        is_touched=np.zeros(firms, np.bool_),
        is_marked=np.zeros(firms, np.bool_),
        is_stirred=np.zeros(number, np.bool_),
        counts=np.zeros(5, np.int64),
    )
