"""From stored readings to a proven document, and from a line back down: nothing is made up."""

import pytest

from lineshaft.core.errors import Forbidden, Invalid, NotFound
from lineshaft.core.pages import PageRequest
from lineshaft.core.reading import RecordKind
from lineshaft.security.authorisation.model import SYSTEM_API
from lineshaft.services.billing.errors import DocumentNotFound
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.rendering.store import SqlRenderingStore
from lineshaft.services.evidence.model import LineReading
from lineshaft.services.evidence.verify import JSON, PDF, verify
from tests.platform.historian.house import Source
from tests.services.evidence.plant import MINUTE_US, NUMBER, Plant, build_plant, recorded_day
from tests.services.evidence.world import PERIOD, SECRET_TEXT
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, STRANGER

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    return build_plant(tmp_path_factory.mktemp("plant"), recorded_day())


def test_what_the_hub_hands_out_is_proven_offline(plant: Plant) -> None:
    document = plant.billing.document(CUSTOMER, NUMBER).file
    bundle = plant.evidence.bundle(CUSTOMER, NUMBER)
    report = verify(document, JSON, plant.keys(), bundle=bundle)
    assert report.exit_code == 0, report
    assert SECRET_TEXT.encode() not in bundle
    assert b"secret_recipe" not in bundle
    assert plant.evidence.bundle(FINANCE, NUMBER) == bundle


def test_a_pdf_of_it_is_proven_too(plant: Plant) -> None:
    hub = plant.hub
    store = SqlRenderingStore()
    renderings = Renderings(hub.database, store, plant.billing, hub.keys, hub.clock)
    made = renderings.rendering(CUSTOMER, NUMBER, MediaType.PDF, Language.CHINESE)
    bundle = plant.evidence.bundle(CUSTOMER, NUMBER)
    report = verify(made.data, PDF, plant.keys(), bundle=bundle, rendering=made.record)
    assert report.exit_code == 0, report


def test_the_readings_behind_a_line_come_in_pages_without_gap_or_repetition(plant: Plant) -> None:
    pages, after = [], ""
    while True:
        page = plant.evidence.readings_behind(
            CUSTOMER, NUMBER, "cutting-time", PageRequest(200, after)
        )
        pages.append(page.items)
        if page.next is None:
            break
        after = page.next
    rows = [row for items in pages for row in items]
    assert [len(items) for items in pages] == [200] * 7 + [41]
    assert [row.ordinal for row in rows] == list(range(60, 1_501))
    assert rows[0].ts == PERIOD.start - MINUTE_US
    assert all(row.ts < PERIOD.end for row in rows)
    for row in rows[::97]:
        _check_row(plant.source, row)


def _check_row(source: Source, row: LineReading) -> None:
    """Compare a row with what the source wrote, and its segment with what the source sealed."""
    record = source.records[row.sequence - 1]
    assert (row.signal, row.ordinal, row.ts) == (record.signal, record.ordinal, record.ts)
    assert (row.kind, row.status, str(row.value)) == (RecordKind.READING, 0, str(record.mantissa))
    assert row.segment is not None
    header = source.segments[row.segment - 1].header
    assert header.first_sequence <= row.sequence <= header.last_sequence


def test_lines_without_usage_have_no_readings(plant: Plant) -> None:
    page = plant.evidence.readings_behind(FINANCE, NUMBER, "base-fee")
    assert (page.items, page.next) == ([], None)


def test_who_may_not_see_the_document_sees_no_evidence(plant: Plant) -> None:
    with pytest.raises(DocumentNotFound):
        plant.evidence.bundle(STRANGER, NUMBER)
    with pytest.raises(DocumentNotFound):
        plant.evidence.readings_behind(STRANGER, NUMBER, "cutting-time")
    for actor in (ENGINEER, SYSTEM_API):
        with pytest.raises((DocumentNotFound, Forbidden)):
            plant.evidence.bundle(actor, NUMBER)


def test_unknown_lines_and_cursors_are_refused(plant: Plant) -> None:
    with pytest.raises(NotFound, match="no line"):
        plant.evidence.readings_behind(FINANCE, NUMBER, "tea")
    with pytest.raises(Invalid, match="expected a cursor"):
        plant.evidence.readings_behind(FINANCE, NUMBER, "cutting-time", PageRequest(5, "x,y"))
