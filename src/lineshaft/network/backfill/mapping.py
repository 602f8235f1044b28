"""What the columns of a file mean, by its map and by the columns that there are.

A *long* file has one reading per row (columns `signal`, `ts`, `value`, and `status` where there is
one). A *wide* file has an instant per row and a column per signal; an empty cell says nothing.
"""

from collections.abc import Mapping, Sequence

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, signal_id
from lineshaft.network.backfill.errors import MapInvalid
from lineshaft.network.backfill.model import SIGNALS_MAX, FileMap, Kind, MappedSignal


class Layout(msgspec.Struct, frozen=True):
    """Where what stands in a file.

    Attributes:
        ts: column of the instant.
        signal: column of the signal's name; empty in a wide file.
        status: column of the status code; empty where there is none.
        values: the columns of values: one in a long file; in a wide one those of the signals.
    """

    ts: str
    signal: str
    status: str
    values: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return tuple(name for name in (self.ts, self.signal, self.status, *self.values) if name)


def layout_of(columns: Sequence[str], file_map: FileMap) -> Layout:
    """Find out whether a file is long or wide.

    Raises:
        MapInvalid: when a column is missing, or stands there twice.
    """
    there = ", ".join(columns[:20])
    if len(set(columns)) != len(columns):
        msg = f"two columns have one name: {there}"
        raise MapInvalid(msg)
    if file_map.ts not in columns:
        msg = f"there is no column {file_map.ts!r} of instants: the file has {there}; "
        msg += "name the column as ts in a map (--map)"
        raise MapInvalid(msg)
    if file_map.signal in columns and file_map.value in columns:
        status = file_map.status if file_map.status in columns else ""
        return Layout(file_map.ts, file_map.signal, status, (file_map.value,))
    values = list(file_map.signals) or [name for name in columns if name != file_map.ts]
    missing = [name for name in values if name not in columns]
    if missing or not values:
        msg = f"there is no column {', '.join(map(repr, missing[:5]))}: the file has {there}"
        raise MapInvalid(msg)
    return Layout(file_map.ts, "", "", tuple(values))


class SeriesNames(msgspec.Struct):
    """The series of a file in the order of their first appearance, each under a number (code).

    Attributes:
        declared: what the plant says the values of signals are, where it is no number.
        names: the signal ids, by code.
        kinds: what their values are, by code.
    """

    file_map: FileMap
    declared: Mapping[SignalId, Kind] = msgspec.field(default_factory=dict)
    names: list[SignalId] = msgspec.field(default_factory=list)
    kinds: list[Kind] = msgspec.field(default_factory=list)
    _codes: dict[SignalId, int] = msgspec.field(default_factory=dict)
    _known: dict[str, int | str] = msgspec.field(default_factory=dict)

    def code(self, name: str) -> int | str:
        """Return the code of a name in the file, or why it is no signal."""
        known = self._known.get(name)
        if known is None:
            try:
                known = self.intern(*self._mapped(name))
            except Invalid as error:
                known = str(error)
            if len(self._known) < SIGNALS_MAX:
                self._known[name] = known
        return known

    def intern(self, signal: SignalId, kind: Kind) -> int:
        """Return the code of a signal.

        Raises:
            MapInvalid: when there are too many.
        """
        code = self._codes.get(signal)
        if code is None:
            if len(self.names) >= SIGNALS_MAX:
                msg = f"more than {SIGNALS_MAX} signals in one file"
                raise MapInvalid(msg)
            code = self._codes[signal] = len(self.names)
            self.names.append(signal)
            self.kinds.append(kind)
        return code

    def _mapped(self, name: str) -> tuple[SignalId, Kind]:
        entry = self.file_map.signals.get(name, name)
        is_said = isinstance(entry, MappedSignal)
        if isinstance(entry, str):
            entry = MappedSignal(entry, self.file_map.kind)
        machine, slash, rest = entry.signal.partition("/")
        if not slash:
            if not self.file_map.machine:
                msg = f"signal {entry.signal!r}: name its machine, as <machine>/<name>, in a map "
                msg += "(--map), or one machine for the whole file (--machine)"
                raise Invalid(msg)
            machine, rest = self.file_map.machine, entry.signal
        signal = signal_id(machine, rest)
        return signal, entry.kind if is_said else self.declared.get(signal, entry.kind)
