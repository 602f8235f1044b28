"""The import contracts hold on the real tree, and each of them bites.

A contract that cannot fail is worse than none: one that names a package wrongly passes for ever.
So each offence is planted in a copy of the tree's imports and must be caught by the contract it is
meant for.
"""

import configparser
import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest
from grimp import ImportGraph
from importlinter import configuration
from importlinter.application import use_cases
from importlinter.application.app_config import settings
from importlinter.application.output import console

configuration.configure()

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".importlinter"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# contract -> offences: (file, line to add). Modules that do not exist yet are added.
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
    ("services", "services/incidents/model.py", "import lineshaft.services.contracts.model"),
    ("services", "services/metering/service.py", "import lineshaft.services.incidents.model"),
    ("services", "services/billing/service.py", "import lineshaft.services.evidence.model"),
    ("services", "services/newservice/__init__.py", ""),
    ("valuechain", "valuechain/inputoutput/model.py", "import lineshaft.valuechain.paradox.model"),
    ("valuechain", "valuechain/newchain/__init__.py", ""),
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
]
# Doors are a matter of direct imports, so one slow check weighs all offences; each must be named.
DOORS = [
    ("services/billing/service.py", "import lineshaft.platform.historian.ports"),
    ("services/billing/service.py", "import lineshaft.services.metering.tables"),
    ("services/evidence/service.py", "import lineshaft.services.billing.api"),
    ("plant/service.py", "import lineshaft.services.billing.rating"),
    ("web/offender.py", "import lineshaft.services.contracts.ports"),
    ("cli/offender.py", "import lineshaft.plant.reader"),
]
# The other half of an offence that needs two files: the circle.
COUNTERPARTS = {
    "lineshaft.network.connectors.model": "import lineshaft.network.edge.model",
    "lineshaft.security.audit.model": "import lineshaft.security.identity.model",
}


class Planted:
    """Builds for import-linter, in place of the graph of the tree, one with an offence in it."""

    def __init__(self, tree: ImportGraph) -> None:
        self.graph = copy.deepcopy(tree)

    def build(self, **_options: object) -> ImportGraph:
        return self.graph

    def add_module(self, module: str) -> None:
        """Add a module and its packages where they are missing."""
        parts = module.split(".")
        is_ours = parts[0] == "lineshaft"
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name not in self.graph.modules:
                self.graph.add_module(name, is_squashed=not is_ours)

    def add_line(self, module: str, line: str) -> None:
        """Add what a line `import ...` at the end of a module would add."""
        imported = line.removeprefix("import ")
        self.add_module(module)
        if imported:
            self.add_module(imported)
            self.graph.add_import(
                importer=module, imported=imported, line_number=1, line_contents=line
            )


def lint() -> subprocess.CompletedProcess[str]:
    """Check the tree against our contracts, as `make check` does."""
    return subprocess.run(
        [LINT_IMPORTS, "--config", str(CONFIG), "--no-cache", "--no-logo"],
        cwd=ROOT / "src",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def contract_ids() -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(CONFIG)
    prefix = "importlinter:contract:"
    return [name.removeprefix(prefix) for name in parser.sections() if name.startswith(prefix)]


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """The imports of the real tree; a test that adds some works on a copy."""
    return grimp.build_graph("lineshaft", include_external_packages=True, cache_dir=None)


def test_the_tree_keeps_every_contract() -> None:
    result = lint()
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_has_an_offence() -> None:
    assert {contract for contract, _, _ in OFFENCES} | {"doors"} == set(contract_ids())


def module_of(file: str) -> str:
    return "lineshaft." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.fixture
def planted(graph: ImportGraph, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """A copy of the tree's imports, which import-linter checks from now on."""
    planted = Planted(graph)
    monkeypatch.setattr(settings, "GRAPH_BUILDER", planted)
    monkeypatch.setattr(console, "width", 200)
    return planted


@pytest.fixture
def report_on(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Check what is planted against a contract, which must break, and return the report."""

    def check(contract: str) -> str:
        is_kept = use_cases.lint_imports(str(CONFIG), (contract,), cache_dir=None, no_logo=True)
        report = capsys.readouterr().out
        assert not is_kept, f"not caught:\n{report}"
        assert "Contracts: 0 kept, 1 broken." in report
        return report

    return check


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_an_offence_is_caught(
    contract: str, file: str, line: str, planted: Planted, report_on: Callable[[str], str]
) -> None:
    module, imported = module_of(file), line.removeprefix("import ")
    planted.add_line(module, line)
    if imported in COUNTERPARTS:
        planted.add_line(imported, COUNTERPARTS[imported])
    # a circle is reported by the package that it is in
    offender = ".".join(module.split(".")[:2]) if contract == "acyclic" else module
    assert offender in report_on(contract)


def test_each_way_past_a_door_is_caught(planted: Planted, report_on: Callable[[str], str]) -> None:
    for file, line in DOORS:
        planted.add_line(module_of(file), line)
    report = report_on("doors")
    for file, line in DOORS:
        assert f"{module_of(file)} -> {line.removeprefix('import ')}" in report
