r"""SHDR lines to readings and refusals, and back (ANSI/MTC1.4, part 1: the adapter protocol).

A line is `stamp|key|value|key|value…`. A condition takes five fields behind its key (level, native
code, severity, qualifier, message), a message two (native code, text). A field that begins with a
quotation mark may hold `\|`. Pure: the same bytes give the same observations.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.core.reading import Reading, Refused, SignalId, StatusCode
from lineshaft.core.value import DecimalValue, Value, check_text, parse_decimal
from lineshaft.network.connectors.model import Observation
from lineshaft.network.connectors.mtconnect.devices import CONDITION, DataItem, Device

LINE_BYTES_MAX = 65_536
FIELDS_MAX = 4_096

UNAVAILABLE = "UNAVAILABLE"
LEVELS = frozenset({"NORMAL", "WARNING", "FAULT"})
CONDITION_FIELDS = ("level", "native_code", "severity", "qualifier", "message")
MESSAGE_FIELDS = ("native_code", "text")
ASSET_KEYS = frozenset({"@ASSET@", "@UPDATE_ASSET@", "@REMOVE_ASSET@", "@REMOVE_ALL_ASSETS@"})

_FRACTION_DIGITS = 6
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=\||$)')


class MalformedLine(Invalid):
    """Bytes that are no line of SHDR."""


class _Context(msgspec.Struct, frozen=True):
    """What every observation of a line shares."""

    device: Device
    ts: Instant
    raw: bytes

    def refused(self, signal: SignalId, reason: str) -> Observation:
        return Observation(Refused(signal, self.ts, reason, self.raw), self.raw)

    def reading(self, signal: SignalId, value: Value) -> Observation:
        return Observation(Reading(signal, self.ts, value), self.raw)

    def unavailable(self, signal: SignalId) -> Observation:
        status = StatusCode.BAD_NO_COMMUNICATION
        return Observation(Reading(signal, self.ts, None, status), self.raw)


def decode_line(line: bytes, device: Device, received_at: Instant) -> list[Observation]:
    """Read one line of SHDR, without its line end.

    What cannot be taken becomes a refusal; nothing is dropped and nothing raises.

    Args:
        line: the bytes.
        device: the data items of the machine.
        received_at: stamp of a refusal whose own stamp cannot be read.
    """
    try:
        fields = _split(line)
        context = _Context(device, _parse_stamp(fields[0].strip()), line)
    except Invalid as error:
        refused = Refused(device.refused_signal, received_at, str(error), line)
        return [Observation(refused, line)]
    found: list[Observation] = []
    at = 1
    while at < len(fields):
        observation, at = _decode_pair(context, fields, at)
        if observation is not None:
            found.append(observation)
    if not found:
        found.append(context.refused(device.refused_signal, "the line has no key"))
    return found


def _parse_stamp(text: str) -> Instant:
    """Read a stamp; the usual form, a fraction of at most six digits, costs one look-up."""
    fraction = text[20:-1]
    is_usual = text[19:20] == "." and text[-1] == "Z" and 1 <= len(fraction) <= _FRACTION_DIGITS
    if is_usual and fraction.isascii() and fraction.isdigit():
        return Instant(_second(text[:19]) + int(fraction.ljust(_FRACTION_DIGITS, "0")))
    return parse_instant(text)


@lru_cache(maxsize=1_024)
def _second(text: str) -> Instant:
    return parse_instant(f"{text}Z")


def _split(line: bytes) -> list[str]:
    if len(line) > LINE_BYTES_MAX:
        msg = f"a line of more than {LINE_BYTES_MAX} bytes"
        raise MalformedLine(msg)
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        msg = "the line is no UTF-8"
        raise MalformedLine(msg) from error
    fields = _split_quoted(text) if '|"' in text else text.split("|")
    if not 2 <= len(fields) <= FIELDS_MAX:
        msg = f"the line has {len(fields)} fields: expected stamp|key|value, at most {FIELDS_MAX}"
        raise MalformedLine(msg)
    return fields


def _split_quoted(text: str) -> list[str]:
    fields, at = [], 0
    while True:
        match = _QUOTED.match(text, at)
        if match is not None and "\\|" in match[1]:
            # as the reference agent does: the quotes go only where they protect a separator
            fields.append(re.sub(r"\\([|\\\"])", r"\1", match[1]))
            at = match.end() + 1
        else:
            end = text.find("|", at)
            end = len(text) if end < 0 else end
            fields.append(text[at:end])
            at = end + 1
        if at > len(text):
            return fields


def _decode_pair(
    context: _Context, fields: Sequence[str], at: int
) -> tuple[Observation | None, int]:
    """Read the observation whose key is field `at`; returns it and where the next key is."""
    key = fields[at].strip()
    item = context.device.find(key)
    if item is None:
        return _decode_unknown(context, fields, at, key)
    end = at + 1 + item.field_count
    if at + 1 == len(fields):
        return context.refused(item.signal, f"the key {key} has no value"), end
    try:
        return _decode_value(context, item, fields[at + 1 : end]), end
    except Invalid as error:
        return context.refused(item.signal, str(error)), end


def _decode_unknown(
    context: _Context, fields: Sequence[str], at: int, key: str
) -> tuple[Observation | None, int]:
    """Refuse a key that the machine's description does not have.

    How many fields belong to it is not known: an unknown key takes one value, as in the reference
    agent, five where that value is a level of a condition, and the rest of the line for an asset.
    """
    if not key and not any(field.strip() for field in fields[at:]):
        return None, len(fields)  # empty fields behind the last value say nothing
    reason = f"no data item of the machine has the key {key[:80]!r}"
    end = at + 2
    if key in ASSET_KEYS:
        reason, end = "assets are not taken", len(fields)
    elif _looks_like_condition(context.device, fields[at + 1 :]):
        end = at + 1 + len(CONDITION_FIELDS)
    return context.refused(context.device.refused_signal, reason), end


def _looks_like_condition(device: Device, following: Sequence[str]) -> bool:
    if len(following) < len(CONDITION_FIELDS):
        return False
    level = following[0].strip().upper()
    if level == UNAVAILABLE:
        return not any(field.strip() for field in following[1 : len(CONDITION_FIELDS)])
    return level in LEVELS and device.find(following[1].strip()) is None


def _decode_value(context: _Context, item: DataItem, parts: Sequence[str]) -> Observation:
    """Read the fields behind a known key.

    Raises:
        Invalid: when they are no value of that data item.
    """
    if item.field_count == 1:
        return _decode_single(context, item, parts[0])
    if item.category == CONDITION:
        return _decode_condition(context, item, parts)
    if item.type == "MESSAGE":
        return _decode_message(context, item, parts)
    msg = f"{item.representation} of {item.type} is not taken"
    raise MalformedLine(msg)


def _decode_single(context: _Context, item: DataItem, text: str) -> Observation:
    if _is_unavailable(text):
        return context.unavailable(item.signal)
    if item.is_numeric:
        return context.reading(item.signal, parse_decimal(text.strip()))
    return context.reading(item.signal, check_text(text))


def _is_unavailable(text: str) -> bool:
    return text.strip().upper() == UNAVAILABLE


def _decode_condition(context: _Context, item: DataItem, parts: Sequence[str]) -> Observation:
    level = parts[0].strip().upper()
    if level == UNAVAILABLE:
        return context.unavailable(item.signal)
    if level not in LEVELS:
        msg = f"the level of a condition is {parts[0][:40]!r}: expected Normal, Warning or Fault"
        raise MalformedLine(msg)
    padded = [level, *parts[1:], *[""] * (len(CONDITION_FIELDS) - len(parts))]
    return context.reading(item.signal, _json(CONDITION_FIELDS, padded))


def _decode_message(context: _Context, item: DataItem, parts: Sequence[str]) -> Observation:
    if _is_unavailable(parts[-1]):
        return context.unavailable(item.signal)
    if len(parts) < len(MESSAGE_FIELDS):
        msg = "a message needs a native code and a text"
        raise MalformedLine(msg)
    if _is_unavailable(parts[0]) and not parts[1]:
        return context.unavailable(item.signal)
    return context.reading(item.signal, _json(MESSAGE_FIELDS, parts))


def _json(names: Sequence[str], values: Sequence[str]) -> str:
    content = dict(zip(names, values, strict=True))
    return check_text(canonical.encode(content).decode())


def encode_line(ts: Instant, readings: Sequence[tuple[DataItem, Value]]) -> bytes:
    """Write readings of one instant as a line of SHDR, without its line end.

    A value of None is UNAVAILABLE; a condition and a message are given as the JSON of their fields.
    """
    fields = [format_instant(ts)]
    for item, value in readings:
        fields += [item.name or item.id, *_encode_value(item, value)]
    return "|".join(fields).encode()


def _encode_value(item: DataItem, value: Value) -> list[str]:
    if item.category == CONDITION:
        return _encode_fields(CONDITION_FIELDS, value)
    if item.type == "MESSAGE":
        return _encode_fields(MESSAGE_FIELDS, value)
    if value is None:
        return [UNAVAILABLE]
    if isinstance(value, DecimalValue):
        # `str` is plain notation and so loses the exponent of 120e1; this keeps every digit
        return [f"{value.mantissa}e{value.exponent}" if value.exponent > 0 else str(value)]
    return [_quoted(str(value))]


def _encode_fields(names: Sequence[str], value: Value) -> list[str]:
    if value is None:
        return [UNAVAILABLE, *[""] * (len(names) - 1)]
    content = json.loads(str(value))
    return [_quoted(content[name]) for name in names]


def _quoted(text: str) -> str:
    if "|" not in text:
        return text
    return '"' + re.sub(r'([|\\"])', r"\\\1", text) + '"'
