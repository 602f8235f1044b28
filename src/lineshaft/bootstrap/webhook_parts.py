"""Webhooks: the use cases, and what delivers beside the pages."""

import secrets
from random import Random

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.core.clock import Clock
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.settings import Settings
from lineshaft.platform.webhooks.delivering import DeliveringParts
from lineshaft.platform.webhooks.sending import HttpSender
from lineshaft.platform.webhooks.service import WebhookParts, Webhooks
from lineshaft.platform.webhooks.store import SqlWebhookStore
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.service import Identity


def build_webhooks(base: Foundation) -> Webhooks:
    """Build the use cases."""
    return Webhooks(
        WebhookParts(
            database=base.database,
            store=SqlWebhookStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
            secret_bytes=secrets.token_bytes,
            allows_private=allows_private(base.settings),
        )
    )


def delivering_parts(
    settings: Settings, database: Database, known: tuple[Authorizer, Identity], clock: Clock
) -> DeliveringParts:
    """Return what delivering takes."""
    authorizer, identity = known
    return DeliveringParts(
        database=database,
        store=SqlWebhookStore(),
        authorizer=authorizer,
        owners=identity,
        sender=HttpSender(allows_private=allows_private(settings)),
        clock=clock,
        # Spreads attempts in time; nobody has to be unable to guess it.
        random=Random(secrets.randbits(64)),  # noqa: S311
    )


def allows_private(settings: Settings) -> bool:
    """Tell whether webhooks may lead into this network."""
    return settings.webhook_addresses == "any"
