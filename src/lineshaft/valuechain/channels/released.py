"""Hours that monitoring released, and the activities that they went to. Pure and exact."""

from collections import defaultdict
from fractions import Fraction

import msgspec

from lineshaft.valuechain.channels.accounting import Accounts, Unit
from lineshaft.valuechain.channels.model import ChannelBooks, quarter_named, quarter_number


class Released(msgspec.Struct, frozen=True):
    """Hours of a unit in a quarter that monitored activities no longer took.

    Attributes:
        hours: fewer than the output of the quarter would have taken at the rate of the one before.
        to: by activity that takes more than at that rate, in the proportion in which they do.
        left: hours that no activity of the unit took up.
    """

    hours: Fraction
    to: dict[str, Fraction]
    left: Fraction

    def __add__(self, other: "Released") -> "Released":
        """Add those of another line."""
        names = {*self.to, *other.to}
        to = {
            name: self.to.get(name, Fraction(0)) + other.to.get(name, Fraction(0))
            for name in sorted(names)
        }
        return Released(self.hours + other.hours, to, self.left + other.left)


def released_by_line(books: ChannelBooks, accounts: Accounts) -> dict[tuple[Unit, str], Released]:
    """Return what was released on each line in each quarter that has one before it.

    An activity counts from the first quarter in which it is monitored. A line that made nothing in
    one of the two quarters has no rate, and is left out.
    """
    hours: dict[tuple[Unit, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    monitored: dict[tuple[Unit, str], set[str]] = defaultdict(set)
    for each in books.hours:
        place = ((each.site, each.line), each.quarter)
        hours[place][each.activity] += each.hours
        if each.is_monitored:
            monitored[place].add(each.activity)
    found = {}
    for unit, quarter in list(hours):
        before = quarter_named(quarter_number(quarter) - 1)
        made = [accounts.made.get((unit, when), Fraction(0)) for when in (before, quarter)]
        if (unit, before) in hours and all(made):
            pair = (hours[unit, before], hours[unit, quarter])
            found[unit, quarter] = _released(pair, monitored[unit, quarter], made[1] / made[0])
    return found


def _released(
    hours: tuple[dict[str, Fraction], dict[str, Fraction]], monitored: set[str], growth: Fraction
) -> Released:
    before, now = hours
    none = Fraction(0)
    fewer = {
        name: before.get(name, none) * growth - now.get(name, none) for name in {*before, *now}
    }
    total = sum((max(fewer[name], none) for name in monitored), none)
    more = {
        name: -rest for name, rest in sorted(fewer.items()) if rest < 0 and name not in monitored
    }
    taken = min(total, sum(more.values(), none))
    all_more = sum(more.values(), none)
    to = {name: taken * part / all_more for name, part in more.items()} if taken else {}
    return Released(total, to, total - taken)
