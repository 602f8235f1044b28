"""Small joints between rooms: what contracts and documents hold, and the desk as a source."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from lineshaft.core.errors import Conflict
from lineshaft.core.period import Instant, from_datetime, to_datetime
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.network.keys import load_or_create_keys
from lineshaft.platform.historian.desk.model import DESK
from lineshaft.platform.historian.desk.service import DeskKey
from lineshaft.platform.historian.retention.model import EvidenceHold, Hold
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor
from lineshaft.security.identity.service import Identity
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import UsageRecord


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

    def document_issued(self, unit: UnitOfWork, number: str, usage: Sequence[UsageRecord]) -> None:
        """Hold the readings that the usage records of a document name."""
        holds = [
            EvidenceHold(
                subject=f"document/{number}",
                signal=record.meter.signal,
                source=part.source,
                epoch=part.epoch,
                first_ordinal=part.first_ordinal,
                last_ordinal=part.last_ordinal,
                keep_until=years_after(record.period.end, self._years),
            )
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


class DeskSource:
    """The historian's `DeskKeys`: a key file beside the others, let in like any source here."""

    def __init__(self, identity: Identity, path: Path) -> None:
        """Keep the key in `path`; it is made when it is needed."""
        self._identity, self._path = identity, path
        self._known: DeskKey | None = None

    def desk_key(self) -> DeskKey:
        """Return the key of the desk in its present epoch.

        Raises:
            Conflict: when the desk was refused as a source.
        """
        if self._known is None:
            keys = load_or_create_keys(self._path)
            answer = self._identity.enrol_local(LOCAL_OPERATOR, keys.request(DESK))
            if answer.state != "accepted":
                msg = f"cannot correct readings: the source {DESK} is not let in: {answer.reason}"
                raise Conflict(msg)
            self._known = DeskKey(answer.epoch, keys.salt_secret, keys.private_key)
        return self._known


def years_after(instant: Instant, years: int) -> Instant:
    """Return the same date and time some years later; 1 March where there is no 29 February."""
    at = to_datetime(instant)
    try:
        later = at.replace(year=at.year + years)
    except ValueError:
        later = at.replace(year=at.year + years, month=3, day=1)
    return from_datetime(later.astimezone(dt.UTC))


def _signals(contract: Contract) -> list[str]:
    return sorted({meter.signal for meter in contract.meters()})


def _id(contract: Contract, signal: str) -> str:
    return f"contract/{contract.id}/{contract.version}/{signal}"
