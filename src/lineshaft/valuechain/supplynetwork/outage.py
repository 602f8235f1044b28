"""What an outage does, day by day: a daily-step model over the bill of material. Pure.

Own model in the tradition of Hallegatte (2008) and Inoue & Todo (2019): stock cover, lead times and
proportional rationing, but no prices. Every user of an item gets the same part of its need, and
keeps it; so all quantities of an item can be counted in days of its planned need, and what is made
by the end of day d is

    y_i(d) = min over d0 <= d of [ m_i(d0) + capacity of the days from d0 to d ]
    m_i(d) = min(plan(d), min over components c of [ stock_c + y_c(d) ])

Every step is a minimum or a sum of whole numbers. So a bigger shock never gives a smaller loss, and
more stock never makes it worse.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.supplynetwork.disruption import (
    DAY,
    HORIZON_DAYS_MAX,
    Days,
    Remedy,
    Shock,
    affected,
    cover_of,
    disruption,
    missing,
)
from lineshaft.valuechain.supplynetwork.model import (
    DAYS_PER_WEEK,
    CustomerOrder,
    Line,
    SupplyNetwork,
)

NO_REMEDY = Remedy()


class LineState(enum.IntEnum):
    """What a line does on a day: all that is planned, less, nothing."""

    RUNNING = 0
    SHORT = 1
    STOPPED = 2


class LateOrder(msgspec.Struct, frozen=True):
    """An order that the outage makes late.

    Attributes:
        delivered_on: None: not within the days that were looked at.
        late_days: after the day on which it would have come; at least, where it is not delivered.
    """

    order: str
    customer: str
    due_on: dt.date
    delivered_on: dt.date | None
    late_days: int


class _Level(msgspec.Struct, frozen=True):
    """Made items that need only those before them: their rows, and those of their components."""

    rows: NDArray[np.int64]
    children: NDArray[np.int64]
    starts: NDArray[np.int64]


class OutageModel:
    """One shock on one network: what is hit is found once, then it runs under any remedies."""

    def __init__(self, network: SupplyNetwork, shock: Shock, horizon_days: int) -> None:
        """Find what is hit.

        Raises:
            Invalid: for more days than `HORIZON_DAYS_MAX`.
            TargetUnknown: for a target that the network does not have.
        """
        if not 1 <= horizon_days <= HORIZON_DAYS_MAX:
            msg = f"a horizon of {horizon_days} days: expected 1 to {HORIZON_DAYS_MAX}"
            raise Invalid(msg)
        self.network = network
        self.horizon_days = horizon_days
        self.hit = disruption(network, shock)
        self.items = affected(network, {*self.hit.lost, *self.hit.halted})
        self.row = {item: place for place, item in enumerate(self.items)}
        self.plan: Days = np.arange(1, horizon_days + 1, dtype=np.int64) * DAY
        stock = network.stock_of
        self._cover = np.array(
            [cover_of(network, each, stock.get(each, Fraction(0))) for each in self.items], np.int64
        )
        self._levels = self._in_levels()

    def _in_levels(self) -> list[_Level]:
        depth: dict[str, int] = {}
        levels: dict[int, list[tuple[str, list[int]]]] = defaultdict(list)
        for item in self.items:
            parts = [c.child for c in self.network.made_of.get(item, ()) if c.child in self.row]
            if parts or item in self.hit.halted:
                depth[item] = 1 + max((depth.get(part, 0) for part in parts), default=0)
                levels[depth[item]].append((item, [self.row[part] for part in parts]))
        found = []
        for _, members in sorted(levels.items()):
            # Those without a component that is hit are halted ones: they stand behind the others.
            members.sort(key=lambda each: not each[1])
            counts = [len(parts) for _, parts in members if parts]
            found.append(
                _Level(
                    rows=np.array([self.row[item] for item, _ in members], np.int64),
                    children=np.array([p for _, parts in members for p in parts], np.int64),
                    starts=np.cumsum([0, *counts[:-1]])[: len(counts)],
                )
            )
        return found

    def run(self, remedies: Mapping[str, Remedy] | None = None) -> "Outage":
        """Simulate all days under remedies by item; an item that is not hit needs none."""
        given = remedies or {}
        cover = self._cover.copy()
        for item, remedy in given.items():
            if item in self.row:
                cover[self.row[item]] += remedy.cover
        # More stock than the horizon needs changes nothing, and must not overflow.
        cover = np.minimum(cover, self.horizon_days * DAY)
        made = np.empty((len(self.items), self.horizon_days), np.int64)
        for item in self.hit.lost:
            remedy = given.get(item, NO_REMEDY)
            gone = missing(self.network, self.hit, item, remedy, self.horizon_days)
            made[self.row[item]] = self.plan - gone
        capacity = self._capacity
        for level in self._levels:
            made[level.rows] = self._made(level, made, cover, capacity[level.rows])
        return Outage(self, made, made + cover[:, None])

    def _made(self, level: _Level, made: Days, cover: Days, capacity: Days) -> Days:
        possible = np.broadcast_to(self.plan, (len(level.rows), self.horizon_days)).copy()
        if len(level.children):
            arrived = made[level.children] + cover[level.children, None]
            least = np.minimum.reduceat(arrived, level.starts, axis=0)
            np.minimum(possible[: len(least)], least, out=possible[: len(least)])
        # min over d0 of m(d0) - C(d0), with nothing made and no capacity used before the first day
        over = np.minimum.accumulate(possible - capacity, axis=1)
        return np.minimum(over, 0) + capacity

    @cached_property
    def _capacity(self) -> Days:
        """What each item could be made of since the first day, in the unit of the plan."""
        by_item: dict[str, list[Line]] = defaultdict(list)
        for line in self.network.lines:
            by_item[line.item].append(line)
        daily = np.empty(len(self.items), np.int64)
        for place, item in enumerate(self.items):
            lines = by_item.get(item, [])
            # Without a line a day's making knows no limit but the horizon's plan.
            daily[place] = _daily(self.network, item, lines, self.horizon_days)
        total = daily[:, None] * np.arange(1, self.horizon_days + 1, dtype=np.int64)
        for item in self.hit.halted & self.row.keys():
            idle = min(self.hit.shock.days, self.horizon_days)
            place = self.row[item]
            total[place] = np.maximum(0, total[place] - daily[place] * idle)
        return total


def _daily(network: SupplyNetwork, item: str, lines: list[Line], horizon_days: int) -> int:
    """Return what can be made of an item in a day, in millionths of a day's need."""
    if not lines:
        return horizon_days * DAY
    more = sum(
        (
            each.capacity_per_week - each.planned_per_week
            for each in lines
            if each.capacity_per_week
        ),
        Fraction(0),
    )
    need = network.needs_per_week[item]
    return min(int((need + more) * DAY / need), horizon_days * DAY)


class Outage:
    """What happens on each day; days count from 0, the first day of the shock.

    Attributes:
        made: by the end of each day, of each item that is affected, in millionths of a day's need.
        available: the same with the stock at the beginning.
    """

    def __init__(self, model: OutageModel, made: Days, available: Days) -> None:
        """Take what the model has computed."""
        self.model = model
        self.made = made
        self.available = available

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, affected or not."""
        return self.model.network.lines

    @cached_property
    def lost(self) -> Days:
        """What each line has not brought to customers by the end of each day, of its plan."""
        found = np.zeros((len(self.lines), self.model.horizon_days), np.int64)
        for place, line in enumerate(self.lines):
            if line.item in self.model.row:
                available = self.available[self.model.row[line.item]]
                found[place] = np.maximum(self.model.plan - available, 0)
        return found

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """The `LineState` of each line on each day.

        A line that makes stops when nothing is made, whatever stock there is; one that trades when
        nothing can be delivered.
        """
        found = np.zeros((len(self.lines), self.model.horizon_days), np.int8)
        for place, line in enumerate(self.lines):
            row = self.model.row.get(line.item)
            if row is None:
                continue
            is_bought = line.item in self.model.network.sources
            total = self.model.plan - self.lost[place] if is_bought else self.made[row]
            daily = np.diff(total, prepend=0)
            found[place] = np.where(
                daily <= 0, LineState.STOPPED, np.where(daily < DAY, LineState.SHORT, 0)
            )
        return found

    @cached_property
    def lost_margin(self) -> list[Fraction]:
        """Margin lost by the end of each day, exactly; what is made up for later is not lost."""
        margins = [
            Fraction(line.margin) * line.planned_per_week / (DAYS_PER_WEEK * DAY)
            for line in self.lines
        ]
        scale = lcm(*(margin.denominator for margin in margins)) if margins else 1
        totals = [0] * self.model.horizon_days
        for margin, lost in zip(margins, self.lost, strict=True):
            if lost[-1] or lost.any():
                weight = int(margin * scale)
                totals = [t + weight * each for t, each in zip(totals, lost.tolist(), strict=True)]
        return [Fraction(total, scale) for total in totals]

    def lost_of(self, place: int) -> Fraction:
        """Return the margin that a line has lost by the end of the last day."""
        line = self.lines[place]
        daily = Fraction(line.margin) * line.planned_per_week / DAYS_PER_WEEK
        return daily * int(self.lost[place, -1]) / DAY

    @cached_property
    def peak_margin(self) -> Fraction:
        """The most margin that is missing at the end of any day."""
        return max(self.lost_margin, default=Fraction(0))

    def stopped_days(self, place: int) -> list[int]:
        """Return the days on which a line stands still."""
        return [int(day) for day in np.flatnonzero(self.states[place] == LineState.STOPPED)]

    def waits(self, item: str) -> tuple[Days, bool]:
        """Return how many days somebody waits who needs an item on each day, first come first.

        Returns:
            Days of waiting, and whether one of them was not over at the end of the horizon.
        """
        horizon = self.model.horizon_days
        row = self.model.row.get(item)
        if row is None:
            return np.zeros(horizon, np.int64), False
        served = np.searchsorted(self.available[row], self.model.plan)
        days = np.arange(horizon)
        return np.maximum(served - days, 0), bool((served == horizon).any())

    @cached_property
    def late_orders(self) -> list[LateOrder]:
        """Return the orders that come later than they would have; by due date, then order."""
        by_item: dict[str, list[CustomerOrder]] = defaultdict(list)
        for each in sorted(self.model.network.orders, key=lambda o: (o.due_on, o.order)):
            if each.item in self.model.row:
                by_item[each.item].append(each)
        found = [late for item, orders in by_item.items() for late in self._late(item, orders)]
        return sorted(found, key=lambda each: (each.due_on, each.order))

    def _late(self, item: str, orders: list[CustomerOrder]) -> list[LateOrder]:
        start, horizon = self.model.hit.shock.start_on, self.model.horizon_days
        row = self.model.row[item]
        sold = sum(line.planned_per_week for line in self.lines if line.item == item)
        undisturbed = self.model.plan + (self.available[row, 0] - self.made[row, 0])
        wanted, found = Fraction(0), []
        for each in orders:
            wanted += each.quantity
            level = min(-int(-wanted * DAYS_PER_WEEK * DAY // sold), 2**62)
            # At the earliest when it is due: nobody ships before.
            due = max((each.due_on - start).days, 0)
            planned = max(int(np.searchsorted(undisturbed, level)), due)
            real = max(int(np.searchsorted(self.available[row], level)), due)
            if real > planned:
                delivered = start + dt.timedelta(days=real) if real < horizon else None
                late = LateOrder(each.order, each.customer, each.due_on, delivered, real - planned)
                found.append(late)
        return found

    def days_content(self) -> list[dict[str, Any]]:
        """Return each day as JSON content: lines short and stopped, lost margin so far, exactly."""
        names = [line.line for line in self.lines]
        start = self.model.hit.shock.start_on
        return [
            {
                "on": (start + dt.timedelta(days=day)).isoformat(),
                "short": [n for n, s in zip(names, states, strict=True) if s == LineState.SHORT],
                "stopped": [
                    n for n, s in zip(names, states, strict=True) if s == LineState.STOPPED
                ],
                "lost_margin": str(self.lost_margin[day]),
            }
            for day, states in enumerate(self.states.T.tolist())
        ]
