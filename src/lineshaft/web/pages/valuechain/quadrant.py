"""A quadrant: points between four named fields, with labels that do not lie on each other."""

from collections.abc import Sequence

import msgspec

from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Preferences

FIELDS = {
    "dual paradox": "dual",
    "strong": "strong",
    "weak and dependent": "dependent",
    "weak": "weak",
}
"""What the use cases call the fields, and their keys."""
BADGES = {"dual": "bad", "strong": "good", "dependent": "warn", "weak": ""}
LABEL_HEIGHT, CHARACTER_WIDTH, DOT_SIZE = 4.8, 1.05, 2.0
"""In percent of the picture, as it is at its usual size."""
NAME_CHARACTERS = 24
TRIES = 5
EDGE = 0.012
Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in percent."""


class Dot(msgspec.Struct, frozen=True):
    """A point.

    Attributes:
        number: by which the list below names it; 0 draws no label.
        x, y: from 0 to 1, to the right and up.
        field: a key of the fields.
        link: where it leads to, such as `#item-3`.
        said: all of it in words.
    """

    number: int
    name: str
    x: float
    y: float
    field: str
    link: str
    said: str


class Axes(msgspec.Struct, frozen=True):
    """Names of the two axes and of the picture, and where the fields meet."""

    title: str
    across: str
    up: str
    meet: tuple[float, float] = (0.5, 0.5)


def picture(reader: Preferences, axes: Axes, dots: Sequence[Dot]) -> Html:
    """Draw the fields with their names, the points, and the labels of those that have a number."""
    x, y = axes.meet
    corners = {"dual": (1, 1), "strong": (1, 0), "dependent": (0, 1), "weak": (0, 0)}
    names = {name: reader.say(f"dependence.corner.{name}") for name in corners}
    fields = [
        tag(
            "div",
            tag("span", names[name]),
            class_=f"quadrant-field {name} {'right' if right else 'left'} {'top' if up else ''}",
            style=_box((x, 1 - x) if right else (0, x), (y, 1 - y) if up else (0, y)),
        )
        for name, (right, up) in corners.items()
    ]
    labels = _labelled(dots, [_corner(names[name], *at) for name, at in corners.items()])
    inner = [fields, [_dot(each) for each in dots], [_label(*each) for each in labels]]
    return tag(
        "figure",
        tag("figcaption", tag("h3", axes.title)),
        tag("div", axes.up, class_="quadrant-up soft"),
        tag("div", inner, class_="quadrant", role="group", aria_label=axes.title),
        tag("div", axes.across, class_="quadrant-across soft"),
    )


def _box(across: tuple[float, float], up: tuple[float, float]) -> str:
    return (
        f"left: {across[0]:.2%}; width: {across[1]:.2%}; bottom: {up[0]:.2%}; height: {up[1]:.2%}"
    )


def _dot(each: Dot) -> Html:
    place = f"left: {_inside(each.x):.2%}; bottom: {_inside(each.y):.2%}"
    classes = f"quadrant-dot {each.field}"
    if not each.number:
        return tag("i", class_=classes, style=place, title=each.said)
    return tag("a", href=each.link, class_=classes, style=place, title=each.said,
               aria_label=each.said)  # fmt: skip


def _label(each: Dot, x: float, y: float, is_left: bool) -> Html:
    place = f"{'right' if is_left else 'left'}: {100 - x if is_left else x:.2f}%; bottom: {y:.2f}%"
    name = tag("span", _short(each.name))
    number = tag("b", each.number)
    return tag("span", number, name, class_="quadrant-label", style=place, aria_hidden="true")


def _labelled(dots: Sequence[Dot], corners: Sequence[Box]) -> list[tuple[Dot, float, float, bool]]:
    """Place each label beside its point, up or down to where none is yet; else leave it out."""
    taken = [*corners, *(_around(each) for each in dots if each.number)]
    found = []
    for each in sorted((one for one in dots if one.number), key=lambda one: -one.y):
        width = (len(_short(each.name)) + 3) * CHARACTER_WIDTH
        is_left = each.x * 100 + width > 98
        start = each.x * 100 - DOT_SIZE - width if is_left else each.x * 100 + DOT_SIZE
        base = each.y * 100 - LABEL_HEIGHT / 2
        tries = [base + (step // 2 + step % 2) * (-1) ** step * LABEL_HEIGHT
                 for step in range(TRIES)]  # fmt: skip
        tries = [at for at in tries if 0 <= at <= 100 - LABEL_HEIGHT] or [
            min(max(base, 0.0), 100 - LABEL_HEIGHT)
        ]
        boxes = [(start, at, start + width, at + LABEL_HEIGHT) for at in tries]
        own = _around(each)
        free = [box for box in boxes if not any(_meet(box, one) for one in taken if one != own)]
        if not free:
            continue
        chosen = free[0]
        taken.append(chosen)
        found.append((each, chosen[2] if is_left else chosen[0], chosen[1], is_left))
    return found


def _corner(name: str, right: int, up: int) -> Box:
    """Return the place of the name of a field."""
    width = (len(name) + 3) * CHARACTER_WIDTH
    left, bottom = (100 - width if right else 0.0), (100 - 2 * LABEL_HEIGHT if up else 0.0)
    return (left, bottom, left + width, bottom + 2 * LABEL_HEIGHT)


def _around(each: Dot) -> Box:
    x, y, half = _inside(each.x) * 100, _inside(each.y) * 100, DOT_SIZE / 2
    return (x - half, y - half, x + half, y + half)


def _inside(place: float) -> float:
    """Keep a point whole at the edge."""
    return min(max(place, EDGE), 1 - EDGE)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
