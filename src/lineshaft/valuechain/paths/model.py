"""The national paths as sourced records, links between actors, and corrections. Pure."""

from dataclasses import dataclass

PATHS = ("united_states", "germany", "china")
AXES = ("base", "governance", "actor", "policy", "platform", "standard", "instrument")
LINKS = ("member_of", "founded", "funds", "standardises", "reorganised")
CONFIDENCES = ("high", "medium", "low", "contradicted")
LANGUAGES = ("en", "zh-Hans")
PAPERS = {
    "ma-zhen": {
        "en": "Ma & Zhen, Institutional Traditions and the Development Paths of New Quality "
        "Productive Forces",
        "zh-Hans": "马莹、甄志宏：制度传统与新质生产力发展路径",
    },
    "huang-ma": {
        "en": "Huang & Ma, Industrial Interconnection Empowering the Servitization of "
        "Manufacturing",
        "zh-Hans": "Huang & Ma：工业互联赋能制造业服务化",
    },
}


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and in simplified Chinese."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """Return the words in one of `LANGUAGES`."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a statement stands.

    Attributes:
        paper: key of `PAPERS`; empty where no paper says it.
        section: of the paper, from 1.
        quote: the paper's own words, without the spaces of its print.
        cited: what the paper names as its source.
        external: another source than the paper and what it cites.
    """

    paper: str
    section: int
    quote: str
    cited: str = ""
    external: str = ""

    def __str__(self) -> str:
        """Write it in one line. Example: `ma-zhen 2; also CED Magazine, March 2014`."""
        said = f"{self.paper} {self.section}" if self.paper else ""
        cited = f"citing {self.cited}" if self.cited else ""
        also = self.external if not said else f"also {self.external}" if self.external else ""
        return "; ".join(filter(None, [said, cited, also]))


@dataclass(frozen=True, slots=True)
class PathRecord:
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


@dataclass(frozen=True, slots=True)
class ActorLink:
    """That one record did something to another; `contradicted_by` names a correction, or none."""

    source: str
    target: str
    kind: str
    evidence: Evidence
    contradicted_by: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What other sources say where a paper errs; the paper's words stay beside it.

    Attributes:
        record: that it is about; empty for a statement that is of no path.
        year: of the foundation by the other sources; None where it is about something else.
    """

    id: str
    record: str
    evidence: Evidence
    says: Text
    sources: tuple[str, ...]
    year: int | None = None


@dataclass(frozen=True)
class PathCatalogue:
    """All records, links, corrections, and what paths and axes are called."""

    records: tuple[PathRecord, ...]
    links: tuple[ActorLink, ...]
    corrections: tuple[Correction, ...]
    words: dict[str, dict[str, Text]]

    def corrected(self, record: str) -> tuple[Correction, ...]:
        """Return the corrections of a record."""
        return tuple(each for each in self.corrections if each.record == record)
