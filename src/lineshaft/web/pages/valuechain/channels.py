"""The three channels of servitization: what each did, quarter by quarter, and what is missing."""

from fastapi import Request

from lineshaft.web.components import (
    empty_state,
    link_button,
    notice,
    page_head,
    panel,
    sheets,
)
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.channels_chosen import CHANNELS, Chosen
from lineshaft.web.pages.valuechain.channels_rollout import roll_out
from lineshaft.web.pages.valuechain.channels_sections import capital, digital, technology
from lineshaft.web.pages.valuechain.figure import words
from lineshaft.web.pages.valuechain.register import number_of
from lineshaft.web.pages.valuechain.tabs import tabs
from lineshaft.web.session import Visit

BOOKS = "/valuechain/books"
OUTCOMES = ("labour_productivity", "quality_ratio")
"""What the effect of the roll-out may be looked for in."""
TABLES = (
    ("channels.capital", "hours, assets, purchases, payroll, output"),
    ("channels.technology", "hours, assets, purchases, payroll, output"),
    ("channels.digital", "revenue, usage, machines"),
    ("channels.roll_out", "roll_out, output, hours"),
)


async def build(visit: Visit, request: Request) -> None:
    """Show the channels of the firm, a site or a line."""
    name = visit.say("channels.title")
    title(visit, name)
    lead = visit.say("channels.lead")
    show(page_head(name, lead=lead, beside=tabs(visit, "channels.title")))
    query = request.query_params
    version = number_of(query.get("version"))
    outcome = query.get("outcome") or OUTCOMES[0]
    ledger = await visit.ask(visit.application.firm.channels, outcome, version)
    if not ledger.books.inputs and not ledger.lines:
        show(nothing_yet(visit), "panel")
        return
    whole = Chosen(ledger, "", "")
    wanted = query.get("place", "")
    site, line = whole.places.get(wanted, ("", ""))
    chosen = Chosen(ledger, site, line)
    kept = {"outcome": outcome} | ({"version": str(version)} if version else {})
    show(_chooser(visit, chosen, kept))
    if wanted and wanted not in whole.places:
        show(notice(visit.say("channels.no_place", place=wanted[:80]), kind="warn"))
    start = number_of(query.get("after")) or 0
    for part in (
        *capital(visit, chosen),
        *technology(visit, chosen),
        *digital(visit, chosen, kept, start),
        *roll_out(visit, ledger),
    ):
        show(part)


def nothing_yet(visit: Visit) -> Html:
    """Say which tables each channel needs."""
    needed = [
        tag("li", tag("strong", visit.say(key)), ": ", tag("code", tables))
        for key, tables in TABLES
    ]
    books = link_button(visit.say("channels.to_books"), BOOKS, kind="primary")
    example = "lineshaft valuechain books import FOLDER"
    return tag(
        "div",
        empty_state(
            visit.say("channels.none.title"), visit.say("channels.none.text"), example, books
        ),
        tag("ul", needed, class_="plain soft"),
    )


def _chooser(visit: Visit, chosen: Chosen, kept: dict[str, str]) -> Html:
    """Choose the place and the outcome; the address says both."""
    here = (chosen.site, chosen.line)
    places = [
        tag("option", _named(visit, site, line), value=name, selected=(site, line) == here)
        for name, (site, line) in chosen.places.items()
    ]
    outcomes = [
        tag("option", visit.say(f"channels.outcome.{each}"), value=each,
            selected=each == chosen.ledger.outcome)
        for each in OUTCOMES
    ]  # fmt: skip
    version = kept.get("version")
    form = tag(
        "form",
        tag("input", type="hidden", name="version", value=version) if version else None,
        tag("select", places, name="place", class_="field", aria_label=visit.say("channels.place")),
        tag("select", outcomes, name="outcome", class_="field",
            aria_label=visit.say("channels.outcome")),
        tag("button", visit.say("channels.show"), class_="button"),
        method="get",
        action=CHANNELS,
        class_="filters",
    )  # fmt: skip
    query = kept | {"site": chosen.site, "line": chosen.line}
    files = sheets("/files/valuechain/channels", query)
    name = _named(visit, *here)
    said = visit.say("channels.of", books=words(visit, chosen.ledger.books.name))
    return panel(name, tag("p", said, class_="soft"), beside=[form, *files])


def _named(visit: Visit, site: str, line: str) -> str:
    if not site:
        return visit.say("channels.firm")
    return f"{site} · {line}" if line else visit.say("channels.site", site=site)
