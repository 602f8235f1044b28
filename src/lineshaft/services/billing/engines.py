"""Which rules rate a period: those of the release that first documented it; pure.

A release that rates differently adds its function here with its version, and keeps the one before.
So a correction after ten years follows the rules of its invoice, and a document verifies for ever.
"""

from collections.abc import Callable, Sequence

from lineshaft.core.errors import Invalid
from lineshaft.services.billing.model import Engine, RatedDocument
from lineshaft.services.billing.rating import rate

Rate = Callable[..., RatedDocument]
"""Takes contract, period, instant of knowledge, usage records and engine; then facts, if any."""
Rules = Sequence[tuple[tuple[int, ...], Rate]]

RULES: Rules = (((0,), rate),)
"""The first release with each set of rules, in ascending order."""


def rules_of(engine: Engine, rules: Rules = RULES) -> Rate:
    """Return the function that the release of an engine rated with.

    Raises:
        Invalid: when the version cannot be read or is before the first rules.
    """
    version = release_of(engine.lineshaft)
    fitting = [rate_ for first, rate_ in rules if first <= version]
    if not fitting:
        msg = f"cannot rate with the rules of version {engine.lineshaft}: there are none as old"
        raise Invalid(msg)
    return fitting[-1]


def release_of(version: str) -> tuple[int, ...]:
    """Return the numbers of a version such as `1.4.2`; what follows them does not matter.

    Raises:
        Invalid: when it does not begin with a number.
    """
    numbers: list[int] = []
    for part in version.split("."):
        if not (part.isascii() and part.isdigit()):
            break
        numbers.append(int(part))
    if not numbers:
        msg = f"cannot read version {version[:80]!r}: expected numbers such as 1.4.2"
        raise Invalid(msg)
    return tuple(numbers)
