"""Put the sections of a report together."""

from lineshaft.core.period import Instant
from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import BoardReport, ReportLanguage
from lineshaft.valuechain.report.sections.channels import channels_section
from lineshaft.valuechain.report.sections.outage import outage_section
from lineshaft.valuechain.report.sections.paths import paths_section
from lineshaft.valuechain.report.sections.quadrant import quadrant_section
from lineshaft.valuechain.report.sections.register import register_section
from lineshaft.valuechain.report.sections.servitization import servitization_section
from lineshaft.valuechain.report.sections.smile import smile_section
from lineshaft.valuechain.report.sections.sources import sources_section
from lineshaft.valuechain.report.sections.summary import summary_section
from lineshaft.valuechain.report.shown import day
from lineshaft.valuechain.report.words import Words

SECTIONS = (
    register_section,
    outage_section,
    servitization_section,
    channels_section,
    smile_section,
    quadrant_section,
)


def made(found: Gathered, language: ReportLanguage, made_at: Instant) -> BoardReport:
    """Return the report of what was gathered; the same gives the same."""
    words = Words(language)
    parts = [section(found, words) for section in SECTIONS]
    parts = [summary_section(found, parts, words), *parts, paths_section(words)]
    parts.append(sources_section(found, parts, words))
    return BoardReport(
        title=words.say("title"),
        language=language,
        made_at=made_at,
        as_of=_as_of(found, words),
        sections=tuple(parts),
        inputs=tuple(sorted(found.inputs.items())),
    )


def _as_of(found: Gathered, words: Words) -> str:
    parts = []
    if found.register is not None and found.register.network.as_of is not None:
        on = day(found.register.network.as_of, words.language)
        parts.append(words.say("as_of.network", day=on))
    if found.servitization is not None:
        parts.append(
            words.say("as_of.books", vintage=words.span(found.servitization.whole.vintage))
        )
    return words.listed(parts) or words.say("as_of.nothing")
