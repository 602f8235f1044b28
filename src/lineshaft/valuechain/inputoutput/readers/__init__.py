"""Tables from their publishers' files; `READERS` has one of each format."""

from collections.abc import Callable

from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.inputoutput.model import Table, TableFile, Tell
from lineshaft.valuechain.inputoutput.readers import figaro, icio, mrio, own
from lineshaft.valuechain.inputoutput.readers.kinds import kinds_of

READERS: dict[str, Callable[[TableFile, Tell], Table]] = {
    "icio": icio.read,
    "figaro": figaro.read,
    "wiod": mrio.read_wiod,
    "exiobase": mrio.read_exiobase,
    "csv": own.read,
}


def read_table(source: TableFile, format_name: str, tell: Tell) -> Table:
    """Read a file; what its user says of it goes before what the file says.

    Raises:
        UnreadableTable: when the file is not as the format's publisher describes it.
        Invalid: when the format is not known, or a kind of industry names one that is not there.
    """
    reader = READERS.get(format_name)
    if reader is None:
        msg = f"cannot read {source.path.name} as {format_name}: expected one of "
        raise Invalid(msg + ", ".join(READERS))
    table = reader(source, tell)
    services, manufacturing = kinds_of(table.industries)
    unknown = sorted((source.services | source.manufacturing) - set(table.industries))
    if unknown:
        msg = f"{source.path.name} has no industry {', '.join(unknown)}: expected codes such as "
        raise Invalid(msg + ", ".join(table.industries[:3]))
    return replace(
        table,
        services=source.services or services,
        manufacturing=source.manufacturing or manufacturing,
    )
