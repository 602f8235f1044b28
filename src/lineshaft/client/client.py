"""Questions to the historian of a hub."""

import contextlib
import datetime as dt
import io
import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pyarrow as pa
from typing_extensions import override

from lineshaft.client.connection import ATTEMPTS_MAX, TIMEOUT_S, Asked, Connection, unreachable
from lineshaft.core.errors import Invalid, Refusal
from lineshaft.core.period import Instant, format_instant, from_datetime, parse_instant

ROWS_MAX = 5_000_000
"""Records of one request of a stream; the next one goes on behind them."""
CHUNK_BYTES = 1 << 20
PLACE_COLUMNS = ("source", "epoch", "sequence")
USAGE_EVENTS_MAX = 5_000
"""Events of one request: half of what a hub takes, so that long ones fit into it, too."""
_API = "/api/v1/historian"
_USAGE = "/api/v1/usage"
_ARROW = "application/vnd.apache.arrow.stream"
_PARQUET = "application/vnd.apache.parquet"
_KNOWN_AT = "lineshaft-known-at"

Moment = str | dt.datetime | int
"""RFC 3339 text, an aware date-time, or microseconds since 1970-01-01T00:00:00Z."""


class Client:
    """Asks a hub as the person whose token it has; for a `with` block, or to be closed."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Ask the hub at an address.

        Args:
            url: such as `http://127.0.0.1:8080`.
            token: an API token of a person.
            timeout_s: how long the hub may be silent.
            transport: how requests travel; the network unless another is given.
        """
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout_s,
            transport=transport,
            follow_redirects=False,
        )
        self._connection = Connection(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # ---- readings

    def signals(self, *machines: str) -> list[str]:
        """Return the signals that have stored records, of some machines or of all."""
        found: list[str] = []
        after = ""
        while True:
            asked = Asked(f"{_API}/signals", {"machine": list(machines), "after": after})
            page = self._json(asked)
            found += page["signals"]
            if page["next"] is None:
                return found
            after = page["next"]

    def latest(self, signals: Sequence[str]) -> pa.Table:
        """Return the last reading of each signal that has one."""
        return self._table(Asked(f"{_API}/latest", {"signal": list(signals)}))

    def range(
        self, signal: str, start: Moment, end: Moment, *, known_at: Moment | None = None
    ) -> pa.Table:
        """Return the records of a signal in a period; all of them, see `stream` for long ones.

        The column `value` is the nearest float64; `mantissa` and `exponent` are exact.
        """
        with contextlib.closing(self.stream(signal, start, end, known_at=known_at)) as batches:
            first = next(batches)
            return pa.Table.from_batches([first, *batches], first.schema)

    def stream(
        self, signal: str, start: Moment, end: Moment, *, known_at: Moment | None = None
    ) -> Generator[pa.RecordBatch, None, None]:
        """Yield the records of a signal in a period, batch by batch; at least an empty one.

        A connection that breaks is made again and goes on behind the last record that arrived,
        with the knowledge of the first answer: the records are those of one instant.
        """
        asked = _period(start, end) | {"signal": signal, "limit": ROWS_MAX}
        if known_at is not None:
            asked["known_at"] = _moment(known_at)
        failures = 0
        while True:
            rows = 0
            try:
                for batch in self._batches(asked):
                    rows, failures = rows + batch.num_rows, 0
                    asked["after"] = _place(batch) or asked.get("after")
                    yield batch
            except (httpx.TransportError, Refusal) as error:
                failures += 1
                self._go_on(error, failures)
            else:
                if rows < ROWS_MAX:
                    return

    def _batches(self, asked: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        wanted = {name: value for name, value in asked.items() if value is not None}
        question = Asked(f"{_API}/readings", wanted)
        with self._connection.open(question, _ARROW) as response:
            asked["known_at"] = response.headers.get(_KNOWN_AT, asked.get("known_at"))
            with pa.ipc.open_stream(io.BufferedReader(_Body(response), CHUNK_BYTES)) as reader:
                yield pa.RecordBatch.from_pylist([], schema=reader.schema)
                yield from reader

    def _go_on(self, error: Exception, failures: int) -> None:
        """Wait before another attempt, or raise what cannot be tried again."""
        refusal = unreachable(error) if isinstance(error, httpx.TransportError) else error
        is_hopeless = not getattr(refusal, "is_retryable", False)
        if is_hopeless or failures >= ATTEMPTS_MAX:
            raise refusal
        self._connection.wait(failures, refusal if isinstance(refusal, Refusal) else None)

    # ---- functions

    def downsample(
        self,
        signal: str,
        start: Moment,
        end: Moment,
        *,
        points: int = 1_000,
        method: str = "minmax",
    ) -> pa.Table:
        """Return a signal with few points: `minmax` (min, max, mean, count) or `lttb`."""
        asked = {"signal": signal, "points": points, "method": method}
        return self._table(Asked(f"{_API}/downsample", asked | _period(start, end)))

    def aggregate(
        self,
        signals: Sequence[str],
        start: Moment,
        end: Moment,
        function: str,
        *,
        known_at: Moment | None = None,
    ) -> pa.Table:
        """Return of each signal its `mean` over time, its `increase`, or the `durations` of states.

        The column `exact` is a fraction, such as `25/2`.
        """
        asked = {"signal": list(signals), "function": function} | _period(start, end, known_at)
        return self._table(Asked(f"{_API}/aggregates", asked))

    def buckets(
        self,
        signals: Sequence[str],
        start: Moment,
        end: Moment,
        width_ms: int,
        *,
        known_at: Moment | None = None,
    ) -> pa.Table:
        """Return minimum, maximum, mean and count of equal parts of a period, of each signal."""
        asked = {"signal": list(signals), "width_ms": width_ms} | _period(start, end, known_at)
        return self._table(Asked(f"{_API}/buckets", asked))

    def grid(
        self,
        signals: Sequence[str],
        start: Moment,
        end: Moment,
        step_ms: int,
        **more: Any,
    ) -> pa.Table:
        """Return several signals at the same instants, a column for each.

        Args:
            signals: in the order of the columns.
            start: of the period.
            end: of the period.
            step_ms: between two instants.
            more: `interpolation` (`step` or `linear`), `gap_max_ms`, `known_at`.
        """
        known_at = more.pop("known_at", None)
        asked = {"signal": list(signals), "step_ms": step_ms} | more
        return self._table(Asked(f"{_API}/grid", asked | _period(start, end, known_at)))

    def sql(
        self,
        sql: str,
        machines: Sequence[str],
        start: Moment,
        end: Moment,
        *,
        known_at: Moment | None = None,
    ) -> pa.Table:
        """Return the result of one SELECT over the table `readings` of machines in a period."""
        asked = {"sql": sql, "machines": list(machines)} | _period(start, end, known_at)
        return self._table(Asked(f"{_API}/sql", json=asked))

    def refusals(
        self,
        machine: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield what connectors could not take, in the order of instants."""
        asked: dict[str, Any] = {"size": 500}
        if machine is not None:
            asked["machine"] = machine
        if start is not None and end is not None:
            asked |= _period(start, end)
        while True:
            page = self._json(Asked(f"{_API}/refusals", dict(asked)))
            yield from page["refusals"]
            if page["next"] is None:
                return
            asked["after"] = page["next"]

    def export(
        self,
        signals: Sequence[str],
        start: Moment,
        end: Moment,
        path: Path,
        *,
        known_at: Moment | None = None,
    ) -> None:
        """Write the records of signals in a period to a Parquet file, as they come.

        Raises:
            Unavailable: when the connection breaks; then there is no file of that name.
        """
        asked = {"signal": list(signals)} | _period(start, end, known_at)
        partial = path.with_name(path.name + ".part")
        try:
            with (
                self._connection.open(Asked(f"{_API}/export", asked), _PARQUET) as response,
                partial.open("wb") as file,
            ):
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    file.write(chunk)
            partial.replace(path)
        except httpx.TransportError as error:
            raise unreachable(error) from error
        finally:
            partial.unlink(missing_ok=True)

    # ---- usage

    def record_usage(
        self, producer: str, events: Iterable[Mapping[str, Any]], *, mode: str = "atomic"
    ) -> list[dict[str, Any]]:
        """Record usage events, each id once and for ever; return what became of each, in order.

        A request that fails is sent again as it is: nothing is counted twice. More events than
        `USAGE_EVENTS_MAX` go in several requests, each of which is kept or refused as a whole.

        Args:
            producer: whoever gives the ids.
            events: with id, signal, ts (any `Moment`) and value (Decimal, int or text of digits)
                or text.
            mode: `atomic`, or `each`: all that is good is stored, and each event is answered.

        Raises:
            Invalid: for a float, which is no exact value, and when an atomic batch cannot be read.
            Conflict: when an id of an atomic batch is recorded with other content.
        """
        answers: list[dict[str, Any]] = []
        for batch in _batched(map(_event, events), USAGE_EVENTS_MAX):
            params = {"producer": producer, "mode": mode}
            answers += self._json(Asked(_USAGE, params, {"events": batch}))["events"]
        return answers

    def usage(self, producer: str) -> Iterator[dict[str, Any]]:
        """Yield what is recorded of a producer, in the order in which it was numbered."""
        asked: dict[str, Any] = {"producer": producer, "size": 500}
        while True:
            page = self._json(Asked(_USAGE, dict(asked)))
            yield from page["events"]
            if page["next"] is None:
                return
            asked["after"] = page["next"]

    # ----

    def _table(self, asked: Asked) -> pa.Table:
        return pa.ipc.open_stream(self._connection.content(asked, _ARROW)).read_all()

    def _json(self, asked: Asked) -> Any:
        return httpx.Response(
            200, content=self._connection.content(asked, "application/json")
        ).json()


class _Body(io.RawIOBase):
    """The body of an answer as a file, so that Arrow reads it as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self._chunks = response.iter_bytes(CHUNK_BYTES)
        self._rest = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as it travels: an exact value as text, an instant as RFC 3339."""
    made = dict(event)
    if isinstance(made.get("value"), float):
        msg = f"event {made.get('id')!r}: {made['value']} is a binary float, use Decimal or text"
        raise Invalid(msg)
    if isinstance(made.get("value"), Decimal | int) and not isinstance(made["value"], bool):
        made["value"] = str(made["value"])
    if isinstance(made.get("ts"), dt.datetime | int):
        made["ts"] = _moment(made["ts"])
    return made


def _batched(items: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield items in lists of at most `size`."""
    left = iter(items)
    while batch := list(itertools.islice(left, size)):
        yield batch


def _moment(moment: Moment) -> str:
    """Return an instant as RFC 3339.

    Raises:
        Invalid: when it is none.
    """
    match moment:
        case str():
            return format_instant(parse_instant(moment))
        case dt.datetime():
            return format_instant(from_datetime(moment))
        case _:
            return format_instant(Instant(moment))


def _period(start: Moment, end: Moment, known_at: Moment | None = None) -> dict[str, Any]:
    asked = {"start": _moment(start), "end": _moment(end)}
    return asked if known_at is None else asked | {"known_at": _moment(known_at)}


def _place(batch: pa.RecordBatch) -> str | None:
    """Return the place of the last record, as the API reads it."""
    if not batch.num_rows:
        return None
    last = batch.slice(batch.num_rows - 1)
    ts = last.column("ts").cast(pa.int64())[0].as_py()
    source, epoch, sequence = (last.column(name)[0].as_py() for name in PLACE_COLUMNS)
    return f"{ts},{source},{epoch},{sequence}"
