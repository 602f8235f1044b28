"""A country's manufacturing beside the firm: input servitization of a kept national table."""

from collections.abc import Mapping
from fractions import Fraction

from lineshaft.core.errors import LineshaftError
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.valuechain.servitization.service import BENCHMARKS
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import facts, link_button, panel
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import shown_figure
from lineshaft.web.pages.valuechain.tables import choice
from lineshaft.web.pages.valuechain.tabs import TABLES
from lineshaft.web.session import Visit

DECIMALS = 1


async def benchmark(visit: Visit, path: str, query: Mapping[str, str]) -> Html:
    """Return the benchmark that the address names: `benchmark=icio-2020&country=DEU`.

    Args:
        visit: who looks; who may not read tables sees nothing.
        path: of the page that it stands on.
        query: of the page; what is not of the benchmark is kept.
    """
    if not await visit.may(Action.TABLE_READ, Resource("table", "*")):
        return Html("")
    tables = visit.application.tables
    known = await visit.ask(tables.tables)
    heading = visit.say("tables.benchmark")
    if not known:
        way = link_button(visit.say("tables.benchmark_none"), TABLES)
        return panel(heading, tag("p", visit.say("tables.benchmark_without")), beside=way)
    kept = next((each for each in known if each.name == query.get("benchmark")), known[0])
    try:
        countries = (await visit.ask(tables.choices, kept.name)).countries
        asked = query.get("country", "")
        country = asked if asked in countries else countries[0]
        found = await visit.ask(tables.figures, kept.name, country, BENCHMARKS)
    except LineshaftError as error:
        errors.log(error, visit.path)
        return panel(heading, errors.reason(visit, error, "p"))
    pairs: list[tuple[str, Child]] = []
    for each in found:
        value = each.figure.value
        if not each.industry:
            shown = "\N{EM DASH}" if value is None else form.percent(Fraction(value), DECIMALS)
            name = visit.say(f"tables.indicator.{each.figure.indicator.name}")
            pairs.append((name, shown_figure(visit, shown, each.figure)))
    others = [
        tag("input", type="hidden", name=name, value=value)
        for name, value in query.items()
        if name not in {"benchmark", "country"}
    ]
    names = [(each.name, f"{each.title} {each.vintage}") for each in known]
    fields = [
        choice(visit.say("tables.table"), "benchmark", names, kept.name),
        choice(visit.say("tables.country"), "country", [(one, one) for one in countries], country),
        tag("button", visit.say("tables.choose"), type="submit", class_="button"),
    ]
    asks = tag("form", others, fields, method="get", action=f"{path}#benchmark", class_="filters")
    text = tag("p", visit.say("tables.benchmark_text"), class_="soft")
    inner = tag("div", text, asks, facts(pairs), class_="part")
    return panel(heading, inner, id_="benchmark")
