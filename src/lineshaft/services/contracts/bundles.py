"""One price for several services, and what each of them is worth alone.

Pure data; the formula is `billing/pricing/bundle.py`.
"""

from decimal import Decimal

from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    check_price,
)
from lineshaft.services.contracts.modifiers import ProrationBasis

PARTS_MAX = 50


class BundlePart(Frozen, frozen=True):
    """A service of a bundle.

    Attributes:
        offering, offering_version: what it is sold as alone; its revenue is counted there.
        stand_alone_price: a month of it alone (IFRS 15, paragraph 77); weighs its share.
    """

    id: str
    description: LocalText
    offering: str
    offering_version: int
    stand_alone_price: Decimal

    def __post_init__(self) -> None:
        """Refuse a version below 1 and a negative price."""
        check_id(self.id, "part of a bundle")
        check_id(self.offering, "offering")
        if self.offering_version < 1:
            msg = f"offering {self.offering} version {self.offering_version}: expected 1 or more"
            raise TermsInvalid(msg)
        check_price(self.stand_alone_price, f"stand-alone price of {self.id}")


class BundlePrice(Frozen, frozen=True, tag_field="model", tag="bundle"):
    """One amount for each calendar month, allocated to the parts by what they cost alone.

    The discount of the bundle is thereby shared by all parts in proportion (IFRS 15, paragraphs
    74, 76 and 81).
    """

    amount_per_month: Decimal
    proration: ProrationBasis
    parts: tuple[BundlePart, ...]

    def __post_init__(self) -> None:
        """Refuse a bundle of less than two parts, and parts that are all worth nothing."""
        check_price(self.amount_per_month, "bundle price")
        ids = [part.id for part in self.parts]
        if not 1 < len(ids) <= PARTS_MAX or len(set(ids)) < len(ids):
            msg = f"a bundle of {len(ids)} parts: expected 2 to {PARTS_MAX}, each id once"
            raise TermsInvalid(msg)
        if not any(part.stand_alone_price for part in self.parts):
            msg = "a bundle: expected a stand-alone price above zero for at least one part"
            raise TermsInvalid(msg)
