"""The guarantees of a contract's list: in words, and what became of each in a period."""

from collections.abc import Mapping
from fractions import Fraction

from lineshaft.platform.twin.model import Machine
from lineshaft.services.billing.model import GuaranteeOutcome, RatedDocument
from lineshaft.services.contracts.model import (
    AvailabilityGuarantee,
    ClassDurations,
    Direction,
    EnergyGuarantee,
    ProductionGuarantee,
    ServiceGuarantee,
    Terms,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, facts, panel, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts import timeline
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.session import Preferences

VALUE_DECIMALS = 3
_HOUR = "HUR"


def promised_in_words(visit: Preferences, terms: Terms) -> list[tuple[str, Child]]:
    """Return what is promised and what a miss costs, for each guarantee of the list."""
    pairs: list[tuple[str, Child]] = [
        (local(visit, promised.description), _in_words(visit, promised))
        for promised in terms.promised
    ]
    if terms.promised and terms.credits_cap_share < 1:
        cap = form.rounded(terms.credits_cap_share * 100)
        pairs.append((visit.say("promised.all"), visit.say("terms.cap", cap=cap)))
    return pairs


def _in_words(visit: Preferences, promised: ServiceGuarantee) -> Html:
    schedule, target = promised.credit, promised.credit_terms.target
    shown = shown_value(promised, target)
    lines = [
        visit.say(
            f"promised.{promised.direction.value}", name=_indicator(visit, promised), target=shown
        )
    ]
    for band in schedule.bands:
        credit = form.rounded(band.credit)
        if band.until is None:
            lines.append(visit.say("promised.band_last", credit=credit))
        else:
            until = shown_value(promised, band.until / promised.scale)
            lines.append(visit.say("promised.band", until=until, credit=credit))
    if schedule.slope is not None:
        lines.append(visit.say("promised.slope", credit=form.rounded(schedule.slope)))
    lines.append(visit.say("terms.cap", cap=form.rounded(schedule.cap)))
    if schedule.group:
        lines.append(visit.say("promised.group", group=schedule.group))
    if isinstance(promised, AvailabilityGuarantee | ProductionGuarantee):
        lines.append(visit.say(f"terms.unknown.{promised.unknown_policy.value}"))
    return tag("ul", [tag("li", line) for line in lines], class_="plain")


def outcome_panels(
    visit: Preferences, rated: RatedDocument, machines: dict[str, Machine]
) -> list[Html]:
    """Return a panel for each guarantee: the verdict, and what it follows from."""
    panels = []
    for promised, outcome in zip(rated.contract.terms.promised, rated.outcomes, strict=True):
        content: list[Html] = [_verdict(visit, promised, outcome)]
        if isinstance(promised, AvailabilityGuarantee | ProductionGuarantee):
            content += _time_lines(visit, rated, (promised, outcome), machines)
        elif "incident_us" in outcome.basis:
            content.append(_clocks(visit, outcome))
        panels.append(panel(local(visit, promised.description), tag("div", content, class_="part")))
    return panels


def shown_value(promised: ServiceGuarantee, value: Fraction) -> str:
    """Return a value of an indicator as people read it: in percent, hours, or energy by unit."""
    if promised.scale != 1:
        return form.percent(value, VALUE_DECIMALS)
    if isinstance(promised, EnergyGuarantee):
        energy, output = promised.energy.unit, promised.output.unit
        return f"{form.measure(value, energy)} / {form.measure(Fraction(1), output)}"
    return form.measure(value, _HOUR)


def _indicator(visit: Preferences, promised: ServiceGuarantee) -> str:
    return visit.say(f"indicator.{promised.indicator}")


def _verdict(visit: Preferences, promised: ServiceGuarantee, outcome: GuaranteeOutcome) -> Html:
    key, kind = ("guarantee.met", "good") if outcome.is_met else ("guarantee.missed", "bad")
    shown = visit.say("guarantee.not_applicable")
    if outcome.value is None:
        key, kind = "guarantee.not_judged", ""
    else:
        shown = shown_value(promised, outcome.value)
    sign = "≥" if outcome.direction is Direction.AT_LEAST else "≤"
    target = shown_value(promised, outcome.target)
    pairs: list[tuple[str, Child]] = [
        (_indicator(visit, promised), tag("span", shown, class_="big")),
        (visit.say("guarantee.target"), f"{sign} {target}"),
        (visit.say("guarantee.credit"), form.percent(outcome.credit)),
        (visit.say("guarantee.verdict"), badge(visit.say(key), kind)),
    ]
    if outcome.rate != outcome.credit:
        pairs.insert(3, (visit.say("promised.before_cap"), form.percent(outcome.rate)))
    return facts(pairs)


def _time_lines(
    visit: Preferences,
    rated: RatedDocument,
    judged: tuple[AvailabilityGuarantee | ProductionGuarantee, GuaranteeOutcome],
    machines: dict[str, Machine],
) -> list[Html]:
    """Draw each machine's classified time; what is not required stays blank.

    The records of the time line come first, one for each machine over its part of the period.
    """
    promised, outcome = judged
    content: list[Html] = []
    slots = rated.contract.promised_slots(rated.period)
    for place, slot in zip(outcome.usage, slots, strict=False):
        intervals = promised.classified(rated.usage[place], rated.facts.exclusions)
        classed = [(each.period, each.time_class) for each in intervals]
        if len(slots) > 1:
            content.append(timeline.slot_heading(visit, rated.contract, slot, machines))
        content.append(timeline.picture(visit, rated.contract, slot.period, classed))
    if promised.calendar is not None:
        content.append(tag("p", visit.say("promised.not_required"), class_="soft"))
    durations = _durations(outcome.basis["class_us"])
    content.append(timeline.durations_table(visit, promised.classes, durations))
    return content


def _durations(class_us: Mapping[str, int]) -> ClassDurations:
    return ClassDurations(**{f"{name}_us": spent for name, spent in class_us.items()})


def _clocks(visit: Preferences, outcome: GuaranteeOutcome) -> Html:
    columns = [
        Column(visit.say("promised.incident")),
        Column(visit.say("promised.time"), is_number=True),
    ]
    rows = [
        Row([id_, form.duration(spent, visit.language)])
        for id_, spent in outcome.basis["incident_us"]
    ]
    return table(visit.say("promised.incidents"), columns, rows)
