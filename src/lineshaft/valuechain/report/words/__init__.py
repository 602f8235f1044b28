"""The words of a report in one language, and how its numbers are written."""

from collections.abc import Iterable

import msgspec

from lineshaft.core.period import Instant, to_datetime, zone_named
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.report.model import ReportLanguage
from lineshaft.valuechain.report.shown import day
from lineshaft.valuechain.report.words.chinese import CHINESE
from lineshaft.valuechain.report.words.english import ENGLISH

TEXTS = {ReportLanguage.ENGLISH: ENGLISH, ReportLanguage.CHINESE: CHINESE}


class Words(msgspec.Struct, frozen=True):
    """One language."""

    language: ReportLanguage

    def say(self, key: str, **values: object) -> str:
        """Return the text of a key with its places filled in."""
        return TEXTS[self.language][key].format(**values)

    def named(self, prefix: str, name: str) -> str:
        """Return what a name is called; a name of the data without words stands as it is."""
        return TEXTS[self.language].get(f"{prefix}.{name}", name.replace("_", " "))

    def span(self, vintage: str) -> str:
        """Write from when until when, such as `2016-01 to 2017-12`."""
        return vintage.replace(" to ", self.say("span"))

    def listed(self, parts: Iterable[str]) -> str:
        """Write parts one after the other."""
        return self.say("between").join(parts)

    def indicator(self, indicator: Indicator) -> str:
        """Return what an indicator is called."""
        return self.named("indicator", indicator.name)

    def instant(self, at: Instant) -> str:
        """Write an instant in UTC."""
        found = to_datetime(at, zone_named("UTC"))
        return f"{day(found.date(), self.language)} {found:%H:%M} UTC"
