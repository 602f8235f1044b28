"""From a late reading to the document that corrects what was billed without it.

An edge was cut off for the last days of a month, and its eight machines were billed. Then one more
reading comes: its segment is verified and committed as intake does it, the periods whose usage is
not any more what was billed are looked for, and the one that is found is documented. No page is
set.
"""

import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench.business import DAY_US, MACHINES_PER_PLANT, SEGMENTS, START, Business, PlantEdge
from bench.records import Promise
from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.source_adapters import AcceptedSourceKeys
from lineshaft.core.clock import ManualClock
from lineshaft.core.month import Month
from lineshaft.core.segment.wire import SealedSegment
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.reception import Reception
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.billing.document import decode_file, recompute
from lineshaft.services.billing.model import DocumentQuery
from tests.platform.historian.house import Queue

NAMES = ("late_to_document",)
LIMIT_S = 1.0
ROUNDS = 5
RISE_S = 3_600
"""What the counter has risen since its last reading, in seconds; each late reading adds as much."""


def measure() -> list[Promise]:
    """Measure from the segment's bytes to the committed document; the median of the rounds."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        durations_s = corrected(Path(name), Business(1, range(SEGMENTS - 1)), ROUNDS)
    return [Promise.at_most("late_to_document", median(durations_s), "s", LIMIT_S)]


def corrected(directory: Path, business: Business, rounds: int) -> list[float]:
    """Bill a month, then let readings come late, one each round; return how long each took."""
    edges = business.edges()
    application = business.build(directory, edges)
    replay(application, edges)
    assert isinstance(application.clock, ManualClock)
    application.clock.advance(START + 31 * DAY_US - application.clock.now())
    (ids,) = application.months.batches(LOCAL_OPERATOR)
    closed = application.months.close(LOCAL_OPERATOR, Month(2026, 4), ids)
    assert closed.issued == MACHINES_PER_PLANT, closed
    found = []
    for number in range(rounds):
        application.clock.advance(DAY_US)
        at = START + 30 * DAY_US - (rounds - number) * DAY_US // 24
        segment = edges[0].late(0, at, (number + 1) * RISE_S)
        began_s = time.perf_counter()
        correct(application, segment)
        found.append(time.perf_counter() - began_s)
        check(application)
    application.database.close()
    return found


def replay(application: Application, edges: Sequence[PlantEdge]) -> None:
    """Say that nobody has to be alive: one late segment would be news of all machines of its edge.

    Of a live edge it is, since the states of all its machines are known up to its last stamp.
    """
    with application.database.unit_of_work() as unit:
        for source, machine in ((edge.name, one) for edge in edges for one in edge.machines):
            record = ConnectorRecord(
                f"{machine}-replay", "mtconnect", machine, source, is_live=False, options={}
            )
            SqlConnectorStore().put(unit.connection, record)


def correct(application: Application, segment: SealedSegment) -> None:
    """Take a segment in, find the period that it changes, and document the difference."""
    parts = (application.database, application.manifest)
    reception = Reception(*parts, AcceptedSourceKeys(application.identity), application.clock)
    decisions = reception.receive(Queue().put([segment]))
    Committer(*parts, application.files, application.clock).commit(
        [one.opened for one in decisions.accepted]
    )
    page = application.billing.late(LOCAL_OPERATOR)
    (late,) = page.periods
    head = late.document
    application.billing.correct(LOCAL_OPERATOR, head.contract, head.period)


def check(application: Application) -> None:
    """Check that nothing is late any more, and all documents together say what is right now."""
    billing = application.billing
    assert not billing.late(LOCAL_OPERATOR).periods
    corrected = billing.documents(LOCAL_OPERATOR, DocumentQuery())[0]
    documents = billing.of_period(LOCAL_OPERATOR, corrected.number)
    right = billing.preview(LOCAL_OPERATOR, corrected.contract, corrected.period)
    owed = sum((head.owed.amount for head in documents), Decimal(0))
    assert owed == right.totals.gross.amount, (owed, right.totals)
    document = decode_file(billing.document(LOCAL_OPERATOR, corrected.number).file).document
    assert document["corrects"]
    assert recompute(document) == document
