"""What the roll-out of connections did: the effect by quarter from it, and what may be said."""

from typing import TYPE_CHECKING

from lineshaft.web.components import Column, Row, facts, notice, panel, table
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.channels_chosen import opened, percent
from lineshaft.web.pages.valuechain.channels_plots import Point, intervals
from lineshaft.web.session import Visit

if TYPE_CHECKING:
    from lineshaft.valuechain.channels.service import ChannelFigure, ChannelLedger

EVENT = "roll_out_event"
SUMS = ("roll_out_effect", "roll_out_placebo", "before_after_change")
KINDS = {
    "not_measured": "warn",
    "before_after_only": "warn",
    "estimate_not_tested": "warn",
    "design_allows_estimate": "good",
    "placebo_failed": "bad",
    "no_effect_shown": "",
}
BASE = -1
"""The quarter before the connection, in which the effect is 0 by definition."""


def roll_out(visit: Visit, ledger: "ChannelLedger") -> list[Html]:
    """Return what may be said of the roll-out, its figures, and the effect by quarter."""
    found = {each.figure.indicator.name: each for each in ledger.figures}
    outcome = visit.say(f"channels.outcome.{ledger.outcome}")
    claim = visit.say(f"channels.claim.{ledger.claim}")
    pairs: list[tuple[str, Child]] = []
    for name in SUMS:
        each = found.get(name)
        if each is None:
            continue
        shown = opened(visit, each)
        if each.figure.value is None:
            shown = visit.sentence(each.figure.missing)
        pairs.append((visit.say(f"channels.{name}"), shown))
    parts: list[Child] = [
        tag("p", visit.say("channels.roll_out_text", outcome=outcome), class_="soft"),
        notice(claim, kind=KINDS[ledger.claim]),
        facts(pairs),
    ]
    events = sorted((each for each in ledger.figures if _is_event(each)), key=_event)
    if any(each.figure.value is not None for each in events):
        name = visit.say("channels.events", outcome=outcome)
        parts.append(intervals(name, _points(visit, events), percent, is_joined=False))
        parts.append(tag("p", visit.say("channels.events_text"), class_="soft"))
    made = [
        panel(visit.say("channels.roll_out"), tag("div", *parts, class_="part"), id_="roll-out")
    ]
    if events:
        made.append(_table(visit, events))
    return made


def _is_event(each: "ChannelFigure") -> bool:
    return each.figure.indicator.name == EVENT


def _event(each: "ChannelFigure") -> int:
    return int(each.of)


def _points(visit: Visit, events: "list[ChannelFigure]") -> list[Point]:
    known = {_event(each): each.figure for each in events}
    shown = []
    for event in range(min(known), max(known) + 1):
        label = _named(event)
        if event == BASE:
            shown.append(Point(label, 0.0))
        elif (figure := known.get(event)) is None or figure.value is None:
            shown.append(Point(label, None))
        else:
            shown.append(Point(label, float(figure.value), figure.low, figure.high))
    return shown


def _named(event: int) -> str:
    return f"{event:+d}".replace("-", "\N{MINUS SIGN}") if event else "0"


def _table(visit: Visit, events: "list[ChannelFigure]") -> Html:
    name = visit.say("channels.events_by_quarter")
    columns = [
        Column(visit.say("channels.from_connection")),
        Column(visit.say("channels.roll_out_effect"), is_number=True),
        Column(visit.say("channels.what_is_missing")),
    ]
    rows = [
        Row(
            [
                _named(_event(each)),
                opened(visit, each) if each.figure.value is not None else None,
                visit.sentence(each.figure.missing) if each.figure.missing else None,
            ]
        )
        for each in events
    ]
    inner = tag("details", tag("summary", name), table(name, columns, rows))
    return panel(None, inner)
