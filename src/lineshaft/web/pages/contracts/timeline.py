"""The time line of a guarantee: each moment of a period in the colour of its class."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from lineshaft.core.period import Instant, Period, to_datetime, zone_named
from lineshaft.platform.twin.model import Machine
from lineshaft.services.contracts.model import ClassDurations, Contract, Slot, TimeClass
from lineshaft.services.metering.service import StateSpan
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, table
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.names import machine_name
from lineshaft.web.session import Preferences

WIDTH = 1_200
"""Columns of the picture: one colour each, however many spans there are."""
HEIGHT = 44
TICKS = 4
Classed = tuple[Period, TimeClass]


def classed(spans: Iterable[StateSpan], classes: Mapping[str, TimeClass]) -> list[Classed]:
    """Give each span the class of its state in the contract; neighbours of one class are joined."""
    found: list[Classed] = []
    for span in spans:
        class_ = TimeClass.UNKNOWN
        if span.state is not None:
            class_ = classes.get(span.state, TimeClass.UNKNOWN)
        if found and found[-1][1] is class_:
            found[-1] = (Period(found[-1][0].start, span.period.end), class_)
        else:
            found.append((span.period, class_))
    return found


def picture(
    visit: Preferences, contract: Contract, period: Period, spans: Sequence[Classed]
) -> Html:
    """Draw the time line with the times below it."""
    zone = zone_named(contract.time_zone)
    drawn = spans if len(spans) <= WIDTH else _binned(spans, period)
    rects = []
    for span, class_ in drawn:
        x = Fraction(span.start - period.start, period.duration_us) * WIDTH
        width = Fraction(span.duration_us, period.duration_us) * WIDTH
        label = (
            f"{visit.say(f'class.{class_.value}')}: {form.period(span, zone, visit.language)} "
            f"({form.duration(span.duration_us, visit.language)})"
        )
        rects.append(
            tag(
                "rect",
                tag("title", label),
                x=f"{float(x):.3f}",
                width=f"{max(float(width), 0.4):.3f}",
                y=0,
                height=HEIGHT,
                class_=f"class-{class_.value}",
            )
        )
    image = tag(
        "svg",
        rects,
        class_="timeline",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=visit.say("guarantee.timeline"),
    )
    ticks = [tag("span", _tick(visit, contract, period, place)) for place in range(TICKS + 1)]
    return tag("figure", image, tag("div", ticks, class_="ticks", aria_hidden="true"))


def slot_heading(
    visit: Preferences, contract: Contract, slot: Slot, machines: dict[str, Machine]
) -> Html:
    """Say whose time line it is, and over which part of the period."""
    span = visit.period(slot.period, zone_named(contract.time_zone))
    name = machine_name(machines, slot.machine)
    return tag("h3", name, tag("span", span, class_="sub"))


def _tick(visit: Preferences, contract: Contract, period: Period, place: int) -> str:
    zone = zone_named(contract.time_zone)
    at = Instant(period.start + period.duration_us * place // TICKS)
    civil = to_datetime(at, zone)
    is_short = period.duration_us <= 2 * 86_400 * 1_000_000
    return f"{civil:%H:%M}" if is_short else form.day(at, zone, visit.language)


def _binned(spans: Sequence[Classed], period: Period) -> list[Classed]:
    """Give each column the class that takes most of its time."""
    bins: list[Classed] = []
    place = 0
    for column in range(WIDTH):
        start = Instant(period.start + period.duration_us * column // WIDTH)
        end = Instant(period.start + period.duration_us * (column + 1) // WIDTH)
        if start == end:
            continue
        totals: dict[TimeClass, int] = {}
        while place < len(spans) and spans[place][0].end <= start:
            place += 1
        index = place
        while index < len(spans) and spans[index][0].start < end:
            common = spans[index][0].intersection(Period(start, end))
            if common is not None:
                class_ = spans[index][1]
                totals[class_] = totals.get(class_, 0) + common.duration_us
            index += 1
        if totals:
            bins.append((Period(start, end), max(totals, key=lambda each: totals[each])))
    return bins


def durations_table(
    visit: Preferences, classes: Mapping[str, TimeClass], durations: ClassDurations
) -> Html:
    """Return the legend with the exact time of each class, and the states that are of it."""
    columns = [
        Column(visit.say("guarantee.class")),
        Column(visit.say("guarantee.duration"), is_number=True),
        Column(visit.say("guarantee.share"), is_number=True),
    ]
    whole = durations.required_us
    rows = []
    for class_ in TimeClass:
        spent = getattr(durations, f"{class_.value}_us")
        states = [state for state, its in classes.items() if its is class_]
        heading = [
            tag("span", tag("i", class_=f"swatch class-{class_.value}"), class_="swatch-holder"),
            visit.say(f"class.{class_.value}"),
            tag("span", ", ".join(states), class_="sub") if states else None,
        ]
        if spent or states:
            share = form.percent(Fraction(spent, whole)) if whole else ""
            rows.append(Row([heading, form.duration(spent, visit.language), share]))
    return table(visit.say("guarantee.classes"), columns, rows)
