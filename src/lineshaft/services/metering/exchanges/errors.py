"""What exchanges of meters refuse."""

from lineshaft.core.errors import Conflict, Forbidden, NotFound, RateLimited


class ExchangeNotFound(NotFound):
    """There is no such version of an exchange, or the actor may not know that there is."""


class ExchangeVersionTaken(Conflict):
    """This version is recorded with other content, or does not follow the last one."""


class ExchangeInstantTaken(Conflict):
    """Another exchange of the same signal is approved for the same instant."""


class SamePerson(Forbidden):
    """Who has recorded an exchange cannot approve it: four eyes see more than two."""


class TooManyExchanges(RateLimited):
    """A signal has as many exchanges as there may be, or an exchange as many versions."""
