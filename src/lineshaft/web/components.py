"""The pieces that pages are made of; all text in them comes from the caller."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from lineshaft.web import icons
from lineshaft.web.markup import Child, Html, join, tag
from lineshaft.web.session import Preferences


class Column(msgspec.Struct, frozen=True):
    """A column of a table; on narrow screens its title stands before each cell."""

    title: str
    is_number: bool = False


class Row(msgspec.Struct, frozen=True):
    """A row of a table; the first cell is its heading."""

    cells: Sequence[Child]
    attributes: Mapping[str, object] = msgspec.field(default_factory=dict)


def table(caption: str, columns: Sequence[Column], rows: Iterable[Row], foot: Child = None) -> Html:
    """Return a table that becomes a list of cards where there is no room for columns."""
    heads = [
        tag("th", column.title, scope="col", class_="number" if column.is_number else None)
        for column in columns
    ]
    body = [tag("tr", _cells(columns, row.cells), **row.attributes) for row in rows]
    return tag(
        "table",
        tag("caption", caption, class_="visually-hidden"),
        tag("thead", tag("tr", heads)),
        tag("tbody", body),
        tag("tfoot", foot) if foot is not None else None,
        class_="stack",
    )


def _cells(columns: Sequence[Column], cells: Sequence[Child]) -> list[Html]:
    written = [tag("th", cells[0], scope="row")]
    for column, cell in zip(columns[1:], cells[1:], strict=True):
        classes = "number" if column.is_number else None
        content = join(cell)
        label = column.title if content else None
        inner = tag("span", content) if content else None
        written.append(tag("td", inner, data_label=label, class_=classes))
    return written


def facts(pairs: Iterable[tuple[str, Child]], *, is_list: bool = False) -> Html:
    """Return names and values, beside each other or as a list; pairs without value are left out."""
    shown = [(name, join(value)) for name, value in pairs]
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in shown if value],
        class_="facts rows" if is_list else "facts",
    )


def page_head(
    title: str,
    *,
    lead: Child = None,
    crumbs: Sequence[tuple[str, str]] = (),
    beside: Child = None,
) -> Html:
    """Return the head of a page: where one is, what it is, and what stands beside it."""
    trail = [
        [tag("a", text, href=path), tag("span", "/", aria_hidden="true")] for text, path in crumbs
    ]
    return tag(
        "div",
        tag(
            "div",
            tag("div", trail, class_="crumbs") if crumbs else None,
            tag("h1", title),
            tag("p", lead, class_="lead") if lead else None,
        ),
        tag("div", beside, class_="actions") if beside else None,
        class_="page-head",
    )


def panel(
    title: Child, *content: Child, beside: Child = None, is_flush: bool = False, id_: str = ""
) -> Html:
    """Return a part of a page with its heading; flush content reaches the edges."""
    head = [tag("h2", title), tag("div", beside, class_="actions") if beside else None]
    return tag(
        "section",
        tag("div", head, class_="panel-head") if title else None,
        content,
        class_="panel flush" if is_flush else "panel",
        id=id_ or None,
    )


def badge(text: str, kind: str = "") -> Html:
    """Return a state in words and colour: `good`, `warn`, `bad`, or plain."""
    return tag("span", text, class_=f"badge {kind}".strip())


def empty_state(title: str, text: str, example: str = "", action: Child = None) -> Html:
    """Say that there is nothing yet, and what to do about it."""
    return tag(
        "div",
        tag("h2", title),
        tag("p", text),
        tag("pre", tag("code", example)) if example else None,
        tag("div", action, class_="actions") if action else None,
        class_="empty",
    )


def notice(title: str, *lines: Child, kind: str = "") -> Html:
    """Return something to take note of: a warning, `bad` or `good`."""
    return tag(
        "div",
        tag("strong", title) if title else None,
        [tag("p", line) for line in lines],
        class_=f"notice {kind}".strip(),
    )


def link_button(text: str, path: str, *, kind: str = "", is_current: bool = False) -> Html:
    """Return a link that looks like a button."""
    current = "true" if is_current else None
    return tag("a", text, href=path, class_=f"button {kind}".strip(), aria_current=current)


def download(text: str, path: str) -> Html:
    """Return a link to a file."""
    return tag("a", icons.DOWNLOAD, text, href=path, class_="button", download=True)


def sheets(path: str, query: Mapping[str, str] | None = None) -> list[Html]:
    """Return links to a list as a file: `path` without its ending, as CSV and for Excel."""
    kinds = (("CSV", "csv"), ("Excel", "xlsx"))
    return [download(text, address(f"{path}.{ending}", query or {})) for text, ending in kinds]


def search_field(label: str, target: str, *, value: str = "", name: str | None = None) -> Html:
    """Return a field that searches the items found by `target`; the key `/` leads to it."""
    field_ = tag(
        "input",
        type="search",
        class_="field",
        placeholder=label,
        aria_label=label,
        value=value or None,
        name=name,
        data_search=target,
        autocomplete="off",
    )
    return tag("span", icons.SEARCH, field_, class_="search")


def pages(reader: Preferences, path: str, query: Mapping[str, str], following: str | None) -> Html:
    """Return the way to the first and the following page of a list."""
    is_first = not query.get("after")
    if is_first and following is None:
        return Html("")
    kept = {key: value for key, value in query.items() if key != "after" and value}
    first = address(path, kept)
    more = address(path, kept | {"after": following or ""})
    return tag(
        "nav",
        None if is_first else link_button(reader.say("paging.first"), first, kind="small"),
        None if following is None else link_button(reader.say("paging.next"), more, kind="small"),
        class_="paging",
        aria_label=reader.say("paging.label"),
    )


def address(path: str, query: Mapping[str, str]) -> str:
    """Return a path with its query."""
    return f"{path}?{urlencode(query)}" if query else path
