"""What the desk says when it says no."""

from lineshaft.core.errors import Forbidden, RateLimited


class NotAllowed(Forbidden):
    """The policies do not let this actor do this.

    Attributes:
        action: what was tried.
        policies: ids of the forbidding policies; empty when none permits.
    """

    def __init__(
        self, message: str, action: str, policies: tuple[str, ...], **values: object
    ) -> None:
        """Keep the reasons beside the message, and what was asked for."""
        super().__init__(message, **values)
        self.action = action
        self.policies = policies


class TooManyGrants(RateLimited):
    """An organisation has as many grants as it may have."""
