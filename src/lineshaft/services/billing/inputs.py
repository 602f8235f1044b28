"""What a document follows from, in short: whether anything is known differently now; pure.

A document rests on usage, and on what people have recorded beside the readings. When it was known
changes nothing, only what.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lineshaft.core import canonical
from lineshaft.services.billing.model import Facts
from lineshaft.services.metering.model import UsageRecord

KINDS = ("incidents", "exclusions", "cores", "stock")
"""What people record beside the readings, by its names in a document."""


def recorded(facts: Facts) -> dict[str, list[Any]]:
    """Return what was recorded beside the readings as a document holds it; nothing of no kind."""
    kinds = (facts.incidents, facts.exclusions, facts.cores, facts.stock)
    said = ([each.to_content() for each in kind] for kind in kinds)
    return {name: content for name, content in zip(KINDS, said, strict=True) if content}


def recorded_in(document: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the same of the content of a document."""
    return {kind: document[kind] for kind in KINDS if kind in document}


def inputs_sha256(usage: Sequence[UsageRecord], recorded: Mapping[str, Any]) -> str:
    """Return a hash of what a document follows from, hexadecimal.

    How far a live source was known to have lived counts only by what follows from it.

    Args:
        usage: that was measured.
        recorded: beside the readings; without any, the hash is that of the usage alone.
    """
    contents = [record.to_content() for record in usage]
    for content in contents:
        del content["known_at"], content["known_until"]
    whole = {"usage": contents, **recorded} if recorded else contents
    return canonical.sha256_hex(canonical.encode(whole))


def changed_meters(billed: Sequence[UsageRecord], known: Sequence[UsageRecord]) -> tuple[str, ...]:
    """Return the meters that count differently, or at other times, with their machines."""
    before, now = _counted(billed), _counted(known)
    changed = (key for key in before | now if before.get(key) != now.get(key))
    return tuple(dict.fromkeys(meter for meter, _ in changed))


def changed_kinds(billed: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, ...]:
    """Return of which kinds something else is recorded now."""
    return tuple(kind for kind in KINDS if billed.get(kind) != known.get(kind))


def _counted(usage: Sequence[UsageRecord]) -> dict[tuple[str, str], str]:
    return {
        (f"{each.meter.machine}/{each.meter.id}", str(each.period)): inputs_sha256([each], {})
        for each in usage
    }
