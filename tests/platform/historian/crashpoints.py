"""Points at which a process can be killed: around every fsync, rename, unlink and commit.

Installed in the process that shall die. What was done to files is written down as it happens, so
that another process can afterwards take back what a power cut would have taken: names that were
not synced with their directory, and contents that were not synced at all.
"""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lineshaft.infrastructure.database import Database

NEVER = 0


class CrashPoints:
    """Counts the points that a process passes, and kills it at one of them."""

    def __init__(self, at: int, journal: Path) -> None:
        """Kill before the point number `at`, from 1; `NEVER` lets it live."""
        self.passed = 0
        self._at = at
        self._journal = os.open(journal, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def install(self, database: Database) -> None:
        """Watch every file operation of this process and every commit of a database."""
        os.fsync = self._watched(os.fsync, self._synced)  # type: ignore[assignment]
        os.rename = self._watched(os.rename, self._renamed)  # type: ignore[assignment]
        os.unlink = self._watched(os.unlink, lambda *_a, **_k: "")  # type: ignore[assignment]
        sa.event.listen(database._writer, "commit", lambda _connection: self._pass())

    def note(self, line: str) -> None:
        """Write a line into the journal; it is there whatever happens next."""
        os.write(self._journal, line.encode() + b"\n")

    def _watched(
        self, operation: Callable[..., Any], describe: Callable[..., str]
    ) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self._pass()
            line = describe(*arguments, **named)
            result = operation(*arguments, **named)
            if line:
                self.note(line)
            self._pass()
            return result

        return watched

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def _synced(descriptor: int) -> str:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        kind = "dir" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        return f"{kind} {path}"

    @staticmethod
    def _renamed(source: Any, target: Any, **_: Any) -> str:
        return f"rename {Path(source).absolute()} {Path(target).absolute()}"


def cut_power(store: Path, journal: Path) -> list[Path]:
    """Take back what nobody had synced when the process died; return what was lost.

    Args:
        store: directory below which files are looked at; the database's own are SQLite's business.
        journal: what the process did.
    """
    contents: set[str] = set()
    waiting: dict[str, set[str]] = {}
    for line in journal.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "file":
            contents.add(rest)
        elif kind == "dir":
            waiting.pop(rest, None)
        elif kind == "rename":
            source, target = rest.split(" ")
            if source in contents:
                contents.add(target)
            waiting.setdefault(str(Path(target).parent), set()).add(target)
    unsynced_names = {name for names in waiting.values() for name in names}
    lost = []
    for path in sorted(store.rglob("*")):
        if not path.is_file():
            continue
        if str(path) in unsynced_names:
            path.unlink()
            lost.append(path)
        elif str(path) not in contents:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            lost.append(path)
    return lost
