"""The summary for the board: the numbers that decide, and what is missing anywhere."""

from collections.abc import Sequence

from lineshaft.valuechain.report.gathering import Gathered
from lineshaft.valuechain.report.model import Headline, ReportSection
from lineshaft.valuechain.report.sections.channels import digital_headlines
from lineshaft.valuechain.report.sections.outage import outage_headlines
from lineshaft.valuechain.report.sections.register import register_headlines
from lineshaft.valuechain.report.sections.servitization import servitization_headlines
from lineshaft.valuechain.report.sections.smile import smile_headlines
from lineshaft.valuechain.report.words import Words


def summary_section(
    found: Gathered, others: Sequence[ReportSection], words: Words
) -> ReportSection:
    """Return the headlines of the other sections, and all that is missing in them."""
    headlines: list[Headline] = []
    if found.register is not None:
        headlines += register_headlines(found.register, words)
    if found.outage is not None:
        lost, _, credits_, *cost = outage_headlines(found.outage, words)
        headlines += [lost, credits_, *cost]
    if found.servitization is not None:
        headlines += servitization_headlines(found.servitization, words)[:2]
    if found.ledger is not None:
        headlines += digital_headlines(found.ledger, words)[:1]
    if found.curves:
        headlines += smile_headlines(found.curves[0], words)
    missing = tuple(
        words.say("lack", section=each.title, text=line) for each in others for line in each.missing
    )
    title, lead = words.say("summary"), words.say("summary.lead")
    return ReportSection("summary", title, lead, tuple(headlines), missing=missing)
