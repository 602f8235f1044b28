"""What other rooms write in English has its Chinese: from the very places that write it."""

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import Refused
from lineshaft.core.value import parse_decimal
from lineshaft.network.connectors.mtconnect.codec import LINE_BYTES_MAX, decode_line
from lineshaft.services.billing.rendering.model import MediaType
from lineshaft.services.evidence.verify import HTML, JSON, verify
from lineshaft.web.texts.sentences import in_chinese
from tests.network.connectors.test_codec import DEVICE, NOW, STAMP
from tests.services.evidence.world import PERIOD, Recorder, make_world, rendered


def day(recorder: Recorder) -> None:
    recorder.count(PERIOD.start, 5)
    recorder.state(PERIOD.start, "ACTIVE")


@pytest.mark.parametrize(
    "line",
    [
        f"{STAMP}|unknown|1",
        f"{STAMP}|x",
        f"{STAMP}|",
        f"{STAMP}|x|twelve",
        f"{STAMP}|series|1|2|3",
        f"{STAMP}|cond|SLEEPING||||",
        f"{STAMP}|msg|only",
        "no stamp",
        "x" * (LINE_BYTES_MAX + 1),
        "yesterday|x|1",
    ],
)
def test_the_reason_of_a_refusal_has_its_chinese(line: str) -> None:
    found = [one.item for one in decode_line(line.encode(), DEVICE, NOW)]
    reasons = [item.reason for item in found if isinstance(item, Refused)]
    assert reasons
    assert [reason for reason in reasons if in_chinese(reason) is None] == []


def test_a_number_that_is_none_has_its_chinese() -> None:
    for text in ("twelve", "1" * 40):
        with pytest.raises(Invalid) as refused:
            parse_decimal(text)
        assert in_chinese(str(refused.value))


def test_every_check_of_a_verification_has_its_chinese() -> None:
    world = make_world(day, segment_records=4)
    page, record = rendered(world.document, MediaType.HTML)
    reports = [
        verify(world.document, JSON, world.keys, bundle=world.bundle),
        verify(world.document, JSON, world.keys),
        verify(page, HTML, world.keys, rendering=record),
        verify(page, HTML, world.keys),
    ]
    checks = [check for report in reports for check in report.checks]
    said = {text for check in checks for text in (check.name, check.detail)}
    assert len(said) > 20
    assert [text for text in said if in_chinese(text) is None] == []


def test_a_sentence_that_nobody_has_translated_is_not_guessed() -> None:
    assert in_chinese("the sky is full of stars") is None
