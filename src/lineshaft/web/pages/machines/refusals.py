"""What connectors could not take: why, and the raw bytes."""

from fastapi import Request

from lineshaft.core.pages import Page, PageRequest
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import REFUSED_NAME, machine_of, name_of
from lineshaft.platform.historian.model import StoredRefusal
from lineshaft.platform.twin.model import Machine
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, empty_state, page_head, pages, panel, table
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit
from lineshaft.web.spans import BEGINNING
from lineshaft.web.values import raw_text

REFUSALS_PER_PAGE = 50


async def build(visit: Visit, request: Request) -> None:
    """Show refusals of one machine, or of all for who may see all."""
    title(visit, visit.say("refusals.title"))
    machines = await visit.ask(visit.application.twin.machines)
    wanted = request.query_params.get("machine", "")
    is_customer = visit.actor.organisation is not None
    if not wanted and is_customer and machines:
        wanted = machines[0].id
    show(_head(visit, machines, wanted, has_all=not is_customer))
    if not machines and is_customer:
        show(_nothing(visit), "panel")
        return
    after = request.query_params.get("after", "")
    page = await _page(visit, wanted or None, after)
    if page is None or not page.items:
        show(_nothing(visit), "panel")
        return
    query = {"machine": wanted, "after": after}
    content = [_table(visit, machines, page), pages(visit, "/refusals", query, page.next)]
    show(panel(None, *content, is_flush=True))


async def _page(visit: Visit, machine: str | None, after: str) -> Page[StoredRefusal] | None:
    """Return a page; of one machine only of the time that somebody may see."""
    historian, request = visit.application.historian, PageRequest(REFUSALS_PER_PAGE, after)
    if machine is None:
        return await visit.ask(historian.refusals, None, None, request)
    now = visit.application.clock.now()
    within = Period(BEGINNING, Instant(now + US_PER_DAY))
    parts = await visit.ask(visit.application.authorizer.visible_periods, machine, within)
    if not parts:
        return None
    return await visit.ask(historian.refusals, machine, parts[-1], request)


def _head(visit: Visit, machines: list[Machine], wanted: str, *, has_all: bool) -> Html:
    everything = [tag("option", visit.say("refusals.all"), value="")] if has_all else []
    options = [
        tag("option", machine.name, value=machine.id, selected=machine.id == wanted)
        for machine in machines
    ]
    chooser = tag(
        "form",
        tag(
            "label",
            visit.say("refusals.machine"),
            tag("select", everything, options, name="machine", data_submit=True, data_search=True),
        ),
        tag("noscript", tag("button", visit.say("range.show"), type="submit", class_="button")),
        method="get",
        action="/refusals",
        class_="filters",
    )
    return page_head(visit.say("refusals.title"), lead=visit.say("refusals.lead"), beside=chooser)


def _nothing(visit: Visit) -> Html:
    return empty_state(visit.say("refusals.none.title"), visit.say("refusals.none.text"))


def _table(visit: Visit, machines: list[Machine], page: Page[StoredRefusal]) -> Html:
    columns = [
        Column(visit.say("refusals.at")),
        Column(visit.say("refusals.signal")),
        Column(visit.say("refusals.reason")),
        Column(visit.say("refusals.raw")),
    ]
    by_id = {machine.id: machine for machine in machines}
    rows = [_row(visit, by_id.get(machine_of(item.signal)), item) for item in page.items]
    return table(visit.say("refusals.title"), columns, rows)


def _row(visit: Visit, machine: Machine | None, item: StoredRefusal) -> Row:
    signal = None if machine is None else machine.signal(item.signal)
    if name_of(item.signal) == REFUSED_NAME:
        name = visit.say("refusals.no_signal")
    else:
        name = name_of(item.signal) if signal is None else signal.titled(visit.language)
    place = tag("span", machine.name, class_="sub") if machine else None
    size = None
    if item.raw_size > len(item.raw):
        said = visit.say("refusals.cut", size=form.byte_size(item.raw_size))
        size = tag("span", said, class_="sub")
    return Row(
        [
            visit.instant(item.ts),
            [tag("span", name), place],
            visit.sentence(item.reason),
            [tag("pre", raw_text(item.raw), class_="raw"), size],
        ]
    )
