"""All words of the pages, in both languages. The terms are those of the glossary."""

import enum

from lineshaft.web.texts.chinese import CHINESE
from lineshaft.web.texts.english import ENGLISH


class Language(enum.StrEnum):
    """The languages of the pages (BCP 47), by their own names."""

    ENGLISH = "en"
    CHINESE = "zh-Hans"

    @property
    def own_name(self) -> str:
        """What its speakers call it."""
        return _OWN_NAMES[self]

    @property
    def of_page(self) -> str:
        """The tag for browsers and widgets."""
        return _OF_PAGE[self]


_OWN_NAMES = {Language.ENGLISH: "English", Language.CHINESE: "简体中文"}
_OF_PAGE = {Language.ENGLISH: "en-US", Language.CHINESE: "zh-CN"}
TEXTS: dict[Language, dict[str, str]] = {
    Language.ENGLISH: ENGLISH,
    Language.CHINESE: CHINESE,
}


def say(language: Language, key: str, **values: object) -> str:
    """Return the text of a key with its places filled in."""
    return TEXTS[language][key].format(**values)


def choose_language(wanted: str | None, accepted: str) -> Language:
    """Choose the language of a page.

    Args:
        wanted: what the person has chosen, if anything.
        accepted: the header `Accept-Language` (RFC 9110, section 12.5.4).
    """
    if wanted in list(Language):
        return Language(wanted)
    for part in accepted.split(","):
        name = part.partition(";")[0].strip().lower()
        if name.startswith("zh"):
            return Language.CHINESE
        if name.startswith("en"):
            return Language.ENGLISH
    return Language.ENGLISH
