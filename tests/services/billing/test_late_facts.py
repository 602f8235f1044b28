"""What is recorded after a document was issued is found late, and documented on its period."""

from dataclasses import dataclass, field
from decimal import Decimal

from lineshaft.core.period import Instant, parse_instant
from lineshaft.services.billing.model import LatePeriod
from lineshaft.services.facts.model import StockRecord
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
from tests.services.billing import promised, test_replenishment
from tests.services.billing.examples import PERIOD, plain_contract
from tests.services.billing.late import STEP_US, TIERS, LateHub, late_hub
from tests.services.billing.promised import excluded, incident, incident_time, of
from tests.services.billing.test_replenishment import BEGUN, COUNT, sold, told
from tests.services.hub import FINANCE, Hub


@dataclass
class Agreed:
    """Implements `AgreedFacts`."""

    incidents: list[ServiceIncident] = field(default_factory=list)
    exclusions: list[AgreedExclusion] = field(default_factory=list)

    def agreed_incidents(self, *_asked: object) -> list[ServiceIncident]:
        return self.incidents

    def agreed_exclusions(self, *_asked: object) -> list[AgreedExclusion]:
        return self.exclusions


@dataclass
class Counted:
    """Implements `StockRecords`."""

    stock: list[StockRecord]

    def known(self, *_asked: object) -> list[StockRecord]:
        return self.stock


def until(hub: Hub, at: Instant) -> None:
    hub.clock.advance(at - hub.clock.now())


def found(late: LateHub) -> list[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    late.hub.clock.advance(STEP_US)
    periods: tuple[LatePeriod, ...] = late.billing.late(FINANCE).periods
    return [(one.meters, one.recorded, one.is_refused) for one in periods]


def test_what_both_sides_agree_to_after_the_issue(hub: Hub) -> None:
    agreed = Agreed()
    late = late_hub(hub, of(incident_time("restoration_time")), facts=agreed)
    until(hub, promised.KNOWN_AT)
    issued = late.billing.issue(FINANCE, "c-1001", promised.JUNE)
    assert found(late) == []
    agreed.incidents = [incident()]
    assert found(late) == [((), ("incidents",), False)]
    corrected = late.billing.correct(FINANCE, "c-1001", promised.JUNE).document
    # Nine office hours instead of four: 10 % of 10,000.00 and its tax.
    assert (corrected.type, corrected.gross.amount) == ("381", Decimal("1190.00"))
    assert found(late) == []
    # An exclusion that changes no amount is looked at once, and no document comes of it.
    agreed.exclusions = [excluded("x-1", "700", "2", "maintenance")]
    assert found(late) == [((), ("exclusions",), False)]
    again = late.billing.correct(FINANCE, "c-1001", promised.JUNE)
    assert (again.document, again.is_new) == (corrected, False)
    assert found(late) == []
    assert late.billing.document(FINANCE, issued.number) == issued


def test_a_stock_that_is_counted_after_the_issue(hub: Hub) -> None:
    counted = Counted([BEGUN])
    late = late_hub(hub, sold(), stocks=counted)
    until(hub, parse_instant("2027-07-02T00:00:00Z"))
    late.billing.issue(FINANCE, "c-1001", test_replenishment.JUNE)
    assert found(late) == []
    counted.stock = [BEGUN, told(COUNT, 10, 90)]
    # What was used up to the count has to be measured now as well.
    assert found(late) == [(("mill/coolant",), ("stock",), False)]
    corrected = late.billing.correct(FINANCE, "c-1001", test_replenishment.JUNE).document
    assert (corrected.type, corrected.gross.amount) == ("384", Decimal("47.60"))
    assert found(late) == []
    counted.stock = [*counted.stock, told(COUNT, 10, 91, id="again")]
    assert found(late) == [((), (), True)]


def test_an_amendment_with_effect_on_what_is_billed_is_late(hub: Hub) -> None:
    late = late_hub(hub)
    late.learn(4_000)
    late.billing.issue(FINANCE, late.usage.of.id, PERIOD)
    hub.contracts.agree(FINANCE, plain_contract(TIERS, version=2, payment_days=7))
    hub.contracts.activate(FINANCE, late.usage.of.id, 2)
    hub.clock.advance(STEP_US)
    assert late.billing.late(FINANCE).periods == (), "nothing else is owed by it"
    dearer = {"model": "per_unit", "unit": "SEC", "unit_price": "0.20"}
    hub.contracts.agree(FINANCE, plain_contract(dearer, version=3))
    hub.contracts.activate(FINANCE, late.usage.of.id, 3)
    hub.clock.advance(STEP_US)
    (found,) = late.billing.late(FINANCE).periods
    assert (found.is_amended, found.is_refused, found.meters) == (True, False, ())
    made = late.billing.correct(FINANCE, late.usage.of.id, PERIOD)
    assert made.is_new
    # 4,000 s at 0.20 in place of 1,000 at 0.10 and 3,000 at 0.08, with 19 % tax
    assert str(made.document.gross) == "547.40 EUR"
    assert late.billing.late(FINANCE).periods == ()
