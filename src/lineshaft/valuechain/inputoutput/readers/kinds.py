"""Which industries are services, and which manufacturing, by the codes of known tables."""

import re

_WIOD = re.compile(r"c(\d+)")
_ISIC = re.compile(r"([A-U])(?:\d.*|_.*)?")
MANUFACTURING_WIOD = range(3, 17)
SERVICES_WIOD = range(19, 36)
MANUFACTURING_ISIC = frozenset("C")
SERVICES_ISIC = frozenset("GHIJKLMNOPQRSTU")


def kinds_of(industries: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return services and manufacturing; both empty where the codes are of no known table.

    Codes of WIOD 2013 (c1 to c35) and sections of ISIC Rev. 4 (ICIO, FIGARO). Construction and
    utilities count as neither.
    """
    found = [_WIOD.fullmatch(name) for name in industries]
    numbers = [int(one[1]) for one in found if one is not None]
    if len(numbers) == len(industries):
        pairs = list(zip(industries, numbers, strict=True))
        return (
            frozenset(name for name, number in pairs if number in SERVICES_WIOD),
            frozenset(name for name, number in pairs if number in MANUFACTURING_WIOD),
        )
    if all(_ISIC.fullmatch(name) for name in industries):
        return (
            frozenset(name for name in industries if name[0] in SERVICES_ISIC),
            frozenset(name for name in industries if name[0] in MANUFACTURING_ISIC),
        )
    return frozenset(), frozenset()
