"""What other rooms write in English has its Chinese: from the very places that write it."""

import ast
from collections.abc import Callable, Iterator
from fractions import Fraction
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest

import lineshaft.services
from lineshaft.core.errors import KINDS, Conflict, Invalid, InvariantError, Refusal
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity, parse_exact
from lineshaft.core.reading import Refused, SourceId
from lineshaft.core.value import parse_decimal
from lineshaft.network.connectors.mtconnect.codec import LINE_BYTES_MAX, decode_line
from lineshaft.services.billing.errors import PeriodIncomplete
from lineshaft.services.billing.rendering.model import MediaType
from lineshaft.services.contracts.content import TermsInvalid, check_instant
from lineshaft.services.desk.bulk import REFUSED
from lineshaft.services.desk.tariff import obstacle
from lineshaft.services.evidence.verify import HTML, JSON, verify
from lineshaft.services.facts.model import Core, CoreReturn, StockKind, StockRecord
from lineshaft.services.metering.clocks.model import OFFSET_US_MAX, ClockEntry, ClockStep
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.totals import NotPlain
from lineshaft.valuechain.inputoutput.errors import TakesTooMuch
from lineshaft.valuechain.inputoutput.kept.model import Lever, check_levers
from lineshaft.web.texts.refusals import GENERAL_IN_CHINESE, KINDS_IN_CHINESE, refused_in_chinese
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


ROOMS = (
    *("services", "security", "platform", "infrastructure.database", "infrastructure.sheets"),
    *("valuechain.supplynetwork", "valuechain.tables", "valuechain.errors"),
    "valuechain.inputoutput",
)


def kinds_of(refusal: type[Refusal]) -> set[type[Refusal]]:
    """All kinds below one, of the rooms that pages ask."""
    below = set(refusal.__subclasses__())
    return below.union(*map(kinds_of, below))


def test_every_kind_of_refusal_has_its_chinese() -> None:
    starts = tuple(f"lineshaft.{room}" for room in ROOMS)
    asked = {kind.__name__ for kind in kinds_of(Refusal) if kind.__module__.startswith(starts)}
    assert asked - KINDS_IN_CHINESE.keys() == {"SchemaNewer"}, "it is said before any page is"
    assert len(asked) > 100
    assert {kind.__name__ for kind in KINDS} == GENERAL_IN_CHINESE.keys()


def spoken(node: ast.expr, known: dict[str, str]) -> str:
    """Return a message as it is written in the source, with 7 for each value."""
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(spoken(part, known) for part in node.values)
        case ast.BinOp():
            return spoken(node.left, known) + spoken(node.right, known)
        case ast.IfExp():
            return spoken(node.body, known)
        case ast.Name():
            return known.get(node.id, "7")
        case _:
            return "7"


def terms_refusals(source: str) -> Iterator[str]:
    """Return what each `raise TermsInvalid` of a module says."""
    functions = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)]
    for function in functions:
        known: dict[str, str] = {}
        steps = [each for each in ast.walk(function) if isinstance(each, ast.stmt)]
        for each in sorted(steps, key=lambda step: step.lineno):
            match each:
                case ast.Assign(targets=[ast.Name(name)]):
                    known[name] = spoken(each.value, known)
                case ast.AugAssign(target=ast.Name(name)):
                    known[name] = known.get(name, "") + spoken(each.value, known)
                case ast.Raise(exc=ast.Call(func=ast.Name("TermsInvalid"), args=[said, *_])):
                    yield spoken(said, known)


def test_every_reason_why_terms_are_refused_has_its_chinese() -> None:
    services = Path(lineshaft.services.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in services.rglob("*.py")]
    said = {each for source in sources for each in terms_refusals(source)}
    # The one that is nothing but values is an instant, which is told by its shape.
    assert {each for each in said if in_chinese(each) is None} == {"7 7: expected 7"}
    assert len(said) > 100
    with pytest.raises(TermsInvalid) as refused:
        check_instant("2026-01-01T00:00:00.0Z", "start")
    assert in_chinese(str(refused.value))


def test_why_a_period_of_a_study_is_rated_by_itself_has_its_chinese() -> None:
    returned = [
        each for each in ast.walk(ast.parse(getsource(obstacle))) if isinstance(each, ast.Return)
    ]
    said = [spoken(each.value, {}) for each in returned if each.value is not None]
    reasons = [*(each for each in said if each != "None"), REFUSED, *NotPlain]
    assert len(reasons) > 10
    assert [each for each in reasons if in_chinese(each) is None] == []


def test_what_nobody_has_translated_says_its_kind_and_its_words() -> None:
    assert refused_in_chinese(Conflict("two of them")) == "与已有的记录不符。（two of them）"


def test_what_is_missing_of_a_period_is_said_in_chinese() -> None:
    missing = [
        {"why": "undefined", "meter": "hours", "machine": "m1"},
        {"why": "unknown", "meter": "air", "machine": "m2", "known": "71.2", "least": "95",
         "spans": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "more": "3"},
    ]  # fmt: skip
    said = refused_in_chinese(PeriodIncomplete("cannot bill", missing=missing))
    assert said == (
        "已知的用量少于合同要求，且没有说明仍要开票的理由。m1 上的计量表 hours 没有数值；"
        "m2 上的计量表 air 仅知 71.2 %（合同要求至少 95 %），"
        "缺少 2026-01-01T00:00:00Z/2026-01-02T00:00:00Z，另有至少 3 段。"
    )
    assert refused_in_chinese(InvariantError("broken")) is None


def estimate(amount: str = "5", reason: str = "as last week") -> Estimate:
    quantity = Quantity(parse_exact(amount), "SEC")
    return Estimate("est-1", "mazak01", "hours", PERIOD, quantity, "emil", reason)


def core(**changes: Any) -> Core:
    fields = {"id": "c-1", "machine": "mazak01", "contract": "spares", "item": "deposit"}
    fields |= {"model": "SP-1", "delivered_at": PERIOD.start, "reference": "LN-1"}
    return Core(**(fields | changes))


def stock(**changes: Any) -> StockRecord:
    fields: dict[str, Any] = {"id": "s-1", "kind": StockKind.DELIVERY, "machine": "mazak01"}
    fields |= {"contract": "spares", "item": "oil", "at": PERIOD.start, "person": "Emil"}
    fields |= {"quantity": Quantity(Fraction(1), "LTR"), "reference": "LN-1"}
    return StockRecord(**(fields | changes))


WRONG: tuple[Callable[[], object], ...] = (
    lambda: parse_exact("twelve"),
    lambda: parse_exact("1/0"),
    lambda: Period(PERIOD.end, PERIOD.start),
    lambda: estimate(amount="-5"),
    lambda: estimate(reason="x" * 501),
    lambda: ClockStep(SourceId("edge-1"), PERIOD.start, OFFSET_US_MAX + 1),
    lambda: ClockEntry("c-1", ClockStep(SourceId("edge-1"), PERIOD.start, 5), " "),
    lambda: core(model=""),
    lambda: core(reference=""),
    lambda: core(returned=CoreReturn(Instant(0), "SP-1", "a", "Emil")),
    lambda: CoreReturn(PERIOD.start, "", "a", "Emil"),
    lambda: CoreReturn(PERIOD.start, "SP-1", "a", ""),
    lambda: stock(quantity=Quantity(Fraction(0), "LTR")),
    lambda: stock(kind=StockKind.COUNT, quantity=Quantity(Fraction(-1), "LTR")),
    lambda: stock(person=""),
    lambda: stock(reference=""),
)


def test_what_is_typed_wrong_is_said_in_chinese() -> None:
    for wrong in WRONG:
        with pytest.raises(Refusal) as refused:
            wrong()
        assert refused_in_chinese(refused.value), str(refused.value)


def test_changes_that_take_too_much_name_the_number_in_chinese() -> None:
    with pytest.raises(TakesTooMuch) as refused:
        check_levers([Lever.from_text("demand|DEU|C29|-60")] * 2)
    assert refused_in_chinese(refused.value) == (
        "对 demand|DEU|C29 的各项变动合计减少 120 %：最多减少 100 %"
    )


def test_a_sentence_that_nobody_has_translated_is_not_guessed() -> None:
    assert in_chinese("the sky is full of stars") is None
