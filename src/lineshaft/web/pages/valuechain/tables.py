"""National input-output tables: a country and its industries in the chain, and what is kept."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.valuechain.inputoutput.kept.errors import TableDamaged
from lineshaft.valuechain.inputoutput.kept.model import FORMATS, TOYS, KeptTable, TableChoices
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    download,
    empty_state,
    facts,
    link_button,
    notice,
    page_head,
    panel,
    sheets,
    table,
)
from lineshaft.web.controls import attempt, button, confirm
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import shown_figure
from lineshaft.web.pages.valuechain.tables_plots import Bar, number_of, ranked, signed
from lineshaft.web.pages.valuechain.tabs import TABLES, tabs
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, widget_table

if TYPE_CHECKING:
    from lineshaft.valuechain.inputoutput.service import Loss, Reported

WHAT_IF = f"{TABLES}/what-if"
SAMPLE_FILE = "/files/valuechain/table-sample.csv"
COMMAND = "lineshaft valuechain table keep 2020_SML.csv --format icio --name icio-2020"
HEADLINES = (
    "upstreamness",
    "downstreamness",
    "gross_exports",
    "domestic_value_added_in_exports",
    "gvc_backward",
    "gvc_forward",
    "kww_position",
    "services_in_manufacturing_exports",
)
PLACES = ("upstreamness", "downstreamness")
COUNTRIES_SHOWN = 10
PERCENT = 100
SHARES, SHARE_DECIMALS = {"[0, 1]", "(-inf, 1]"}, 2
"""Ranges of indicators that are a part of a whole, which people read in percent."""


async def build(visit: Visit, request: Request) -> None:
    """Show a country of a kept table, or how to keep one."""
    title(visit, visit.say("tables.title"))
    known = await visit.ask(visit.application.tables.tables)
    may_write = await visit.may(Action.TABLE_WRITE, Resource("table", "*"))
    lead = visit.say("tables.lead")
    show(page_head(visit.say("tables.title"), lead=lead, beside=tabs(visit, "tables.nav")))
    if not known:
        show(nothing_yet(visit), "panel")
        if may_write:
            _sample_button(visit)
        show(_formats(visit))
        return
    asked = dict(request.query_params)
    name = asked.get("table") or known[0].name
    kept = await visit.ask(visit.application.tables.table, name)
    try:
        choices = await visit.ask(visit.application.tables.choices, name)
    except TableDamaged as error:
        # What is damaged is dropped or kept again from here.
        errors.log(error, visit.path)
        show(notice(kept.name, errors.reason(visit, error), kind="bad"))
    else:
        await _TablePage(visit, kept, choices, asked).draw(known)
    _kept(visit, known, may_write=may_write)
    show(_formats(visit))


def nothing_yet(visit: Visit) -> Html:
    """Say how a table is kept."""
    said = visit.say("tables.none.title"), visit.say("tables.none.text")
    return empty_state(*said, COMMAND, download(visit.say("tables.sample"), SAMPLE_FILE))


def choice(label: str, name: str, options: Sequence[tuple[str, str]], value: str) -> Html:
    """Return a choice that asks for the page anew when it is made."""
    written = [tag("option", text, value=key, selected=key == value) for key, text in options]
    return tag("label", label, tag("select", written, name=name, data_submit=True))


def _sample_button(visit: Visit) -> None:
    async def keep() -> None:
        async def act() -> None:
            await visit.ask(visit.application.tables.keep_sample)
            ui.navigate.to(TABLES)

        await attempt(visit, act)

    with ui.element("div").classes("actions"):
        button(visit.say("tables.keep_sample"), keep, "primary")


def _formats(visit: Visit) -> Html:
    columns = [Column(visit.say("tables.format")), Column("--format"),
               Column(visit.say("tables.tried"))]  # fmt: skip
    rows = []
    for name, is_tried in FORMATS.items():
        said = visit.say("tables.tried_own" if is_tried else "tables.not_tried")
        mark = badge(said, "good" if is_tried else "warn")
        rows.append(Row([visit.say(f"tables.format.{name}"), tag("code", name), mark]))
    heading = visit.say("tables.formats")
    sample = download(visit.say("tables.sample"), SAMPLE_FILE)
    return panel(heading, table(heading, columns, rows), beside=sample, is_flush=True)


class _TablePage:
    """One country of one table."""

    def __init__(
        self, visit: Visit, kept: KeptTable, choices: TableChoices, asked: dict[str, str]
    ) -> None:
        self._visit = visit
        self._kept = kept
        self._choices = choices
        self._country = asked.get("country") or choices.countries[0]
        self._industry = asked.get("industry", "")
        self._is_all = asked.get("all") == "1"
        self._stop, self._replaced = asked.get("stop", ""), asked.get("replaced", "0")

    async def draw(self, known: Sequence[KeptTable]) -> None:
        """Put everything there."""
        visit, name = self._visit, self._kept.name
        tables = visit.application.tables
        show(self._chooser(known))
        found = await visit.ask(tables.figures, name, self._country, is_all_wanted=self._is_all)
        show(self._headline(found))
        show(self._places(found))
        show(self._table(found))
        loss = await self._loss() if self._stop else None
        show(self._stoppage(loss))

    def _query(self, **changed: str) -> dict[str, str]:
        query = {
            "table": self._kept.name,
            "country": self._country,
            "industry": self._industry,
            "all": "1" if self._is_all else "",
        }
        return {key: value for key, value in (query | changed).items() if value}

    def _chooser(self, known: Sequence[KeptTable]) -> Html:
        visit, choices = self._visit, self._choices
        everything = [("", visit.say("tables.whole_country"))]
        fields = [
            choice(
                visit.say("tables.table"),
                "table",
                [(each.name, f"{each.title} {each.vintage}") for each in known],
                self._kept.name,
            ),
            choice(
                visit.say("tables.country"),
                "country",
                [(each, each) for each in choices.countries],
                self._country,
            ),
            choice(
                visit.say("tables.industry"),
                "industry",
                everything + [(each, each) for each in choices.industries],
                self._industry,
            ),
        ]
        kept = tag("input", type="hidden", name="all", value="1") if self._is_all else None
        submit = tag("button", visit.say("tables.choose"), type="submit", class_="button")
        slide = link_button(
            visit.say("tables.what_if"), address(WHAT_IF, self._query(all="")), kind="primary"
        )
        form_ = tag("form", fields, kept, submit, slide, method="get", action=TABLES,
                    class_="filters")  # fmt: skip
        return panel(None, form_)

    def _chosen(self, found: "Sequence[Reported]", name: str) -> "Reported | None":
        """Return a figure of the chosen industry where it has one, and else of the country."""
        of = [each for each in found if each.figure.indicator.name == name]
        wanted = [each for each in of if each.industry == self._industry]
        return next(iter(wanted or [each for each in of if not each.industry]), None)

    def _headline(self, found: "Sequence[Reported]") -> Html:
        visit = self._visit
        pairs: list[tuple[str, Child]] = []
        for name in HEADLINES:
            each = self._chosen(found, name)
            if each is not None:
                said = visit.say(f"tables.indicator.{name}")
                if self._industry and not each.industry:
                    said += f" ({self._country})"
                pairs.append((said, self._shown(each)))
        heading = f"{visit.say('tables.headline')}: {self._country} {self._industry}".strip()
        about = f"{self._kept.title} {self._kept.vintage}"
        return panel(
            heading,
            tag("div", tag("p", about, class_="soft"), facts(pairs),
                tag("p", visit.say("tables.limit"), class_="soft"), class_="part"),
        )  # fmt: skip

    def _shown(self, each: "Reported") -> Html:
        value = each.figure.value
        shown = "\N{EM DASH}" if value is None else number_of(float(value))
        if value is not None and each.figure.indicator.range in SHARES:
            shown = form.percent(Fraction(value), SHARE_DECIMALS)
        if each.currency and value is not None:
            shown = self._visit.say("tables.amount", value=shown, currency=each.currency)
        return shown_figure(self._visit, shown, each.figure)

    def _places(self, found: "Sequence[Reported]") -> Html:
        visit = self._visit
        by_industry: dict[str, list[Bar]] = {}
        for name in PLACES:
            for each in found:
                if each.figure.indicator.name == name and each.industry:
                    value = float(each.figure.value or 0)
                    by_industry.setdefault(each.industry, []).append(Bar(value, self._shown(each)))
        order = sorted(by_industry.items(), key=lambda pair: -pair[1][0].value)
        heading = visit.say("tables.position")
        names = [visit.say(f"tables.{name}") for name in PLACES]
        text = tag("p", visit.say("tables.position_text"), class_="soft")
        return panel(heading, tag("div", text, ranked(names, order), class_="part"))

    def _table(self, found: "Sequence[Reported]") -> Html:
        visit = self._visit
        columns = [
            Column(visit.say("tables.indicator")),
            Column(self._country, is_number=True),
        ]
        if self._industry:
            columns.append(Column(f"{self._country} {self._industry}", is_number=True))
        by_name: dict[str, dict[str, Reported]] = {}
        for each in found:
            by_name.setdefault(each.figure.indicator.name, {})[each.industry] = each
        rows = []
        for name, of in by_name.items():
            some = next(iter(of.values())).figure.indicator
            marks: list[Child] = [badge(visit.say("tables.toy"), "warn")] if name in TOYS else []
            if not some.is_verified:
                marks.append(badge(visit.say("tables.unverified"), "warn"))
            wanted = ["", self._industry] if self._industry else [""]
            if not any(key in of for key in wanted):
                continue
            cells = [self._shown(of[key]) if key in of else None for key in wanted]
            rows.append(Row([[visit.say(f"tables.indicator.{name}"), " ", marks], *cells]))
        heading = visit.say("tables.figures")
        more = visit.say("tables.detail_less" if self._is_all else "tables.detail")
        other = link_button(more, address(TABLES, self._query(all="" if self._is_all else "1")))
        files = sheets(f"/files/valuechain/tables/{self._kept.name}/figures", self._query(table=""))
        note = tag("p", visit.say("tables.detail_text"), class_="pad soft")
        content = table(heading, columns, rows)
        return panel(heading, note, content, beside=[other, *files], is_flush=True)

    async def _loss(self) -> "Loss":
        from lineshaft.valuechain.inputoutput.model import Stoppage  # noqa: PLC0415 - it takes NumPy

        try:
            part = float(self._replaced or 0) / PERCENT
        except ValueError as error:
            msg = f"cannot read {self._replaced[:20]!r} as percent: expected 0 to 100"
            raise Invalid(msg) from error
        industries = frozenset({self._stop} - {"*"})
        stoppage = Stoppage(supplier=self._country, industries=industries, replaced=part)
        tables = self._visit.application.tables
        return await self._visit.ask(tables.extract, self._kept.name, stoppage)

    def _stoppage(self, loss: "Loss | None") -> Html:
        visit = self._visit
        options = [("*", visit.say("tables.all_industries"))]
        options += [(each, each) for each in self._choices.industries]
        chosen = [tag("option", text, value=key, selected=key == (self._stop or self._industry))
                  for key, text in options]  # fmt: skip
        hidden = [
            tag("input", type="hidden", name=key, value=value)
            for key, value in self._query().items()
        ]
        replaced = tag("input", type="number", name="replaced", min=0, max=PERCENT, step="any",
                       value=self._replaced)  # fmt: skip
        fields = [
            tag("label", f"{visit.say('tables.industry')} ({self._country})",
                tag("select", chosen, name="stop")),
            tag("label", visit.say("tables.replaced"), replaced),
            tag("button", visit.say("tables.stop_run"), type="submit", class_="button primary"),
        ]  # fmt: skip
        asked = tag("form", hidden, fields, method="get", action=f"{TABLES}#stop", class_="filters")
        text = tag("p", visit.say("tables.stop_text"), class_="soft")
        answer = [] if loss is None else self._lost(loss)
        inner = tag("div", text, asked, answer, class_="part")
        return panel(visit.say("tables.stop"), inner, id_="stop")

    def _lost(self, loss: "Loss") -> list[Html]:
        visit = self._visit
        part = form.percent(Fraction(self._replaced or 0) / PERCENT, 0)
        said = "tables.with_replaced" if float(self._replaced or 0) else "tables.upper_bound"
        world = visit.say("tables.world_loses", part=form.percent(Fraction(loss.world), 3))
        lines = [visit.say(said, part=part), world]
        if loss.not_replaceable:
            missing = form.percent(Fraction(loss.not_replaceable), 1)
            lines.append(visit.say("tables.not_replaceable", part=missing))
        lost = sorted(loss.countries, key=lambda each: -abs(float(each.figure.value or 0)))
        bars = [
            (
                each.country,
                [Bar(-float(each.figure.value or 0), self._lost_figure(each))],
            )
            for each in lost[:COUNTRIES_SHOWN]
        ]
        return [notice("", *lines), ranked([visit.say("tables.value_added")], bars)]

    def _lost_figure(self, each: "Reported") -> Html:
        value = signed(-float(each.figure.value or 0))
        shown = self._visit.say("tables.amount", value=value, currency=each.currency)
        return shown_figure(self._visit, shown, each.figure)


def _kept(visit: Visit, known: Sequence[KeptTable], *, may_write: bool) -> None:
    columns = [
        Column(visit.say("tables.name")),
        Column(visit.say("tables.table")),
        Column(visit.say("tables.size")),
        Column(visit.say("tables.balances")),
        Column(visit.say("tables.licence")),
        Column(visit.say("tables.kept_by")),
        Column("SHA-256"),
    ]
    if may_write:
        columns.append(Column(visit.say("tables.drop")))
    heading = visit.say("tables.kept")
    with ui.element("section").classes("panel part"):
        show(tag("h2", heading))
        with widget_table(heading, columns):
            for each in known:
                _kept_row(visit, columns, each, may_write=may_write)


def _kept_row(visit: Visit, columns: list[Column], each: KeptTable, *, may_write: bool) -> None:
    link = tag("a", each.name, href=address(TABLES, {"table": each.name}))
    size = visit.say("tables.size_of", countries=each.countries, industries=each.industries)
    size = f"{size}, {form.byte_size(each.size_bytes)}"
    named = f"{each.title} {each.vintage} ({visit.say(f'tables.format.{each.format}')})"
    said = [
        tag("span", named),
        tag("span", size),
        tag("span", form.percent(each.coverage, 2)),
        tag("span", each.licence or visit.say("tables.no_licence")),
        tag("span", f"{visit.instant(each.kept_at)}, {each.kept_by}"),
        tag("code", each.sha256[:12]),
    ]
    with ui.element("tr"):
        cell(columns[0], link, is_head=True)
        for column, content in zip(columns[1:], said, strict=False):
            cell(column, content)
        if may_write:
            last = ui.element("td")
            last.props["data-label"] = columns[-1].title
            with last:
                button(visit.say("tables.drop"), lambda: _ask_to_drop(visit, each.name), "small")


def _ask_to_drop(visit: Visit, name: str) -> None:
    async def act() -> None:
        await visit.ask(visit.application.tables.drop, name)
        ui.navigate.to(TABLES)

    text = visit.say("tables.drop_text", name=name)
    confirm(visit, (visit.say("tables.drop"), text, visit.say("tables.drop_yes")), act)
