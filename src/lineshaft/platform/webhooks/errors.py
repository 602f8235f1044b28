"""What is refused about webhooks."""

from lineshaft.core.errors import Invalid, NotFound, RateLimited


class WebhookNotFound(NotFound):
    """There is no such webhook or delivery, or the actor may not know of it."""


class TooManyWebhooks(RateLimited):
    """An organisation has as many webhooks as it may have."""


class ReplayTooLarge(Invalid):
    """More deliveries than one replay takes."""
