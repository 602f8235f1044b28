"""Every record has a source, every quote stands in its section, and the papers' sums add up."""

import os
import re
from fractions import Fraction

import pytest
from msgspec.structs import replace

from lineshaft.valuechain.paths.catalogue import catalogue, problems
from lineshaft.valuechain.paths.model import AXES, CONFIDENCES, LINKS, PATHS, TYPES
from tests.notices import absent
from tests.shared_data import SHARED

HEADINGS = ("一、全球", "二、美国", "三、德国", "四、中国", "五、结语")
FILES = {"ma-zhen": "ma-zhen-three-paths.txt", "huang-ma": "huang-ma-servitization.txt"}


def squeezed(text: str) -> str:
    """The print of the papers puts spaces and line ends into words."""
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def papers() -> dict[str, str]:
    folder = SHARED / "papers"
    if not folder.is_dir():
        absent(
            "../shared/papers is not there",
            "the quotes of the national paths were not looked up",
            must_be_there=os.environ.get("REQUIRE_SHARED") == "1",
        )
    return {key: squeezed((folder / name).read_text("utf-8")) for key, name in FILES.items()}


def test_every_record_has_a_source_and_every_axis_records_of_each_path() -> None:
    known = catalogue()
    assert problems(known) == []
    assert {(each.path, each.axis) for each in known.records} == {
        (path, axis) for path in PATHS for axis in AXES
    }
    for each in known.records:
        assert each.evidence.quote or each.evidence.external, each.id
        assert all((each.name.en, each.name.zh, each.role.en, each.role.zh)), each.id


def test_every_word_is_told_in_both_languages() -> None:
    known = catalogue()
    texts = [text for each in known.records for text in (each.name, each.role)]
    texts += [text for each in known.corrections for text in (each.says, *each.sources)]
    texts += [text for words in known.words.values() for text in words.values()]
    assert all(each.en and each.zh for each in texts)
    own = re.compile(r"^[\w&.+/ -]+$", re.ASCII)
    foreign = {each.zh for each in texts if not re.search(r"[\u4e00-\u9fff]", each.zh)}
    assert foreign == {"IBM", "AT&T", "Exostar", *(each for each in foreign if "." in each)}
    assert all(own.match(each) for each in foreign)
    words = known.words
    assert set(words["path"]) == set(PATHS)
    assert set(words["axis"]) == set(AXES)
    assert set(words["type"]) == set(TYPES) == {each.type for each in known.records} - {""}
    assert set(words["link"]) == set(LINKS)
    assert set(words["confidence"]) == set(CONFIDENCES)


def test_quotes_occur_in_the_paper_where_it_is_said(papers: dict[str, str]) -> None:
    known = catalogue()
    text = papers["ma-zhen"]
    starts = [text.index(heading) for heading in HEADINGS]
    sections = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    evidence = [each.evidence for each in (*known.records, *known.links)]
    for each in evidence:
        if each.paper:
            said = squeezed(each.quote)
            assert said in sections[each.section - 1], each
    for one in known.corrections:
        assert squeezed(one.evidence.quote) in papers[one.evidence.paper], one.id


def test_the_arithmetic_of_the_papers(papers: dict[str, str]) -> None:
    by_id = {each.id: each for each in catalogue().records}
    alliance, platforms = by_id["cn-aii"], by_id["cn-platforms"]
    assert sum(alliance.parts) == alliance.total == 143
    counts = r"(\d+)家工业企业、(\d+)家信息通信企业、(\d+)家信息通信安全企业、(\d+)家协会、"
    counts += r"(\d+)家高校及科研院所和(\d+)家境外企业"
    printed = re.search(counts, papers["ma-zhen"])
    assert printed
    assert tuple(map(int, printed.groups())) == alliance.parts
    led = re.findall(r"平台有(\d+)个，占比(\d+)%", papers["ma-zhen"])
    assert tuple(int(count) for count, _ in led) == platforms.parts
    assert platforms.total
    for count, percent in led:
        assert Fraction(int(count), platforms.total) == Fraction(int(percent), 100)


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({"parts": (56, 48), "total": 143}, r"do not add up"),
        ({"axis": "score"}, "score"),
        ({"confidence": "sure"}, "sure"),
        ({"type": ""}, "a type is of an actor"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(
    record: dict[str, object], complaint: str
) -> None:
    known = catalogue()
    alliance = next(each for each in known.records if each.id == "cn-aii")
    others = tuple(each for each in known.records if each is not alliance)
    wrong = replace(known, records=(*others, replace(alliance, **record)))  # type: ignore[arg-type]
    assert any(complaint in each for each in problems(wrong))
    twice = replace(known, records=(*known.records, alliance))
    assert problems(twice) == ["cn-aii twice"]
    without = problems(replace(known, records=others))
    assert "correction of cn-aii, which is not there" in without
    unsourced = replace(alliance, evidence=replace(alliance.evidence, quote=""))
    assert problems(replace(known, records=(*others, unsourced))) == ["cn-aii without a source"]
