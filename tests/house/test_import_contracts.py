"""The import contracts hold on the real tree, and each of them bites.

A contract that cannot fail is worse than none: one that names a package wrongly passes for ever.
So each offence is planted in a copy of the tree and must be caught by the contract it is meant for.
"""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".importlinter"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# contract -> offences: (file, line to add). Packages that do not exist yet are made in the copy.
OFFENCES = [
    ("rooms", "core/offender.py", "import lineshaft.infrastructure.offended"),
    ("rooms", "security/identity/model.py", "import lineshaft.services.billing.model"),
    ("rooms", "platform/historian/service.py", "import lineshaft.network.edge.service"),
    ("rooms", "network/edge/service.py", "import lineshaft.platform.historian.service"),
    ("rooms", "services/billing/service.py", "import lineshaft.plant.service"),
    ("rooms", "plant/service.py", "import lineshaft.bootstrap"),
    ("rooms", "cli/offender.py", "import lineshaft.web.offended"),
    ("rooms", "newroom/__init__.py", ""),
    ("services", "services/metering/service.py", "import lineshaft.services.contracts.model"),
    ("services", "services/contracts/service.py", "import lineshaft.services.billing.model"),
    ("services", "services/billing/service.py", "import lineshaft.services.evidence.model"),
    ("services", "services/newservice/__init__.py", ""),
    ("files", "services/billing/model.py", "import lineshaft.services.billing.service"),
    ("files", "services/billing/ports.py", "import lineshaft.services.billing.store"),
    ("files", "platform/twin/service.py", "import lineshaft.platform.twin.api"),
    ("files", "services/billing/events.py", "import lineshaft.services.billing.errors"),
    ("files", "security/keys/store.py", "import lineshaft.security.keys.service"),
    ("pure", "core/offender.py", "import socket"),
    ("pure", "services/billing/model.py", "import sqlalchemy"),
    ("pure", "network/connectors/mtconnect/model.py", "import nats"),
    ("stores", "services/billing/service.py", "import lineshaft.services.billing.store"),
    ("stores", "web/offender.py", "import lineshaft.platform.historian.store"),
    ("acyclic", "network/edge/service.py", "import lineshaft.network.connectors.model"),
    ("acyclic", "security/identity/service.py", "import lineshaft.security.audit.model"),
    ("rooms", "client/offender.py", "import lineshaft.web.offended"),
    ("client", "client/offender.py", "import lineshaft.infrastructure.offended"),
    ("client", "client/offender.py", "import lineshaft.platform.historian.model"),
    ("client", "client/offender.py", "import duckdb"),
    ("doors", "services/billing/service.py", "import lineshaft.platform.historian.ports"),
    ("doors", "services/billing/service.py", "import lineshaft.services.metering.tables"),
    ("doors", "services/evidence/service.py", "import lineshaft.services.billing.api"),
    ("doors", "plant/service.py", "import lineshaft.services.billing.rating"),
    ("doors", "web/offender.py", "import lineshaft.services.contracts.ports"),
    ("doors", "cli/offender.py", "import lineshaft.plant.reader"),
]
NEW_PACKAGES = ("lineshaft.newroom", "lineshaft.services.newservice")
# The other half of an offence that needs two files: the circle.
COUNTERPARTS = {
    "lineshaft.network.connectors.model": "import lineshaft.network.edge.model",
    "lineshaft.security.audit.model": "import lineshaft.security.identity.model",
}


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check a tree (`<tree>/lineshaft`) against our contracts, or against some of them."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    return subprocess.run(
        [LINT_IMPORTS, "--config", str(CONFIG), "--no-cache", "--no-logo", *chosen],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def contract_ids() -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(CONFIG)
    prefix = "importlinter:contract:"
    return [name.removeprefix(prefix) for name in parser.sections() if name.startswith(prefix)]


def add_line(tree: Path, module: str, line: str) -> None:
    """Append a line to a module of the copy; make it and its packages where they are missing."""
    path = tree / "lineshaft" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in path.parents:
        if package == tree:
            break
        (package / "__init__.py").touch()
    with path.open("a") as file:
        file.write(f"\n{line}\n")


def module_file(tree: Path, module: str) -> str:
    """Return the file of a module below `lineshaft`, which may be a package in the real tree."""
    relative = module.removeprefix("lineshaft.").replace(".", "/")
    is_package = (tree / "lineshaft" / relative).is_dir() or module.startswith(NEW_PACKAGES)
    return f"{relative}/__init__.py" if is_package else f"{relative}.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.gz", "*.xml", "*.csv")
    shutil.copytree(ROOT / "src" / "lineshaft", tmp_path / "lineshaft", ignore=ignored)
    return tmp_path


def test_the_tree_keeps_every_contract() -> None:
    result = lint(ROOT / "src")
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_has_an_offence() -> None:
    assert {contract for contract, _, _ in OFFENCES} == set(contract_ids())


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_an_offence_is_caught(contract: str, file: str, line: str, copy: Path) -> None:
    imported = line.removeprefix("import ")
    if imported.startswith("lineshaft."):
        add_line(copy, module_file(copy, imported), COUNTERPARTS.get(imported, ""))
    # a module that the room has made a package (`store/`) offends in its __init__
    module = "lineshaft." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    add_line(copy, module_file(copy, module), line)
    caught = lint(copy, contract)
    assert caught.returncode == 1, f"not caught:\n{caught.stdout}"
    assert "Contracts: 0 kept, 1 broken." in caught.stdout, caught.stdout + caught.stderr
    # a circle is reported by the package that it is in
    offender = ".".join(module.split(".")[:2]) if contract == "acyclic" else module
    assert offender in caught.stdout, caught.stdout
