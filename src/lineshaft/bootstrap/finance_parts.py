"""What finance works with beside documents: what is owed, files to hand out, the month's close."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.services.billing.closing.service import Closing, ClosingParts
from lineshaft.services.billing.dunning.service import Dunning, DunningParts
from lineshaft.services.billing.dunning.store import SqlLetterStore
from lineshaft.services.billing.receivables.service import Receivables, ReceivablesParts
from lineshaft.services.billing.receivables.store import SqlReceivablesStore
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.rendering.store import SqlRenderingStore
from lineshaft.services.billing.service import Billing
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.service import Contracts


def build_dunning(base: Foundation, billing: Billing, receivables: Receivables) -> Dunning:
    """Build the use cases of reminders."""
    return Dunning(
        DunningParts(
            database=base.database,
            store=SqlLetterStore(),
            billing=billing,
            receivables=receivables,
            keys=base.keys,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
        )
    )


def build_finance(
    base: Foundation, contracts: Contracts, billing: Billing
) -> tuple[Receivables, Renderings, Closing]:
    """Build the use cases."""
    receivables = Receivables(
        ReceivablesParts(
            database=base.database,
            store=SqlReceivablesStore(),
            postings=SqlDocumentStore(),
            billing=billing,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
        )
    )
    renderings = Renderings(base.database, SqlRenderingStore(), billing, base.keys, base.clock)
    closing = Closing(
        ClosingParts(
            contracts=contracts,
            billing=billing,
            receivables=receivables,
            renderings=renderings,
            authorizer=base.authorizer,
            clock=base.clock,
        )
    )
    return receivables, renderings, closing
