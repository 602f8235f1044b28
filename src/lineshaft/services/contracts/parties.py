"""Who stands in a contract: supplier, customer, and whoever takes a share beside them."""

from enum import StrEnum

from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id

ADDRESS_LINES_MAX = 6
OTHER_PARTIES_MAX = 20
_COUNTRY_CHARACTERS = 2


class Party(Frozen, frozen=True):
    """Who supplies or buys, with what the law wants on an invoice (EN 16931-1, BG-4 and BG-7).

    Attributes:
        country: code of ISO 3166-1, two capital letters.
        vat_id: VAT identifier with its country prefix, or empty.
        legal_id: number in the register of companies, or empty.
    """

    id: str
    name: str
    address_lines: tuple[str, ...]
    country: str
    vat_id: str
    legal_id: str

    def __post_init__(self) -> None:
        """Refuse what no document could print."""
        check_id(self.id, "party")
        if not self.name.strip():
            msg = f"party {self.id} has no name"
            raise TermsInvalid(msg)
        if not 0 < len(self.address_lines) <= ADDRESS_LINES_MAX:
            msg = f"party {self.id}: expected 1 to {ADDRESS_LINES_MAX} lines of address"
            raise TermsInvalid(msg)
        code = self.country
        if not (len(code) == _COUNTRY_CHARACTERS and code.isascii() and code.isupper()):
            msg = f"party {self.id}: country {code!r}, expected two capital letters (ISO 3166-1)"
            raise TermsInvalid(msg)


class PartyRole(StrEnum):
    """What a party beside supplier and customer does for the contract."""

    FINANCIER = "financier"
    PARTNER = "partner"


class OtherParty(Frozen, frozen=True):
    """A party that neither supplies nor buys: who finances the machines, or works with them."""

    role: PartyRole
    party: Party
