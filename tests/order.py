"""Which tests the workers begin with: the long ones, and together those that share something dear.

`--dist worksteal` hands each worker a part of the list, and whoever is done steals from the end of
another's part. So what is at the front of a part is begun at once and stays with its worker: one
hub and one browser serve all pages, one PostgreSQL all stores, and no long test begins last.
"""

import os
from collections.abc import Sequence

import pytest

LONG_S = 100
"""A test that may take so long is begun early."""


def workers() -> int:
    """Return how many processes run the tests of this session."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def arranged(items: Sequence[pytest.Item], parts: int) -> list[pytest.Item]:
    """Return the items in so many parts of equal length, each with its dear ones in front.

    The first part begins with the pages and all else that asks their hub, those of the walk first;
    each other one with its share of the long tests, and the last goes on with PostgreSQL. Otherwise
    the order stays.
    """
    pages = [item for item in items if _uses_the_pages(item)]
    pages.sort(key=_walks_before_others_write)
    long = [item for item in items if _limit_s(item) >= LONG_S and item not in set(pages)]
    long.sort(key=_limit_s, reverse=True)
    engine = [item for item in items if is_on_postgresql(item) and item not in {*pages, *long}]
    fronts = [pages, *(long[place :: max(parts - 1, 1)] for place in range(max(parts - 1, 1)))]
    fronts[-1] += engine
    placed = {item for front in fronts for item in front}
    rest = [item for item in items if item not in placed]
    found: list[pytest.Item] = []
    for place, front in enumerate(fronts):
        # as the scheduler hands them out: what is left by the parts that are left
        size = (len(items) - len(found)) // (len(fronts) - place)
        fill = max(size - len(front), 0)
        found += [*front, *rest[:fill]]
        rest = rest[fill:]
    return found + rest


def is_on_postgresql(item: pytest.Item) -> bool:
    """Tell whether a test uses the database on PostgreSQL."""
    chosen = getattr(item, "callspec", None)
    return chosen is not None and chosen.params.get("database_url") == "postgresql"


def _uses_the_pages(item: pytest.Item) -> bool:
    """Tell whether a test uses a browser, or the installation whose pages are served to it."""
    is_of_pages = "web" in item.path.parts and "hub" in getattr(item, "fixturenames", ())
    return is_of_pages or item.get_closest_marker("browser") is not None


def _walks_before_others_write(item: pytest.Item) -> bool:
    """Put the walk first: it looks for English words on Chinese pages, and others enter some."""
    return item.path.stem != "test_pages"


def _limit_s(item: pytest.Item) -> float:
    """Return how long a test may take, in seconds; 0 where it says nothing itself."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None else 0.0
