"""How far the firm has moved from products to services, down to the document lines."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid, LineshaftError
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.servitization.service import Dashboard
from lineshaft.web.charts import put_chart
from lineshaft.web.components import address, link_button, page_head, sheets
from lineshaft.web.firm_files import FILES
from lineshaft.web.firm_questions import FirmQuestion, question_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.firm_parts import (
    choice,
    field,
    money_fields,
    no_books,
    not_read,
    question_form,
    too_thin,
)
from lineshaft.web.pages.valuechain.servitization_parts import (
    alarms,
    headline,
    inputs,
    kinds,
    matrix,
    stages,
    trend_table,
)
from lineshaft.web.pages.valuechain.servitization_plots import trend_options
from lineshaft.web.pages.valuechain.tables_benchmark import benchmark
from lineshaft.web.pages.valuechain.tabs import SERVITIZATION, tabs
from lineshaft.web.session import Visit

TITLE = "servitization.title"
TABLES = ("revenue", "installed_base", "service_inputs")
GRAINS = ("quarter", "month")
FILE = FILES + "/servitization"


async def build(visit: Visit, request: Request) -> None:
    """Show every figure of the months that the address names."""
    title(visit, visit.say(TITLE))
    asked = question_of(request)
    beside = tabs(visit, TITLE)
    show(page_head(visit.say(TITLE), lead=visit.say("servitization.lead"), beside=beside))
    found = await _answer(visit, asked)
    if isinstance(found, LineshaftError):
        _without(visit, asked, found)
        return
    show(_years(visit, asked, found.years))
    show(_form(visit, asked, found.sites))
    before = await _answer(visit, asked.a_year_before()) if asked.first and asked.last else None
    earlier = before if isinstance(before, Dashboard) else None
    show(headline(visit, found, earlier, asked.version), "panel")
    for part in alarms(visit, found):
        show(part)
    _trend(visit, asked, found)
    show(matrix(visit, found, asked.version))
    show(kinds(visit, found, asked.version))
    show(stages(visit, found, asked.version, sheets(FILES + "/service-lines", asked.query())))
    show(inputs(visit, found))
    show(await benchmark(visit, SERVITIZATION, request.query_params))


async def _answer(visit: Visit, asked: FirmQuestion) -> Dashboard | LineshaftError:
    """Return what is found, or why there is no answer."""
    firm = visit.application.firm
    try:
        return await visit.ask(firm.servitization, asked.asked(), asked.of_version)
    except (TooThin, Invalid) as refused:
        return refused


def _without(visit: Visit, asked: FirmQuestion, error: LineshaftError) -> None:
    """Say why there is no answer, and what to do."""
    if isinstance(error, TooThin) and not asked.query():
        show(no_books(visit, "servitization.none", TABLES), "panel")
        return
    show(_form(visit, asked, (asked.site,) if asked.site else ()))
    show(too_thin(visit, error) if isinstance(error, TooThin) else not_read(visit, error))


def _years(visit: Visit, asked: FirmQuestion, years: tuple[str, ...]) -> Html:
    """Return the way to each year, and to all of them."""
    kept = asked.query("first", "last")
    spans = {"": ("", "")} | {year: (f"{year}-01", f"{year}-12") for year in years}
    links = [
        link_button(
            year or visit.say("servitization.every_year"),
            address(SERVITIZATION, kept | ({"first": first, "last": last} if year else {})),
            kind="small",
            is_current=(first, last) == (asked.first, asked.last),
        )
        for year, (first, last) in spans.items()
    ]
    return tag("nav", links, class_="actions", aria_label=visit.say("servitization.years"))


def _form(visit: Visit, asked: FirmQuestion, sites: tuple[str, ...]) -> Html:
    grains = {each: visit.say(f"servitization.grain.{each}") for each in GRAINS}
    every = {"": visit.say("servitization.every_site")} | {each: each for each in sites}
    months = [field(visit, name, getattr(asked, name), "month", "2026-03")
              for name in ("first", "last")]  # fmt: skip
    site = [choice(visit, "site", asked.site, every)] if sites else []
    grain = choice(visit, "grain", asked.grain or GRAINS[0], grains)
    return question_form(
        visit, SERVITIZATION, asked, [*months, grain, *site, *money_fields(visit, asked)]
    )


def _trend(visit: Visit, asked: FirmQuestion, found: Dashboard) -> None:
    name = visit.say("servitization.trend")
    with ui.element("section").classes("panel part"):
        files = tag("div", sheets(FILE, asked.query()), class_="actions")
        show(tag("div", tag("h2", name), files, class_="panel-head"))
        put_chart(trend_options(visit, found), "chart")
        show(tag("p", visit.say("servitization.band_text"), class_="soft"))
        show(trend_table(visit, found, asked.version))
