"""Turns the entries of a plant directory into the content that the rooms record.

References are followed here, so that a wrong one is found before anything is changed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.errors import Refusal
from lineshaft.core.period import format_instant, parse_instant
from lineshaft.core.reading import signal_id
from lineshaft.core.segment.header import check_source_id
from lineshaft.network.connectors.model import ConnectorConfig, SignalDescription
from lineshaft.plant.errors import Location, PlantInvalid
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.reader import Entry
from lineshaft.platform.historian.retention.model import RetentionRule
from lineshaft.platform.twin.model import Machine, Signal
from lineshaft.security.identity.model import Organisation, StakeholderRole
from lineshaft.services.contracts.model import Contract, Offering, Party
from lineshaft.services.metering.model import Meter

FILE_OPTIONS = ("devices",)
"""Options of connectors that name a file beside the plant file."""

DescribeSignals = Callable[[ConnectorConfig], list[SignalDescription]]


class Resolved(msgspec.Struct, frozen=True):
    """An entry as the room that keeps it wants it: one of its own types.

    Attributes:
        version: where agreed content never changes; None where an entry is what it is now.
        files: what has to be copied into the data directory before it is applied: name to path.
    """

    kind: str
    id: str
    version: int | None
    thing: Organisation | Machine | ConnectorRecord | Offering | Contract | RetentionRule
    location: Location
    files: dict[str, Path]


class Resolver:
    """Follows the references between the entries of one plant."""

    def __init__(self, entries: list[Entry], describe: DescribeSignals, keep: "KeptName") -> None:
        """Resolve `entries`; `keep` names the copy of a file in the data directory."""
        self._entries = entries
        self._describe = describe
        self._keep = keep
        self._by_kind: dict[str, dict[str, Entry]] = {}
        self._offerings: dict[tuple[str, int], Entry] = {}
        self._machines: dict[str, Machine] = {}
        for entry in entries:
            self._by_kind.setdefault(entry.kind, {})[entry.id] = entry
            if entry.kind == "offering":
                self._offerings[entry.id, entry.table.version] = entry

    def resolve(self) -> Iterator[Resolved]:
        """Yield what has to be recorded, in the order of applying.

        Raises:
            PlantInvalid: for a reference to nothing, or content that a room refuses.
        """
        makers: dict[str, Callable[[Entry], tuple[Any, dict[str, Path]]]] = {
            "organisation": self._organisation,
            "machine": self._machine,
            "connector": self._connector,
            "offering": lambda entry: (entry.table, {}),
            "contract": self._contract,
            "retention": self._retention,
        }
        for entry in self._entries:
            if entry.kind == "party":
                self._find(entry, "organisation", entry.table.organisation)
                continue
            try:
                thing, files = makers[entry.kind](entry)
            except PlantInvalid:
                raise
            except Refusal as error:
                what = f"{entry.kind} {entry.id!r}: {error}"
                raise PlantInvalid(entry.location, what) from error
            version = getattr(thing, "version", None)
            yield Resolved(entry.kind, entry.id, version, thing, entry.location, files)

    def _find(self, entry: Entry, kind: str, id_: str) -> Entry:
        found = self._by_kind.get(kind, {}).get(id_)
        if found is None:
            known = ", ".join(sorted(self._by_kind.get(kind, {}))) or "none is declared"
            what = f"{entry.kind} {entry.id!r} names the {kind} {id_!r}: expected one of: {known}"
            raise PlantInvalid(entry.location, what)
        return found

    def _organisation(self, entry: Entry) -> tuple[Organisation, dict[str, Path]]:
        roles = []
        for role in entry.table.roles:
            if role not in list(StakeholderRole):
                what = f"organisation {entry.id!r}: role {role!r}, expected "
                raise PlantInvalid(entry.location, what + ", ".join(StakeholderRole))
            roles.append(StakeholderRole(role))
        return Organisation(entry.id, entry.table.name, frozenset(roles)), {}

    def _retention(self, entry: Entry) -> tuple[RetentionRule, dict[str, Path]]:
        table = entry.table
        return RetentionRule(table.signals, table.days, keep_rollups=table.keep_rollups), {}

    def _machine(self, entry: Entry) -> tuple[Machine, dict[str, Path]]:
        if entry.id not in self._machines:
            self._machines[entry.id] = self._described_machine(entry)
        return self._machines[entry.id], {}

    def _described_machine(self, entry: Entry) -> Machine:
        signals: dict[str, Signal] = {}
        for connector in self._by_kind.get("connector", {}).values():
            if connector.table.machine == entry.id:
                for described in self._described(connector):
                    signals[described.signal] = _signal(described)
        for table in entry.table.signal:
            known = signals.get(f"{entry.id}/{table.name}")
            signal = _refined(entry.id, table, known)
            signals[signal.id] = signal
        fields = {
            name: getattr(entry.table, name)
            for name in ("description", "manufacturer", "model", "serial", "site", "area")
        }
        return Machine(
            entry.id,
            entry.table.name,
            global_asset_id=entry.table.global_asset_id,
            signals=tuple(signals.values()),
            **fields,
        )

    def _described(self, entry: Entry) -> list[SignalDescription]:
        """Ask the connector what it knows of its signals, with the plant's own file."""
        options = dict(entry.table.options)
        for name, path in _files(entry).items():
            options[name] = str(path)
        config = ConnectorConfig(
            id=entry.id,
            kind=entry.table.kind,
            machine=entry.table.machine,
            is_live=entry.table.live,
            options=options,
        )
        try:
            return self._describe(config)
        except Refusal as error:
            raise PlantInvalid(entry.location, str(error)) from error

    def _connector(self, entry: Entry) -> tuple[ConnectorRecord, dict[str, Path]]:
        self._find(entry, "machine", entry.table.machine)
        check_source_id(entry.table.source)
        self._described(entry)
        options, files = dict(entry.table.options), {}
        for name, path in _files(entry).items():
            kept = self._keep(path)
            options[name], files[kept] = kept, path
        table = entry.table
        record = ConnectorRecord(
            entry.id, table.kind, table.machine, table.source, table.live, options
        )
        return record, files

    def _contract(self, entry: Entry) -> tuple[Contract, dict[str, Path]]:
        table = entry.table
        offering = self._offering(entry)
        customer = self._find(entry, "party", table.customer)
        contract = Contract(
            id=entry.id,
            version=table.version,
            supplier=_party(self._find(entry, "party", table.supplier)),
            customer=_party(customer),
            organisation=customer.table.organisation,
            offering=table.offering,
            currency=offering.currency,
            terms=offering.terms,
            machines=tuple(table.machines),
            start=_instant(table.start),
            end=None if table.end is None else _instant(table.end),
            time_zone=table.time_zone,
            billing_period=table.billing_period,
            invoice_series=table.invoice_series,
        )
        for meter in contract.meters():
            for part in meter.parts().values():
                self._check_meter(entry, part)
        return contract, {}

    def _offering(self, entry: Entry) -> Offering:
        reference = entry.table.offering
        self._find(entry, "offering", reference.id)
        found = self._offerings.get((reference.id, reference.version))
        if found is None:
            declared = sorted(v for id_, v in self._offerings if id_ == reference.id)
            what = f"contract {entry.id!r} names version {reference.version} of the offering "
            what += f"{reference.id!r}: expected one of: {', '.join(map(str, declared))}"
            raise PlantInvalid(entry.location, what)
        offering: Offering = found.table
        return offering

    def _check_meter(self, entry: Entry, meter: Meter) -> None:
        """Refuse a meter on a signal that is not there, or that has another unit than it reads."""
        machine, _ = self._machine(self._find(entry, "machine", meter.machine))
        signal = machine.signal(meter.signal)
        if signal is None:
            what = f"contract {entry.id!r}: the meter {meter.id!r} reads {meter.signal}, which "
            what += "neither the device file nor the plant declares"
            raise PlantInvalid(entry.location, what)
        reads = getattr(meter.parameters, "signal_unit", None)
        if reads is not None and signal.unit != reads:
            what = f"contract {entry.id!r}: the meter {meter.id!r} reads {reads}, and the unit of "
            what += f"{meter.signal} is {signal.unit or 'not known'}: give the [[machine.signal]] "
            what += "its unit, or the meter its signal_unit"
            raise PlantInvalid(entry.location, what)


KeptName = Callable[[Path], str]


def _files(entry: Entry) -> dict[str, Path]:
    """Return the files that a connector's options name, as paths that can be opened."""
    options = entry.table.options
    return {
        name: entry.location.file.parent / str(options[name])
        for name in FILE_OPTIONS
        if name in options
    }


def _signal(described: SignalDescription) -> Signal:
    return Signal(
        described.signal,
        unit=described.unit,
        unit_name=described.unit_name,
        category="SAMPLE" if described.is_numeric else "EVENT",
        type=described.type,
        is_numeric=described.is_numeric,
    )


def _refined(machine: str, table: Any, known: Signal | None) -> Signal:
    # What no device file describes is a state when it is an event without a unit.
    is_state = table.category in {"EVENT", "CONDITION"} and not table.unit
    base = known or Signal(signal_id(machine, table.name), is_numeric=not is_state)
    title = base.title
    if table.title is not None:
        title = {name: text for name, text in table.title.to_content().items() if text}
    return Signal(
        base.id,
        unit=table.unit or base.unit,
        unit_name="" if table.unit else base.unit_name,
        category=table.category or base.category,
        type=table.type or base.type,
        semantic_id=table.semantic_id or base.semantic_id,
        title=title,
        is_numeric=base.is_numeric,
    )


def _party(entry: Entry) -> Party:
    table = entry.table
    return Party(
        id=table.id,
        name=table.name,
        address_lines=tuple(table.address_lines),
        country=table.country,
        vat_id=table.vat_id,
        legal_id=table.legal_id,
    )


def _instant(text: str) -> str:
    """Write an instant as contracts carry it, whatever offset the file uses."""
    return format_instant(parse_instant(text))
