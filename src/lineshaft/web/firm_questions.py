"""What an address asks of the firm's figures: period, grain, site, currency and rates, version."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from fastapi import Request
from msgspec.structs import asdict, replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.servitization.service import (
    Asked,
    grain_named,
    rates_named,
    where_named,
)

LINES = "/valuechain/lines"
_BETWEEN_RATES = re.compile(r"[\s,;]+")
_VERSION_DIGITS = 9


class FirmQuestion(msgspec.Struct, frozen=True):
    """A question as its address writes it, so that a view can be kept and passed on."""

    first: str = ""
    last: str = ""
    grain: str = ""
    site: str = ""
    currency: str = ""
    rates: str = ""
    version: str = ""

    def asked(self) -> Asked:
        """Return the question of a dashboard.

        Raises:
            QuestionInvalid: for what cannot be read.
        """
        return Asked(
            first=self.first,
            last=self.last,
            grain=grain_named(self.grain or "quarter"),
            where={"site": self.site} if self.site else {},
            rates=rates_named(self.currency, self.listed_rates),
        )

    @property
    def listed_rates(self) -> list[str]:
        """Each rate, such as `USD=0.92`."""
        return [each for each in _BETWEEN_RATES.split(self.rates) if each]

    @property
    def of_version(self) -> int | None:
        """The version of the books; None for the last one."""
        return version_of(self.version)

    def a_year_before(self) -> "FirmQuestion":
        """Return the question of the same months a year before.

        Raises:
            QuestionInvalid: for bounds that are no months.
        """
        self.asked()
        first, last = (f"{int(each[:4]) - 1:04}{each[4:]}" for each in (self.first, self.last))
        return replace(self, first=first, last=last)

    def query(self, *left_out: str) -> dict[str, str]:
        """Return what the address says, without some of it."""
        said = asdict(self)
        return {name: text for name, text in said.items() if text and name not in left_out}


def question_of(request: Request) -> FirmQuestion:
    """Read the question of an address; what else it says is left to others."""
    query = request.query_params
    names = FirmQuestion.__struct_fields__
    return FirmQuestion(**{name: query.get(name, "").strip() for name in names})


def version_of(text: str) -> int | None:
    """Read the version of the books; None for none.

    Raises:
        Invalid: for anything else than a small whole number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _VERSION_DIGITS):
        msg = f"cannot read {text[:20]!r} as a version: expected a number such as 3"
        raise Invalid(msg)
    return int(text)


class LinesQuestion(msgspec.Struct, frozen=True):
    """Which document lines are asked for.

    Attributes:
        where: keys and what they are.
        after: where the page before ended.
        version: of the books.
    """

    where: Mapping[str, str]
    after: str = ""
    version: str = ""

    def address(self, path: str = LINES, after: str = "") -> str:
        """Return the address of a page of the lines, or of their file."""
        said = [("where", f"{name}={value}") for name, value in self.where.items()]
        said += [("after", after)] if after else []
        said += [("version", self.version)] if self.version else []
        return f"{path}?{urlencode(said)}" if said else path


def lines_question_of(request: Request) -> LinesQuestion:
    """Read which lines are asked for.

    Raises:
        QuestionInvalid: for a key that lines are not chosen by.
    """
    query = request.query_params
    wanted: Sequence[str] = query.getlist("where")
    return LinesQuestion(where_named(wanted), query.get("after", ""), query.get("version", ""))
