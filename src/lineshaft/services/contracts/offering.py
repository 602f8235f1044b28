"""What can be sold: terms under a name, and where it stands among services and in the value chain.

The classification changes no amount. Room is made for it in the content of an offering only where
something is said, so that an offering without one keeps its exact bytes.
"""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from lineshaft.core.classification import Activity, Binding, CustomerClass, ServiceClass
from lineshaft.core.money import currency_exponent
from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    from_content,
    to_content,
)
from lineshaft.services.contracts.terms import Terms


class OfferingKind(StrEnum):
    """What a customer buys in place of a machine, or beside it."""

    SUBSCRIPTION = "subscription"
    PAY_PER_USE = "pay_per_use"
    PAY_PER_OUTCOME = "pay_per_outcome"
    AVAILABILITY = "availability"
    RESPONSE = "response"
    ENERGY_SAVING = "energy_saving"
    REPLENISHMENT = "replenishment"
    LEASING = "leasing"
    FLEET = "fleet"
    MAINTENANCE = "maintenance"
    TRAINING = "training"
    SOFTWARE = "software"
    DATA = "data"
    REMANUFACTURING = "remanufacturing"
    TAKE_BACK = "take_back"
    BUNDLE = "bundle"


class Classification(Frozen, frozen=True):
    """What the value chain counts an offering as; None where its maker has not said."""

    kind: OfferingKind | None
    binding: Binding | None
    customer_class: CustomerClass | None
    activity: Activity | None
    service_class: ServiceClass | None


class OfferingReference(Frozen, frozen=True):
    """The version of an offering that a contract was made from."""

    id: str
    version: int


class Offering(Frozen, frozen=True):
    """What can be sold: terms under a name, before there is a customer or a machine.

    Attributes:
        kind, binding, customer_class, activity, service_class: what it is counted as, see
            `Classification`; left out where nothing is said.
    """

    id: str
    version: int
    name: LocalText
    currency: str
    terms: Terms
    kind: OfferingKind | UnsetType = UNSET
    binding: Binding | UnsetType = UNSET
    customer_class: CustomerClass | UnsetType = UNSET
    activity: Activity | UnsetType = UNSET
    service_class: ServiceClass | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse an unknown currency."""
        check_version(self.id, self.version, "offering")
        currency_exponent(self.currency)

    @property
    def reference(self) -> OfferingReference:
        """How contracts name this version."""
        return OfferingReference(id=self.id, version=self.version)

    @property
    def classification(self) -> Classification:
        """What the value chain counts it as."""
        said = {name: getattr(self, name) for name in Classification.__struct_fields__}
        return Classification(
            **{name: None if value is UNSET else value for name, value in said.items()}
        )

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return to_content(self)

    @classmethod
    def from_content(cls, content: Any) -> "Offering":
        """Read from JSON content.

        Raises:
            TermsInvalid: naming the place that cannot be read.
        """
        return from_content(content, cls)

    def named(self, id_: str, version: int) -> "Offering":
        """Return the same under another id and version."""
        return msgspec.structs.replace(self, id=id_, version=version)


def check_version(id_: str, version: int, what: str) -> None:
    """Pass an id with a version.

    Raises:
        TermsInvalid: when the id is none, or the version is below 1.
    """
    check_id(id_, what)
    if version < 1:
        msg = f"{what} {id_} version {version}: versions are numbered from 1"
        raise TermsInvalid(msg)
