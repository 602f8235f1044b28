"""Both languages say the same things, and pages have no words of their own."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import lineshaft.web
from lineshaft.web.texts import TEXTS, Language, choose_language, say

WEB = Path(lineshaft.web.__file__).parent
ENGLISH, CHINESE = TEXTS[Language.ENGLISH], TEXTS[Language.CHINESE]
SOURCES = [path for path in sorted(WEB.rglob("*.py")) if "texts" not in path.parts]
# A sentence or a title: what a reader would see. Class names and paths are neither.
WORDS = re.compile(r"^[A-Z][a-z]+( [a-z]+)+|[\u4e00-\u9fff]|[a-z]+ [a-z]+ [a-z]+[.!?]$")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_all_texts() -> None:
    assert ENGLISH.keys() == CHINESE.keys()


def test_a_text_says_the_same_in_both_languages() -> None:
    """One test for all of them: thousands cost more to count than to make."""
    for key, text in ENGLISH.items():
        assert text.strip() == text != "", key
        assert placeholders(text) == placeholders(CHINESE[key]), key


def test_chinese_is_chinese() -> None:
    foreign = {key for key, text in CHINESE.items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert foreign == {"brand"}


def areas(language: str) -> dict[str, list[str]]:
    """Return the keys of each file of a language, in their order."""
    found = {}
    for path in sorted((WEB / "texts" / language).glob("[a-z]*.py")):
        (table,) = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Dict)
        ]
        found[path.stem] = [key.value for key in table.keys]
    return found


def test_texts_are_in_order_and_in_one_file_per_area() -> None:
    english, chinese = areas("english"), areas("chinese")
    assert english == chinese
    assert sum(len(keys) for keys in english.values()) == len(ENGLISH)
    begun = [{key.partition(".")[0] for key in keys} for keys in english.values()]
    assert len(set().union(*begun)) == sum(len(starts) for starts in begun)
    for keys in english.values():
        assert keys == sorted(keys)


def used_keys() -> tuple[set[str], set[str]]:
    """Return the keys in the code, and the beginnings of keys that are put together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    return whole, {start for start in begun if start.endswith(".")}


def test_every_text_is_used() -> None:
    whole, begun = used_keys()
    suffixes = (".title", ".text")
    unused = {
        key
        for key in ENGLISH
        if key not in whole
        and not any(key.startswith(start) for start in begun)
        and not (key.endswith(suffixes) and key.rpartition(".")[0] in whole)
    }
    assert unused == set()


def test_every_key_that_is_said_exists() -> None:
    said = set()
    for path in SOURCES:
        said |= set(re.findall(r"""say\(\s*"([a-z_]+\.[\w.]+)\"""", path.read_text("utf-8")))
    assert said
    assert said <= ENGLISH.keys()


def test_pages_have_no_words_of_their_own() -> None:
    found = []
    for path in (WEB / "pages").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            (path.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
            and WORDS.search(node.value)
        ]
    assert found == []


@pytest.mark.parametrize(
    ("wanted", "accepted", "expected"),
    [
        (None, "", Language.ENGLISH),
        (None, "de-DE,de;q=0.9", Language.ENGLISH),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        (None, "en-GB,zh;q=0.5", Language.ENGLISH),
        ("zh-Hans", "en", Language.CHINESE),
        ("tlh", "zh", Language.CHINESE),
    ],
)
def test_the_language_follows_the_choice_then_the_browser(
    wanted: str | None, accepted: str, expected: Language
) -> None:
    assert choose_language(wanted, accepted) is expected


def test_places_are_filled_in() -> None:
    assert say(Language.ENGLISH, "frame.account", name="Ada") == "Account of Ada"
