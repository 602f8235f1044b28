"""What may stand in plant files: every table and field, with its type.

Exact numbers may be written as TOML numbers or as text; they are read as decimals, digit for digit,
never as binary floats. Offerings and contracts use the very types of `services.contracts`.
"""

from typing import Any, Literal

import msgspec

from lineshaft.services.contracts.model import (
    BillingPeriod,
    LocalText,
    Offering,
    OfferingReference,
)


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of a plant file; a field that is not declared is an error."""


class OrganisationTable(_Table):
    """Somebody who works with the plant: the maker, a customer, a partner."""

    id: str
    name: str
    roles: list[str]


class PartyTable(_Table):
    """The legal side of an organisation: what stands on an invoice."""

    id: str
    organisation: str
    name: str
    address_lines: list[str]
    country: str
    vat_id: str = ""
    legal_id: str = ""


class SignalTable(_Table):
    """What the plant adds to a signal of a machine, or a signal that no device file declares."""

    name: str
    unit: str = ""
    semantic_id: str = ""
    category: Literal["SAMPLE", "EVENT", "CONDITION"] | None = None
    type: str = ""
    title: LocalText | None = None


class MachineTable(_Table):
    """A machine; its connectors know its signals, `signal` adds what they do not know."""

    id: str
    name: str
    description: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    site: str = ""
    area: str = ""
    global_asset_id: str = ""
    signal: list[SignalTable] = []


class ConnectorTable(_Table, kw_only=True):
    """How the readings of a machine get in.

    Attributes:
        kind: the protocol, such as `mtconnect`.
        source: the edge node that runs the connector; `edge-1` is the one that `up` starts.
        live: whether a lost connection means that the machine's state is unknown; a replay of the
            past is not live.
        options: as the connector's page says; a file is relative to the plant file.
    """

    id: str
    kind: str
    machine: str
    source: str = "edge-1"
    live: bool = True
    options: dict[str, Any] = {}


class ContractTable(_Table, kw_only=True):
    """An offering sold to a customer, for machines, from an instant on."""

    id: str
    version: int = 1
    offering: OfferingReference
    supplier: str
    customer: str
    machines: list[str]
    start: str
    end: str | None = None
    time_zone: str
    billing_period: BillingPeriod
    invoice_series: str


class RetentionTable(_Table):
    """After how many days what some signals said is deleted.

    Attributes:
        signals: a signal; `*` stands for any characters. Of several rules the most specific counts.
        days: whole days, by UTC; what a contract or a document rests on stays for all that.
        keep_rollups: whether the roll-ups stay when the readings go.
    """

    signals: str
    days: int
    keep_rollups: bool = True

    @property
    def id(self) -> str:
        """A rule is known by its signals."""
        return self.signals


TABLES: dict[str, type] = {
    "organisation": OrganisationTable,
    "party": PartyTable,
    "machine": MachineTable,
    "connector": ConnectorTable,
    "offering": Offering,
    "contract": ContractTable,
    # Last: what contracts hold is held before a rule can mean it.
    "retention": RetentionTable,
}
"""The kinds of entries and their tables, in the order in which they are applied."""
