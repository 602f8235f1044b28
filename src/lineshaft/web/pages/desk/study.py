"""One study: which machines and months, under which tariffs, and what they come to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import Request
from msgspec.structs import replace
from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.services.contracts.model import Offering
from lineshaft.services.desk.model import Months, Outcome, Study, Variant
from lineshaft.web import errors
from lineshaft.web.components import download, page_head
from lineshaft.web.controls import button, confirm, dialog_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.names import (
    contract_names,
    local,
    machine_name,
    machines_by_id,
)
from lineshaft.web.pages.desk import tariff
from lineshaft.web.pages.desk.months import month_fields
from lineshaft.web.pages.desk.outcomes import UNRATED_SHOWN_MAX, Machines, outcome_parts
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field

START_S = 0.01


async def build(visit: Visit, request: Request) -> None:
    """Show a study and run it."""
    saved = await visit.ask(visit.application.design.study, request.path_params["study"])
    title(visit, saved.study.name)
    machines = await machines_by_id(visit)
    offerings = await visit.ask(visit.application.contracts.offerings)
    _StudyPage(visit, saved.study, machines, offerings).draw()


class _StudyPage:
    """The study as it is on the page: what is changed counts at once and is kept when saved."""

    def __init__(
        self, visit: Visit, study: Study, machines: Machines, offerings: list[Offering]
    ) -> None:
        self._visit = visit
        self._saved = self._study = study
        self._machines = machines
        self._offerings = {each.id: each for each in offerings}
        self._asked = 0

    def draw(self) -> None:
        """Put everything there; the results follow when they are computed."""
        visit, study = self._visit, self._study
        crumbs = [(visit.say("desk.title"), "/desk")]
        files = [
            download(visit.say("study.csv"), f"/files/desk/{study.id}.csv"),
            download("Excel", f"/files/desk/{study.id}.xlsx"),
        ]
        lead = visit.say("study.known_at", at=visit.instant(study.known_at))
        show(page_head(study.name, lead=lead, crumbs=crumbs, beside=files))
        with ui.element("section").classes("panel part"):
            show(tag("h2", visit.say("study.question")))
            self._question()
            self._variants_area = ui.element("div").classes("part")
            self._draw_variants()
            with ui.element("div").classes("actions"):
                button(visit.say("study.run"), self._run, "primary")
                button(visit.say("study.add"), self._add)
                button(visit.say("study.anew"), self._anew)
                button(visit.say("study.save"), self._save)
                self._state = ui.element("span").props("aria-live=polite")
        self._result = ui.element("div").classes("part").props("aria-live=polite")
        self._show_progress()
        ui.timer(START_S, self._run, once=True)

    def _question(self) -> None:
        visit, study = self._visit, self._study
        names = {each: machine_name(self._machines, each) for each in self._machines}
        names |= {each: each for each in study.machines if each not in names}
        with ui.element("div").classes("desk-question"):
            first, last = month_fields(visit, study.months)
            chosen = ui.select(
                names,
                label=visit.say("study.all_machines"),
                value=list(study.machines),
                multiple=True,
            )
            chosen.props("outlined dense use-chips").classes("wide")
        self._fields = first, last, chosen

    def _draw_variants(self) -> None:
        self._variants_area.clear()
        with self._variants_area:
            for variant in self._study.variants:
                self._variant(variant)

    def _variant(self, variant: Variant) -> None:
        visit, offering = self._visit, variant.offering
        said = visit.say("study.each_contract")
        if offering is not None:
            name = local(visit, offering.name)
            said = visit.say("study.of_offering", name=name, version=offering.version)
        with ui.element("div").classes("desk-variant"):
            show(tag("div", tag("strong", variant.label), tag("span", said, class_="sub")))
            with ui.element("div").classes("actions"):
                if offering is not None:
                    button(visit.say("study.edit"), lambda: self._edit(variant), "small")
                    button(visit.say("study.publish"), lambda: self._publish(variant), "small")
                if len(self._study.variants) > 1:
                    button(visit.say("study.remove"), lambda: self._remove(variant), "small")

    def _read(self) -> Study:
        first, last, chosen = self._fields
        months = Months(str(first.value or ""), str(last.value or ""))
        return replace(self._study, months=months, machines=tuple(sorted(chosen.value or ())))

    async def _attempt(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except LineshaftError as error:
            errors.tell(self._visit, error)

    def _show_progress(self) -> None:
        self._result.clear()
        with self._result:
            spinner = tag("span", class_="spinner", aria_hidden="true")
            said = self._visit.say("study.running")
            show(tag("p", spinner, said, class_="progress", role="status"))

    async def _run(self) -> None:
        """Compute, and show it unless something else has been asked meanwhile."""
        self._asked += 1
        mine = self._asked
        self._show_progress()
        parts = await self._computed()
        if mine == self._asked:
            self._result.clear()
            with self._result:
                for part in parts:
                    show(part)

    async def _computed(self) -> list[Html]:
        visit = self._visit
        try:
            self._study = self._read()
            found = await visit.ask(visit.application.design.run, self._study)
            names = await contract_names(visit, _contracts_of(found))
            return await asyncio.to_thread(outcome_parts, visit, found, self._machines, names)
        except Exception as error:  # noqa: BLE001 - one run is an isolated unit; it is logged
            known = errors.as_lineshaft(error)
            errors.log(known, visit.path)
            return [errors.explained(visit, known)]

    async def _change(self, study: Study) -> None:
        self._study = study
        self._draw_variants()
        await self._run()

    async def _remove(self, variant: Variant) -> None:
        async def act() -> None:
            kept = tuple(each for each in self._study.variants if each is not variant)
            await self._change(replace(self._read(), variants=kept))

        await self._attempt(act)

    async def _anew(self) -> None:
        """Take what is known now, such as readings that came late."""

        async def act() -> None:
            now = await self._visit.ask(self._visit.application.design.known_now)
            await self._change(replace(self._read(), known_at=now))

        await self._attempt(act)

    async def _save(self) -> None:
        visit = self._visit

        async def act() -> None:
            wanted = self._read()
            if wanted != self._saved:
                following = replace(wanted, version=self._saved.version + 1)
                made = await visit.ask(visit.application.design.save, following)
                self._saved = self._study = made.study
            self._state.clear()
            with self._state:
                show(tag("span", visit.say("study.saved", version=self._saved.version)))

        await self._attempt(act)

    def _add(self) -> None:
        visit = self._visit
        names = {"": visit.say("study.each_contract")}
        names |= {each.id: local(visit, each.name) for each in self._offerings.values()}
        with dialog_card() as close:
            show(tag("h2", visit.say("study.add")))
            label = text_field(visit.say("study.label"))
            offering = select_field(visit.say("desk.offering"), names, "")

            async def act() -> None:
                made = Variant(str(label.value or "").strip(), self._offerings.get(offering.value))
                study = replace(self._read(), variants=(*self._study.variants, made))
                close()
                await self._change(study)

            with ui.element("div").classes("actions"):
                button(visit.say("study.add_confirm"), lambda: self._attempt(act), "primary")
                button(visit.say("action.cancel"), close)

    def _edit(self, variant: Variant) -> None:
        visit, offering = self._visit, variant.offering
        if offering is None:
            return
        with dialog_card() as close:
            show(tag("h2", visit.say("study.edit_title", label=variant.label)))
            label = text_field(visit.say("study.label"), variant.label)
            entered = _tariff_fields(visit, offering)

            async def act() -> None:
                values = {path: str(field.value or "") for path, field in entered.items()}
                made = Variant(str(label.value or "").strip(), tariff.changed(offering, values))
                listed = [made if each is variant else each for each in self._study.variants]
                study = replace(self._read(), variants=tuple(listed))
                close()
                await self._change(study)

            with ui.element("div").classes("actions"):
                button(visit.say("study.apply"), lambda: self._attempt(act), "primary")
                button(visit.say("action.cancel"), close)

    def _publish(self, variant: Variant) -> None:
        visit = self._visit

        async def act() -> None:
            await self._save()
            design = visit.application.design
            made = await visit.ask(design.publish, self._saved.id, variant.label)
            said = visit.say("study.published", name=local(visit, made.name), version=made.version)
            self._state.clear()
            with self._state:
                show(tag("span", said))

        texts = (
            visit.say("study.publish_title", label=variant.label),
            visit.say("study.publish_text"),
            visit.say("study.publish_confirm"),
        )
        confirm(visit, texts, act)


def _contracts_of(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the ids of the contracts that a result names."""
    named = [risk.contract for each in outcomes for risk in each.risks]
    return named + [one.contract for each in outcomes for one in each.unrated[:UNRATED_SHOWN_MAX]]


def _tariff_fields(visit: Visit, offering: Offering) -> dict[tariff.Path, Any]:
    """Put a field there for each number of a tariff, under the words of the offering."""
    entered: dict[tariff.Path, Any] = {}
    part = None
    for field in tariff.fields(offering):
        if field.part is not None and field.part != part:
            part = field.part
            show(tag("h3", local(visit, part)))
        entered[field.path] = text_field(field.label(visit), field.value)
    return entered
