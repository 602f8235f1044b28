"""Where renderings are kept."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.services.billing.rendering.model import Language, MediaType, Rendering


class RenderingStore(Protocol):
    """Keeps each rendering as it was first made."""

    def find(
        self, connection: sa.Connection, number: str, media_type: MediaType, language: Language
    ) -> Rendering | None:
        """Return the rendering of a document, or None while there is none."""
        ...

    def insert(self, connection: sa.Connection, rendering: Rendering) -> None:
        """Keep a rendering."""
        ...
