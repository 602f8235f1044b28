"""What a machine said, as people read it."""

import json
from decimal import Decimal

from lineshaft.core.reading import is_good
from lineshaft.core.value import DecimalValue, EnumerationValue, Value
from lineshaft.platform.twin.model import LiveEntry, Signal
from lineshaft.web import format as form
from lineshaft.web.session import Preferences

CONDITION_LEVELS = ("NORMAL", "WARNING", "FAULT")
RAW_CHARACTERS_MAX = 600
_PLAIN_DIGITS = frozenset("0123456789.-+")


def shown_value(reader: Preferences, value: Value, status: int) -> str:
    """Write a stored value; without a good one, say so."""
    if value is None:
        return reader.say("value.unavailable")
    text = _text(reader, value)
    return text if is_good(status) else reader.say("value.doubtful", value=text)


def _text(reader: Preferences, value: Value) -> str:
    match value:
        case bool():
            return reader.say("value.true" if value else "value.false")
        case DecimalValue():
            return form.grouped(str(value))
        case EnumerationValue():
            return value.symbol
        case float():
            return repr(value)
        case _:
            return condition(reader, str(value))


def live_value(reader: Preferences, signal: Signal, entry: LiveEntry) -> str:
    """Write a live value; conditions are said in words."""
    if not is_good(entry.status) or not entry.display:
        return reader.say("value.unavailable" if not is_good(entry.status) else "value.empty")
    if signal.category == "CONDITION":
        return condition(reader, entry.display)
    if signal.is_numeric and _PLAIN_DIGITS.issuperset(entry.display):
        return form.grouped(Decimal(entry.display))
    return entry.display


def condition(reader: Preferences, text: str) -> str:
    """Say a condition in words; other text stays as it is.

    A condition is canonical JSON of level, native code, severity, qualifier and message.
    """
    if not text.startswith("{"):
        return text
    try:
        content = json.loads(text)
        level = str(content["level"]).upper()
    except (ValueError, KeyError, TypeError):
        return text
    if level not in CONDITION_LEVELS:
        return text
    details = [str(content.get(name) or "") for name in ("native_code", "message")]
    said = [reader.say(f"condition.{level}"), *(detail for detail in details if detail)]
    return " · ".join(said)


def raw_text(raw: bytes) -> str:
    """Write raw bytes so that they can be read: what is no text is escaped."""
    text = raw.decode("utf-8", "backslashreplace")
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text[:RAW_CHARACTERS_MAX]
    )
    return f"{shown}…" if len(text) > RAW_CHARACTERS_MAX else shown
