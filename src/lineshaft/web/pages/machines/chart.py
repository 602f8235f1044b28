"""The chart of one signal: its range, its zoom, its export."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from fastapi import Request
from nicegui import ui
from nicegui.events import GenericEventArguments

from lineshaft.core.errors import LineshaftError
from lineshaft.core.period import Period, format_instant
from lineshaft.platform.twin.model import Machine, Signal
from lineshaft.web import charts, errors, spans
from lineshaft.web import format as form
from lineshaft.web.components import address, download, empty_state, link_button, notice
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

_ZOOMS = (("chart.closer", (1, 2)), ("chart.wider", (2, 1)))
_MOVES = (("chart.earlier", -1), ("chart.later", 1))


class SignalChart:
    """A chart on one page; zooming asks the historian again, with the detail of the new range."""

    def __init__(self, visit: Visit, machine: Machine, signal: Signal) -> None:
        """Draw `signal` of `machine`."""
        self._visit, self._machine, self._signal = visit, machine, signal

    async def build(self, request: Request) -> None:
        """Put it on the page."""
        visit = self._visit
        whole = await spans.whole_span(visit, self._signal.id)
        with ui.element("section").classes("panel part"):
            if whole is None:
                show(tag("h2", self._signal.titled(visit.language)))
                show(empty_state(visit.say("chart.none.title"), visit.say("chart.none.text")))
                return
            self._whole = whole
            chosen = spans.chosen(request, visit, whole)
            self._period = chosen.period
            show(self._head(chosen.preset))
            self._caption = show(Html(""))
            self._chart = charts.put_chart({}, self._classes())
            self._legend = show(Html(""))
            self._chart.on("chart:datazoom", self._on_zoom, throttle=0.4, leading_events=False)
            self._buttons()
            show(self._range_form())
            await self._draw()

    def _classes(self) -> str:
        return "chart" if self._signal.is_numeric else "chart states"

    def _head(self, preset: str) -> Html:
        visit, signal = self._visit, self._signal
        path = f"/machines/{self._machine.id}"
        links = [
            link_button(
                visit.say(f"range.{name}"),
                address(path, {"signal": signal.name, "range": name}),
                kind="small",
                is_current=name == preset,
            )
            for name in spans.PRESETS
        ]
        return tag(
            "div",
            tag("h2", signal.titled(visit.language)),
            tag("div", links, class_="actions", role="group", aria_label=visit.say("range.label")),
            class_="panel-head",
        )

    def _buttons(self) -> None:
        visit = self._visit
        with ui.element("div").classes("actions"):
            for text, factor in _ZOOMS:
                zoomed = partial(spans.zoomed, factor=factor)
                self._button(text, zoomed)
            for text, direction in _MOVES:
                moved = partial(spans.moved, direction=direction)
                self._button(text, moved)
            self._export = show(Html(""))
            show(tag("span", visit.say("chart.hint"), class_="soft"))

    def _button(self, text: str, change: Callable[[Period, Period], Period]) -> None:
        async def press() -> None:
            await self._show(change(self._period, self._whole))

        button = ui.element("button").classes("button small").props("type=button")
        button.on("click", press)
        with button:
            ui.label(self._visit.say(text))

    def _range_form(self) -> Html:
        visit = self._visit
        fields = [
            tag(
                "label",
                visit.say(f"range.{name}"),
                tag(
                    "input",
                    type="datetime-local",
                    step=1,
                    name=name,
                    value=spans.field_value(at, visit),
                ),
            )
            for name, at in (("from", self._period.start), ("to", self._period.end))
        ]
        return tag(
            "details",
            tag("summary", visit.say("range.custom")),
            tag(
                "form",
                tag("input", type="hidden", name="signal", value=self._signal.name),
                fields,
                tag("button", visit.say("range.show"), type="submit", class_="button"),
                method="get",
                class_="filters",
            ),
        )

    async def _on_zoom(self, event: GenericEventArguments) -> None:
        wanted = charts.zoom_of(event, self._period)
        if wanted is not None:
            await self._show(spans.within(wanted.start, wanted.end, self._whole))

    async def _show(self, period: Period) -> None:
        before, self._period = self._period, period
        try:
            await self._draw()
        except LineshaftError as error:
            self._period = before
            errors.tell(self._visit, error)

    async def _draw(self) -> None:
        visit, signal, period = self._visit, self._signal, self._period
        if signal.is_numeric:
            curve = await charts.curve(visit, signal, period)
            options = charts.curve_options(visit, signal, curve, period)
            text = "chart.caption" if curve.band is None else "chart.caption_buckets"
            caption = visit.say(text, count=form.grouped(curve.count))
            legend = Html("")
        else:
            states = await charts.states(visit, signal, period)
            options = charts.state_options(visit, signal, states, period)
            caption = visit.say("chart.caption_states", count=form.grouped(len(states.spans)))
            legend = self._state_legend(states)
        self._chart.options.clear()
        self._chart.options.update(options)
        self._chart.update()
        span = f"{visit.instant(period.start)} \N{EN DASH} {visit.instant(period.end)}"
        self._caption.content = tag("p", tag("strong", span), " · ", caption, class_="soft")
        self._legend.content = legend
        self._export.content = self._export_link()

    def _export_link(self) -> Html:
        query = {
            "signal": self._signal.name,
            "from": format_instant(self._period.start),
            "to": format_instant(self._period.end),
        }
        path = f"/machines/{quote(self._machine.id)}/readings.csv"
        return download(self._visit.say("chart.export"), address(path, query))

    def _state_legend(self, states: charts.States) -> Html:
        visit = self._visit
        named = states.states[: len(charts.STATE_COLOURS)]
        entries = [(state, charts.colour_of(state, states.states)) for state in named]
        if len(states.states) > len(named):
            entries.append((visit.say("chart.other_states"), charts.OTHER_COLOUR))
        if any(state is None for _, state in states.spans):
            entries.append((visit.say("value.unknown"), charts.UNKNOWN_COLOUR))
        swatches = [
            tag("span", tag("i", class_="swatch", style=f"background:{colour}"), text)
            for text, colour in entries
        ]
        cut = (
            notice("", visit.say("chart.cut", count=charts.STATE_SPANS_MAX))
            if states.is_cut
            else None
        )
        return tag("div", tag("div", swatches, class_="legend"), cut)
