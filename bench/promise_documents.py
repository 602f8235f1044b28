"""Documents: ten lines as UBL and as Factur-X, with every check, on two cores.

Each document is written in UBL (schema, exact sums, official rules), in CII (the same), set as
PDF/A-3 with the CII and the signed document in it, and judged by the table of clauses. Schemas,
rules and fonts are loaded before the clock starts, as in a process that has issued one before.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.records import Promise
from lineshaft.services.billing.einvoice.ubl_checks import checked_ubl
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.renderer import render
from tests.services.einvoice.documents import with_lines
from tests.services.rendering.sample import document_file

NAMES = ("documents",)
CORES = 2
DOCUMENTS = 100
"""Of each process and round."""
LINES = 10
ROUNDS = 3
LIMIT_PER_S = 20.0


def measure() -> list[Promise]:
    """Measure from the documents' content to the last checked bytes; the median of the rounds."""
    found = []
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        list(pool.map(make, [1] * CORES * 2))  # each process loads what it needs
        for _ in range(ROUNDS):
            started = time.perf_counter()
            made = sum(pool.map(make, [DOCUMENTS] * CORES))
            found.append(made / (time.perf_counter() - started))
    return [Promise.at_least("documents", sorted(found)[ROUNDS // 2], "per s", LIMIT_PER_S)]


def make(count: int) -> int:
    """Make so many documents that differ, in both forms; return how many."""
    lines = [(f"{100 + place}.{place}5", "S", "19") for place in range(LINES)]
    content = with_lines(*lines)
    for number in range(count):
        document = content | {"number": f"NM-2017-{number:06d}"}
        checked_ubl(document, Language.ENGLISH.value)
        data = render(document_file(document), MediaType.PDF, Language.ENGLISH)
        assert b"factur-x.xml" in data
    return count
