"""The national paths as sourced records, links between actors, and corrections. Pure."""

import msgspec

PATHS = ("united_states", "germany", "china")
AXES = ("base", "governance", "actor", "policy", "platform", "standard", "instrument")
LINKS = ("member_of", "founded", "funds", "standardises", "reorganised")
TYPES = (
    "firm",
    "alliance",
    "association",
    "government",
    "research",
    "council",
    "bank",
    "union",
)
"""Of actors."""
CONFIDENCES = ("high", "medium", "low", "contradicted")
LANGUAGES = ("en", "zh-Hans")


class Text(msgspec.Struct, frozen=True):
    """The same words in English and in simplified Chinese."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """Return the words in one of `LANGUAGES`."""
        return self.en if language == "en" else self.zh


PAPERS = {
    "ma-zhen": Text(
        "Ma & Zhen: Institutional Traditions and the Development Paths of New Quality Productive "
        "Forces: A Comparative Study of the United States, Germany, and China",
        "Ma & Zhen：制度传统与新质生产力发展路径：美国、德国、中国的比较研究",
    ),
    "huang-ma": Text(
        "Huang & Ma: The Transformation Logic and Governance Practice of Industrial "
        "Interconnection Empowering the Servitization of Manufacturing",
        "Huang & Ma：工业互联赋能制造业服务化的转型逻辑与治理实践",
    ),
}
AUTHORS = {"ma-zhen": "Ma & Zhen", "huang-ma": "Huang & Ma"}
"""Of `PAPERS`, as they are cited."""


class PathFilter(msgspec.Struct, frozen=True):
    """Which records are wanted; nothing of a kind means all of it.

    Attributes:
        paths: of `PATHS`.
        axes: of `AXES`.
        types: of `TYPES`; only actors have one.
    """

    paths: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def takes(self, record: "PathRecord") -> bool:
        """Tell whether a record is wanted."""
        return (
            record.path in (self.paths or PATHS)
            and record.axis in (self.axes or AXES)
            and (not self.types or record.type in self.types)
        )


class Evidence(msgspec.Struct, frozen=True):
    """Where a statement stands.

    Attributes:
        paper: key of `PAPERS`; empty where no paper says it.
        section: of the paper, from 1.
        quote: the paper's own words, without the spaces of its print.
        cited: what the paper names as its source.
        external: another source than the paper and what it cites.
        translated: the quote in English; empty where it stands against no other source.
    """

    paper: str
    section: int
    quote: str
    cited: str = ""
    external: str = ""
    translated: str = ""

    def told(self, language: str) -> str:
        """Write it in one line. Example: `Ma & Zhen, section 2; also CED Magazine, March 2014`.

        References stay as they are printed.
        """
        is_english = language == "en"
        said = ""
        if self.paper:
            place = f", section {self.section}" if is_english else f"，第{self.section}节"
            said = AUTHORS[self.paper] + place
        citing, also = ("citing ", "also ") if is_english else ("引自", "另见")
        cited = f"{citing}{self.cited}" if self.cited else ""
        external = f"{also if said else ''}{self.external}" if self.external else ""
        return ("; " if is_english else "；").join(filter(None, [said, cited, external]))


class PathRecord(msgspec.Struct, frozen=True):
    """One thing of one path.

    Attributes:
        type: of an actor: firm, association, government, ...; else empty.
        years: in which the paper places it, the last one the end of a programme.
        founded, reorganised: of an actor or a platform; None where the paper is silent.
        parts, total: counts that the paper adds up; empty and None without.
        confidence: one of `CONFIDENCES`.
    """

    id: str
    path: str
    axis: str
    name: Text
    role: Text
    evidence: Evidence
    confidence: str
    type: str = ""
    years: tuple[int, ...] = ()
    founded: int | None = None
    reorganised: int | None = None
    parts: tuple[int, ...] = ()
    total: int | None = None


class ActorLink(msgspec.Struct, frozen=True):
    """That one record did something to another; `contradicted_by` names a correction, or none."""

    source: str
    target: str
    kind: str
    evidence: Evidence
    contradicted_by: str = ""


class Correction(msgspec.Struct, frozen=True):
    """What other sources say where a paper errs; the paper's words stay beside it.

    Attributes:
        record: that it is about; empty for a statement that is of no path.
        year: of the foundation by the other sources; None where it is about something else.
    """

    id: str
    record: str
    evidence: Evidence
    says: Text
    sources: tuple[Text, ...]
    year: int | None = None

    def sources_in(self, language: str) -> str:
        """Return the other sources in one line."""
        return ("; " if language == "en" else "；").join(one.of(language) for one in self.sources)


class PathCatalogue(msgspec.Struct, frozen=True):
    """All records, links, corrections, and what paths and axes are called."""

    records: tuple[PathRecord, ...]
    links: tuple[ActorLink, ...]
    corrections: tuple[Correction, ...]
    words: dict[str, dict[str, Text]]

    def corrected(self, record: str) -> tuple[Correction, ...]:
        """Return the corrections of a record."""
        return tuple(each for each in self.corrections if each.record == record)
