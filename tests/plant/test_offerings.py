"""A plant file says what an offering counts as; a word that nobody knows is found in its line."""

from pathlib import Path

import pytest

from lineshaft.plant.errors import PlantInvalid
from lineshaft.plant.reader import read_plant
from lineshaft.services.contracts.model import Activity, Binding, CustomerClass, OfferingKind

OFFERING = """
[[offering]]
id = "training"
version = 1
name = { en = "Training", zh-Hans = "培训" }
currency = "EUR"
kind = "training"
binding = "stand_alone"
customer_class = "producer"
activity = "worker_service"
service_class = "other_business"
terms.vat = { category = "S", rate = 19 }
"""


def test_a_plant_file_says_what_an_offering_counts_as(tmp_path: Path) -> None:
    (tmp_path / "plant.toml").write_text(OFFERING, encoding="utf-8")
    (entry,) = read_plant(tmp_path)
    said = entry.table.classification
    assert (said.kind, said.binding) == (OfferingKind.TRAINING, Binding.STAND_ALONE)
    assert said.customer_class is CustomerClass.PRODUCER
    assert said.activity is Activity.WORKER_SERVICE


def test_a_word_that_nobody_knows_is_found(tmp_path: Path) -> None:
    wrong = OFFERING.replace('"stand_alone"', '"alone"')
    (tmp_path / "plant.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(PlantInvalid, match=r"plant\.toml:8.*binding"):
        read_plant(tmp_path)
