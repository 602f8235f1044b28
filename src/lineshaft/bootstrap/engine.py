"""What this process computes documents and studies with."""

import importlib.metadata

from lineshaft import __version__
from lineshaft.services.billing.model import Engine


def present_engine() -> Engine:
    """Return the versions of the product and of the time zones."""
    return Engine(__version__, importlib.metadata.version("tzdata"))
