"""How a contract renews itself: terms counted from its start, and notice in time; pure."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lineshaft.core.period import Instant, Period, anchored_day, day_start, to_datetime
from lineshaft.services.contracts.content import Frozen, TermsInvalid

TERM_MONTHS_MAX = 600
NOTICE_DAYS_MAX = 1_000


class Renewal(Frozen, frozen=True, kw_only=True):
    """A first term, then further ones, unless somebody gives notice in time.

    Attributes:
        term_months: length of the first term, in calendar months of the contract's zone.
        renewal_months: by how many months it renews each time.
        notice_days: civil days before the end of a term by which notice must be given.
    """

    term_months: int
    renewal_months: int
    notice_days: int

    def __post_init__(self) -> None:
        """Refuse terms without length."""
        for what in ("term_months", "renewal_months"):
            if not 0 < getattr(self, what) <= TERM_MONTHS_MAX:
                msg = f"{what} = {getattr(self, what)}: expected 1 to {TERM_MONTHS_MAX}"
                raise TermsInvalid(msg)
        if not 0 <= self.notice_days <= NOTICE_DAYS_MAX:
            msg = f"notice_days = {self.notice_days}: expected 0 to {NOTICE_DAYS_MAX}"
            raise TermsInvalid(msg)

    def terms(self, start: Instant, zone: ZoneInfo) -> Iterator[Period]:
        """Yield the terms of a contract from its start on, without an end.

        Days stick: a contract from 31 January on, renewed by a month, has terms that end on
        28 February, 31 March, 30 April.
        """
        day, begun = to_datetime(start, zone).date(), start
        months = self.term_months
        while True:
            end = day_start(anchored_day(day, months), zone)
            yield Period(begun, end)
            begun, months = end, months + self.renewal_months

    def term_around(self, instant: Instant, start: Instant, zone: ZoneInfo) -> Period:
        """Return the term that an instant lies in; the first one for what is before the start."""
        return next(term for term in self.terms(start, zone) if instant < term.end)

    def notice_until(self, term: Period, zone: ZoneInfo) -> Instant:
        """Return the last instant at which notice ends the contract with a term."""
        last = to_datetime(term.end, zone).date() - dt.timedelta(days=self.notice_days)
        return day_start(last, zone)

    def earliest_end(self, notice_at: Instant, start: Instant, zone: ZoneInfo) -> Instant:
        """Return when a contract ends at the earliest if notice is given at an instant."""
        term = self.term_around(notice_at, start, zone)
        while notice_at > self.notice_until(term, zone):
            term = self.term_around(term.end, start, zone)
        return term.end
