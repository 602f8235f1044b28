"""Small joints between rooms: what contracts and documents hold, and the hub as a source."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lineshaft.core.errors import Conflict
from lineshaft.core.period import Instant, from_datetime, to_datetime
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.network.keys import load_or_create_keys
from lineshaft.platform.historian.own import OwnKey
from lineshaft.platform.historian.retention.model import EvidenceHold, Hold
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.platform.twin.ports import MachineStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor
from lineshaft.security.identity.service import Identity
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import UsageRecord

SIGNALS_KNOWN_MAX = 200_000


class BillingHolds:
    """The holds of contracts and of documents: `ContractHolds` and `EvidenceHolds`."""

    def __init__(self, retention: Retention, years: int) -> None:
        """Keep for so many years after the end of what is held."""
        self._retention, self._years = retention, years

    def contract_binds(
        self, unit: UnitOfWork, actor: Actor, contract: Contract, before: Sequence[Contract]
    ) -> None:
        """Hold what a version meters over its period; the versions before hold until it begins."""
        start = contract.starts_at
        for earlier in before:
            ids = [_id(earlier, signal) for signal in _signals(earlier)]
            self._retention.end_holds(unit, ids)
            if earlier.starts_at < start:
                ends = start if earlier.ends_at is None else min(start, earlier.ends_at)
                self._hold(unit, actor, earlier, ends)
        self._hold(unit, actor, contract, contract.ends_at)

    def documents_issued(
        self, unit: UnitOfWork, issued: Mapping[str, Sequence[UsageRecord]]
    ) -> None:
        """Hold the readings that the usage records of documents name."""
        holds = [
            EvidenceHold(
                subject=f"document/{number}",
                signal=record.signal_of(part),
                source=part.source,
                epoch=part.epoch,
                first_ordinal=part.first_ordinal,
                last_ordinal=part.last_ordinal,
                keep_until=years_after(record.period.end, self._years),
            )
            for number, usage in issued.items()
            for record in usage
            for part in record.ranges
        ]
        self._retention.hold_evidence(unit.connection, holds)

    def _hold(
        self, unit: UnitOfWork, actor: Actor, contract: Contract, end: Instant | None
    ) -> None:
        holds = [
            Hold(
                id=_id(contract, signal),
                pattern=signal,
                start=contract.starts_at,
                end=end,
                keep_until=None if end is None else years_after(end, self._years),
                reason=f"billed under contract {contract.id} version {contract.version}",
            )
            for signal in _signals(contract)
        ]
        self._retention.set_holds(unit, actor, holds)


class HubSource:
    """The historian's `OwnKeys`: a key file beside the others, let in like any source here."""

    def __init__(self, identity: Identity, source: SourceId, path: Path) -> None:
        """Keep the key of a source in `path`; it is made when it is needed."""
        self._identity, self._source, self._path = identity, source, path
        self._known: OwnKey | None = None

    def own_key(self) -> OwnKey:
        """Return the key of the source in its present epoch.

        Raises:
            Conflict: when it was refused as a source.
        """
        if self._known is None:
            keys = load_or_create_keys(self._path)
            answer = self._identity.enrol_local(LOCAL_OPERATOR, keys.request(self._source))
            if answer.state != "accepted":
                msg = f"cannot seal records: the source {self._source} is not let in: "
                raise Conflict(msg + answer.reason)
            self._known = OwnKey(answer.epoch, keys.salt_secret, keys.private_key)
        return self._known


class TwinSignals:
    """The `KnownSignals` of usage events: what the twin's machines have.

    A signal that was known stays so in this process: what a plant takes away meanwhile is taken in
    until the next start, and harms nobody.
    """

    def __init__(self, database: Database, machines: MachineStore) -> None:
        """Ask the machines that are recorded."""
        self._database, self._machines = database, machines
        self._known: set[SignalId] = set()

    def unknown(self, signals: Collection[SignalId]) -> frozenset[SignalId]:
        """Return those that no machine has."""
        missing = frozenset(signals) - self._known
        if not missing:
            return missing
        found: set[SignalId] = set()
        with self._database.read() as connection:
            for id_ in {machine_of(signal) for signal in missing}:
                machine = self._machines.machine(connection, id_)
                found |= {signal.id for signal in machine.signals} if machine else set()
        if len(self._known) > SIGNALS_KNOWN_MAX:
            self._known = set()
        self._known |= missing & found
        return missing - found


def years_after(instant: Instant, years: int) -> Instant:
    """Return the same date and time some years later; 1 March where there is no 29 February."""
    at = to_datetime(instant)
    try:
        later = at.replace(year=at.year + years)
    except ValueError:
        later = at.replace(year=at.year + years, month=3, day=1)
    return from_datetime(later.astimezone(dt.UTC))


def _signals(contract: Contract) -> list[str]:
    return sorted({signal for meter in contract.meters() for signal in meter.signals})


def _id(contract: Contract, signal: str) -> str:
    return f"contract/{contract.id}/{contract.version}/{signal}"
