"""Flip single bits of everything that verify reads."""

from collections.abc import Iterator

from lineshaft.services.billing.rendering.model import MediaType
from lineshaft.services.evidence.verify import HTML, JSON, verify
from tests.services.evidence.world import HOUR_US, PERIOD, Recorder, World, make_world, rendered


def tiny_day(recorder: Recorder) -> None:
    """Record the least that a document can rest on."""
    recorder.count(PERIOD.start - HOUR_US, 5)
    recorder.state(PERIOD.start, "ACTIVE")
    recorder.count(PERIOD.end, 9)
    recorder.state(PERIOD.end, "READY")


TINY: World = make_world(tiny_day, segment_records=4)
PAGE, RECORD = rendered(TINY.document, MediaType.HTML)
FILES = {
    "document": TINY.document,
    "bundle": TINY.bundle,
    "keys": TINY.keys,
    "page": PAGE,
    "record": RECORD,
}


def bits() -> Iterator[tuple[str, int]]:
    """Name every bit of every file."""
    for name, data in FILES.items():
        for bit in range(8 * len(data)):
            yield name, bit


def is_found(name: str, bit: int) -> bool:
    """Flip one bit of one file and tell whether verify says that something is wrong.

    A document is found by itself: nobody has to have its bundle.
    """
    data = bytearray(FILES[name])
    data[bit // 8] ^= 1 << bit % 8
    files = FILES | {name: bytes(data)}
    if name in {"page", "record"}:
        report = verify(files["page"], HTML, files["keys"], rendering=files["record"])
    else:
        bundle = None if name == "document" else files["bundle"]
        report = verify(files["document"], JSON, files["keys"], bundle=bundle)
    return report.exit_code == 1
