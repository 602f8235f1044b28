"""What the page of a contract shows of its guarantees, in both languages."""

import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lineshaft.services.billing.model import Facts
from lineshaft.web.pages.contracts.promises import outcome_panels, promised_in_words
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.services.billing.promised import (
    OFFICE,
    availability,
    counting,
    excluded,
    incident,
    incident_time,
    named,
    of,
    quality,
    rated,
    states,
    used,
)
from tests.services.billing.test_places import priced, usage

ENERGY = named(
    "energy",
    indicator="energy",
    target="2.1",
    credit={"slope": "10", "cap": "20"},
    energy=counting("energy") | {"unit": "KWH", "parameters": {"rate_max": "10"}},
    output=counting("air") | {"unit": "MTQ", "parameters": {"rate_max": "10"}},
)
EVIL = "<b>bold</b>"


def page(language: Language, *guarantees: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """Return terms and outcomes as text, with a fault, an exclusion and an incident."""
    agreed = of(*guarantees, **changes)
    found: list[Any] = []
    for meter in agreed.meters():
        is_state = meter.kind.value == "state_duration"
        found.append(states(("6", "RUN"), ("40", "FAULT")) if is_state else 800)
    facts = Facts((incident(),), (excluded("x-1", "8", "1", "maintenance"),))
    rating = rated(agreed, used(agreed, *found), facts)
    reader = Preferences(language, ZoneInfo("UTC"))
    words = "".join(f"{name}|{said}" for name, said in promised_in_words(reader, agreed.terms))
    return words, "".join(outcome_panels(reader, rating, {}))


def test_the_time_line_shows_each_class_and_leaves_closed_hours_blank() -> None:
    _, shown = page(Language.ENGLISH, availability(calendar=OFFICE))
    classes = re.findall(r'class="class-(\w+)"', shown)
    assert classes[:4] == ["excluded", "down_provider", "down_provider", "up"]
    assert "Blank is time outside the agreed hours" in shown
    assert "Missed" in shown


def test_each_time_line_names_the_machine_that_served_and_when() -> None:
    changed = "2026-06-15T00:00:00Z"
    bindings = [
        {"place": "press", "machine": "old", "end": changed},
        {"place": "press", "machine": "new", "start": changed},
    ]
    agreed = priced(machines=["new", "old"], bindings=bindings)
    rating = rated(agreed, usage(agreed, {"old": 7_200, "new": 3_600}))
    reader = Preferences(Language.ENGLISH, ZoneInfo("UTC"))
    shown = "".join(outcome_panels(reader, rating, {}))
    heads = [re.sub("<[^>]*>", " ", one).split() for one in re.findall("<h3>.*?</h3>", shown)]
    assert [" ".join(words) for words in heads] == [
        "old 1 Jun 2026 – 14 Jun 2026",
        "new 15 Jun 2026 – 30 Jun 2026",
    ]
    widths = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"', shown)
    assert widths == [("0.000", "1200.000")] * 2, "each fills the time that it served"


def test_an_incident_is_shown_with_its_business_time() -> None:
    _, shown = page(Language.ENGLISH, incident_time("restoration_time"))
    assert "i-1" in shown
    assert "≤ 4\N{NO-BREAK SPACE}h" in shown
    assert "9\N{NO-BREAK SPACE}h" in shown


def test_the_terms_say_what_a_miss_costs() -> None:
    words, shown = page(Language.ENGLISH, quality(), ENERGY, credits_cap="15")
    assert "Quality ratio: at least 98.000\N{NO-BREAK SPACE}%" in words
    assert "up to and including 95.000\N{NO-BREAK SPACE}%: 5\N{NO-BREAK SPACE}%" in words
    assert "All guarantees together" in words
    assert "at most 2.1\N{NO-BREAK SPACE}kW·h / 1\N{NO-BREAK SPACE}m³" in words
    assert "Met" in shown


def test_what_exclusivity_takes_is_said() -> None:
    credit = {"bands": [{"credit": "10"}], "cap": "20", "group": "outage"}
    words, shown = page(
        Language.ENGLISH, availability(credit=credit), availability("b", credit=credit)
    )
    assert "Only the largest credit of the group" in words
    assert shown.count("Before exclusivity and cap") == 1


@pytest.mark.parametrize("language", Language)
def test_every_guarantee_is_shown_in_both_languages(language: Language) -> None:
    machines = ["mazak01", "mazak02"]
    guarantees = (availability(calendar=OFFICE), quality(), ENERGY,
                  incident_time("response_time", milestone="on_site"))  # fmt: skip
    words, shown = page(language, *guarantees, machines=machines)
    assert shown.count("<svg") == len(machines)
    assert all(f"mazak0{i}" in shown for i in (1, 2))
    assert ("可用率" in words + shown) is (language is Language.CHINESE)


def test_a_description_never_becomes_markup() -> None:
    described = {"en": EVIL, "zh-Hans": EVIL}
    _, shown = page(Language.ENGLISH, quality(description=described))
    assert EVIL not in shown
