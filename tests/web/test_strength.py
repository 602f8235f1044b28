"""The three channels and the quadrant as they are drawn, and what stands there before that."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lineshaft.valuechain.channels.service import ChannelLedger, Claim, Link, Outcome, channels
from lineshaft.web.markup import join
from lineshaft.web.pages.valuechain.channels import OUTCOMES
from lineshaft.web.pages.valuechain.channels_chosen import Chosen
from lineshaft.web.pages.valuechain.channels_plots import Point, intervals
from lineshaft.web.pages.valuechain.channels_rollout import KINDS, roll_out
from lineshaft.web.pages.valuechain.channels_sections import LINKS, capital, digital, technology
from lineshaft.web.pages.valuechain.quadrant import FIELDS, Axes, Dot, picture
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.web.doors import Served, ask, cookie_of

BOOKS = Path(__file__).parents[2] / "examples" / "spindle-works" / "books"
ENGLISH, CHINESE = (Preferences(each, ZoneInfo("UTC")) for each in Language)
KEEP = "lineshaft valuechain trade keep"


@pytest.fixture(scope="module")
def ledger() -> ChannelLedger:
    return channels(BOOKS)


def drawn(reader: Any, chosen: Chosen) -> str:
    parts = [*capital(reader, chosen), *technology(reader, chosen)]
    parts += [
        *digital(reader, chosen, {"outcome": OUTCOMES[0]}, 0),
        *roll_out(reader, chosen.ledger),
    ]
    return join(*parts)


def test_what_the_pages_choose_by_is_what_there_is(ledger: ChannelLedger) -> None:
    assert set(KINDS) == set(Claim)
    assert set(LINKS) == set(Link)
    assert tuple(Outcome) == OUTCOMES
    assert Chosen(ledger, "", "").places["goeppingen/mill-turn"] == ("goeppingen", "mill-turn")


def test_the_example_firm_by_quarter_and_what_may_be_said(ledger: ChannelLedger) -> None:
    page = drawn(ENGLISH, Chosen(ledger, "", ""))
    assert "64,800.00" in page, "digital revenue of a quarter"
    assert "No effect is shown" in page
    assert "1 connected lines can be compared with 3" in page
    assert page.count('class="dot"') == 7 + 7 + 5, "two changes by quarter, the effect by quarter"
    assert "Malmquist index, 2016-Q2 – 2017-Q4: <span>6 comparable lines" in page
    line = drawn(ENGLISH, Chosen(ledger, "goeppingen", "mill-turn"))
    assert "this is the whole site" in line
    assert 'class="badge good">substitution' in line


def test_the_example_firm_in_chinese(ledger: ChannelLedger) -> None:
    page = drawn(CHINESE, Chosen(ledger, "", ""))
    assert "未显示出效应" in page
    assert "增长核算：可比产线 6 条" in page
    shown = re.sub(r'<(code|span lang="en")[^>]*>.*?</(code|span)>|<[^>]+>', " ", page)
    assert re.findall(r"[A-Za-z]+ [a-z]+ [a-z]+", shown) == []


def test_books_without_a_table_say_which(tmp_path: Path) -> None:
    (tmp_path / "roll_out.csv").write_text("site,line\na,b\n", encoding="utf-8")
    page = drawn(ENGLISH, Chosen(channels(tmp_path), "", ""))
    assert "the books have no output, hours, assets, purchases, payroll" in page
    assert "there is no revenue, usage, machines" in page
    assert "Not measured: the books do not say it." in page


def test_a_plot_leaves_out_what_is_not_known() -> None:
    points = [Point("a", 1.0, 0.5, 1.5), Point("b", None), Point("c", 3.0, 2.0, 4.0)]
    text = intervals("t", points, lambda value: f"{value:.2f}", is_joined=True)
    assert text.count('class="dot"') == 2
    assert text.count('class="curve"') == 2, "no line across the gap"
    assert "<title>c: 3.00 (2.00 … 4.00)</title>" in text
    assert ">6<" in text, "the axis ends at a whole step"


def boxes(html: str) -> list[tuple[float, float, float, float]]:
    """Return places of labels: as wide as their text, in percent."""
    label = r'style="(left|right): ([\d.-]+)%; bottom: ([\d.-]+)%"[^>]*><b>(\d+)</b><span>([^<]*)<'
    found = []
    for side, start, bottom, number, name in re.findall(label, html):
        width = len(number + name) * 0.9
        left = float(start) if side == "left" else 100 - float(start) - width
        found.append((left, float(bottom), left + width, float(bottom) + 4.5))
    return found


def test_labels_do_not_lie_on_each_other() -> None:
    places = [(0.1 * (each % 10), 0.07 * (each % 13)) for each in range(30)]
    dots = [
        Dot(number, f"Item {number}", x, y, list(FIELDS.values())[number % 4], "#", "said")
        for number, (x, y) in enumerate(places, start=1)
    ]
    html = picture(ENGLISH, Axes("t", "x", "y"), dots)
    found = boxes(html)
    assert len(found) >= 20
    for one, other in combinations(found, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert html.count("quadrant-dot") == 30, "a point stays where its label finds no place"


@pytest.mark.engine
@pytest.mark.timeout(60)
def test_before_there_is_anything_the_pages_say_what_to_bring(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    page = ask(hub, "GET", "/valuechain/dependence", cookie=cookie).text
    assert KEEP in page
    assert ask(hub, "GET", "/valuechain/channels", cookie=cookie).status == 200
    assert (
        ask(hub, "GET", "/valuechain/dependence", cookie=cookie_of(hub, "customer")).status == 403
    )
    products = "/files/valuechain/products.csv?country=276"
    assert ask(hub, "GET", products, cookie=cookie).status == 404
    figures = ask(hub, "GET", "/files/valuechain/channels.csv", cookie=cookie)
    assert figures.text.removeprefix("\ufeff").startswith("channel,indicator,site")
