"""The outage what-if: what fails, what it stops and costs, and the cheapest cures."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid, LineshaftError
from lineshaft.core.period import to_datetime
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.valuechain.errors import ExtraMissing
from lineshaft.valuechain.supplynetwork.versions.model import (
    INDICATORS,
    AskedOutage,
    OutageChoices,
    OutageScenario,
)
from lineshaft.valuechain.versions.model import KeptVersion
from lineshaft.web import errors
from lineshaft.web.components import Column, download, notice, page_head
from lineshaft.web.controls import button, form_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.answer import Answered, answer_parts
from lineshaft.web.pages.valuechain.register import nothing_yet
from lineshaft.web.pages.valuechain.tabs import OUTAGE, tabs
from lineshaft.web.session import Preferences, Visit
from lineshaft.web.widgets import cell, select_field, text_field, widget_table

KINDS = ("supplier", "part", "country", "port", "sanction")
DAYS, HORIZON_DAYS = 60, 180
SCENARIOS_SHOWN = 50
FILES = "/files/valuechain/scenarios"
EXTRA = "pip install 'lineshaft[valuechain]'"


async def build(visit: Visit, request: Request) -> None:
    """Show the question, the answer and the scenarios that are kept."""
    title(visit, visit.say("supply.outage"))
    networks = visit.application.networks
    known = await visit.ask(networks.versions)
    lead = visit.say("supply.outage_lead")
    show(page_head(visit.say("supply.outage"), lead=lead, beside=tabs(visit, "supply.outage")))
    if not known:
        show(nothing_yet(visit), "panel")
        return
    kept = await visit.ask(networks.scenarios)
    may_write = await visit.may(Action.NETWORK_WRITE, Resource("network", "*"))
    wanted, scenario = request.query_params.get("scenario"), None
    shown = known[0]
    if wanted:
        scenario = await visit.ask(networks.scenario, wanted)
        shown = next(each for each in known if each.version == scenario[0].version)
    choices = await visit.ask(networks.choices, shown.version)
    page = _OutagePage(visit, shown, choices, may_write=may_write)
    await page.draw(scenario, kept)


class _OutagePage:
    """The question as it stands on the page, and what came of it."""

    def __init__(
        self, visit: Visit, version: KeptVersion, choices: OutageChoices, *, may_write: bool
    ) -> None:
        self._visit = visit
        self._version = version
        self._choices = choices
        self._may_write = may_write
        self._asked = 0

    async def draw(
        self, scenario: tuple[OutageScenario, bytes] | None, kept: list[OutageScenario]
    ) -> None:
        """Put question, answer and list there."""
        visit = self._visit
        asked = _first(visit, self._choices)
        if scenario is not None:
            asked = AskedOutage.from_content(json.loads(scenario[1])["question"])
        with ui.element("section").classes("panel part"):
            show(tag("h2", visit.say("supply.question")))
            version = visit.say("supply.of_version", version=self._version.version)
            show(tag("p", version, class_="soft"))
            self._fields = self._question(asked)
            with ui.element("div").classes("actions"):
                button(visit.say("supply.run"), self._run, "primary")
                if self._may_write:
                    button(visit.say("supply.save"), self._save)
        self._result = ui.element("div").classes("part").props("aria-live=polite")
        if scenario is not None:
            with self._result:
                show(_scenario_head(visit, scenario[0]))
                for part in await asyncio.to_thread(self._parts, scenario[1]):
                    show(part)
        if kept:
            self._list(kept[:SCENARIOS_SHOWN])

    def _question(self, asked: AskedOutage) -> dict[str, Any]:
        visit = self._visit
        kinds = {each: visit.say(f"supply.fails.{each}") for each in KINDS}
        fields: dict[str, Any] = {}
        with ui.element("div").classes("outage-question"):
            fields["kind"] = select_field(visit.say("supply.fails"), kinds, asked.kind)
            fields["targets"] = _chooser(
                visit.say("supply.targets"), self._choices.targets(asked.kind), asked.targets
            )
            fields["start"] = text_field(visit.say("supply.start"), asked.start)
            fields["days"] = text_field(visit.say("supply.for_days"), str(asked.days))
            fields["horizon"] = text_field(visit.say("supply.horizon"), str(asked.horizon_days))

        def other(_event: Any) -> None:
            targets = self._choices.targets(str(fields["kind"].value))
            fields["targets"].set_options(targets, value=[])

        fields["kind"].on_value_change(other)
        show(tag("h3", visit.say("supply.goal")))
        show(tag("p", visit.say("supply.goal_text"), class_="soft"))
        with ui.element("div").classes("outage-question"):
            lines = {each: each for each in self._choices.lines}
            fields["lines"] = _chooser(visit.say("supply.keep_lines"), lines, asked.lines)
            limits = asked.lost_margin_max or "", asked.credits_max or ""
            fields["lost"] = text_field(visit.say("supply.lost_margin_max"), limits[0])
            fields["credits"] = text_field(visit.say("supply.credits_max"), limits[1])
        return fields

    def _read(self) -> AskedOutage:
        fields = self._fields
        said = {name: str(fields[name].value or "").strip() for name in fields}
        return AskedOutage(
            kind=said["kind"],
            targets=tuple(fields["targets"].value or ()),
            start=said["start"],
            days=_days(said["days"]),
            horizon_days=_days(said["horizon"]),
            lines=tuple(fields["lines"].value or ()),
            lost_margin_max=said["lost"] or None,
            credits_max=said["credits"] or None,
        )

    async def _run(self) -> None:
        """Compute, and show it unless something else has been asked meanwhile."""
        self._asked += 1
        mine = self._asked
        self._result.clear()
        with self._result:
            spinner = tag("span", class_="spinner", aria_hidden="true")
            said = self._visit.say("supply.running")
            show(tag("p", spinner, said, class_="progress", role="status"))
        parts = await self._computed()
        if mine == self._asked:
            self._result.clear()
            with self._result:
                for part in parts:
                    show(part)

    async def _computed(self) -> list[Html]:
        visit = self._visit
        try:
            networks, version = visit.application.networks, self._version.version
            content = await visit.ask(networks.what_if, self._read(), version)
            return await asyncio.to_thread(self._parts, content)
        except Exception as error:  # noqa: BLE001 - one run is an isolated unit; it is logged
            known = errors.as_lineshaft(error)
            errors.log(known, visit.path)
            return [refused(visit, known)]

    def _parts(self, content: bytes) -> list[Html]:
        version, visit = self._version, self._visit
        as_of = version.as_of or visit.say("supply.unknown")
        vintage = visit.say("supply.vintage_of", version=version.version, as_of=as_of)
        coverage = self._choices.coverage
        found = Answered(json.loads(content), vintage, INDICATORS, coverage)
        return answer_parts(visit, found)

    async def _save(self) -> None:
        visit = self._visit

        async def act() -> None:
            networks, version = visit.application.networks, self._version.version
            named = str(identity.value or "").strip(), str(name.value or "").strip()
            made = await visit.ask(networks.save_scenario, named, self._read(), version)
            ui.navigate.to(f"{OUTAGE}?scenario={made.id}")

        texts = (
            visit.say("supply.save"),
            visit.say("supply.save_text"),
            visit.say("supply.save_yes"),
        )
        with form_card(visit, texts, act):
            name = text_field(visit.say("supply.name"))
            identity = text_field(visit.say("supply.id"), _free_id(self._fields))

    def _list(self, kept: list[OutageScenario]) -> None:
        visit = self._visit
        columns = [
            Column(visit.say("supply.name")),
            Column(visit.say("supply.version"), is_number=True),
            Column(visit.say("supply.saved")),
            Column(visit.say("supply.again")),
        ]
        with ui.element("section").classes("panel part"):
            show(tag("h2", visit.say("supply.scenarios")))
            with widget_table(visit.say("supply.scenarios"), columns):
                for each in kept:
                    self._row(columns, each)

    def _row(self, columns: list[Column], each: OutageScenario) -> None:
        visit = self._visit
        link = tag("a", each.name, href=f"{OUTAGE}?scenario={each.id}")
        saved = f"{visit.instant(each.saved_at)}, {each.saved_by}"
        with ui.element("tr"):
            cell(columns[0], tag("div", link, tag("span", each.id, class_="sub")), is_head=True)
            cell(columns[1], tag("span", str(each.version)))
            cell(columns[2], tag("span", saved))
            last = ui.element("td")
            last.props["data-label"] = columns[3].title
            with last, ui.element("div").classes("actions"):
                said = ui.element("span").props("aria-live=polite")
                button(visit.say("supply.ask_again"), self._again(each, said), "small")

    def _again(self, scenario: OutageScenario, said: ui.element) -> Callable[[], Awaitable[None]]:
        visit = self._visit

        async def ask() -> None:
            try:
                found = await visit.ask(visit.application.networks.ask_again, scenario.id)
            except LineshaftError as error:
                errors.tell(visit, error)
                return
            key = "supply.same" if found.is_same else "supply.inputs_changed"
            said.clear()
            with said:
                told = {"version": found.version, "changed": found.changed}
                show(tag("span", visit.say(key, **told)))

        return ask


def refused(reader: Preferences, error: LineshaftError) -> Html:
    """Say why there is no answer; of a missing extra what to install, and what works without it."""
    if isinstance(error, ExtraMissing):
        said = reader.say("supply.extra_text", command=EXTRA)
        return notice(reader.say("supply.extra"), said, kind="warn")
    return errors.explained(reader, error)


def _scenario_head(visit: Visit, scenario: OutageScenario) -> Html:
    saved = visit.say(
        "supply.saved_as",
        name=scenario.name,
        version=scenario.version,
        at=visit.instant(scenario.saved_at),
        by=scenario.saved_by,
    )
    files = [
        download("JSON", f"{FILES}/{scenario.id}.json"),
        download("CSV", f"{FILES}/{scenario.id}.csv"),
        download("Excel", f"{FILES}/{scenario.id}.xlsx"),
    ]
    return tag("div", tag("p", saved), tag("div", files, class_="actions"), class_="part")


def _first(visit: Visit, choices: OutageChoices) -> AskedOutage:
    """Return the question that stands there first: the first supplier, from today on."""
    today = to_datetime(visit.application.clock.now(), visit.zone).date()
    targets = tuple(choices.suppliers)[:1]
    return AskedOutage("supplier", targets, today.isoformat(), DAYS, HORIZON_DAYS)


def _chooser(label: str, options: dict[str, str], value: tuple[str, ...]) -> ui.select:
    known = [each for each in value if each in options]
    made = ui.select(options, label=label, value=known, multiple=True, with_input=True)
    made.props("outlined dense use-chips").classes("wide")
    return made


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        msg = f"cannot read {text[:20]!r} as days: expected a whole number such as 60"
        raise Invalid(msg)
    return int(text)


def _free_id(fields: dict[str, Any]) -> str:
    """Return an id that says what fails and from when."""
    targets = "-".join(fields["targets"].value or ())[:40]
    said = f"{fields['kind'].value}-{targets}-{fields['start'].value}".lower()
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in said)
