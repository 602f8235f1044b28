"""Where two contents differ first, in words; pure."""

from typing import Any

SHOWN_CHARACTERS_MAX = 80
_NAMED = {"lines": "line", "usage": "usage"}


def first_difference(said: Any, computed: Any) -> str | None:
    """Return the first place where a document says something else than was computed.

    Args:
        said: content as the document has it.
        computed: content as it should be.

    Returns:
        Such as `line 2 (cutting), amount: the document says "134.83", computed is "134.82"`, or
        None where both are the same.
    """
    found = _search(said, computed, [])
    if found is None:
        return None
    path, left, right = found
    return f"{_place(path, said)}: the document says {_shown(left)}, computed is {_shown(right)}"


_Found = tuple[list[Any], Any, Any]
_MISSING = object()


def _search(said: Any, computed: Any, path: list[Any]) -> _Found | None:
    """Go down both contents side by side; True is not 1 here."""
    if isinstance(said, dict) and isinstance(computed, dict):
        keys = sorted({*said, *computed})
        pairs = [(key, said.get(key, _MISSING), computed.get(key, _MISSING)) for key in keys]
    elif isinstance(said, list) and isinstance(computed, list):
        count = max(len(said), len(computed))
        pairs = [(i, _item(said, i), _item(computed, i)) for i in range(count)]
    else:
        is_same = type(said) is type(computed) and said == computed
        return None if is_same else (path, said, computed)
    for key, left, right in pairs:
        if type(left) is type(right) is str and left == right:
            continue  # most of it, and not worth a call
        found = _search(left, right, [*path, key])
        if found is not None:
            return found
    return None


def _item(items: list[Any], place: int) -> Any:
    return items[place] if place < len(items) else _MISSING


def _place(path: list[Any], content: Any) -> str:
    """Name a place: lines and usage records by their number from 1 and their id."""
    if len(path) > 1 and path[0] in _NAMED:
        items, place = content.get(path[0], []), path[1]
        item = items[place] if place < len(items) else {}
        name = item.get("id") or item.get("meter", {}).get("id", "")
        head = f"{_NAMED[path[0]]} {place + 1}" + (f" ({name})" if name else "")
        return ", ".join([head, *(str(part) for part in path[2:])])
    return ", ".join(str(part) for part in path) or "content"


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}…"
