"""The eight kinds of refusal, and the error for a broken invariant.

    LineshaftError
    ├── InvariantError       a bug: stops the unit of work, in production too
    └── Refusal              expected: what was tried, on what, what was expected
        ├── NotFound             ├── Forbidden
        ├── Conflict             ├── PreconditionFailed
        ├── Invalid              ├── RateLimited
        └── Unauthorized         └── Unavailable

A domain error subclasses exactly one kind. The HTTP status, the exit code of the command line and
the answer to "retry?" follow from the kind, through the class attributes below and nowhere else.
"""

from typing import ClassVar


class LineshaftError(Exception):
    """Root of all errors that Lineshaft raises on purpose."""


class InvariantError(LineshaftError):
    """A promise of the code itself is broken; nothing of this unit of work may be kept."""


class Refusal(LineshaftError):
    """An expected refusal.

    Attributes:
        http_status: status code of the HTTP answer (RFC 9110, section 15).
        exit_code: exit code of the command line.
        is_retryable: whether the same request can succeed later without a change.
        values: what the message is about, for pages that say it in another language.
    """

    http_status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 2
    is_retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", **values: object) -> None:
        """Take the message, in English for logs and scripts, and what it is about."""
        super().__init__(message)
        self.values = values


class NotFound(Refusal):
    """The thing that was asked for does not exist, or the actor may not know that it does."""

    http_status = 404
    exit_code = 4


class Conflict(Refusal):
    """The request contradicts what is already recorded."""

    http_status = 409
    exit_code = 5


class Invalid(Refusal):
    """The input is malformed or contradicts itself."""

    http_status = 422
    exit_code = 2


class Unauthorized(Refusal):
    """Nobody is signed in, or the proof of identity is wrong."""

    http_status = 401
    exit_code = 6


class Forbidden(Refusal):
    """The actor is known and may not do this."""

    http_status = 403
    exit_code = 7


class PreconditionFailed(Refusal):
    """The thing has changed since the actor looked at it, or is not in the right state."""

    http_status = 412
    exit_code = 8


class RateLimited(Refusal):
    """A named maximum is reached; the same request can be made again later."""

    http_status = 429
    exit_code = 9
    is_retryable = True


class Unavailable(Refusal):
    """Something that is needed does not answer or has no room; try again later."""

    http_status = 503
    exit_code = 10
    is_retryable = True


KINDS: tuple[type[Refusal], ...] = (
    NotFound,
    Conflict,
    Invalid,
    Unauthorized,
    Forbidden,
    PreconditionFailed,
    RateLimited,
    Unavailable,
)
