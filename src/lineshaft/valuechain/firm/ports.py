"""What the figures of the firm need of the hub beside its revenue."""

from collections.abc import Callable
from typing import Protocol

from lineshaft.security.authorisation.model import Actor
from lineshaft.valuechain.channels.model import Metered


class MeteredDocuments(Protocol):
    """Knows which usage records the issued documents bill, and which machines these read."""

    def metered(self, actor: Actor, show: Callable[[str, int, int], None]) -> Metered:
        """Return the usage behind the lines of documents, and since when machines are connected."""
        ...
