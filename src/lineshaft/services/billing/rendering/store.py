"""SQL of renderings."""

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.services.billing.rendering.model import Language, MediaType, Rendering
from lineshaft.services.billing.rendering.tables import RENDERINGS


class SqlRenderingStore:
    """Keeps renderings in the database of the hub."""

    def find(
        self, connection: sa.Connection, number: str, media_type: MediaType, language: Language
    ) -> Rendering | None:
        """Return the rendering of a document, or None while there is none."""
        row = connection.execute(
            sa.select(RENDERINGS).where(
                RENDERINGS.c.number == number,
                RENDERINGS.c.media_type == media_type.value,
                RENDERINGS.c.language == language.value,
            )
        ).one_or_none()
        if row is None:
            return None
        return Rendering(
            number, media_type, language, row.data, row.record, Instant(row.rendered_at)
        )

    def insert(self, connection: sa.Connection, rendering: Rendering) -> None:
        """Keep a rendering."""
        connection.execute(
            sa.insert(RENDERINGS).values(
                number=rendering.number,
                media_type=rendering.media_type.value,
                language=rendering.language.value,
                data=rendering.data,
                record=rendering.record,
                rendered_at=rendering.rendered_at,
            )
        )
