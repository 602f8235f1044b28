"""A record of a national path: its name, which opens to what it stands on."""

from lineshaft.valuechain.paths.model import Correction, Evidence, PathRecord
from lineshaft.valuechain.paths.service import labels
from lineshaft.web.components import badge, facts
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.session import Visit

QUOTED = "zh-Hans"
"""The language of the papers."""
KINDS = {"high": "good", "medium": "", "low": "warn", "contradicted": "bad"}
"""Colour of each mark of confidence; it always stands beside its word."""


def record(visit: Visit, each: PathRecord, fixed: Correction | None) -> Html:
    """Return a record: its name and years, its role, and behind it all that it stands on.

    Args:
        visit: who looks.
        each: the record.
        fixed: what other sources say against it, or None.
    """
    name = each.name.of(visit.language)
    years = "\N{EN DASH}".join(year for year in map(str, each.years) if year not in name)
    named = tag("span", name)
    head = tag("summary", named, tag("span", f" {years}", class_="soft") if years else None)
    is_doubted = fixed is not None or each.confidence == "contradicted"
    mark = badge(visit.say("paths.corrected"), "bad") if is_doubted else None
    role = tag("span", each.role.of(visit.language), " ", mark, class_="sub")
    return tag("div", tag("details", head, facts(stands_on(visit, each, fixed), is_list=True),
                          class_="figure"), role)  # fmt: skip


def stands_on(visit: Visit, each: PathRecord, fixed: Correction | None) -> list[tuple[str, Child]]:
    """Return what a record stands on: quote, source, how sure, counts, what others say."""
    confidence = labels("confidence", visit.language)[each.confidence]
    kind = labels("type", visit.language)[each.type] if each.type else None
    counts = f"{' + '.join(map(str, each.parts))} = {each.total}" if each.parts else None
    others = fixed.sources_in(visit.language) if fixed else ""
    said: Child = (
        [fixed.says.of(visit.language), tag("span", others, class_="sub")] if fixed else None
    )
    return [
        (visit.say("paths.type"), kind),
        (visit.say("paths.founded"), _year(each.founded)),
        (visit.say("paths.reorganised"), _year(each.reorganised)),
        (visit.say("paths.counts"), counts),
        (visit.say("paths.quote"), _quote(each.evidence)),
        (visit.say("paths.source"), each.evidence.told(visit.language)),
        (visit.say("paths.confidence"), badge(confidence, KINDS[each.confidence])),
        (visit.say("paths.others_say"), said),
    ]


def said_by(visit: Visit, evidence: Evidence) -> list[Child]:
    """Return the words of a paper, in English too for those who read English, and their place."""
    translated = evidence.translated if visit.language == "en" else ""
    return [
        _quote(evidence),
        tag("span", f"“{translated}”", class_="sub") if translated else None,
        tag("span", evidence.told(visit.language), class_="sub"),
    ]


def _quote(evidence: Evidence) -> Html | None:
    return tag("q", evidence.quote, lang=QUOTED) if evidence.quote else None


def _year(year: int | None) -> str | None:
    return None if year is None else str(year)
