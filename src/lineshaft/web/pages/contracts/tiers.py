"""The tiers of a price in a form: as many as it takes, the last one without an end."""

import re
from collections.abc import Callable

from nicegui import ui

from lineshaft.services.contracts.model import Offering
from lineshaft.web.controls import button
from lineshaft.web.pages.contracts.figures import Figure, named
from lineshaft.web.session import Visit

_TIER = re.compile(
    r"(?P<start>terms\.usage_prices\.[^.]+\.price\.tiers)\.(?P<number>\d+)\.(?P<key>\w+)"
)
_END = "up_to"

AddField = Callable[[Figure], ui.input]


class TierFields:
    """The fields of the tiers of one price, and the buttons for one more and one less."""

    def __init__(self, visit: Visit, offering: Offering, add_field: AddField) -> None:
        """Take whoever types, what to begin with, and what puts a field there."""
        self._visit, self._offering, self._add_field = visit, offering, add_field
        self._start = ""
        self._before: dict[str, str] = {}
        self._rows: list[dict[str, str]] = []
        self._fields: dict[str, ui.input] = {}

    @property
    def is_any(self) -> bool:
        """Whether the price has tiers."""
        return bool(self._rows)

    def take(self, figure: Figure) -> bool:
        """Take a figure that is of a tier; False for any other."""
        found = _TIER.fullmatch(figure.place)
        if found is None or self._start not in {"", found["start"]}:
            return False
        self._start = found["start"]
        self._before[figure.place] = figure.value
        number = int(found["number"])
        self._rows += [{} for _ in range(number - len(self._rows))]
        self._rows[number - 1][found["key"]] = figure.value
        return True

    def draw(self) -> None:
        """Put the fields and the buttons there."""
        self._area = ui.element("div").classes("fields")
        with ui.element("div").classes("actions"):
            button(self._visit.say("form.tier_more"), self._more, "small")
            button(self._visit.say("form.tier_less"), self._less, "small")
        self._draw_fields()

    def changes(self) -> dict[str, str]:
        """Return what was typed, as far as it differs; a tier that is gone has no values."""
        self._read()
        now = {
            f"{self._start}.{number}.{key}": value
            for number, row in enumerate(self._rows, start=1)
            for key, value in row.items()
        }
        gone = {place: "" for place in self._before if place not in now}
        return gone | {
            place: value for place, value in now.items() if self._before.get(place) != value
        }

    def _draw_fields(self) -> None:
        self._area.clear()
        self._fields = {}
        with self._area:
            for number, row in enumerate(self._rows, start=1):
                for key, value in row.items():
                    place = f"{self._start}.{number}.{key}"
                    group, label = named(self._visit, self._offering, place)
                    figure = Figure(place, group, label, value, is_number=True)
                    self._fields[place] = self._add_field(figure)

    def _read(self) -> None:
        for number, row in enumerate(self._rows, start=1):
            for key in row:
                row[key] = str(self._fields[f"{self._start}.{number}.{key}"].value or "").strip()

    def _more(self) -> None:
        self._read()
        last = self._rows[-1]
        self._rows[-1] = {_END: "", **last}
        self._rows.append(dict(last))
        self._draw_fields()

    def _less(self) -> None:
        if len(self._rows) > 1:
            self._read()
            self._rows.pop()
            del self._rows[-1][_END]
            self._draw_fields()
