"""What a contract says beside its prices: renewal, pauses, places, other parties, in words."""

from msgspec import UNSET, UnsetType

from lineshaft.core.period import Instant, parse_instant, zone_named
from lineshaft.services.contracts.model import Contract
from lineshaft.web import format as form
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import Machines, local, machine_name
from lineshaft.web.session import Visit


def conditions(visit: Visit, contract: Contract, machines: Machines) -> list[tuple[str, Child]]:
    """Return the name of each condition, and what it says; those that do not hold are left out."""
    found = [
        ("place.anchor_day", _anchor(visit, contract)),
        ("place.renewal", _renewal(visit, contract)),
        ("place.pauses", _pauses(visit, contract)),
        ("place.bindings", _bindings(visit, contract, machines)),
        ("place.parties", _parties(visit, contract)),
        ("place.revenue_split", _shares(visit, contract)),
    ]
    return [(visit.say(key), _lines(lines)) for key, lines in found if lines]


def _anchor(visit: Visit, contract: Contract) -> list[str]:
    day = contract.anchor_day
    return [] if day is UNSET else [visit.say("said.anchor_day", day=day)]


def _renewal(visit: Visit, contract: Contract) -> list[str]:
    renewal, term = contract.renewal, contract.term_around(visit.application.clock.now())
    if renewal is UNSET or term is None:
        return []
    zone = zone_named(contract.time_zone)
    notice = renewal.notice_until(term, zone)
    said = {
        "term": renewal.term_months,
        "renewal": renewal.renewal_months,
        "days": renewal.notice_days,
    }
    ends = {"end": form.second(term.end, zone, visit.language)}
    ends["notice"] = form.second(notice, zone, visit.language)
    lines = [visit.say("said.renewal", **said)]
    return lines if contract.end is not None else [*lines, visit.say("said.term", **ends)]


def _pauses(visit: Visit, contract: Contract) -> list[str]:
    pauses = () if contract.pauses is UNSET else contract.pauses
    said = []
    for pause in pauses:
        span = _span(visit, contract, pause.start, pause.end)
        line = visit.say("said.pause", from_=span[0], until=span[1])
        said.append(f"{line} · {pause.reason}" if pause.reason else line)
    return [*said, visit.say("life.pause.text")] if said else []


def _bindings(visit: Visit, contract: Contract, machines: Machines) -> list[str]:
    bindings = () if contract.bindings is UNSET else contract.bindings
    said = []
    for each in bindings:
        from_, until = _span(visit, contract, each.start, each.end)
        names = {"machine": machine_name(machines, each.machine)}
        names["place"] = machine_name(machines, each.place)
        line = visit.say("said.binding", from_=from_, until=until, **names)
        said.append(" · ".join(text for text in (line, each.reason, each.work_order) if text))
    return [*said, visit.say("said.gap")] if said else []


def _parties(visit: Visit, contract: Contract) -> list[str]:
    parties = () if contract.parties is UNSET else contract.parties
    return [f"{visit.say(f'life.role.{each.role}')}: {each.party.name}" for each in parties]


def _shares(visit: Visit, contract: Contract) -> list[str]:
    shares = () if contract.revenue_split is UNSET else contract.revenue_split
    parties = () if contract.parties is UNSET else contract.parties
    names = {each.party.id: each.party.name for each in parties}
    terms = contract.terms
    parts = (terms.base_fee, terms.guarantee, *terms.usage_prices, *terms.promised)
    titles = {part.id: local(visit, part.description) for part in parts if part is not None}
    said = []
    for share in shares:
        values = {"party": names[share.party], "percent": form.percent(share.share)}
        if share.lines is UNSET:
            said.append(visit.say("said.share", **values))
        else:
            lines = ", ".join(titles[line] for line in share.lines)
            said.append(visit.say("said.share_of", lines=lines, **values))
    return said


def _span(
    visit: Visit, contract: Contract, start: str | UnsetType, end: str | UnsetType
) -> tuple[str, str]:
    from_ = visit.say("said.start") if start is UNSET else shown_at(visit, contract, start)
    return from_, visit.say("said.open") if end is UNSET else shown_at(visit, contract, end)


def shown_at(visit: Visit, contract: Contract, text: str) -> str:
    """Write an instant of a contract in its zone."""
    return instant_in_zone(visit, contract, parse_instant(text))


def instant_in_zone(visit: Visit, contract: Contract, at: Instant) -> str:
    """Write an instant in the zone of a contract."""
    return form.second(at, zone_named(contract.time_zone), visit.language)


def _lines(lines: list[str]) -> Html:
    return tag("ul", [tag("li", line) for line in lines], class_="plain")
