"""Sliders on a national table: demand and coefficients move, and every country answers at once."""

import json
from collections.abc import Sequence
from fractions import Fraction
from urllib.parse import urlencode

from fastapi import Request
from msgspec.structs import replace
from nicegui import events, ui

from lineshaft.core.errors import Invalid, LineshaftError
from lineshaft.valuechain.inputoutput.kept.model import (
    LEVERS_MAX,
    OUTPUT_CHANGE,
    PERCENT_MAX,
    VALUE_ADDED_CHANGE,
    Answered,
    Effect,
    KeptTable,
    Lever,
    LeverKind,
    TableChoices,
)
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    download,
    link_button,
    notice,
    page_head,
    panel,
    table,
)
from lineshaft.web.controls import attempt, button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.valuechain.figure import shown_figure
from lineshaft.web.pages.valuechain.tables import WHAT_IF, choice, nothing_yet
from lineshaft.web.pages.valuechain.tables_plots import Bar, number_of, ranked, signed
from lineshaft.web.pages.valuechain.tabs import TABLES, tabs
from lineshaft.web.session import TARGET_CHARACTERS_MAX, Visit
from lineshaft.web.widgets import select_field

INDUSTRIES_SHOWN = COUNTRIES_SHOWN = 10
UNDO_MAX = 100
"""States that can be brought back."""
MOVED_EVERY_S = 0.05
"""A slider that is dragged tells its place so often; while an answer is being computed, only the
last place waits."""
# The slider and the number beside it say the same; `isLast` when somebody lets go of it.
_MOVED_JS = (
    "(event) => { const row = event.target.closest('[data-lever]');"
    " const percent = Number(event.target.value);"
    f" if (!row || event.target.value === '' || !(Math.abs(percent) <= {PERCENT_MAX})) return;"
    " for (const field of row.querySelectorAll('input'))"
    "   if (field !== event.target) field.value = percent;"
    " emit({place: Number(row.dataset.lever), percent, isLast: event.type === 'change'}); }"
)

# The address says what is changed, and the switch of the language leads back to it.
_ADDRESS_JS = (
    "(path) => { history.replaceState(null, '', path);"
    f" if (path.length <= {TARGET_CHARACTERS_MAX})"
    "   for (const link of document.querySelectorAll('.languages a'))"
    "     link.search = '?next=' + encodeURIComponent(path); }"
)


async def build(visit: Visit, request: Request) -> None:
    """Show the levers that the address says, and what they come to."""
    title(visit, visit.say("tables.what_if"))
    known = await visit.ask(visit.application.tables.tables)
    lead = visit.say("tables.what_if_lead")
    show(page_head(visit.say("tables.what_if"), lead=lead, beside=tabs(visit, "tables.nav")))
    if not known:
        show(nothing_yet(visit), "panel")
        return
    query = request.query_params
    name = query.get("table") or known[0].name
    kept = await visit.ask(visit.application.tables.table, name)
    choices = await visit.ask(visit.application.tables.choices, name)
    changes = query.getlist("change")
    levers = [Lever.from_text(text) for text in changes]
    if not levers:
        levers = first_levers(choices, query.get("country", ""), query.get("industry", ""))
    page = _WhatIfPage(visit, kept, choices, levers)
    show(_chooser(visit, known, kept))
    await page.draw()


def first_levers(choices: TableChoices, country: str, industry: str) -> list[Lever]:
    """Return one lever of each kind, at rest, for the industry that somebody came from."""
    region = country if country in choices.regions else choices.regions[0]
    first = (choices.manufacturing or choices.industries)[0]
    chosen = industry if industry in choices.industries else first
    supplier = choices.industries[(choices.industries.index(chosen) + 1) % len(choices.industries)]
    return [
        Lever(LeverKind.DEMAND, region, chosen, 0),
        Lever(LeverKind.VALUE_ADDED, region, chosen, 0),
        Lever(LeverKind.COEFFICIENT, region, supplier, 0, region, chosen),
    ]


def _chooser(visit: Visit, known: Sequence[KeptTable], kept: KeptTable) -> Html:
    options = [(each.name, f"{each.title} {each.vintage}") for each in known]
    field = choice(visit.say("tables.table"), "table", options, kept.name)
    submit = tag("button", visit.say("tables.choose"), type="submit", class_="button")
    back = link_button(visit.say("tables.title"), f"{TABLES}?table={kept.name}")
    written = tag("form", field, submit, back, method="get", action=WHAT_IF, class_="filters")
    return panel(None, written)


class _WhatIfPage:
    """The levers as they stand, and what they come to."""

    def __init__(
        self, visit: Visit, kept: KeptTable, choices: TableChoices, levers: list[Lever]
    ) -> None:
        self._visit = visit
        self._kept = kept
        self._choices = choices
        self._levers = levers
        self._rested = list(levers)
        self._before: list[list[Lever]] = []
        self._asked = self._answered = 0
        self._is_busy = False

    async def draw(self) -> None:
        """Put levers and answer there."""
        visit = self._visit
        with ui.element("section").classes("panel part"):
            show(tag("h2", visit.say("tables.changes")))
            self._sliders = show(Html(""))
            for kind in ("input", "change"):
                self._sliders.on(kind, self._moved, throttle=MOVED_EVERY_S, js_handler=_MOVED_JS)
            self._sliders.on("click", self._removed, js_handler=(
                "(event) => { const pressed = event.target.closest('[data-remove]');"
                " if (pressed) emit(Number(pressed.dataset.remove)); }"
            ))  # fmt: skip
            with ui.element("div").classes("actions"):
                button(visit.say("tables.undo"), self._undo)
                button(visit.say("tables.reset"), self._reset)
            with ui.element("details"):
                with ui.element("summary"):
                    show(tag("span", visit.say("tables.add")))
                self._adding()
        self._result = show(Html(""), "part")
        # Of all that changes with a slider only this is read aloud.
        self._said = show(Html(""), "visually-hidden").props("role=status")
        await self._answer(is_new=True)

    def _adding(self) -> None:
        visit, choices = self._visit, self._choices
        show(tag("p", visit.say("tables.add_text"), class_="soft"))
        kinds = {each.value: visit.say(f"tables.change.{each.value}") for each in LeverKind}
        regions = {each: each for each in choices.regions}
        industries = {each: each for each in choices.industries}
        first, chosen = choices.regions[0], choices.industries[0]
        with ui.element("div").classes("fields"):
            kind = select_field(visit.say("tables.what"), kinds, LeverKind.DEMAND.value)
            fields = [
                select_field(visit.say("tables.region"), regions, first),
                select_field(visit.say("tables.industry"), industries, chosen),
                select_field(visit.say("tables.to_region"), regions, first),
                select_field(visit.say("tables.to_industry"), industries, chosen),
            ]

        async def add() -> None:
            region, industry, *buyer = (str(field.value) for field in fields)
            wanted = LeverKind(str(kind.value))
            to_region, to_industry = buyer if wanted is LeverKind.COEFFICIENT else ("", "")
            made = Lever(wanted, region, industry, 0, to_region, to_industry)

            async def act() -> None:
                if len(self._levers) >= LEVERS_MAX:
                    msg = f"{LEVERS_MAX + 1} changes at once: expected at most {LEVERS_MAX}"
                    raise Invalid(msg)
                await self._become([*self._levers, made])

            await attempt(visit, act)

        with ui.element("div").classes("actions"):
            button(visit.say("tables.add"), add)

    async def _moved(self, event: events.GenericEventArguments) -> None:
        place, percent = int(event.args["place"]), float(event.args["percent"])
        if not 0 <= place < len(self._levers):
            return
        self._levers = list(self._levers)
        self._levers[place] = replace(self._levers[place], percent=percent)
        if event.args["isLast"]:
            self._rest()
        await self._answer()

    async def _removed(self, event: events.GenericEventArguments) -> None:
        place = int(event.args)
        left = [lever for number, lever in enumerate(self._levers) if number != place]
        await self._become(left)

    async def _undo(self) -> None:
        if self._before:
            self._levers = self._rested = self._before.pop()
            await self._answer(is_new=True)

    async def _reset(self) -> None:
        await self._become([replace(lever, percent=0) for lever in self._levers])

    async def _become(self, levers: list[Lever]) -> None:
        self._levers = levers
        self._rest()
        await self._answer(is_new=True)

    def _rest(self) -> None:
        """Keep the state before this one, to be brought back."""
        if self._rested != self._levers:
            self._before = [*self._before[1 - UNDO_MAX :], self._rested]
            self._rested = self._levers

    async def _answer(self, *, is_new: bool = False) -> None:
        """Answer the last state; one that has been overtaken meanwhile is left out.

        Args:
            is_new: whether the sliders stand elsewhere than where somebody put them.
        """
        self._asked += 1
        if is_new:
            self._drawn_levers: list[Lever] | None = None
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._answered != self._asked:
                self._answered = self._asked
                await self._say()
        finally:
            self._is_busy = False

    async def _say(self) -> None:
        visit, levers = self._visit, self._levers
        if self._drawn_levers is None:
            # also where there is no answer: to move one of them is the way out
            self._drawn_levers = levers
            sliders = [_slider(visit, place, each) for place, each in enumerate(levers)]
            self._sliders.content = tag("ol", sliders, class_="levers")
        try:
            tables = visit.application.tables
            found = await visit.ask(tables.what_if, self._kept.name, levers, INDUSTRIES_SHOWN)
        except Exception as error:  # noqa: BLE001 - one answer is a unit; it is logged
            known = errors.as_lineshaft(error)
            errors.log(known, visit.path)
            self._result.content = _refused(visit, known)
            self._said.content = errors.reason(visit, known, "p")
            return
        self._result.content = _answer_of(visit, found)
        name = f"{visit.say('tables.world')}, {visit.say('tables.value_added')}"
        self._said.content = tag("p", f"{name}: {_amount(found.world, is_output=False)}")
        pairs = [("table", self._kept.name), *(("change", each.to_text()) for each in levers)]
        _ = ui.run_javascript(f"({_ADDRESS_JS})({json.dumps(_path(pairs))})")


def _refused(visit: Visit, error: LineshaftError) -> Html:
    if not isinstance(error, Invalid):
        return errors.explained(visit, error)
    return notice(visit.say("tables.no_answer"), errors.reason(visit, error), kind="bad")


def _path(pairs: Sequence[tuple[str, str]]) -> str:
    return f"{WHAT_IF}?{urlencode(pairs)}"


def _name_of(visit: Visit, lever: Lever) -> str:
    seller = f"{lever.region} {lever.industry}"
    buyer = f"{lever.to_region} {lever.to_industry}"
    return visit.say(f"tables.change_of.{lever.kind.value}", seller=seller, buyer=buyer)


def _slider(visit: Visit, place: int, lever: Lever) -> Html:
    name, percent = _name_of(visit, lever), f"{lever.percent:g}"
    ends = {"min": -PERCENT_MAX, "max": PERCENT_MAX, "value": percent}
    number_name = f"{name}, {visit.say('tables.percent')}"
    return tag(
        "li",
        tag("span", name),
        tag("input", type="range", step=1, aria_label=name, **ends),
        tag("span", tag("input", type="number", step="any", class_="field",
                        aria_label=number_name, **ends), " %"),
        tag("button", "\N{MULTIPLICATION SIGN}", type="button", class_="button small",
            data_remove=place, aria_label=visit.say("tables.remove", name=name)),
        data_lever=place,
    )  # fmt: skip


def _answer_of(visit: Visit, found: Answered) -> Html:
    return join(
        _world(visit, found),
        _countries(visit, found),
        _industries(visit, found),
    )


def _world(visit: Visit, found: Answered) -> Html:
    world = found.world
    columns = [
        Column(visit.say("tables.change")),
        Column(visit.say("tables.before"), is_number=True),
        Column(visit.say("tables.after"), is_number=True),
    ]
    rows = [
        Row([_name_of(visit, each.lever), number_of(each.before), number_of(each.after)])
        for each in found.levers
    ]
    rows += [
        Row(
            [
                f"{visit.say('tables.world')}: {visit.say('tables.output')}",
                number_of(world.output),
                _change(visit, found, world, is_output=True),
            ]
        ),
        Row(
            [
                f"{visit.say('tables.world')}: {visit.say('tables.value_added')}",
                number_of(world.value_added),
                _change(visit, found, world, is_output=False),
            ]
        ),
    ]
    levers = [("change", each.lever.to_text()) for each in found.levers]
    files = [
        download(text, f"/files/valuechain/tables/{found.table.name}/what-if.{ending}"
                       f"?{urlencode(levers)}")
        for text, ending in (("CSV", "csv"), ("Excel", "xlsx"))
    ]  # fmt: skip
    heading = visit.say("tables.moved")
    about = visit.say("tables.currency", currency=found.table.currency)
    name = f"{found.table.title} {found.table.vintage} ({about})"
    note = [tag("p", text, class_="pad soft") for text in (name, visit.say("tables.assumptions"))]
    return panel(heading, note, table(heading, columns, rows), beside=files, is_flush=True)


def _change(visit: Visit, found: Answered, of: Effect, *, is_output: bool) -> Html:
    value, indicator = of.value_added_change, VALUE_ADDED_CHANGE
    if is_output:
        value, indicator = of.output_change, OUTPUT_CHANGE
    return shown_figure(visit, _amount(of, is_output=is_output), found.figure(indicator, value))


def _amount(of: Effect, *, is_output: bool) -> str:
    """Write a change, and what part it is of what was there before."""
    before, value = of.value_added, of.value_added_change
    if is_output:
        before, value = of.output, of.output_change
    part = form.percent(Fraction(value) / Fraction(before), 3) if before else "\N{EM DASH}"
    return f"{signed(value)} ({part})"


def _countries(visit: Visit, found: Answered) -> Html:
    bars = [
        (each.country, [Bar(each.value_added_change, _change(visit, found, each, is_output=False))])
        for each in found.countries[:COUNTRIES_SHOWN]
    ]
    drawn = ranked([visit.say("tables.value_added")], bars)
    return panel(visit.say("tables.by_country"), drawn)


def _industries(visit: Visit, found: Answered) -> Html:
    columns = [
        Column(visit.say("tables.industry")),
        Column(visit.say("tables.output"), is_number=True),
        Column(visit.say("tables.value_added"), is_number=True),
    ]
    rows = [
        Row(
            [
                f"{each.country} {each.industry}",
                _change(visit, found, each, is_output=True),
                _change(visit, found, each, is_output=False),
            ]
        )
        for each in found.industries
    ]
    heading = visit.say("tables.by_industry")
    return panel(heading, table(heading, columns, rows), is_flush=True)
