"""English: the home of a customer, requests, exchanges of meters, drafts, the audit trail."""

PORTAL: dict[str, str] = {
    "audit.action": "What",
    "audit.at": "When",
    "audit.broken": "Entry {number} is not as it was written",
    "audit.check": "Check the trail",
    "audit.check_text": (
        "Every entry names the hash of the one before. The check reads all of them; note "
        "the last hash elsewhere, and nobody can write the trail anew unseen."
    ),
    "audit.lead": "Who did what and when. Nothing in it is ever changed.",
    "audit.none.text": "As soon as somebody does something, it stands here.",
    "audit.none.title": "Nothing has happened yet",
    "audit.number": "Number",
    "audit.sound": "All {count} entries are as they were written",
    "audit.subject": "To what",
    "audit.title": "Audit trail",
    "audit.who": "Who",
    "draft.end": "Ends on (may stay empty)",
    "draft.id": "Name of the contract: a-z, 0-9, -",
    "draft.lead": (
        "Who supplies what to whom, from when on. It binds nobody until it is offered and accepted."
    ),
    "draft.none.text": "A contract is made from an offering. Begin with a pack.",
    "draft.none.title": "Nothing is on sale yet",
    "draft.offering": "Offering",
    "draft.organisation": "Organisation whose people see it",
    "draft.party.address_lines": "Address, line by line",
    "draft.party.country": "Country (two letters)",
    "draft.party.id": "Short name: a-z, 0-9, -",
    "draft.party.known": "Take over from",
    "draft.party.legal_id": "Number in the register (may stay empty)",
    "draft.party.name": "Name",
    "draft.party.new": "Somebody new",
    "draft.party.vat_id": "VAT number (may stay empty)",
    "draft.payment_days": "Days to pay (may stay empty)",
    "draft.period": "Billed by",
    "draft.save": "Make the draft",
    "draft.series": "Series of document numbers",
    "draft.start": "Starts on",
    "draft.title": "New contract",
    "draft.what": "What is agreed",
    "draft.zone": "Time zone of its calendar",
    "exchanges.actions": "Actions",
    "exchanges.approve": "Approve",
    "exchanges.approve_text": (
        "Usage of the old and the new meter is counted apart from now on. Documents that "
        "are issued stay; a correction makes up for them."
    ),
    "exchanges.approve_title": "Was this meter exchanged?",
    "exchanges.approved": "Approved",
    "exchanges.at": "Exchanged at",
    "exchanges.lead": (
        "A new meter begins at another value. What is recorded here counts once a second "
        "person has approved it."
    ),
    "exchanges.meter": "Meter",
    "exchanges.new": "First value of the new meter",
    "exchanges.none.text": (
        "If a meter is exchanged, record its last value and the first one of the new "
        "meter, with the work order."
    ),
    "exchanges.none.title": "No meter was exchanged",
    "exchanges.old": "Last value of the old meter",
    "exchanges.record": "Record an exchange",
    "exchanges.record_text": "Values as the meters show them. Another person approves it.",
    "exchanges.reference": "Work order",
    "exchanges.save": "Record",
    "exchanges.state": "State",
    "exchanges.title": "Exchanges of meters",
    "exchanges.values": "Old → new",
    "exchanges.waits": "Waits for a second person",
    "exchanges.withdrawn": "Withdrawn",
    "portal.all": "Show all",
    "portal.documents": "Documents",
    "portal.exchanges": "Exchanges of meters",
    "portal.guarantee": "Availability so far, {target} promised:",
    "portal.lead": "Your machines, what they have used, what is promised, and what it costs.",
    "portal.machine": "Machine",
    "portal.machines": "Machines",
    "portal.measured": "Measured on",
    "portal.nav": "Home",
    "portal.no_usage": "No contract is in force yet.",
    "portal.offers": "Offers that wait for you",
    "portal.proof.download": (
        "Open a document and download its JSON file, the evidence and the keys."
    ),
    "portal.proof.read": (
        "“Proven” means: every line follows from the readings that your machines have "
        "signed. The page of a document does the same check with one press."
    ),
    "portal.proof.run": (
        "Run the command below on any computer; it needs neither network nor this installation."
    ),
    "portal.proof.why": "You need not believe a document: you can recompute it.",
    "portal.proofs": "Proofs",
    "portal.read_offer": "Read and answer",
    "portal.so_far": "{amount} so far, with VAT",
    "portal.state": "State",
    "portal.time_line": "Time line",
    "portal.title": "Your machines and services",
    "portal.usage": "Usage",
    "portal.ways": "More",
    "requests.actions": "Actions",
    "requests.agree": "Agree",
    "requests.agree_text": "Guarantees are judged on what both sides have agreed to.",
    "requests.agree_title": "Did it happen like this?",
    "requests.agreed": "Agreed by",
    "requests.cause": "Who answers for it",
    "requests.cause.customer": "Customer",
    "requests.cause.force_majeure": "Force majeure",
    "requests.cause.provider": "Provider",
    "requests.cause.unknown": "Cause not known yet",
    "requests.lead": (
        "What is wrong with a machine, when somebody came, and when it ran again. "
        "Guarantees on response and restoration are judged on it."
    ),
    "requests.machine": "Machine",
    "requests.no_note": "Without description",
    "requests.nobody": "Nobody yet",
    "requests.none.text": (
        "If something is wrong with a machine, open a request: the clock of the "
        "guarantee starts then."
    ),
    "requests.none.title": "No requests",
    "requests.open": "Open a service request",
    "requests.open_text": "It is reported now, and the time that is promised starts to run.",
    "requests.reported": "Reported",
    "requests.save": "Record",
    "requests.send": "Send the request",
    "requests.side.customer": "Customer",
    "requests.side.provider": "Provider",
    "requests.state": "State",
    "requests.step.acknowledged_at": "Acknowledged",
    "requests.step.on_site_at": "On site",
    "requests.step.reported_at": "Reported",
    "requests.step.restored_at": "Restored",
    "requests.title": "Service requests",
    "requests.update": "Record progress",
    "requests.update_text": (
        "Leave empty what has not happened. Both sides agree to the new version."
    ),
    "requests.what": "What is wrong",
    "requests.withdrawn": "Withdrawn",
}
