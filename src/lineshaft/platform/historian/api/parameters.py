"""What the parameters of a request may be, and their limits."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.core.reading import SignalId, check_machine_id, machine_of, name_of, signal_id
from lineshaft.platform.historian.api import formats
from lineshaft.platform.historian.api.formats import AnswerFormat
from lineshaft.platform.historian.model import POINTS_MAX
from lineshaft.platform.historian.queries.stream import Place
from lineshaft.security.authorisation.model import Actor

SIGNALS_MAX = 200
"""Signals of one request."""
PAGE_ROWS_MAX = 10_000
"""Records of one answer in JSON."""
STREAM_ROWS_MAX = 50_000_000
"""Records of one answer in CSV or Arrow."""
TEXT_CHARACTERS_MAX = 500
"""Characters of one parameter."""
INSTANT_CHARACTERS_MAX = 40

_INSTANT_HELP = "RFC 3339, such as 2027-01-31T00:00:00Z"
SignalText = Annotated[
    str,
    Query(alias="signal", max_length=TEXT_CHARACTERS_MAX, description="A signal, machine/name."),
]
SignalTexts = Annotated[
    list[str],
    Query(
        alias="signal",
        min_length=1,
        max_length=SIGNALS_MAX,
        description="Signals, machine/name; the parameter is repeated.",
    ),
]
StartText = Annotated[
    str, Query(max_length=INSTANT_CHARACTERS_MAX, description=f"First instant, {_INSTANT_HELP}.")
]
EndText = Annotated[
    str,
    Query(max_length=INSTANT_CHARACTERS_MAX, description=f"First instant after, {_INSTANT_HELP}."),
]
KnownAtText = Annotated[
    str | None,
    Query(
        alias="known_at",
        max_length=INSTANT_CHARACTERS_MAX,
        description=f"As the historian knew it at this instant, {_INSTANT_HELP}; default: now.",
    ),
]
Points = Annotated[int, Query(ge=1, le=POINTS_MAX, description="Points at most.")]


class Asking:
    """Who is asking, and for which format."""

    def __init__(
        self,
        request: Request,
        format: Annotated[  # noqa: A002 - the name of the parameter
            AnswerFormat | None, Query(description="Default: what the Accept header likes best.")
        ] = None,
    ) -> None:
        """Take the actor that the router has found."""
        self.actor: Actor = request.state.actor
        self._named, self._accept = format, request.headers.get("accept", "")

    @property
    def shape(self) -> AnswerFormat:
        """The format of rows.

        Raises:
            Invalid: when the request takes none of ours.
        """
        return formats.chosen(self._named, self._accept)


class Span:
    """A period."""

    def __init__(self, start: StartText, end: EndText) -> None:
        """Read both ends."""
        self.period = Period(parse_instant(start), parse_instant(end))


class OpenSpan:
    """A period that may be left out."""

    def __init__(self, start: StartText | None = None, end: EndText | None = None) -> None:
        """Read both ends, or neither."""
        if (start is None) != (end is None):
            msg = "cannot use half a period: expected start and end, or neither"
            raise Invalid(msg)
        is_open = start is None or end is None
        self.period = None if is_open else Span(str(start), str(end)).period


class Rows:
    """Which rows of a long answer."""

    def __init__(
        self,
        limit: Annotated[
            int | None, Query(ge=1, le=STREAM_ROWS_MAX, description="Records at most.")
        ] = None,
        after: Annotated[
            str | None,
            Query(
                max_length=TEXT_CHARACTERS_MAX,
                description="Go on behind this record: ts in microseconds,source,epoch,sequence.",
            ),
        ] = None,
    ) -> None:
        """Read the place."""
        self.limit = limit
        self.after = None if after is None else Place.parse(after)


def signal_of(text: str) -> SignalId:
    """Pass a signal.

    Raises:
        Invalid: when it cannot be one.
    """
    # JSON can carry half a surrogate pair, which no database takes.
    readable = text.encode("utf-8", "replace").decode()
    return signal_id(machine_of(readable), name_of(readable))


def signals_of(texts: Sequence[str]) -> list[SignalId]:
    """Pass signals, each once, in order.

    Raises:
        Invalid: when one cannot be a signal, or there are none or too many.
    """
    if not 1 <= len(texts) <= SIGNALS_MAX:
        msg = f"cannot answer for {len(texts)} signals at once: expected 1 to {SIGNALS_MAX}"
        raise Invalid(msg)
    return list(dict.fromkeys(map(signal_of, texts)))


def machine_named(text: str | None) -> str | None:
    """Pass the id of a machine, if there is one.

    Raises:
        Invalid: when it cannot be one.
    """
    return None if text is None else check_machine_id(text)


def instant_of(text: str | None) -> Instant | None:
    """Read an instant that may be left out.

    Raises:
        Invalid: when it is none.
    """
    return None if text is None else parse_instant(text)
