"""English: webhooks."""

WEBHOOKS: dict[str, str] = {
    "webhook.actions": "Actions",
    "webhook.all": "All",
    "webhook.answer": "Answer",
    "webhook.at": "When",
    "webhook.attempts": "Attempts",
    "webhook.dead": "Given up",
    "webhook.delivered": "Delivered",
    "webhook.deliveries": "Deliveries",
    "webhook.duration": "Took",
    "webhook.end": "First instant after (UTC)",
    "webhook.event": "Event",
    "webhook.happened": "Happened",
    "webhook.log": "Details",
    "webhook.no_attempts": "Nothing was sent yet.",
    "webhook.none.text": "What happens from now on, and you may see, is sent and listed here.",
    "webhook.none.title": "No deliveries",
    "webhook.pause": "Pause",
    "webhook.pending": "Waiting",
    "webhook.remove": "Remove",
    "webhook.remove_text": "Nothing more is sent, and the list of deliveries is deleted.",
    "webhook.remove_title": "Remove this webhook?",
    "webhook.replay": "Send again",
    "webhook.replay_period": "Send a period again",
    "webhook.replay_text": (
        "Every event of the period is sent again under the same id: a receiver that has counted it"
        " counts it no second time."
    ),
    "webhook.resume": "Resume",
    "webhook.sent": "What is sent",
    "webhook.start": "First instant (UTC)",
    "webhook.state": "State",
    "webhook.status": "Status",
    "webhook.title": "Webhook",
    "webhooks.active": "Active",
    "webhooks.add": "Add a webhook",
    "webhooks.add_confirm": "Add",
    "webhooks.all": "All that the owner may see",
    "webhooks.failing": "Failing",
    "webhooks.kinds": "Events",
    "webhooks.kinds_field": "Types of events",
    "webhooks.kinds_text": (
        "Such as InvoiceIssued or ContractActivated, with spaces between; empty: all that you may"
        " see."
    ),
    "webhooks.lead": (
        "Your programs are told of what happens: each event is signed, repeated until it is taken,"
        " and can be sent again."
    ),
    "webhooks.made": "Made",
    "webhooks.none.text": "Add the address of a program that is to know of invoices or incidents.",
    "webhooks.none.title": "No program is told",
    "webhooks.paused": "Paused",
    "webhooks.secret": "The secret of this webhook",
    "webhooks.secret_text": (
        "Your program checks the signatures with it (Standard Webhooks). It is shown this once."
    ),
    "webhooks.since": "since {at}",
    "webhooks.state": "State",
    "webhooks.title": "Webhooks",
    "webhooks.url": "Address",
}
