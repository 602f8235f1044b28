"""The products of a country: comparative advantage beside CEPII's rule of dependence."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from fastapi import Request

from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.paradox.kept.model import TradeVersion
from lineshaft.valuechain.paradox.kept.service import ShownCountry
from lineshaft.valuechain.versions.model import KeptVersion
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    empty_state,
    facts,
    link_button,
    notice,
    panel,
    search_field,
    sheets,
    table,
)
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import shown_figure
from lineshaft.web.pages.valuechain.quadrant import BADGES, FIELDS, Axes, Dot, picture
from lineshaft.web.pages.valuechain.register import number_of
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.paradox.service import ProductPoint

DEPENDENCE = "/valuechain/dependence"
PRODUCTS = "/files/valuechain/products"
KEEP = (
    "lineshaft valuechain trade keep BACI_HS22_Y2022_V202501.csv BACI_HS22_Y2023_V202501.csv \\\n"
    "    BACI_HS22_Y2024_V202501.csv --countries country_codes_V202501.csv \\\n"
    "    --products product_codes_HS22_V202501.csv"
)
ROWS_SHOWN = 50
LABELLED = 12
OTHERS_DRAWN = 150
"""Products outside the list that are drawn, the largest imports first."""
TOP = 0.72
"""Where the picture ends: the margin is at most 2.5, which is drawn as 2.5/3.5."""
LISTED, ALL, DUAL = "listed", "all", "dual"
"""Filters beside those of the fields, and one of these."""


async def world(visit: Visit, request: Request) -> list[Html]:
    """Return the part of countries, or how trade is brought."""
    name = visit.say("dependence.world")
    trade = visit.application.trade
    known = await visit.ask(trade.versions)
    if not known:
        said = visit.say("dependence.world_none.title"), visit.say("dependence.world_none.text")
        return [panel(name, empty_state(*said, KEEP), id_="countries")]
    query = request.query_params
    kept = await visit.ask(trade.version, number_of(query.get("trade")))
    code = number_of(query.get("country"))
    chooser = _chooser(visit, known, kept, code)
    lead = tag("p", visit.say("dependence.world_text"), class_="soft")
    if code is None:
        asked = tag("p", visit.say("dependence.choose_country"))
        return [panel(name, tag("div", lead, chooser, asked, class_="part"), id_="countries")]
    if code not in kept.countries:
        asked = notice(visit.say("dependence.no_country", country=code), kind="warn")
        return [panel(name, tag("div", lead, chooser, asked, class_="part"), id_="countries")]
    found = await visit.ask(trade.country, code, kept.version)
    field = query.get("field") or LISTED
    wanted = query.get("q", "").strip()
    start = number_of(query.get("after")) or 0
    inner = tag("div", lead, chooser, _summary(visit, found), _picture(visit, found), class_="part")
    head = panel(name, inner, id_="countries")
    return [head, _table(visit, found, (field, wanted, start))]


def _chooser(
    visit: Visit, known: Sequence[KeptVersion], kept: TradeVersion, code: int | None
) -> Html:
    versions = [
        tag(
            "option",
            visit.say("dependence.version", version=each.version, years=each.as_of),
            value=each.version,
            selected=each.version == kept.version,
        )
        for each in known
    ]
    by_name = sorted(kept.countries.items(), key=lambda pair: pair[1].casefold())
    countries = [
        tag("option", name, value=number, selected=number == code) for number, name in by_name
    ]
    return tag(
        "form",
        tag("select", versions, name="trade", class_="field",
            aria_label=visit.say("dependence.trade")),
        tag("select", countries, name="country", class_="field",
            aria_label=visit.say("dependence.country")),
        tag("button", visit.say("dependence.show"), class_="button"),
        method="get",
        action=f"{DEPENDENCE}#countries",
        class_="filters",
    )  # fmt: skip


def _summary(visit: Visit, found: ShownCountry) -> Html:
    shown, listed = found.quadrant, found.quadrant.listed
    dual = sum(FIELDS[each.quadrant] == DUAL for each in shown.points)
    pairs: list[tuple[str, Child]] = [
        (visit.say("dependence.country"), found.name),
        (visit.say("dependence.edition"), listed.table),
        (visit.say("supply.vintage"), listed.vintage),
        (visit.say("dependence.imported"), form.grouped(listed.traded)),
        (visit.say("dependence.on_the_list"), form.grouped(len(listed.products))),
        (visit.say("dependence.field.dual"), form.grouped(dual)),
        (visit.say("dependence.list_stays"), _stays(visit, listed.persistence)),
        (visit.say("dependence.dual_stays"), _stays(visit, shown.dual_persistence)),
    ]
    return facts(pairs)


def _stays(visit: Visit, figures: Sequence[Figure]) -> list[Html]:
    """Return which part of older lists is still there, by their age."""
    shown = []
    for years, figure in enumerate(figures, start=1):
        if figure.value is None:
            shown.append(tag("div", visit.sentence(figure.missing)))
        else:
            said = visit.say(
                "dependence.after_years", years=years, part=form.percent(Fraction(figure.value), 0)
            )
            shown.append(shown_figure(visit, said, figure))
    return shown


def _picture(visit: Visit, found: ShownCountry) -> Html:
    """Draw all that is listed, and the largest of the rest; RCA and margin r are drawn r/(1+r)."""
    listed = [each for each in found.quadrant.points if each.is_listed]
    others = [each for each in found.quadrant.points if not each.is_listed][:OTHERS_DRAWN]
    dots = [
        _dot(visit, found, number, each)
        for number, each in [*enumerate(listed, start=1), *((0, each) for each in others)]
    ]
    axes = Axes(
        visit.say("dependence.world_picture", country=found.name),
        visit.say("dependence.world_across"),
        visit.say("dependence.world_up"),
        (0.5, 0.5 / TOP),
    )
    drawn = visit.say("dependence.drawn", listed=len(listed), others=len(others))
    return tag("div", picture(visit, axes, dots), tag("p", drawn, class_="soft"), class_="part")


def _dot(visit: Visit, found: ShownCountry, number: int, each: "ProductPoint") -> Dot:
    field = FIELDS[each.quadrant]
    name = found.version.products.get(each.product, "")
    said = visit.say(
        "dependence.product_said",
        product=f"{each.product} {name}".strip(),
        field=visit.say(f"dependence.field.{field}"),
        advantage=_rounded(each.advantage),
        margin=_rounded(each.margin),
    )
    across, up = (float(one.value or 0) for one in (each.advantage, each.margin))
    place = across / (1 + across), up / (1 + up) / TOP
    label = number if number <= LABELLED else 0
    return Dot(label, each.product, *place, field, f"#product-{each.product}", said)


def _rounded(figure: Figure) -> str:
    return form.rounded(Fraction(figure.value or 0), 2)


def _table(visit: Visit, found: ShownCountry, asked: tuple[str, str, int]) -> Html:
    field, wanted, start = asked
    names = found.version.products
    listed = [
        each
        for each in found.quadrant.points
        if _is_of(each, field) and _matches(each, names, wanted)
    ]
    columns = [
        Column(visit.say("dependence.product")),
        Column(visit.say("dependence.field")),
        Column(visit.say("dependence.advantage"), is_number=True),
        Column(visit.say("dependence.margin"), is_number=True),
        Column(visit.say("dependence.first_source"), is_number=True),
        Column(visit.say("dependence.rule_held")),
        Column(visit.say("dependence.imports"), is_number=True),
    ]
    sources = {each.product: each.figures[0] for each in found.quadrant.listed.products}
    rows = [
        _row(visit, each, names, sources.get(each.product))
        for each in listed[start : start + ROWS_SHOWN]
    ]
    name = visit.say("dependence.products")
    kept = {"trade": str(found.version.version), "country": str(found.quadrant.country)}
    beside = [_filters(visit, kept, field, wanted), *sheets(PRODUCTS, kept)]
    lead = tag("p", visit.say("dependence.products_text"), class_="pad soft")
    content: Child = table(name, columns, rows)
    if not rows:
        content = tag("p", visit.say("dependence.none_found"), class_="pad")
    kept |= {"field": field} | ({"q": wanted} if wanted else {})
    paging = _paging(visit, kept, (start, len(listed)))
    return panel(name, lead, content, paging, beside=beside, is_flush=True, id_="products")


def _is_of(each: "ProductPoint", field: str) -> bool:
    if field == ALL:
        return True
    return each.is_listed if field == LISTED else FIELDS[each.quadrant] == field


def _matches(each: "ProductPoint", names: dict[str, str], wanted: str) -> bool:
    said = f"{each.product} {names.get(each.product, '')}"
    return wanted.casefold() in said.casefold()


def _filters(visit: Visit, kept: dict[str, str], field: str, wanted: str) -> Html:
    options = [
        tag("option", visit.say(f"dependence.field.{each}"), value=each, selected=each == field)
        for each in (LISTED, *FIELDS.values(), ALL)
    ]
    hidden = [tag("input", type="hidden", name=key, value=value) for key, value in kept.items()]
    return tag(
        "form",
        hidden,
        tag("select", options, name="field", class_="field",
            aria_label=visit.say("dependence.field")),
        search_field(visit.say("dependence.search"), "products", value=wanted, name="q"),
        tag("button", visit.say("dependence.show"), class_="button small"),
        method="get",
        action=f"{DEPENDENCE}#products",
        class_="filters",
    )  # fmt: skip


def _row(visit: Visit, each: "ProductPoint", names: dict[str, str], source: Figure | None) -> Row:
    field = FIELDS[each.quadrant]
    name = names.get(each.product)
    cells = [
        [each.product, tag("span", name, class_="sub", lang="en") if name else None],
        badge(visit.say(f"dependence.field.{field}"), BADGES[field]),
        shown_figure(visit, _rounded(each.advantage), each.advantage),
        shown_figure(visit, _rounded(each.margin), each.margin),
        shown_figure(visit, _rounded(source), source) if source else None,
        ", ".join(map(str, each.years)),
        form.grouped(round(each.imports)),
    ]
    return Row(cells, {"id": f"product-{each.product}"})


def _paging(visit: Visit, kept: dict[str, str], place: tuple[int, int]) -> Html | None:
    start, count = place
    if count <= ROWS_SHOWN:
        return None
    last = min(start + ROWS_SHOWN, count)
    said = visit.say("supply.shown", first=start + 1, last=last, count=count)
    links: list[Child] = [tag("span", said, class_="soft")]
    if start:
        path = address(DEPENDENCE, kept) + "#products"
        links.append(link_button(visit.say("paging.first"), path, kind="small"))
    if last < count:
        path = address(DEPENDENCE, kept | {"after": str(last)}) + "#products"
        links.append(link_button(visit.say("paging.next"), path, kind="small"))
    return tag("nav", links, class_="paging", aria_label=visit.say("paging.label"))
