"""The pure parts of the pages: markup, figures, spans, values, sessions."""

import ast
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import lineshaft.web
from lineshaft.core.errors import Conflict
from lineshaft.core.money import Money
from lineshaft.core.period import Period, parse_instant
from lineshaft.services.contracts.model import TimeClass
from lineshaft.services.metering.service import StateSpan
from lineshaft.web import format as form
from lineshaft.web import spans, values
from lineshaft.web.errors import reason
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.naming import NAMES
from lineshaft.web.pages.contracts import timeline
from lineshaft.web.session import Preferences, own_path
from lineshaft.web.texts import Language

UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
EN, ZH = Language.ENGLISH, Language.CHINESE
READER = Preferences(EN, UTC)
DAY = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")


def test_text_never_becomes_markup() -> None:
    evil = "<script>alert('x')</script>"
    made = tag("p", evil, title='a "quote" & <b>', hidden=True, data_live=None)
    assert "<script>" not in made
    assert made == (
        '<p title="a &quot;quote&quot; &amp; &lt;b&gt;" hidden>'
        "&lt;script&gt;alert('x')&lt;/script&gt;</p>"
    )


def test_children_are_written_in_order() -> None:
    assert join("a<", None, [tag("b", 1), ["c"]], Html("<i>")) == "a&lt;<b>1</b>c<i>"
    assert tag("input", type="text") == '<input type="text">'


def test_figures_are_exact_and_grouped() -> None:
    assert form.grouped("-1234567.500") == "−1,234,567.500"
    assert form.rounded(Fraction(6289, 1800)) == "3.493889"
    assert form.money(Money.rounded(Fraction(26754, 100), "EUR")) == "267.54\N{NO-BREAK SPACE}EUR"
    assert form.percent(Fraction(4458510458, 5796452481), 3) == "76.918\N{NO-BREAK SPACE}%"
    assert form.byte_size(81_500_000_000) == "81.5\N{NO-BREAK SPACE}GB"


@pytest.mark.parametrize(
    ("zone", "language", "expected"),
    [
        (UTC, EN, "22 Jun 2017, 10:00 UTC"),
        (BERLIN, EN, "22 Jun 2017, 12:00 UTC+02:00"),
        (UTC, ZH, "2017年6月22日, 10:00 UTC"),
    ],
)
def test_an_instant_names_its_zone(zone: ZoneInfo, language: Language, expected: str) -> None:
    assert form.instant(parse_instant("2017-06-22T10:00:00Z"), zone, language) == expected


def test_instants_of_a_column_are_even() -> None:
    at = parse_instant("2017-06-22T08:34:21.5Z")
    assert form.fine(at, UTC, EN) == "22 Jun 2017, 08:34:21.500 UTC"
    at = parse_instant("2017-06-22T08:34:21.000001Z")
    assert form.fine(at, UTC, EN) == "22 Jun 2017, 08:34:21.000001 UTC"


def test_periods_of_whole_days_are_days() -> None:
    assert form.period(DAY, UTC, EN) == "22 Jun 2017"
    month = Period.parse("2017-06-01T00:00:00Z", "2017-07-01T00:00:00Z")
    assert form.period(month, UTC, EN) == "1 Jun 2017 – 30 Jun 2017"
    assert form.period(DAY, BERLIN, EN) == ("22 Jun 2017, 02:00 – 23 Jun 2017, 02:00 UTC+02:00")


def test_durations_are_exact_in_both_languages() -> None:
    said = form.duration(13_521_795_246, EN).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "3 h 45 min 21.795246 s"
    assert form.duration(3_600_000_000, ZH).replace("\N{NO-BREAK SPACE}", " ") == "1 小时"
    assert form.duration(0, EN).replace("\N{NO-BREAK SPACE}", " ") == "0 s"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/invoices?after=x", "/invoices?after=x"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nset-cookie: x", "/"),
        ("", "/"),
        (None, "/"),
        ("/" + "x" * 600, "/"),
    ],
)
def test_signing_in_leads_to_this_hub_only(target: str | None, expected: str) -> None:
    assert own_path(target) == expected


def test_a_zoom_stays_within_what_there_is() -> None:
    closer = spans.zoomed(DAY, DAY, (1, 2))
    assert closer == Period.parse("2017-06-22T06:00:00Z", "2017-06-22T18:00:00Z")
    assert spans.zoomed(closer, DAY, (4, 1)) == DAY
    assert spans.moved(closer, DAY, 1) == Period.parse(
        "2017-06-22T12:00:00Z", "2017-06-23T00:00:00Z"
    )
    assert spans.moved(DAY, DAY, -1) == DAY


def test_raw_bytes_can_be_read() -> None:
    assert values.raw_text(b"a|\x07\xff\xe4\xbd\xa0") == "a|\\x07\\xff你"
    assert values.raw_text(b"x" * 10_000).endswith("x…")


def test_a_condition_is_said_in_words() -> None:
    said = '{"level":"FAULT","message":"coolant low","native_code":"C12"}'
    assert values.condition(READER, said) == "Fault · C12 · coolant low"
    assert values.condition(READER, "{not json") == "{not json"


def test_neighbours_of_one_class_are_one_span() -> None:
    cuts = [parse_instant(f"2017-06-22T{hour:02d}:00:00Z") for hour in (0, 6, 12, 18)]
    parts = [Period(start, end) for start, end in pairwise(cuts)]
    states = [
        StateSpan(parts[0], "READY"),
        StateSpan(parts[1], "ACTIVE"),
        StateSpan(parts[2], None),
    ]
    found = timeline.classed(states, {"READY": TimeClass.UP, "ACTIVE": TimeClass.UP})
    assert found == [
        (Period(cuts[0], cuts[2]), TimeClass.UP),
        (Period(cuts[2], cuts[3]), TimeClass.UNKNOWN),
    ]


def test_a_field_begins_with_what_stands_in_it() -> None:
    """A value that is set after a field was made comes after it, and overwrites what was typed."""
    found = {
        f"{path.name}:{ast.unparse(node)}"
        for path in sorted(Path(lineshaft.web.__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and node.targets[0].attr == "value"
    }
    assert found == {
        "controls.py:dialog.value = False",
        "controls.py:dialog.value = True",
        "draft.py:field.value = self._known_text(id_, name)",  # when somebody chooses a party
    }


def test_a_refusal_says_names_where_its_message_has_ids() -> None:
    error = Conflict("cannot end contract press.a of press at press.", contract="press.a")
    error.values[NAMES] = {"press.a": "Pressing by the hour", "press": "Press 4"}
    said = "Cannot end contract “Pressing by the hour” of “Press 4” at “Press 4”."
    assert reason(READER, error) == f'<span lang="en">{said}</span>'
    assert reason(READER, Conflict("of press")) == '<span lang="en">Of press</span>'
