"""Use case of the three channels: read the books, and say what each channel did.

It reads files of the caller and writes nothing, so it asks nobody for leave: who can read the
files may know what is in them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.channels.accounting import Accounts
from lineshaft.valuechain.channels.attribution import WORDS, Claim
from lineshaft.valuechain.channels.digital import Link, LinkedLine
from lineshaft.valuechain.channels.figures import Channel, ChannelFigure, Sheet
from lineshaft.valuechain.channels.growth import add_growth, add_malmquist, add_released
from lineshaft.valuechain.channels.linked import Outcome, Revenue, add_attribution, add_digital
from lineshaft.valuechain.channels.model import ChannelBooks
from lineshaft.valuechain.channels.reading import read_books
from lineshaft.valuechain.channels.schema import TABLES
from lineshaft.valuechain.servitization.service import read_books as read_ledger
from lineshaft.valuechain.tables.service import Shown, no_progress

LINES_SHOWN_MAX = 1_000
"""Invoice lines in one content."""


class ChannelLedger(msgspec.Struct, frozen=True):
    """What the three channels did, by line, site and quarter.

    Attributes:
        methods: by quarter, how the technology channel was computed, and why so.
        claim: what may be said of the roll-out; its text is `WORDS[claim]`.
        lines: of stand-alone service revenue, with the machines behind them.
    """

    books: ChannelBooks
    figures: tuple[ChannelFigure, ...]
    methods: dict[str, str]
    claim: Claim
    outcome: Outcome
    lines: tuple[LinkedLine, ...]

    def chosen(
        self, channel: Channel | None = None, site: str | None = None, line: str | None = None
    ) -> tuple[ChannelFigure, ...]:
        """Return the figures of a channel, a site, a line; None: of all."""
        return tuple(
            each
            for each in self.figures
            if channel in {None, each.channel}
            and site in {None, each.site}
            and line in {None, each.line}
        )


def channels(
    source: Path,
    revenue: Revenue | None = None,
    outcome: str = Outcome.LABOUR_PRODUCTIVITY,
    show: Shown = no_progress,
) -> ChannelLedger:
    """Read the books and compute all channels; what cannot be measured says what is missing.

    Args:
        source: a folder of CSV files, or an Excel workbook (docs/channels.md).
        revenue: what the firm billed; None: the table `revenue` in the same place
            (docs/servitization.md). Without any the digital channel is not measured.
        outcome: what the effect of the roll-out is looked for in.
        show: told what is read.

    Raises:
        TablesInvalid: for files that are no books.
        CurrenciesMixed: for service revenue in several currencies.
        Invalid: for another outcome, or more than `QUARTERS_MAX` quarters.
        ExtraMissing: without the extra `lineshaft[valuechain]`.
    """
    if outcome not in list(Outcome):
        msg = f"no outcome {outcome!r}: expected one of {', '.join(Outcome)}"
        raise Invalid(msg)
    books = read_books(source, show)
    accounts = Accounts(books)
    sheet = Sheet(books.name)
    add_growth(sheet, accounts)
    add_released(sheet, books, accounts)
    methods = add_malmquist(sheet, accounts)
    billed = Revenue("revenue", read_ledger(source, show).revenue) if revenue is None else revenue
    lines = add_digital(sheet, books.with_metered(billed.metered), billed)
    claim = add_attribution(sheet, books, accounts, Outcome(outcome))
    return ChannelLedger(books, tuple(sheet.figures), methods, claim, Outcome(outcome), lines)


def channel_named(name: str | None) -> Channel | None:
    """Read the name of a channel; None: all.

    Raises:
        Invalid: for another name.
    """
    if name is not None and name not in list(Channel):
        msg = f"no channel {name!r}: expected one of {', '.join(Channel)}"
        raise Invalid(msg)
    return None if name is None else Channel(name)


def ledger_content(
    ledger: ChannelLedger, figures: Sequence[ChannelFigure] | None = None
) -> dict[str, Any]:
    """Return a ledger as JSON content; exact numbers as text.

    Args:
        ledger: what `channels` returned.
        figures: some of its figures; all when None.
    """
    shown = ledger.figures if figures is None else figures
    return {
        "books": ledger.books.name,
        "inputs": ledger.books.inputs,
        "figures": [figure_content(each) for each in shown],
        "methods": ledger.methods,
        "attribution": {
            "outcome": ledger.outcome,
            "claim": ledger.claim,
            "words": WORDS[ledger.claim],
        },
        "lines": [line_content(each) for each in ledger.lines[:LINES_SHOWN_MAX]],
        "lines_count": len(ledger.lines),
    }


def figure_content(each: ChannelFigure) -> dict[str, Any]:
    """Return a figure with all that a reader needs to judge it."""
    figure, value = each.figure, each.figure.value
    return {
        "channel": each.channel,
        "indicator": figure.indicator.name,
        "site": each.site,
        "line": each.line,
        "quarter": each.quarter,
        "of": each.of,
        "value": value if value is None or isinstance(value, float) else str(value),
        "low": figure.low,
        "high": figure.high,
        "unit": figure.indicator.unit,
        "table": figure.table,
        "vintage": figure.vintage,
        "coverage": str(figure.coverage),
        "missing": figure.missing,
        "formula": figure.indicator.formula,
        "source": figure.indicator.source,
    }


def line_content(each: LinkedLine) -> dict[str, Any]:
    """Return an invoice line with the records and machines that it was joined to."""
    return {
        "document": each.revenue.document,
        "line": each.revenue.line,
        "date": each.revenue.date.isoformat(),
        "site": each.revenue.site,
        "amount": str(each.revenue.amount),
        "currency": each.revenue.currency,
        "link": each.link,
        "usage_records": [record.usage_record for record in each.usage],
        "machines": sorted({record.machine for record in each.usage}),
    }


__all__ = [
    "TABLES",
    "Channel",
    "ChannelFigure",
    "ChannelLedger",
    "Claim",
    "Link",
    "LinkedLine",
    "Outcome",
    "Revenue",
    "channel_named",
    "channels",
    "figure_content",
    "ledger_content",
    "line_content",
    "read_books",
]
