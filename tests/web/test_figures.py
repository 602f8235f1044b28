"""Every value of an offering has a name of its own, in both languages, in forms and differences."""

from zoneinfo import ZoneInfo

import pytest

from lineshaft.services.contracts.catalogue.model import OfferingChanges, changed, places
from lineshaft.services.contracts.packs.shelf import packs
from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.figures import figures, named
from lineshaft.web.pages.contracts.form import is_currency, is_id, is_number
from lineshaft.web.pages.offerings.words import charged, classified, measured
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language

READERS = [Preferences(language, ZoneInfo("UTC")) for language in Language]


@pytest.mark.parametrize("pack", sorted(packs()))
def test_each_figure_of_a_pack_has_its_own_name_and_can_be_changed(pack: str) -> None:
    offering = packs()[pack].offering
    for reader in READERS:
        found = list(figures(reader, offering))
        names = [(figure.group, figure.label) for figure in found]
        assert sorted(set(names)) == sorted(names)
        assert all(is_number(figure.value) for figure in found if figure.is_number)
        assert all(all(named(reader, offering, place)) for place in places(offering))
        for part in (charged, classified, measured):
            assert len(str(tag("div", part(reader, offering)))) > 40
        same = {figure.place: figure.value for figure in found}
        assert changed(offering, OfferingChanges(values=same)) == offering


def test_figures_say_their_unit_and_where_they_stand() -> None:
    english = READERS[0]
    offering = packs()["pay-per-use"].offering
    said = {figure.label: figure.value for figure in figures(english, offering)}
    assert said["Tier 1 · Price (EUR/h)"] == "18.00"
    assert said["Tier 1 · Up to (h)"] == "200"
    assert said["Least · Amount a month (EUR)"] == "600.00"
    assert named(english, offering, "name.zh-Hans") == ("Offering", "Name in Chinese")
    assert named(english, offering, "kind") == ("Offering", "Kind")
    place = "terms.usage_prices.running-hours.meter.parameters.rate_max"
    assert named(english, offering, place) == ("Running hours", "parameters.rate_max")


def test_what_a_baseline_depends_on_has_to_be_measured_too() -> None:
    said = str(measured(READERS[0], packs()["energy-saving"].offering))
    assert "Parts made" in said
    assert "<code>parts</code>" in said


def test_what_a_field_takes() -> None:
    assert [is_number(text) for text in ("45.00", "1/3", "1/0", "much", "NaN", "")] == (
        [True, True, False, False, False, False]
    )
    assert [is_id(text) for text in ("mill-1", "Mill", "")] == [True, False, False]
    assert [is_currency(text) for text in ("eur", "EU", "")] == [True, False, False]
