"""A bus and a hub in memory, that lose, double and reorder as a seed says: the fake of `SourceBus`.

`test_bus_contract.py` runs the same contract against this one and the real NATS.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import (
    ENROL_SUBJECT,
    EnrolAnswer,
    EnrolRequest,
    Notice,
    decode,
    encode,
    enrol_proof,
    notice_subject,
)
from lineshaft.core.reading import Record, SourceId
from lineshaft.core.segment.block import to_records
from lineshaft.core.segment.header import NO_PREVIOUS, verify_signature
from lineshaft.core.segment.wire import decode_segment, open_segment


@dataclass(frozen=True)
class SimulatedMessage:
    subject: str
    data: bytes


Receive = Callable[[SimulatedMessage], Awaitable[None]]


class SimulatedBus:
    """Delivers in order and in full unless told otherwise."""

    def __init__(self, seed: int = 0, loss: float = 0.0, double: float = 0.0) -> None:
        self.random = Random(seed)
        self.loss, self.double = loss, double
        self.is_connected = True
        self.on_segment: Receive | None = None
        self.answers: dict[str, Callable[[bytes], bytes]] = {}
        self.published: list[SimulatedMessage] = []
        self._receivers: dict[str, list[Receive]] = {}
        self._callbacks: list[Callable[[], Awaitable[None]]] = []

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._callbacks.append(callback)

    async def cut(self) -> None:
        self.is_connected = False

    async def mend(self) -> None:
        self.is_connected = True
        for callback in self._callbacks:
            await callback()

    def _check(self) -> None:
        if not self.is_connected:
            raise Unavailable("the simulated bus is cut")

    async def publish(self, subject: str, data: bytes) -> None:
        self._check()
        message = SimulatedMessage(subject, data)
        self.published.append(message)
        for receive in self._receivers.get(subject, []):
            if self.random.random() >= self.loss:
                await receive(message)

    async def publish_async(self, subject: str, data: bytes) -> "asyncio.Future[int]":
        """The stream has it; whether the hub gets it is another matter."""
        self._check()
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        stored.set_result(1)
        for _ in range(2 if self.random.random() < self.double else 1):
            if self.on_segment is not None and self.random.random() >= self.loss:
                await self.on_segment(SimulatedMessage(subject, data))
        return stored

    async def request(self, subject: str, data: bytes) -> bytes:
        self._check()
        if subject not in self.answers:
            raise Unavailable(f"nobody listens on {subject}")
        return self.answers[subject](data)

    async def subscribe(self, subject: str, receive: Receive) -> "SimulatedSubscription":
        receivers = self._receivers.setdefault(subject, [])
        receivers.append(receive)
        return SimulatedSubscription(receivers, receive)


@dataclass(frozen=True)
class SimulatedSubscription:
    receivers: list[Receive]
    receive: Receive

    async def close(self) -> None:
        self.receivers.remove(self.receive)


@dataclass
class Chain:
    """What the hub knows of one epoch of a source."""

    salt_secret: bytes
    number: int = 0
    sequence: int = 0
    hash: bytes = NO_PREVIOUS
    hashes: dict[int, bytes] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)


class SimulatedHub:
    """Accepts the next of the chain only, as intake does, and answers with notices."""

    def __init__(self, bus: SimulatedBus, *, is_accepting: bool = True) -> None:
        self.bus = bus
        self.is_accepting = is_accepting
        self.is_epoch_granted = False
        self.is_committing = True
        self.key: Ed25519PublicKey | None = None
        self.chains: dict[int, Chain] = {}
        self.duplicates = 0
        self.arrived = asyncio.Event()
        bus.on_segment = self.receive
        bus.answers[ENROL_SUBJECT] = self.enrol

    @property
    def epoch(self) -> int:
        return max(self.chains, default=0)

    @property
    def records(self) -> list[Record]:
        return [r for epoch in sorted(self.chains) for r in self.chains[epoch].records]

    def enrol(self, data: bytes) -> bytes:
        request = decode(data, EnrolRequest)
        salt = bytes.fromhex(request.salt_secret)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(request.public_key))
        verify_signature(enrol_proof(request.source, salt), bytes.fromhex(request.proof), key)
        known = next((e for e, c in self.chains.items() if c.salt_secret == salt), None)
        if known is None and not self.is_accepting:
            return encode(EnrolAnswer("waiting"))
        if known is None and self.chains and not self.is_epoch_granted:
            return encode(EnrolAnswer("waiting", reason="a new epoch"))
        if known is None:
            self.key = key
            known = self.epoch + 1
            self.chains[known] = Chain(salt)
        chain = self.chains[known]
        return encode(EnrolAnswer("accepted", known, chain.number, chain.sequence))

    async def receive(self, message: SimulatedMessage) -> None:
        segment = decode_segment(message.data)
        header = segment.header
        chain = self.chains[header.epoch]
        if header.number <= chain.number:
            if chain.hashes[header.number] != header.hash():
                await self._answer(header.source, header.epoch, "conflict", header.number)
                return
            self.duplicates += 1
            await self._answer(header.source, header.epoch, "committed", chain.number)
            return
        if header.number > chain.number + 1:
            await self._answer(header.source, header.epoch, "missing", chain.number)
            return
        if not self.is_committing:
            return
        assert self.key is not None
        assert header.previous_hash == chain.hash
        assert header.first_sequence == chain.sequence + 1
        records = [
            r for b in open_segment(segment, chain.salt_secret, self.key) for r in to_records(b)
        ]
        chain.records += sorted(records, key=lambda r: r.sequence)
        chain.number, chain.sequence = header.number, header.last_sequence
        chain.hash = chain.hashes[header.number] = header.hash()
        self.arrived.set()
        await self._answer(header.source, header.epoch, "committed", chain.number)

    async def _answer(self, source: SourceId, epoch: int, kind: str, number: int) -> None:
        chain = self.chains[epoch]
        header_hash = chain.hashes.get(number, b"").hex()
        notice = Notice(kind, epoch, number, chain.sequence, header_hash)
        await self.bus.publish(notice_subject(source), encode(notice))


async def until(condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
    """Wait for a condition, looking each millisecond."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.001)
