"""Imports a file: until the historian has every row of it, however often it has to begin again."""

import asyncio
import contextlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Conflict
from lineshaft.core.reading import SourceId, check_machine_id
from lineshaft.infrastructure.tasks import cancel
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.backfill.errors import ImportRefused, MapInvalid
from lineshaft.network.backfill.files import open_file
from lineshaft.network.backfill.history import FileHistory
from lineshaft.network.backfill.mapping import layout_of
from lineshaft.network.backfill.memory import Memory, MemoryFile
from lineshaft.network.backfill.model import (
    WINDOW_SEGMENTS_MAX,
    BackFillConfig,
    FileMap,
    Progress,
    Summary,
)
from lineshaft.network.backfill.production import Production
from lineshaft.network.keys import load_or_create_keys
from lineshaft.network.ports import SourceBus
from lineshaft.network.uplink import Uplink, UplinkState

TELL_S = 0.2
"""Time between two reports of progress."""
MAP_BYTES_MAX = 10_000_000


class ImportConflict(Conflict):
    """The hub has another history under this name than this file makes."""


class BackFill:
    """One import; used as `with BackFill(...) as back_fill: await back_fill.run(...)`."""

    def __init__(self, config: BackFillConfig, clock: Clock) -> None:
        """Hold the name, look at the file, and recall what was done before.

        Raises:
            ImportTaken: when another process imports under this name.
            FileChanged: when the name stands for another file or map.
            FileUnreadable, MapInvalid: when the file cannot be imported like this.
            KeyFileDamaged: when the key file cannot be read.
            OSError: when a file is not there, or may not be used.
        """
        self._config = config
        self._holding = contextlib.ExitStack()
        memory_file = MemoryFile(config.memory_path)
        self._holding.enter_context(memory_file.held())
        try:
            self._file = open_file(config.file, config.map.delimiter)
            layout_of(self._file.names, config.map)
            facts = self._file.facts()
            now, declared = clock.now(), config.declared
            fresh = Memory(config.file.name, facts, config.map, now, declared=declared)
            known = memory_file.begin(fresh)
            self.memory = known.stating(config.until, clock.now())
            if self.memory != known:
                memory_file.keep(self.memory)
            self._keys = load_or_create_keys(config.signing_key_path)
        except BaseException:
            self._holding.close()
            raise
        self._memory_file = memory_file
        self._health = Health()

    @property
    def source(self) -> SourceId:
        """Its name towards the hub."""
        return self._config.source

    @property
    def fingerprint(self) -> str:
        """The public key as the hub shows it to whoever is to accept it."""
        key = self._keys.private_key.public_key().public_bytes_raw().hex()
        return " ".join(key[start : start + 4] for start in range(0, len(key), 4))

    def close(self) -> None:
        """Let go of the name."""
        self._holding.close()

    def __enter__(self) -> "BackFill":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    async def run(self, bus: SourceBus, tell: Callable[[Progress], None]) -> Summary:
        """Send the file until the historian has all of it.

        Args:
            bus: the way to the hub.
            tell: is called now and then.

        Raises:
            ImportRefused: when the hub does not let the source in.
            ImportConflict: when it has another history under this name.
            Refusal: when the file cannot be read.
        """
        history = FileHistory(
            self._config, self._keys, (self._memory_file, self.memory), self._production
        )
        uplink = Uplink(
            history, bus, self._health, resend_s=self._config.resend_s, window=WINDOW_SEGMENTS_MAX
        )
        sending = asyncio.create_task(uplink.run())
        producing = asyncio.create_task(history.produce())
        ended = asyncio.create_task(history.ended.wait())
        tasks = {sending, producing, ended}
        try:
            while not ended.done():
                tell(self._progress(history, uplink))
                await asyncio.wait(tasks, timeout=TELL_S, return_when=asyncio.FIRST_COMPLETED)
                if uplink.standing is UplinkState.REFUSED:
                    raise ImportRefused(self._health.report().checks["hub"])
                for task in (sending, producing):
                    if task.done():
                        task.result()
                        tasks.discard(task)
            tell(self._progress(history, uplink))
        finally:
            await cancel(sending, producing, ended)
        if history.conflict is not None:
            raise ImportConflict(str(history.conflict)) from history.conflict
        production = history.production
        return Summary(
            records=history.reach.sequence,
            refusals=production.refusals,
            first_refusals=tuple(production.first_refusals),
            stored_before=history.stored_before,
        )

    def _production(self, memory: Memory) -> Production:
        return Production(self._file, memory, self._config.source, self._keys)

    def _progress(self, history: FileHistory, uplink: Uplink) -> Progress:
        return Progress(
            standing=uplink.standing,
            why=self._health.report().checks.get("hub", ""),
            rows=history.reach.row,
            rows_total=self.memory.facts.rows,
            records=history.reach.sequence,
        )


def read_map(path: Path | None, machine: str = "") -> FileMap:
    """Read a map; without a path, the defaults.

    Args:
        path: the TOML file.
        machine: whose signals those are that name no machine; outdoes that of the file.

    Raises:
        MapInvalid: when it is no map.
        Invalid: when `machine` is no machine id.
    """
    content: dict[str, Any] = {}
    if path is not None:
        try:
            if path.stat().st_size > MAP_BYTES_MAX:
                msg = f"cannot read the map {path}: larger than {MAP_BYTES_MAX} bytes"
                raise MapInvalid(msg)
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            msg = f"cannot read the map {path}: {error}"
            raise MapInvalid(msg) from error
    if machine:
        content["machine"] = machine
    try:
        found = msgspec.convert(content, FileMap)
    except msgspec.ValidationError as error:
        msg = f"cannot use the map {path or ''}: {error}; expected one of the keys "
        msg += ", ".join(FileMap.__struct_fields__)
        raise MapInvalid(msg) from error
    if found.machine:
        check_machine_id(found.machine)
    return found
