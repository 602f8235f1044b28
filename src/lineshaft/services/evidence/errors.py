"""What this room refuses."""

from lineshaft.core.errors import Invalid


class WrongEvidence(Invalid):
    """A proof, or a file that should carry one, does not hold."""


class BundleTooLarge(Invalid):
    """A bundle beyond its maximum: a document over that many readings is proven in parts."""
