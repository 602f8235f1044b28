"""Instants as people type them: a day and a time in the zone of the reader."""

import datetime as dt

from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, civil_to_instant, to_datetime
from lineshaft.web.session import Preferences
from lineshaft.web.widgets import text_field


def instant_field(reader: Preferences, label: str, at: Instant | None) -> ui.input:
    """Put a field for an instant there, filled with what is known."""
    field = text_field(f"{label} ({reader.zone.key})", _written(reader, at))
    return field.props("type=datetime-local stack-label step=1")


def instant_of(reader: Preferences, field: ui.input, known: Instant | None) -> Instant | None:
    """Read the field; what nobody has changed stays as exact as it was.

    Raises:
        Invalid: when it is no day and time.
    """
    text = str(field.value or "").strip()
    if text == _written(reader, known):
        return known
    if not text:
        return None
    try:
        typed = dt.datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"cannot read {text[:40]!r}: expected a day and a time such as 2027-01-31T08:00"
        raise Invalid(msg) from error
    return civil_to_instant(typed, reader.zone)


def _written(reader: Preferences, at: Instant | None) -> str:
    if at is None:
        return ""
    return to_datetime(at, reader.zone).replace(tzinfo=None, microsecond=0).isoformat()
