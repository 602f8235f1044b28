"""Flip single bits of a document, bundle, key file, page and rendering record: all are found."""

import random

from bench.records import Outcome, told
from tests.services.evidence.flips import FILES, bits, is_found

FULL = sum(8 * len(data) for data in FILES.values())
SLICE = FULL // 20 + 1


def run(count: int, seed: int) -> Outcome:
    """Flip `count` different bits, drawn by the seed; all of them when there are no more."""
    every = list(bits())
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    missed = [flip for flip in told(chosen, len(chosen)) if not is_found(*flip)]
    detail = f"{len(chosen)} bits flipped, {len(missed)} not found"
    if missed:
        detail += f", such as bit {missed[0][1]} of the {missed[0][0]}"
    return Outcome(not missed, detail, {"flips": len(chosen), "missed": len(missed)})
