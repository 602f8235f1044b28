"""Documents with every price model and modifier are right electronic invoices."""

from collections.abc import Callable
from typing import Any

import pytest

from lineshaft.services.billing.einvoice.cii_checks import checked_cii
from lineshaft.services.billing.einvoice.model import from_document
from lineshaft.services.billing.einvoice.ubl_checks import checked_ubl
from tests.services.rendering.test_price_steps import document


@pytest.mark.timeout(60)
@pytest.mark.parametrize("checked", [checked_ubl, checked_cii])
def test_every_price_and_modifier_can_be_an_electronic_invoice(
    checked: Callable[[dict[str, Any], str], bytes],
) -> None:
    assert checked(document(), "en").startswith(b"<?xml")


def test_what_a_line_says_of_its_price_is_not_another_price() -> None:
    """13 packages are not 12,578 times their price: such a line says nothing of one unit."""
    (packages,) = [line for line in from_document(document()).lines if line.net == 39]
    assert (packages.description, packages.price, packages.price_quantity) == ("", 39, 12_578)
