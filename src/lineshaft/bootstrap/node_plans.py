"""What the edge nodes of this machine run: a file that `apply` writes and an edge reads.

An edge needs no database of the hub, only this file and the address of the bus.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.settings import Settings
from lineshaft.plant.model import NodePlan

_PRIVATE = 0o600
_PRIVATE_DIRECTORY = 0o700


def node_plans_path(settings: Settings) -> Path:
    """Return the file; it changes when the connectors have changed, and only then."""
    return settings.edge_dir / "nodes.json"


def write_node_plans(settings: Settings, plans: Mapping[str, NodePlan]) -> None:
    """Write what each node runs, unless the file says so already."""
    path = node_plans_path(settings)
    data = msgspec.json.format(msgspec.json.encode(plans, order="sorted"), indent=1)
    if path.exists() and path.read_bytes() == data:
        return
    make_dir(path.parent, mode=_PRIVATE_DIRECTORY)
    write_durably(path, data, mode=_PRIVATE)


def read_node_plan(settings: Settings, source: str) -> NodePlan:
    """Return what a node runs; nothing where no plant names it.

    Raises:
        Invalid: when the file cannot be read.
    """
    path = node_plans_path(settings)
    if not path.exists():
        return NodePlan((), ())
    try:
        plans = msgspec.json.decode(path.read_bytes(), type=dict[str, NodePlan])
    except msgspec.DecodeError as error:
        msg = f"cannot read {path}: {error}; run 'lineshaft apply' again"
        raise Invalid(msg) from error
    return plans.get(source, NodePlan((), ()))
