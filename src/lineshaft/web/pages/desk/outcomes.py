"""What a study came to: sums, plots, the comparison, and what guarantees may cost."""

from collections.abc import Callable, Mapping, Sequence

from lineshaft.core.money import Money
from lineshaft.core.period import zone_named
from lineshaft.platform.twin.model import Machine
from lineshaft.services.desk.model import Band, Figures, NoRisk, Outcome, Risk, sum_figures
from lineshaft.services.desk.service import (
    by_machine,
    by_machine_and_month,
    by_month,
    compare,
    currencies,
)
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, badge, empty_state, facts, notice, panel, table
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.names import machine_name
from lineshaft.web.pages.desk.plots import Series, bars, counts, ranked
from lineshaft.web.session import Visit

MACHINES_PLOTTED_MAX = 20
"""Machines of one plot; all of them are in the table below it."""
UNRATED_SHOWN_MAX = 5
REASONS_SHOWN_MAX = 10
"""Reasons why periods were rated by themselves, the most frequent first."""
Machines = dict[str, Machine]
_Names = tuple[Machines, Mapping[str, str]]
"""What machines and contracts are called, by id."""
_Of = Callable[[Figures], Money]


def outcome_parts(
    visit: Visit, outcomes: Sequence[Outcome], machines: Machines, contracts: Mapping[str, str]
) -> list[Html]:
    """Return everything that is shown of a run; contracts and machines by their names."""
    units = sorted({unit for each in outcomes for unit in currencies(each)})
    parts = _notices(visit, outcomes, contracts)
    if not units:
        said = visit.say("study.nothing.title"), visit.say("study.nothing.text")
        return [*parts, tag("div", empty_state(*said), class_="panel")]
    for unit in units:
        priced = [each for each in outcomes if unit in currencies(each)]
        parts.append(_sums(visit, priced, unit))
        parts.append(_plots(visit, priced, unit, machines))
    if len(outcomes) > 1 and len(units) == 1:
        parts.append(_comparison(visit, outcomes[0], outcomes[1], machines))
    parts += [_risks(visit, each, (machines, contracts)) for each in outcomes if each.risks]
    parts += [_details(visit, each, machines) for each in outcomes if each.cells]
    return parts


def _notices(visit: Visit, outcomes: Sequence[Outcome], contracts: Mapping[str, str]) -> list[Html]:
    found = []
    for each in outcomes:
        if each.unrated:
            said = visit.say("study.unrated", label=each.variant.label, count=len(each.unrated))
            zone = zone_named("UTC")
            lines = [
                join(
                    f"{contracts.get(one.contract, one.contract)}, ",
                    f"{visit.period(one.period, zone)}: ",
                    visit.sentence(one.reason),
                )
                for one in each.unrated[:UNRATED_SHOWN_MAX]
            ]
            found.append(notice(said, *lines, kind="warn"))
    if any(not cell.is_complete for each in outcomes[:1] for cell in each.cells):
        found.append(
            notice(visit.say("study.incomplete.title"), visit.say("study.incomplete.text"))
        )
    return found


def _sums(visit: Visit, outcomes: Sequence[Outcome], unit: str) -> Html:
    columns = [Column(visit.say("study.variant")), *_figure_columns(visit)]
    rows = [
        Row(
            [
                each.variant.label,
                *_figure_cells(sum_figures(list(by_month(each, unit).values()), unit)),
            ]
        )
        for each in outcomes
    ]
    name = visit.say("study.sums")
    told = [_ways(visit, each) for each in outcomes]
    return panel(name, table(name, columns, rows), *told, is_flush=True)


def _ways(visit: Visit, outcome: Outcome) -> Html:
    """Say how many periods were rated in bulk, and how many by themselves and why."""
    label, alone = outcome.variant.label, sum(outcome.one_by_one.values())
    said = tag("p", visit.say("study.rated", label=label, bulk=outcome.in_bulk, alone=alone))
    frequent = sorted(outcome.one_by_one.items(), key=lambda each: (-each[1], each[0]))
    reasons = [
        tag("li", visit.say("study.alone", count=count), " ", visit.sentence(reason))
        for reason, count in frequent[:REASONS_SHOWN_MAX]
    ]
    return tag("div", said, *([tag("ul", *reasons)] if reasons else []), class_="pad")


def _plots(visit: Visit, outcomes: Sequence[Outcome], unit: str, machines: Machines) -> Html:
    months = [by_month(each, unit) for each in outcomes]
    labels = sorted({month for each in months for month in each})
    content = [
        bars(
            visit.say("study.revenue_by_month"),
            labels,
            _series(outcomes, months, labels, lambda f: f.net, unit),
        ),
        bars(
            visit.say("study.margin_by_month"),
            labels,
            _series(outcomes, months, labels, lambda f: f.margin, unit),
        ),
    ]
    found = [by_machine(each, unit) for each in outcomes]
    largest = sorted(found[0], key=lambda machine: -found[0][machine].net.amount)
    shown = largest[:MACHINES_PLOTTED_MAX]
    names = [machine_name(machines, each) for each in shown]
    content.append(
        ranked(
            visit.say("study.margin_by_machine"),
            names,
            _series(outcomes, found, shown, lambda f: f.margin, unit),
        )
    )
    return panel(visit.say("study.plots"), tag("div", content, class_="part"))


def _series(
    outcomes: Sequence[Outcome],
    found: Sequence[Mapping[str, Figures]],
    keys: Sequence[str],
    of: _Of,
    unit: str,
) -> list[Series]:
    return [
        Series(
            each.variant.label,
            [of(figures[key]) if key in figures else Money.zero(unit) for key in keys],
        )
        for each, figures in zip(outcomes, found, strict=True)
    ]


def _comparison(visit: Visit, before: Outcome, after: Outcome, machines: Machines) -> Html:
    effects = compare(before, after)
    more = [each for each in effects if each.more.amount > 0]
    less = [each for each in effects if each.more.amount < 0]
    columns = [
        Column(visit.say("study.machine")),
        Column(before.variant.label, is_number=True),
        Column(after.variant.label, is_number=True),
        Column(visit.say("study.more"), is_number=True),
    ]
    rows = [
        Row(
            [
                machine_name(machines, each.machine),
                form.money(each.before),
                form.money(each.after),
                tag("strong", form.money(each.more)),
            ]
        )
        for each in effects
    ]
    said = visit.say("study.who_pays", more=len(more), less=len(less), all=len(effects))
    name = visit.say("study.comparison")
    return panel(name, tag("p", said, class_="pad"), table(name, columns, rows), is_flush=True)


def _risks(visit: Visit, outcome: Outcome, names: _Names) -> Html:
    content = [
        _risk(visit, each, names) if isinstance(each, Risk) else _unknown(visit, each, names)
        for each in outcome.risks
    ]
    name = visit.say("study.risk", label=outcome.variant.label)
    lead = tag("p", visit.say("study.risk_lead"), class_="soft")
    return panel(name, tag("div", lead, content, class_="part"))


def _risk(visit: Visit, risk: Risk, names: _Names) -> Html:
    machines, contracts = names
    hours = [
        form.duration(round(value), visit.language)
        for value in (risk.mean_up_us, risk.mean_down_us)
    ]
    pairs = [
        (visit.say("study.machines"), ", ".join(machine_name(machines, m) for m in risk.machines)),
        (visit.say("study.failures"), form.grouped(risk.failures)),
        (visit.say("study.mean_up"), hours[0]),
        (visit.say("study.mean_down"), hours[1]),
        (visit.say("study.missed"), form.percent(risk.missed)),
        (visit.say("study.mean_credit"), form.money(risk.mean_credit)),
        (visit.say("study.credits_band"), _band(risk.credits)),
        (visit.say("study.margin_band"), _band(risk.margin)),
    ]
    name = contracts.get(risk.contract, risk.contract)
    seeded = visit.say("study.seeded", runs=form.grouped(risk.runs), seed=risk.seed)
    return tag(
        "div",
        tag("h3", tag("a", name, href=f"/contracts/{risk.contract}")),
        facts(pairs),
        counts(visit.say("study.distribution"), risk.histogram, visit.say("study.periods")),
        tag("p", seeded, class_="soft"),
        class_="part",
    )


def _band(band: Band) -> str:
    return " / ".join(form.money(each) for each in (band.low, band.middle, band.high))


def _unknown(visit: Visit, found: NoRisk, names: _Names) -> Html:
    machines, contracts = names
    said = visit.say(
        f"unknowable.{found.reason.value}",
        contract=contracts.get(found.contract, found.contract),
        machine=machine_name(machines, found.machine),
        failures=found.failures,
    )
    return notice("", said)


def _details(visit: Visit, outcome: Outcome, machines: Machines) -> Html:
    columns = [
        Column(visit.say("study.machine")),
        Column(visit.say("study.month")),
        *_figure_columns(visit),
    ]
    incomplete = {(c.machine, c.month) for c in outcome.cells if not c.is_complete}
    rows = []
    for unit in currencies(outcome):
        for key, found in by_machine_and_month(outcome, unit).items():
            machine, _, month = key.rpartition(" ")
            is_incomplete = (machine, month) in incomplete
            mark = badge(visit.say("study.incomplete_mark"), "warn") if is_incomplete else None
            name = (
                [machine_name(machines, machine), " ", mark]
                if mark
                else machine_name(machines, machine)
            )
            rows.append(Row([name, month, *_figure_cells(found)]))
    label = visit.say("study.details", label=outcome.variant.label)
    inner = tag("details", tag("summary", label), table(label, columns, rows))
    return panel(None, inner)


def _figure_columns(visit: Visit) -> list[Column]:
    keys = ("revenue", "credits", "costs", "margin")
    return [Column(visit.say(f"figures.{key}"), is_number=True) for key in keys]


def _figure_cells(figures: Figures) -> list[str]:
    amounts = (figures.revenue, figures.credits, figures.costs, figures.margin)
    return [form.money(each) for each in amounts]
