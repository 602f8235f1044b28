"""Fields that people fill in, and tables whose rows hold buttons."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from nicegui import ui

from lineshaft.web.components import Column
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag


def text_field(
    label: str, value: str = "", *, is_password: bool = False, autocomplete: str = "off"
) -> ui.input:
    """Put a field for a line of text there.

    What stands in it at first is given here: a value that is set later reaches the browser on its
    own, after the field, and overwrites what somebody has typed by then.
    """
    field = ui.input(label, value=value, password=is_password).props("outlined dense")
    return field.props(f"autocomplete={autocomplete}").classes("wide")


def select_field(label: str, options: Mapping[str, str], value: str) -> ui.select:
    """Put a choice there."""
    return (
        ui.select(dict(options), label=label, value=value).props("outlined dense").classes("wide")
    )


@contextmanager
def widget_table(caption: str, columns: Sequence[Column]) -> Iterator[None]:
    """Put a table there whose rows are made inside."""
    with ui.element("table").classes("stack"):
        with ui.element("caption").classes("visually-hidden"):
            show(tag("span", caption))
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                with ui.element("th").props("scope=col"):
                    show(tag("span", column.title))
        with ui.element("tbody"):
            yield


def cell(column: Column, content: Html, *, is_head: bool = False) -> None:
    """Put a cell into the row; on narrow screens the column's title stands before it."""
    made = ui.element("th" if is_head else "td")
    if is_head:
        made.props("scope=row")
    elif content:
        made.props["data-label"] = column.title
    with made:
        show(content)
