"""Write HTML whose text cannot become markup: whatever is not made here is escaped."""

from collections.abc import Iterable
from html import escape

_EMPTY_ELEMENTS = frozenset({"br", "hr", "img", "input", "meta", "link", "col"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def join(*children: Child) -> Html:
    """Put children one after the other; plain text is escaped, None is nothing."""
    return Html("".join(_write(child) for child in children))


def tag(name: str, /, *children: Child, **attributes: object) -> Html:
    """Write an element.

    Args:
        name: of the element.
        children: text, which is escaped, or other elements.
        attributes: a trailing underscore is dropped and others become hyphens; None and False
            leave the attribute out, True writes it without a value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY_ELEMENTS:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def _write(child: Child) -> str:
    match child:
        case None:
            return ""
        case Html():
            return str(child)
        case str() | int():
            return escape(str(child), quote=False)
        case _:
            return "".join(_write(each) for each in child)


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
