"""The order of the tests: none is lost, and what is dear begins a worker's part."""

from pathlib import Path

import pytest

from tests.order import LONG_S, arranged


class Item:
    """As much of a test as its order depends on."""

    def __init__(self, name: str, *marks: pytest.Mark, path: str = "tests/core/test_a.py") -> None:
        self.name, self._marks = name, {mark.name: mark for mark in marks}
        self.path, self.fixturenames = Path(path), ["hub"]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._marks.get(name)


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_no_test_is_lost_and_dear_ones_come_first(parts: int) -> None:
    items = [Item(f"plain {number}") for number in range(40)]
    items += [Item(f"page {number}", pytest.mark.browser.mark) for number in range(5)]
    limits = (LONG_S, 300, 200, 120)
    items += [Item(f"long {limit}", pytest.mark.timeout(limit).mark) for limit in limits]
    found = arranged(items, parts)
    assert sorted(item.name for item in found) == sorted(item.name for item in items)
    assert [item.name for item in found[:5]] == [f"page {number}" for number in range(5)]
    size = len(items) // parts
    assert found[size].name == "long 300"
    begun = {item.name for part in range(parts) for item in found[part * size :][: size // 2]}
    assert {f"long {limit}" for limit in limits} <= begun


def test_more_dear_ones_than_a_part_holds() -> None:
    items = [Item(f"page {number}", pytest.mark.browser.mark) for number in range(9)]
    items += [Item("plain")]
    assert arranged(items, 3) == items


def test_what_asks_the_hub_of_the_pages_goes_with_them() -> None:
    items = [Item(f"plain {number}") for number in range(8)]
    items += [Item("file", path="tests/web/test_files.py"), Item("page", pytest.mark.browser.mark)]
    assert [item.name for item in arranged(items, 2)[:2]] == ["file", "page"]
