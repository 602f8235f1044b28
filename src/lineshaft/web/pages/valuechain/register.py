"""The single-source register: what depends on one supplier, and what changed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.valuechain.supplynetwork.versions.service import ShownRegister
from lineshaft.valuechain.versions.model import KeptVersion
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
    search_field,
    sheets,
    table,
)
from lineshaft.web.controls import button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.care import care_form, care_link
from lineshaft.web.pages.valuechain.figure import days_of, money_of, shown_figure
from lineshaft.web.pages.valuechain.imports import SAMPLE, import_dialog
from lineshaft.web.pages.valuechain.tabs import REGISTER, tabs
from lineshaft.web.session import Visit

Content = dict[str, Any]
"""A dependency or a change as the register writes it."""

ROWS_SHOWN = 50
CHANGES_SHOWN = 50
VERSIONS_SHOWN = 20
KINDS = {"new": "warn", "gone": "good", "worse": "bad", "better": "good", "changed": ""}
OPTIONAL = ("stock", "sub_tier", "owners", "orders", "cures", "guarantees")
REQUIRED = ("items", "sourcing", "lines")


async def build(visit: Visit, request: Request) -> None:
    """Show the register of a version, and what changed since another."""
    title(visit, visit.say("supply.register"))
    networks = visit.application.networks
    known = await visit.ask(networks.versions)
    may_write = await visit.may(Action.NETWORK_WRITE, Resource("network", "*"))
    lead = visit.say("supply.register_lead")
    show(page_head(visit.say("supply.register"), lead=lead, beside=tabs(visit, "supply.register")))
    if not known:
        show(nothing_yet(visit), "panel")
        if may_write:
            _actions(visit)
        return
    query = request.query_params
    version, before = number_of(query.get("version")), number_of(query.get("before"))
    found = await visit.ask(networks.register, version, before)
    if may_write:
        _actions(visit)
    start = number_of(query.get("after")) or 0
    wanted = query.get("care")
    if wanted and may_write:
        await care_form(visit, wanted)
    show(_summary(visit, found))
    for part in _thin(visit, found):
        show(part)
    show(_changes(visit, found, known))
    may_care = may_write and found.version == known[0]
    show(_table(visit, found, (query.get("q", "").strip(), start), may_care=may_care))
    show(_versions(visit, known))


def number_of(text: str | None) -> int | None:
    """Read a number of a query; None for none.

    Raises:
        Invalid: for anything else than a small whole number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        msg = f"cannot read {text[:20]!r} as a number: expected such as 3"
        raise Invalid(msg)
    return int(text)


def nothing_yet(visit: Visit) -> Html:
    """Say which files are needed, and where a sample is."""
    said = visit.say("supply.none.title"), visit.say("supply.none.text")
    example = "\n".join(f"{name}.csv" for name in REQUIRED)
    more = ", ".join(OPTIONAL)
    sample = download(visit.say("supply.sample"), SAMPLE)
    return tag(
        "div",
        empty_state(*said, example, sample),
        tag("p", visit.say("supply.optional", tables=more), class_="soft"),
    )


def _actions(visit: Visit) -> None:
    with ui.element("div").classes("actions"):
        button(visit.say("supply.import"), lambda: import_dialog(visit), "primary")


def _summary(visit: Visit, found: ShownRegister) -> Html:
    listed = found.rows()
    version = found.version
    top = None
    if listed:
        shown = money_of(listed[0]["margin_per_week"], found.register.network.currency)
        top = shown_figure(visit, shown, found.margin_figure(1))
    pairs: list[tuple[str, Child]] = [
        (visit.say("supply.single_sources"), form.grouped(len(listed))),
        (visit.say("supply.largest"), top),
        (visit.say("supply.short"), form.grouped(sum(each["is_short"] for each in listed))),
        (visit.say("supply.without_owner"), form.grouped(sum(not e["owner"] for e in listed))),
        (visit.say("supply.version"), _version_name(visit, version)),
        (visit.say("supply.as_of"), version.as_of or visit.say("supply.unknown")),
    ]
    return panel(None, facts(pairs))


def _version_name(visit: Visit, version: KeptVersion) -> str:
    at = visit.instant(version.imported_at)
    return visit.say("supply.version_of", version=version.version, at=at)


def _thin(visit: Visit, found: ShownRegister) -> list[Html]:
    """Say what the version does not have, and what therefore is not shown."""
    absent = [name for name in OPTIONAL if name not in found.version.rows]
    lines = [visit.say(f"supply.without.{name}") for name in absent]
    coverage = found.register.coverage
    if "stock" not in absent and coverage < 1:
        lines.append(visit.say("supply.stock_known", part=form.percent(coverage, 0)))
    return [notice(visit.say("supply.thin"), *lines, kind="warn")] if lines else []


def _changes(visit: Visit, found: ShownRegister, known: list[KeptVersion]) -> Html:
    older = [each for each in known if each.version < found.version.version]
    name = visit.say("supply.changed")
    if found.before is None:
        return panel(name, tag("p", visit.say("supply.nothing_older"), class_="soft"))
    chosen = _chooser(visit, found, older[:VERSIONS_SHOWN])
    changes = found.changed()
    if not changes:
        said = tag("p", visit.say("supply.no_change"), class_="pad")
        return panel(name, said, beside=chosen, is_flush=True)
    columns = [
        Column(visit.say("supply.item")),
        Column(visit.say("supply.kind")),
        Column(visit.say("supply.what")),
        Column(visit.say("supply.before")),
        Column(visit.say("supply.after")),
    ]
    currency = found.register.network.currency
    rows = [_change(visit, each, currency) for each in changes[:CHANGES_SHOWN]]
    more = len(changes) - CHANGES_SHOWN
    cut = tag("p", visit.say("supply.more", count=more), class_="pad") if more > 0 else None
    return panel(name, table(name, columns, rows), cut, beside=chosen, is_flush=True)


def _chooser(visit: Visit, found: ShownRegister, older: list[KeptVersion]) -> Html:
    options = [
        tag(
            "option",
            _version_name(visit, each),
            value=each.version,
            selected=found.before is not None and each.version == found.before.version,
        )
        for each in older
    ]
    label = visit.say("supply.since")
    return tag(
        "form",
        tag("input", type="hidden", name="version", value=found.version.version),
        tag("select", options, name="before", class_="field", aria_label=label),
        tag("button", visit.say("supply.compare"), class_="button small"),
        sheets("/files/valuechain/changes", _named(found)),
        method="get",
        action=REGISTER,
        class_="filters",
    )


def _named(found: ShownRegister) -> dict[str, str]:
    named = {"version": str(found.version.version)}
    return named if found.before is None else named | {"before": str(found.before.version)}


def _change(visit: Visit, each: Content, currency: str) -> Row:
    field, kind = each["field"], each["kind"]
    what = visit.say(f"supply.field.{field}") if field else ""
    values = [_value(field, text, currency) for text in (each["before"], each["after"])]
    return Row([each["item"], badge(visit.say(f"supply.is.{kind}"), KINDS[kind]), what, *values])


def _value(name: str, text: str, currency: str) -> str:
    if not text:
        return ""
    if name == "margin_per_week":
        return money_of(text, currency)
    return days_of(text) if name == "cover_days" else text


def _table(visit: Visit, found: ShownRegister, asked: tuple[str, int], *, may_care: bool) -> Html:
    wanted, start = asked
    names = {each.id: each.name for each in found.register.network.items}
    listed = [each for each in found.rows() if _matches(each, names, wanted)]
    shown = listed[start : start + ROWS_SHOWN]
    columns = [
        Column(visit.say("supply.item")),
        Column(visit.say("supply.supplier")),
        Column(visit.say("supply.margin"), is_number=True),
        Column(visit.say("supply.cover"), is_number=True),
        Column(visit.say("supply.requalification"), is_number=True),
        Column(visit.say("supply.contract_end")),
        Column(visit.say("supply.care")),
    ]
    rows = [
        _row(visit, found, each, names, care_link(visit, each["item"]) if may_care else None)
        for each in shown
    ]
    name = visit.say("supply.register")
    field = search_field(visit.say("supply.search"), "register", value=wanted, name="q")
    kept = tag("input", type="hidden", name="version", value=found.version.version)
    filters = tag("form", field, kept, method="get", action=REGISTER, class_="filters")
    query = {"version": str(found.version.version)}
    beside = [filters, *sheets("/files/valuechain/register", query)]
    if not rows:
        key = "supply.none_found" if wanted else "supply.no_single_source"
        return panel(name, tag("p", visit.say(key), class_="pad"), beside=beside, is_flush=True)
    content = tag("div", table(name, columns, rows), id="register")
    paging = _paging(visit, found, wanted, (start, len(listed)))
    return panel(name, content, paging, beside=beside, is_flush=True)


def _paging(visit: Visit, found: ShownRegister, wanted: str, place: tuple[int, int]) -> Html | None:
    start, count = place
    if count <= ROWS_SHOWN:
        return None
    kept = {"version": str(found.version.version)} | ({"q": wanted} if wanted else {})
    last = min(start + ROWS_SHOWN, count)
    said = visit.say("supply.shown", first=start + 1, last=last, count=count)
    links: list[Child] = [tag("span", said, class_="soft")]
    if start:
        links.append(link_button(visit.say("paging.first"), address(REGISTER, kept), kind="small"))
    if last < count:
        following = address(REGISTER, kept | {"after": str(last)})
        links.append(link_button(visit.say("paging.next"), following, kind="small"))
    return tag("nav", links, class_="paging", aria_label=visit.say("paging.label"))


def _matches(each: Content, names: Mapping[str, str], wanted: str) -> bool:
    if not wanted:
        return True
    said = [each["item"], names.get(each["item"], ""), each["owner"]]
    said += [*each["suppliers"], *each["countries"], *each["lines"]]
    return any(wanted.casefold() in text.casefold() for text in said)


def _row(
    visit: Visit, found: ShownRegister, each: Content, names: Mapping[str, str], edit: Html | None
) -> Row:
    network, rank = found.register.network, each["rank"]
    suppliers = [network.supplier_of[one].name or one for one in each["suppliers"]]
    margin = money_of(each["margin_per_week"], network.currency)
    cover = visit.say("supply.unknown")
    if each["cover_days"] is not None:
        cover = days_of(each["cover_days"])
    mark = badge(visit.say("supply.is_short"), "bad") if each["is_short"] else None
    needed, countries = each["requalification_days"], ", ".join(each["countries"])
    return Row(
        [
            [
                tag("span", f"{rank}. {names.get(each['item']) or each['item']}"),
                tag("span", f"{each['item']} · {', '.join(each['lines'])}", class_="sub"),
            ],
            [
                ", ".join(suppliers) or badge(visit.say("supply.no_qualified"), "bad"),
                tag("span", visit.say("supply.from", countries=countries), class_="sub"),
            ],
            shown_figure(visit, margin, found.margin_figure(rank)),
            [shown_figure(visit, cover, found.cover_figure(rank)), mark],
            visit.say("supply.no_other") if needed is None else str(needed),
            _day(visit, each["contract_end"]),
            [*_care(visit, each), edit],
        ]
    )


def _care(visit: Visit, each: Content) -> list[Child]:
    care: list[Child] = [each["owner"] or badge(visit.say("supply.nobody"), "warn")]
    if each["action"]:
        due = _day(visit, each["action_due_on"])
        care.append(tag("span", each["action"] + (f" ({due})" if due else ""), class_="sub"))
    return care


def _day(visit: Visit, text: str | None) -> str:
    return form.date(dt.date.fromisoformat(text), visit.language) if text else ""


def _versions(visit: Visit, known: list[KeptVersion]) -> Html:
    columns = [
        Column(visit.say("supply.version")),
        Column(visit.say("supply.as_of")),
        Column(visit.say("supply.imported_by")),
        Column(visit.say("supply.note")),
        Column(visit.say("supply.rows")),
        Column("SHA-256"),
    ]
    rows = [
        Row(
            [
                tag("a", _version_name(visit, each), href=f"{REGISTER}?version={each.version}"),
                each.as_of,
                each.imported_by,
                each.note,
                ", ".join(f"{name} {form.grouped(count)}" for name, count in each.rows.items()),
                tag("code", each.sha256[:12]),
            ]
        )
        for each in known[:VERSIONS_SHOWN]
    ]
    name = visit.say("supply.versions")
    inner = tag("details", tag("summary", name), table(name, columns, rows))
    return panel(None, inner)
