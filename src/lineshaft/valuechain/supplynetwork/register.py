"""The single-source register: what depends on one supplier, and what that puts at risk. Pure."""

import datetime as dt
from fractions import Fraction
from itertools import chain

import msgspec

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.supplynetwork.model import DAYS_PER_WEEK, SupplyNetwork

MARGIN_AT_RISK = Indicator(
    name="margin_at_risk_per_week",
    symbol="R_i",
    unit="",
    formula="sum over lines p that need i of margin_p x planned_p",
    source="single-source register: the planned margin of a week that stops without the item",
    range="[0, inf)",
)
STOCK_COVER = Indicator(
    name="stock_cover_days",
    symbol="K_i",
    unit="DAY",
    formula="7 x stock_i / need_i per week",
    source="stock over the planned need, exploded through the bill of material",
    range="[0, inf)",
)


class Dependency(msgspec.Struct, frozen=True):
    """An item that comes from one supplier alone, or from none that is qualified.

    Attributes:
        suppliers: those qualified: one or none.
        sites: of theirs that deliver it.
        margin_per_week: that stops without the item, exactly.
        cover_days: None where no stock is known.
        requalification_days: until the quickest other source may deliver; None without one.
        contract_end: the first one to end.
        countries: of suppliers' sites and of the tiers below them.
    """

    item: str
    suppliers: tuple[str, ...]
    sites: tuple[str, ...]
    lines: tuple[str, ...]
    margin_per_week: Fraction
    cover_days: Fraction | None
    requalification_days: int | None
    contract_end: dt.date | None
    countries: tuple[str, ...]
    owner: str
    action: str
    action_due_on: dt.date | None


def single_sources(network: SupplyNetwork) -> list[Dependency]:
    """Return the register: the most margin at risk a week first, then by item.

    What no line needs is no dependency. Example: a spindle of one supplier that a line of 3
    machines a week with a margin of 20,000 each needs puts 60,000 a week at risk.
    """
    cared = {each.item: each for each in network.owners}
    found = []
    for item, sources in network.sources.items():
        qualified = [each for each in sources if each.is_qualified]
        suppliers = tuple(sorted({each.supplier for each in qualified}))
        needed = network.needs_per_week[item]
        if len(suppliers) > 1 or not needed:
            continue
        stock = network.stock_of.get(item)
        care = cared.get(item)
        others = [each.requalification_days for each in sources if not each.is_qualified]
        ends = [each.contract_end for each in qualified if each.contract_end is not None]
        which = network.users[item]
        found.append(
            Dependency(
                item=item,
                suppliers=suppliers,
                sites=tuple(sorted(each.site for each in qualified)),
                lines=tuple(ln.line for i, ln in enumerate(network.lines) if which >> i & 1),
                margin_per_week=network.margin_per_week[item],
                cover_days=None if stock is None else stock * DAYS_PER_WEEK / needed,
                requalification_days=min(others, default=None),
                contract_end=min(ends, default=None),
                countries=_countries(network, item),
                owner=care.owner if care else "",
                action=care.action if care else "",
                action_due_on=care.due_on if care else None,
            )
        )
    return sorted(found, key=lambda each: (-each.margin_per_week, each.item))


def _countries(network: SupplyNetwork, item: str) -> tuple[str, ...]:
    qualified = [each for each in network.sources[item] if each.is_qualified]
    sites = (network.site_of[each.site].country for each in qualified)
    below = (
        tier.country
        for each in qualified
        for tier in network.sub_tiers.get((each.supplier, item), ())
    )
    return tuple(sorted(set(chain(sites, below))))


class Change(msgspec.Struct, frozen=True):
    """What changed of a dependency since an older register.

    Attributes:
        kind: `new`, `gone`, `worse`, `better` or `changed`, where neither can be said.
        field: of `Dependency`; empty for new and gone.
    """

    item: str
    kind: str
    field: str = ""
    before: str = ""
    after: str = ""


_RISING_IS_WORSE = ("margin_per_week", "requalification_days")
_FALLING_IS_WORSE = ("cover_days", "contract_end")
_NEITHER = ("suppliers", "sites", "lines", "countries", "owner", "action", "action_due_on")
_KINDS = ("new", "gone", "worse", "better", "changed")


def changes(before: list[Dependency], after: list[Dependency]) -> list[Change]:
    """Return what changed between two registers: new, gone, worse, better, changed; then by item.

    A requalification time or a contract that is not there any more is worse; a stock or an end that
    is known now says only "changed".
    """
    old = {each.item: each for each in before}
    new = {each.item: each for each in after}
    found = [Change(item, "new") for item in new if item not in old]
    found += [Change(item, "gone") for item in old if item not in new]
    for item in sorted(old.keys() & new.keys()):
        found += _changed_fields(old[item], new[item])
    return sorted(found, key=lambda each: (_KINDS.index(each.kind), each.item))


def _changed_fields(old: Dependency, new: Dependency) -> list[Change]:
    found = []
    for name in (*_RISING_IS_WORSE, *_FALLING_IS_WORSE, *_NEITHER):
        one, other = getattr(old, name), getattr(new, name)
        if one == other:
            continue
        kind = "changed"
        if name == "requalification_days" and None in {one, other}:
            kind = "worse" if other is None else "better"
        elif name not in _NEITHER and one is not None and other is not None:
            kind = "worse" if (other > one) is (name in _RISING_IS_WORSE) else "better"
        found.append(Change(new.item, kind, name, shown(one), shown(other)))
    return found


def shown(value: object) -> str:
    """Write a value of a dependency as text; empty for None."""
    if value is None:
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def dependency_content(each: Dependency) -> dict[str, object]:
    """Return a row of the register as JSON content; amounts and days are exact rationals in text.

    Example: a cover of 23 1/3 days is `70/3`.
    """
    return {
        "item": each.item,
        "suppliers": list(each.suppliers),
        "sites": list(each.sites),
        "lines": list(each.lines),
        "margin_per_week": str(each.margin_per_week),
        "cover_days": None if each.cover_days is None else str(each.cover_days),
        "requalification_days": each.requalification_days,
        "contract_end": shown(each.contract_end) or None,
        "countries": list(each.countries),
        "owner": each.owner,
        "action": each.action,
        "action_due_on": shown(each.action_due_on) or None,
    }


def change_content(each: Change) -> dict[str, str]:
    """Return a change as JSON content; values are text, as the register has them."""
    return {
        "item": each.item,
        "kind": each.kind,
        "field": each.field,
        "before": each.before,
        "after": each.after,
    }
