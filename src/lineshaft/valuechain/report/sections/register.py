"""The single-source register and what changed in it."""

from fractions import Fraction

from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import (
    CellShape,
    Headline,
    PlotKind,
    PlotSeries,
    ReportCell,
    ReportPlot,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.sections.cells import count, day, lacking, money, of, text
from lineshaft.valuechain.report.shown import day as shown_day
from lineshaft.valuechain.report.words import Words
from lineshaft.valuechain.supplynetwork.service import Register, change_content
from lineshaft.valuechain.supplynetwork.versions.service import is_short

ROWS_SHOWN = 10
PLOTTED = 8


def register_section(found: Gathered, words: Words) -> ReportSection:
    """Return the register: top rows, a plot, what changed."""
    register = found.register
    missing = lacking(words, found, "register")
    if register is None:
        return ReportSection("register", words.say("register"), missing=missing)
    listed = register.dependencies
    currency = register.network.currency
    top = listed[:PLOTTED]
    plot = ReportPlot(
        PlotKind.RANKED,
        words.say("register.plot"),
        tuple(item_name(register, each.item) for each in top),
        (PlotSeries("", tuple(float(each.margin_per_week) for each in top)),),
        CellShape.MONEY,
        currency,
    )
    changed, notes = _changes(found, register, words)
    return ReportSection(
        "register",
        words.say("register"),
        lead=words.say("register.lead"),
        headlines=(
            *register_headlines(register, words)[:1],
            Headline(words.say("register.short"), count(sum(map(is_short, listed)))),
            Headline(
                words.say("register.without_owner"), count(sum(not each.owner for each in listed))
            ),
        ),
        plots=(plot,) if top else (),
        tables=(_table(register, words), *changed),
        notes=notes,
        missing=missing,
    )


def register_headlines(register: Register, words: Words) -> tuple[Headline, ...]:
    """Return how many single sources there are, and the largest margin at risk."""
    listed = register.dependencies
    short = words.say("summary.single_sources_note", short=sum(map(is_short, listed)))
    found = [Headline(words.say("summary.single_sources"), count(len(listed)), short)]
    if listed:
        figure = register.margin_figure(listed[0])
        cell = money(figure, register.network.currency)
        note = item_name(register, listed[0].item)
        found.append(Headline(words.say("summary.largest"), cell, note))
    return tuple(found)


def item_name(register: Register, item: str) -> str:
    """Return what an item is called."""
    return next((each.name for each in register.network.items if each.id == item), "") or item


def _table(register: Register, words: Words) -> ReportTable:
    network = register.network
    rows = []
    for rank, each in enumerate(register.dependencies, 1):
        suppliers = [network.supplier_of[one].name or one for one in each.suppliers]
        needed = each.requalification_days
        without = text(words.say("no_other_source"))
        cover = of(register.cover_figure(each), CellShape.DAYS)
        rows.append(
            (
                count(rank),
                text(item_name(register, each.item)),
                text(", ".join(suppliers) or words.say("none_qualified")),
                money(register.margin_figure(each), network.currency),
                cover,
                text(words.say("too_short") if is_short(each) else ""),
                without if needed is None else count(needed),
                day(each.contract_end),
                text(each.owner or words.say("nobody")),
                text(each.action),
            )
        )
    names = ("rank", "item", "supplier", "margin_per_week", "cover_days")
    more = ("requalification_days", "contract_end", "owner", "action")
    columns = [words.say(f"column.{name}") for name in names]
    columns += ["", *(words.say(f"column.{name}") for name in more)]
    title = words.say("register.table")
    return ReportTable(title, tuple(columns), tuple(rows), shown_max=ROWS_SHOWN)


def _changes(
    found: Gathered, register: Register, words: Words
) -> tuple[tuple[ReportTable, ...], tuple[str, ...]]:
    if register.changes is None:
        return (), ()
    on = found.before_as_of
    since = words.say("not_said") if on is None else shown_day(on, words.language)
    if not register.changes:
        return (), (words.say("register.changes_empty", day=since),)
    rows = []
    for each in map(change_content, register.changes):
        name = each["field"]
        rows.append(
            (
                text(item_name(register, each["item"])),
                text(words.say(f"change.{each['kind']}")),
                text(words.named("field", name) if name else ""),
                _value(name, each["before"], register.network.currency),
                _value(name, each["after"], register.network.currency),
            )
        )
    names = ("item", "change", "field", "before", "after")
    columns = tuple(words.say(f"column.{name}") for name in names)
    title = words.say("register.changes", day=since)
    return (ReportTable(title, columns, tuple(rows)),), ()


def _value(name: str, value: str, currency: str) -> ReportCell:
    if not value:
        return text("")
    if name == "margin_per_week":
        return ReportCell(Fraction(value), CellShape.MONEY, currency)
    if name in {"cover_days", "requalification_days"}:
        return ReportCell(Fraction(value), CellShape.DAYS)
    return day(value) if name in {"contract_end", "action_due_on"} else text(value)
