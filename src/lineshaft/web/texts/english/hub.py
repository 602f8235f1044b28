"""English: edge nodes, status."""

HUB: dict[str, str] = {
    "check.counts": "{files} store files, {segments} segments, {records} records read.",
    "check.faults": "Something is not as it was stored",
    "check.run": "Check everything stored",
    "check.running": "Reading every store file and verifying every signature…",
    "check.text": (
        "Reads every store file again and verifies hashes, chains and signatures. This can take"
        " minutes."
    ),
    "check.title": "Check of the store",
    "check.well": "Everything stored is exactly as it was signed",
    "program.api": "Pages and interface",
    "program.bus": "Message bus",
    "program.edge": "Edge node of this machine",
    "program.health": "Health",
    "program.intake": "Intake",
    "program.restarts": "Restarts",
    "program.state": "State",
    "program.state.ready": "Running",
    "program.state.starting": "Starting",
    "program.state.stopped": "Stopped",
    "program.state.waiting": "Waits for its next start",
    "program.title": "Programs",
    "sources.accept": "Accept",
    "sources.accept_epoch_text": (
        "This edge node was restored or has lost its spool, and asks to number its records anew"
        ". Records that it had not sent may be lost. Fingerprint: {fingerprint}"
    ),
    "sources.accept_text": (
        "Compare the fingerprint with the one that the edge node shows: {fingerprint}"
    ),
    "sources.accept_title": "Let {name} in?",
    "sources.accepted": "Accepted",
    "sources.actions": "Actions",
    "sources.beat": "Last heard",
    "sources.epoch": "Epoch",
    "sources.fingerprint": "Fingerprint of its key",
    "sources.lead": (
        "Who may send readings. Nothing of an edge node is taken before it was accepted."
    ),
    "sources.name": "Edge node",
    "sources.new_epoch": "Asks for a new epoch",
    "sources.none.text": (
        "An edge node appears here as soon as it asks to be let in. The one on this machine "
        "starts with the hub:"
    ),
    "sources.none.title": "No edge nodes yet",
    "sources.refuse": "Refuse",
    "sources.refuse_text": (
        "Nothing more is taken from it. What it has sent stays stored and proven. You can "
        "accept it again later."
    ),
    "sources.refuse_title": "Turn {name} away?",
    "sources.refused": "Refused",
    "sources.state": "State",
    "sources.stored": "Records stored",
    "sources.title": "Edge nodes",
    "sources.waiting": "Waiting",
    "sources.waiting_text": "{count} to decide. Compare the fingerprint before you accept.",
    "sources.waiting_title": "An edge node asks to be let in",
    "status.free": "Free disk space",
    "status.health": "Health",
    "status.hub": "Hub",
    "status.ill": "Needs attention",
    "status.known_at": "Last stored",
    "status.lead": "How the hub is doing, and what it has stored.",
    "status.marks": "How far each source is stored",
    "status.no_refused.text": (
        "Damaged, forged and conflicting segments are kept here for inspection."
    ),
    "status.no_refused.title": "No segment was turned away",
    "status.records": "Records stored",
    "status.refused": "Segments turned away",
    "status.segments": "Segments",
    "status.store": "Store",
    "status.times": "Times",
    "status.title": "Status",
    "status.version": "Version",
    "status.well": "Well",
}
