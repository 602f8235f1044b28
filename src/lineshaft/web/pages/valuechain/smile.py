"""Where along the value chain an hour earns, how that moves, and the way up."""

from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid, LineshaftError
from lineshaft.valuechain.books.errors import BooksMissing
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.servitization.service import Curve
from lineshaft.web.charts import put_chart
from lineshaft.web.components import page_head, sheets
from lineshaft.web.firm_files import FILES
from lineshaft.web.firm_questions import FirmQuestion, question_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import tag
from lineshaft.web.pages.valuechain.firm_parts import (
    money_fields,
    no_books,
    not_read,
    question_form,
    too_thin,
)
from lineshaft.web.pages.valuechain.smile_parts import (
    move_table,
    periods_table,
    places_table,
    shape_said,
    years_table,
)
from lineshaft.web.pages.valuechain.smile_plots import curve_options, move_options, way_options
from lineshaft.web.pages.valuechain.tabs import SMILE, tabs
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import Trajectory

TITLE = "smile.title"
TABLES = ("activities", "upgrading")


async def build(visit: Visit, request: Request) -> None:
    """Show the curve, its move and the trajectory; each says by itself what it lacks."""
    title(visit, visit.say(TITLE))
    asked = question_of(request)
    show(page_head(visit.say(TITLE), lead=visit.say("smile.lead"), beside=tabs(visit, TITLE)))
    firm = visit.application.firm
    curves, steps, error = None, None, None
    try:
        curves = await visit.ask(firm.smile, asked.currency, asked.listed_rates, asked.of_version)
    except BooksMissing:
        show(no_books(visit, "smile.none", TABLES), "panel")
        return
    except (TooThin, Invalid) as refused:
        error = refused
    show(question_form(visit, SMILE, asked, money_fields(visit, asked)))
    if curves is None:
        _refused(visit, "smile.curve", error)
    else:
        _curve(visit, asked, curves)
    try:
        steps = await visit.ask(firm.upgrading, asked.of_version)
    except TooThin as refused:
        error = refused
    if steps is None:
        _refused(visit, "smile.upgrading", error)
    else:
        _upgrading(visit, asked, steps)


def _refused(visit: Visit, name: str, error: LineshaftError | None) -> None:
    if error is None:
        return
    with ui.element("section").classes("panel part"):
        show(tag("h2", visit.say(name)))
        show(too_thin(visit, error) if isinstance(error, TooThin) else not_read(visit, error))


def _curve(visit: Visit, asked: FirmQuestion, curves: tuple[Curve, ...]) -> None:
    whole, *quarters = curves
    files = tag("div", sheets(FILES + "/smile", asked.query()), class_="actions")
    with ui.element("section").classes("panel part"):
        show(tag("div", tag("h2", visit.say("smile.curve")), files, class_="panel-head"))
        show(shape_said(visit, whole))
        put_chart(curve_options(visit, whole), "chart")
        show(tag("p", visit.say("smile.curve_text"), class_="soft"))
        show(places_table(visit, whole))
    if len(quarters) < 2:
        return
    with ui.element("section").classes("panel part"):
        show(tag("h2", visit.say("smile.move")))
        show(tag("p", visit.say("smile.move_text"), class_="soft"))
        put_chart(move_options(visit, quarters), "chart")
        show(move_table(visit, quarters))
        show(periods_table(visit, quarters))


def _upgrading(visit: Visit, asked: FirmQuestion, steps: "Trajectory") -> None:
    files = tag("div", sheets(FILES + "/upgrading", asked.query()), class_="actions")
    with ui.element("section").classes("panel part"):
        show(tag("div", tag("h2", visit.say("smile.upgrading")), files, class_="panel-head"))
        show(tag("p", visit.say("smile.upgrading_text"), class_="soft"))
        put_chart(way_options(visit, steps), "chart")
        show(years_table(visit, steps))
