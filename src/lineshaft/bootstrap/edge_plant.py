"""A plant directory for an edge node on a machine without a hub.

Apart from `node_plans`, so that an edge beside its hub carries none of the rooms above it.
"""

from pathlib import Path

from lineshaft.bootstrap.node_plans import write_node_plans
from lineshaft.infrastructure.settings import Settings
from lineshaft.network.connectors.service import describe_signals
from lineshaft.plant.service import declared_node_plans


def take_plant(settings: Settings, directory: Path) -> None:
    """Let the edge nodes of this machine run what a plant directory says.

    Raises:
        PlantMissing, PlantInvalid: when the directory cannot be read; nothing is changed.
    """
    write_node_plans(settings, declared_node_plans(directory, describe_signals))
