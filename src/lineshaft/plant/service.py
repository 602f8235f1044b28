"""Plan and apply: the use cases of plant as code."""

import hashlib
import shutil
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.reading import SignalId, machine_of
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.network.connectors.model import ConnectorConfig
from lineshaft.plant.errors import PlantExists, PlantInvalid
from lineshaft.plant.model import Action as Step
from lineshaft.plant.model import Change, ConnectorRecord, NodePlan, Plan, compare
from lineshaft.plant.reader import files_left_alone, read_plant
from lineshaft.plant.resolve import DescribeSignals, Resolved, Resolver
from lineshaft.plant.sections import (
    Connectors,
    ContractSection,
    Machines,
    Offerings,
    Organisations,
    RetentionRules,
    content_of,
    signals_metered_by,
)
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.contracts.model import Contract

__all__ = ["Plant", "PlantParts", "declared_node_plans", "files_left_alone", "write_starter"]

_PLANT = Resource("plant", "*")
_KEPT = Path("plant")
_RIGHTS: dict[str, tuple[Action, ...]] = {
    "organisation": (Action.ORGANISATION_WRITE,),
    "machine": (Action.PLANT_APPLY,),
    "connector": (Action.PLANT_APPLY,),
    "offering": (Action.CONTRACT_WRITE,),
    "contract": (Action.CONTRACT_WRITE, Action.CONTRACT_ACTIVATE),
    "retention": (Action.READING_DELETE,),
}
"""What the use cases behind the sections will ask for."""


class PlantParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that plan and apply take.

    Attributes:
        describe: asks a connector what it knows of its signals.
        data_dir: where files that the plant names are kept.
        publish_node_plans: tells each edge node of this machine what it runs.
    """

    authorizer: Authorizer
    organisations: Organisations
    machines: Machines
    connectors: Connectors
    offerings: Offerings
    contracts: ContractSection
    retention: RetentionRules
    describe: DescribeSignals
    data_dir: Path
    publish_node_plans: Callable[[Mapping[str, NodePlan]], None]


class Plant:
    """What the plant files say, and how it becomes so."""

    def __init__(self, parts: PlantParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._sections: dict[str, Any] = {
            "organisation": parts.organisations,
            "machine": parts.machines,
            "connector": parts.connectors,
            "offering": parts.offerings,
            "contract": parts.contracts,
            "retention": parts.retention,
        }

    def plan(self, actor: Actor, directory: Path) -> Plan:
        """Say what `apply` would do; changes nothing.

        Raises:
            PlantMissing, PlantInvalid: when the directory cannot be read.
            Forbidden: when the actor may not plan.
        """
        self._parts.authorizer.authorize(actor, Action.PLANT_PLAN, _PLANT)
        return self._planned(actor, self._read(directory))

    def apply(
        self,
        actor: Actor,
        directory: Path,
        on_change: Callable[[Change], None] = lambda _change: None,
    ) -> Plan:
        """Make it so: create and update, in order; what is not declared is left alone.

        Everything is checked before the first change. Applying again changes nothing, and after a
        crash it goes on where it stopped.

        Args:
            actor: who asks.
            directory: with the plant files.
            on_change: called after each change, for a progress bar.

        Raises:
            PlantMissing, PlantInvalid: when the directory cannot be read; nothing is changed.
            Forbidden: when the actor may not apply one of the changes; nothing is changed.
        """
        self._parts.authorizer.authorize(actor, Action.PLANT_APPLY, _PLANT)
        resolved = self._read(directory)
        plan = self._planned(actor, resolved)
        self._check_rights(actor, plan)
        for entry, change in zip(resolved, plan.changes, strict=True):
            if change.action is not Step.KEEP:
                self._keep_files(entry)
                self._sections[entry.kind].apply(actor, entry.thing)
                on_change(change)
        self._parts.publish_node_plans(self.node_plans(actor))
        return plan

    def node_plans(self, actor: Actor) -> dict[str, NodePlan]:
        """Return what each edge node runs, and which of its series are metered."""
        metered = self._parts.contracts.metered_signals(actor)
        return _node_plans(self._parts.connectors.all(actor), metered, self._parts.data_dir)

    def _read(self, directory: Path) -> list[Resolved]:
        entries = read_plant(directory)
        return list(Resolver(entries, self._parts.describe, _kept_name).resolve())

    def _planned(self, actor: Actor, resolved: list[Resolved]) -> Plan:
        recorded = {kind: section.recorded(actor) for kind, section in self._sections.items()}
        changes = []
        for entry in resolved:
            known = recorded[entry.kind]
            changes.append(_change(entry, known.get((entry.id, entry.version))))
            declared = {(e.id, e.version) for e in resolved if e.kind == entry.kind}
            _check_version(entry, declared | set(known))
        return Plan(tuple(changes))

    def _check_rights(self, actor: Actor, plan: Plan) -> None:
        """Ask for every change before the first is made: a half-applied plant helps nobody."""
        for change in plan.changes:
            if change.action is not Step.KEEP:
                for right in _RIGHTS[change.kind]:
                    resource = Resource(change.kind, change.id)
                    self._parts.authorizer.authorize(actor, right, resource)

    def _keep_files(self, entry: Resolved) -> None:
        """Copy what an entry names, so that the plant directory may move or vanish."""
        for name, path in entry.files.items():
            target = self._parts.data_dir / name
            make_dir(target.parent)
            write_durably(target, path.read_bytes())


def declared_node_plans(directory: Path, describe: DescribeSignals) -> dict[str, NodePlan]:
    """Return what a plant directory has each edge node run, for a machine without a hub.

    The files that it names are used where they are.

    Raises:
        PlantMissing, PlantInvalid: when the directory cannot be read.
    """
    resolver = Resolver(read_plant(directory), describe, lambda path: str(path.absolute()))
    things = [entry.thing for entry in resolver.resolve()]
    connectors = [thing for thing in things if isinstance(thing, ConnectorRecord)]
    metered = signals_metered_by(thing for thing in things if isinstance(thing, Contract))
    return _node_plans(connectors, metered, directory)


def _node_plans(
    connectors: Iterable[ConnectorRecord], metered: Sequence[SignalId], data_dir: Path
) -> dict[str, NodePlan]:
    nodes: dict[str, list[ConnectorConfig]] = {}
    for record in connectors:
        nodes.setdefault(record.source, []).append(_config(record, data_dir))
    return {
        source: NodePlan(
            tuple(configs),
            tuple(s for s in metered if machine_of(s) in {c.machine for c in configs}),
        )
        for source, configs in nodes.items()
    }


def _config(record: ConnectorRecord, data_dir: Path) -> ConnectorConfig:
    options = {
        name: str(data_dir / value) if _is_kept(value) else value
        for name, value in record.options.items()
    }
    return ConnectorConfig(
        id=record.id,
        kind=record.kind,
        machine=record.machine,
        is_live=record.is_live,
        options=options,
    )


def _change(entry: Resolved, before: Any | None) -> Change:
    after = content_of(entry.thing)
    action, differences = compare(before, after)
    changed = [d.path for d in differences if d.path != "is_in_force"]
    if entry.version is not None and changed:
        what = f"{entry.kind} {entry.id!r} version {entry.version} is recorded with other "
        what += f"content ({', '.join(changed)}): what was agreed never changes, declare the next "
        what += "version"
        raise PlantInvalid(entry.location, what)
    return Change(
        kind=entry.kind,
        id=entry.id,
        version=entry.version,
        action=action,
        differences=differences,
        declared_at=str(entry.location),
        content=after,
    )


def _check_version(entry: Resolved, known: Container[tuple[str, int | None]]) -> None:
    """Refuse a version whose predecessor neither is recorded nor will be."""
    if entry.version is None or entry.version == 1 or (entry.id, entry.version - 1) in known:
        return
    what = f"{entry.kind} {entry.id!r} version {entry.version}: expected version "
    what += f"{entry.version - 1} first, which is neither recorded nor declared"
    raise PlantInvalid(entry.location, what)


def _kept_name(path: Path) -> str:
    """Name a file by its content, so that an unchanged file is an unchanged connector."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return str(_KEPT / f"{digest}-{path.name}")


def _is_kept(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(f"{_KEPT}/")


def write_starter(directory: Path) -> list[Path]:
    """Write a commented plant to begin with, and return the files.

    Raises:
        PlantExists: when a file of that name is there; nothing is overwritten.
    """
    if directory.exists() and not directory.is_dir():
        msg = f"cannot write the starter into {directory}: it is not a directory"
        raise PlantExists(msg)
    with as_file(files("lineshaft.plant").joinpath("starter")) as source:
        names = sorted(path.name for path in source.iterdir() if path.is_file())
        taken = [name for name in names if (directory / name).exists()]
        if taken:
            msg = f"cannot write the starter into {directory}: {', '.join(taken)} exist already"
            raise PlantExists(msg)
        directory.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(source / name, directory / name)
    return [directory / name for name in names]
