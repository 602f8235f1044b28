"""The data items of a machine, from the `Devices.xml` of its MTConnect agent (ANSI/MTC1.4, part 2).

The file is read with expat, and a document type or an entity is refused: no file is fetched and
nothing expands (OWASP, XML external entity prevention).
"""

from xml.parsers import expat

import msgspec

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.core.reading import REFUSED_NAME, SignalId, signal_id
from lineshaft.network.connectors.mtconnect.units import MtconnectUnit, unit_of

DEVICES_BYTES_MAX = 16 * 1_024 * 1_024
DATA_ITEMS_MAX = 20_000
_DEPTH_MAX = 64

SAMPLE, EVENT, CONDITION = "SAMPLE", "EVENT", "CONDITION"

NUMERIC_EVENTS = frozenset(
    {
        "ACTIVATION_COUNT",
        "ASSET_COUNT",
        "AXIS_FEEDRATE_OVERRIDE",
        "BLOCK_COUNT",
        "CYCLE_COUNT",
        "DEACTIVATION_COUNT",
        "HARDNESS",
        "LINE_NUMBER",
        "LOAD_COUNT",
        "PART_COUNT",
        "PATH_FEEDRATE_OVERRIDE",
        "ROTARY_VELOCITY_OVERRIDE",
        "TRANSFER_COUNT",
        "UNLOAD_COUNT",
    }
)
"""Events whose value the standard defines as a number. LINE, PROGRAM and TOOL_NUMBER are not here:
the standard lets them be any text."""


class DevicesInvalid(Invalid):
    """A Devices.xml that cannot be read."""


class DeviceNotFound(NotFound):
    """A device that a Devices.xml does not have."""


class DataItem(msgspec.Struct, frozen=True):
    """A data item of MTConnect as the connector needs it.

    Attributes:
        category: SAMPLE, EVENT or CONDITION.
        type, subtype: of the standard; an extension has a prefix such as `x:`.
        unit: the native unit of its readings, which are never converted.
        representation: VALUE, TIME_SERIES, DATA_SET, TABLE or DISCRETE.
        is_numeric: whether its readings are decimal numbers.
        field_count: how many fields follow its key in a line of SHDR.
    """

    signal: SignalId
    id: str
    name: str
    category: str
    type: str
    subtype: str
    unit: MtconnectUnit
    representation: str
    is_numeric: bool
    field_count: int


class Device(msgspec.Struct, frozen=True):
    """A device and its data items by key: names go before ids."""

    machine: str
    names: frozenset[str]
    items: tuple[DataItem, ...]
    by_key: dict[str, DataItem]

    @property
    def refused_signal(self) -> SignalId:
        """The signal that takes what belongs to no known signal of this machine."""
        return signal_id(self.machine, REFUSED_NAME)

    def find(self, key: str) -> DataItem | None:
        """Return the data item of an SHDR key: its name, its id, or either behind `device:`."""
        item = self.by_key.get(key)
        if item is None and ":" in key:
            device, _, rest = key.partition(":")
            item = self.by_key.get(rest) if device in self.names else None
        return item


class _Reader(msgspec.Struct):
    """Collects the attributes of data items, device by device."""

    devices: list[tuple[dict[str, str], list[dict[str, str]]]] = msgspec.field(default_factory=list)
    depth: int = 0
    count: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        name = tag.rpartition(":")[2]
        if name == "Device":
            self.devices.append((attributes, []))
        elif name == "DataItem" and self.devices:
            self.devices[-1][1].append(attributes)
            self.count += 1
        if self.depth > _DEPTH_MAX or self.count > DATA_ITEMS_MAX:
            msg = f"more than {DATA_ITEMS_MAX} data items, or deeper than {_DEPTH_MAX}"
            raise DevicesInvalid(msg)

    def end(self, _tag: str) -> None:
        self.depth -= 1


def _refuse_doctype(*_arguments: object) -> None:
    msg = "a Devices.xml with a document type is refused: it could pull in other files"
    raise DevicesInvalid(msg)


def parse_devices(data: bytes, device: str, machine: str) -> Device:
    """Read one device of a Devices.xml.

    Args:
        data: the file.
        device: name, id or uuid of the device.
        machine: our machine id; its signals are `<machine>/<data item name or id>`.

    Raises:
        DevicesInvalid: when the file cannot be read.
        DeviceNotFound: when it has no such device.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    if len(data) > DEVICES_BYTES_MAX:
        msg = f"a Devices.xml of {len(data)} bytes: at most {DEVICES_BYTES_MAX}"
        raise DevicesInvalid(msg)
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    except (expat.ExpatError, ValueError) as error:
        msg = f"cannot read the Devices.xml: {error}"
        raise DevicesInvalid(msg) from error
    known = []
    for attributes, items in reader.devices:
        names = {attributes[key] for key in ("name", "id", "uuid") if attributes.get(key)}
        if device in names:
            return _device(machine, frozenset(names), items)
        known.append(attributes.get("name", "?"))
    msg = f"the Devices.xml has no device {device!r}: it has {', '.join(known) or 'none'}"
    raise DeviceNotFound(msg)


def _device(machine: str, names: frozenset[str], rows: list[dict[str, str]]) -> Device:
    items = tuple(_data_item(machine, row) for row in rows)
    by_id = {item.id: item for item in items}
    if len({item.signal for item in items}) != len(items):
        msg = f"the Devices.xml gives two data items of {machine} the same name"
        raise DevicesInvalid(msg)
    by_name = {item.name: item for item in items if item.name}
    return Device(machine, names, items, by_id | by_name)


def _data_item(machine: str, row: dict[str, str]) -> DataItem:
    try:
        identifier, category, kind = row["id"], row["category"], row["type"]
    except KeyError as error:
        msg = f"a data item lacks its {error.args[0]}: {row}"
        raise DevicesInvalid(msg) from error
    name, representation = row.get("name", ""), row.get("representation", "VALUE")
    unit = unit_of(row.get("nativeUnits") or row.get("units", ""))
    has_number = category == SAMPLE or (
        category == EVENT and (kind in NUMERIC_EVENTS or bool(unit.code))
    )
    return DataItem(
        signal=signal_id(machine, name or identifier),
        id=identifier,
        name=name,
        category=category,
        type=kind,
        subtype=row.get("subType", ""),
        unit=unit,
        representation=representation,
        # a value with three axes ("*3") is three numbers in one text
        is_numeric=has_number and representation == "VALUE" and not unit.code.endswith("*3"),
        field_count=_field_count(category, kind, representation),
    )


def _field_count(category: str, kind: str, representation: str) -> int:
    """Return the fields behind a key; the adapter protocol fixes them by category and type."""
    if category == CONDITION:
        return 5  # level, native code, native severity, qualifier, message
    if representation == "TIME_SERIES":
        return 3  # number of samples, rate, samples
    return {"MESSAGE": 2, "ALARM": 5}.get(kind, 1)
