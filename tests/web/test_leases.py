"""The end of a lease in a browser: one machine goes back, the other is bought by its option."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files

import pytest

from lineshaft.network.connectors.service import sample_day
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Role
from lineshaft.security.identity.service import NewPerson
from tests.web.conftest import Open, served
from tests.web.doors import Served
from tests.web.hub import PASSWORD, Prepared, _built
from tests.web.test_pages import look, violations
from tests.web.test_records import agree, fill, press, refused

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LEASE = """
[[machine]]
id = "mazak02"
name = "Mazak Integrex 200"
site = "Gaithersburg"

[[offering]]
id = "leasing"
version = 1
name = { en = "Machine on lease", zh-Hans = "设备租赁" }
currency = "EUR"

[offering.terms]
vat = { category = "S", rate = 19 }

[[offering.terms.usage_prices]]
id = "lease"
description = { en = "Lease", zh-Hans = "租赁" }
[offering.terms.usage_prices.price]
model = "lease"
instalment = 900.00
months = 24
due = "advance"
purchase_option = 21000.00

[[contract]]
id = "riverside-lease"
version = 1
offering = { id = "leasing", version = 1 }
supplier = "northgate-gmbh"
customer = "riverside-gmbh"
machines = ["mazak01", "mazak02"]
start = "2020-01-01T00:00:00Z"
time_zone = "UTC"
billing_period = "month"
invoice_series = "LS-2020"
"""
CONTRACT = "/contracts/riverside-lease"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A maker with two machines on lease; nobody else looks at it."""
    directory = tmp_path_factory.mktemp("leases")
    data, plant = directory / "data", directory / "plant"
    plant.mkdir()
    shutil.copyfile(sample_day()[1], plant / "Devices.xml")
    text = files("lineshaft.plant").joinpath("demo", "plant.toml").read_text(encoding="utf-8")
    (plant / "plant.toml").write_text(text.partition("[[offering]]")[0] + LEASE, encoding="utf-8")
    application = _built(data)
    application.plant.apply(LOCAL_OPERATOR, plant)
    person = NewPerson("finance", "Fiona Moreau", Role.FINANCE, None)
    application.identity.create_user(LOCAL_OPERATOR, person, PASSWORD)
    prepared = Prepared(str(data), "", "", "", "")
    (data / "prepared.json").write_text(json.dumps(asdict(prepared)))
    application.database.close()
    with served(directory) as address:
        yield Served(address, prepared)


def test_one_machine_goes_back_and_the_other_is_bought(open_page: Open) -> None:
    page = open_page("finance", CONTRACT)
    press(page, "Take back")
    page.wait_for_selector(".dialog-card")
    assert violations(page) == []
    page = open_page("finance", CONTRACT)
    press(page, "Take back")
    refused(page, "Take back", "expected one")
    page.locator(".dialog-card").get_by_label("Machine").click()
    page.get_by_role("option", name="Mazak Integrex 200").click()
    fill(page, {"On": "2039-01-01", "Reason": "The hall is too small for it"})
    agree(page, "Take back")
    assert "Mazak Integrex 200 taken back" in page.inner_text("main")

    press(page, "Sell by option")
    fill(page, {"On": "2021-12-31", "Reason": "It stays"})
    refused(page, "Sell by option", "after its lease")
    fill(page, {"On": "2040-01-01"})
    agree(page, "Sell by option")
    said = page.inner_text("main")
    assert "Mazak Integrex 100-IV bought by the option of its lease" in said
    assert "Mazak Integrex 100-IV was bought by this option" in said

    page = open_page("finance", CONTRACT, "zh-Hans", 390)
    for width in (390, 1280):
        look(page, width, "leases-zh-Hans")
    press(page, "行使购买权")
    fill(page, {"日期": "2041-01-01", "原因": "再次"})
    refused(page, "行使购买权", "只能出售一次")
