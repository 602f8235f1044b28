"""Every mistake in a plant file is named with file, line and expectation."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from lineshaft.plant import reader
from lineshaft.plant.errors import PlantInvalid, PlantMissing
from lineshaft.plant.locate import line_of, locate
from lineshaft.plant.reader import files_left_alone, read_plant


def line_with(directory: Path, text: str, name: str = "plant.toml") -> int:
    lines = (directory / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


# what the starter says, what it is changed into, what the line says, what the message says
MISTAKES = [
    ('name = "Milling machine"', "name = 5", "name = 5", "Expected `str`, got `int`"),
    ('name = "Milling machine"', 'nmae = "Mill"', "nmae", "unknown field `nmae`"),
    ('name = "Milling machine"\n', "", 'id = "mill"', "missing required field `name`"),
    ("live = true ", 'live = "yes" ', "live =", "Expected `bool`"),
    ("[[machine]]", "[[machnie]]", "[[machnie]]", "expected [[organisation]], [[party]]"),
    ("[[machine]]", "[machine]", "[machine]", "instead of [machine]"),
    ('id = "mill"', 'id = "mill', 'id = "mill', "Illegal character"),
    ('id = "mill"', 'id = "mill"\nid = "x"', 'id = "x"', "Cannot overwrite a value"),
    ('kind = "counter" ', 'kind = "conuter" ', "kind = ", "a kind out of counter"),
    ("target = 95 ", "target = [] ", "target =", "guarantee.target"),
    ("rate = 19", "rate = nan", "rate = nan", "rate"),
    ('currency = "EUR"', 'currency = "EURO"', "currency", "EURO"),
    ('billing_period = "month" ', 'billing_period = "week" ', "billing_period", "week"),
]


@pytest.mark.parametrize(("before", "after", "line", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_place(
    replace: Callable[..., Path], before: str, after: str, line: str, message: str
) -> None:
    directory = replace(before, after)
    with pytest.raises(PlantInvalid) as caught:
        read_plant(directory)
    assert message in str(caught.value)
    named = caught.value.location
    assert named.file == directory / "plant.toml"
    text = (directory / "plant.toml").read_text(encoding="utf-8").splitlines()
    # The line itself, or where a refused whole begins.
    assert line in text[named.line - 1] or text[named.line - 1].startswith("[["), str(named)


@pytest.mark.parametrize(("before", "after", "line", "message"), MISTAKES[:6])
def test_a_mistake_of_type_has_the_very_line(
    replace: Callable[..., Path], before: str, after: str, line: str, message: str
) -> None:
    directory = replace(before, after)
    with pytest.raises(PlantInvalid, match=r"plant\.toml:\d+: ") as caught:
        read_plant(directory)
    expected = line_with(directory, line) - (1 if "missing" in message else 0)
    assert caught.value.location.line == expected


def test_numbers_are_taken_digit_for_digit(replace: Callable[..., Path]) -> None:
    directory = replace("unit_price = 30.00", "unit_price = 0.1")
    offering = next(entry for entry in read_plant(directory) if entry.kind == "offering").table
    price = offering.terms.usage_prices[0].price.tiers[0].unit_price
    assert Fraction(str(price)) == Fraction(1, 10) != Fraction(0.1)


def test_what_is_declared_twice_is_refused(starter: Path) -> None:
    (starter / "again.toml").write_text('[[organisation]]\nid="our-company"\nname="x"\nroles=[]')
    with pytest.raises(PlantInvalid, match=r"plant\.toml:\d+: .*declared twice, first at .*again"):
        read_plant(starter)


def test_versions_stand_beside_each_other_in_their_order(replace: Callable[..., Path]) -> None:
    directory = replace("[[contract]]", "[[contract]]")
    text = (directory / "plant.toml").read_text(encoding="utf-8")
    start, end = text.index("[[offering]]"), text.index("# ---- To whom")
    second = text[start:end].replace("version = 1 ", "version = 2 ", 1)
    (directory / "a.toml").write_text(second, encoding="utf-8")
    found = [(e.id, e.version) for e in read_plant(directory) if e.kind == "offering"]
    assert found == [("milling-by-the-hour", 1), ("milling-by-the-hour", 2)]


def test_the_map_of_an_import_beside_the_plant_is_left_alone(starter: Path) -> None:
    before = read_plant(starter)
    (starter / "map.toml").write_text('ts = "Zeit"\n[signals]\nx = "mill/x"\n', encoding="utf-8")
    (starter / "empty.toml").write_text("# nothing yet\n", encoding="utf-8")
    assert read_plant(starter) == before
    assert files_left_alone(starter) == [starter / "map.toml"]
    (starter / "plant.toml").unlink()
    with pytest.raises(PlantMissing, match=r"none of its 2 \.toml files .* \[\[organisation\]\]"):
        read_plant(starter)


def test_records_beside_the_plant_are_refused_with_their_place(starter: Path) -> None:
    (starter / "records.toml").write_text('\n[[exchange]]\nid = "x"\n', encoding="utf-8")
    said = r"records\.toml:2: unknown table 'exchange': .* belongs into another directory"
    with pytest.raises(PlantInvalid, match=said):
        read_plant(starter)


def test_a_directory_without_a_plant(tmp_path: Path) -> None:
    with pytest.raises(PlantMissing, match="expected a directory"):
        read_plant(tmp_path / "none")
    with pytest.raises(PlantMissing, match="found 0"):
        read_plant(tmp_path)


def test_too_many_files(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FILES_MAX", 1)
    read_plant(starter)
    (starter / "more.toml").touch()
    with pytest.raises(PlantMissing, match="1 to 1"):
        read_plant(starter)


def test_too_large_a_file(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (starter / "plant.toml").stat().st_size
    monkeypatch.setattr(reader, "FILE_BYTES_MAX", size)
    read_plant(starter)
    monkeypatch.setattr(reader, "FILE_BYTES_MAX", size - 1)
    with pytest.raises(PlantInvalid, match=f"at most {size - 1}"):
        read_plant(starter)


def test_a_file_that_is_no_text_or_cannot_be_read(starter: Path) -> None:
    (starter / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlantInvalid, match=r"b\.toml:1: expected UTF-8"):
        read_plant(starter)
    (starter / "b.toml").unlink()
    (starter / "b.toml").mkdir()
    with pytest.raises(PlantInvalid, match=r"b\.toml:1: cannot read"):
        read_plant(starter)


def test_tables_and_keys_are_located() -> None:
    text = """# a comment
[[machine]]
id = "a"
[[machine.signal]]
name = "x"

[[machine.signal]]
"name" = "y" # quoted

[[machine]]
id = "b"
[machine.more]
deep.er = 1
"""
    lines = locate(text)
    assert lines["machine", 0, "id"] == 3
    assert lines["machine", 0, "signal", 1] == 7
    assert lines["machine", 0, "signal", 1, "name"] == 8
    assert lines["machine", 1, "more", "deep", "er"] == 13
    assert line_of(lines, ("machine", 1, "more", "nothing", 4)) == 12
    assert line_of(lines, ("nowhere",)) == 1
