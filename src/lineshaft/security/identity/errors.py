"""What identity refuses."""

from lineshaft.core.errors import Conflict, NotFound, PreconditionFailed, RateLimited, Unauthorized


class LoginRefused(Unauthorized):
    """User name or password are wrong; which of them is not said."""


class NotSignedIn(Unauthorized):
    """The session or the API token is unknown, ended or revoked."""


class TooManyLogins(RateLimited):
    """Too many attempts within a minute."""


class LimitReached(RateLimited):
    """There are as many of these as there may be; remove one first."""


class NameTaken(Conflict):
    """Somebody or something has this name already."""


class LastAdministrator(PreconditionFailed):
    """Nobody could administer the hub any more."""


class UnknownPerson(NotFound):
    """There is no such user."""


class UnknownOrganisation(NotFound):
    """There is no such organisation."""


class UnknownSource(NotFound):
    """There is no such source, or no such epoch of it."""


class UnknownToken(NotFound):
    """There is no such API token."""
