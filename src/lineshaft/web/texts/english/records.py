"""English: what people record beside readings: clocks, estimates, parts on deposit, stocks."""

RECORDS: dict[str, str] = {
    "clock.actions": "Actions",
    "clock.ahead": "{duration} ahead",
    "clock.behind": "{duration} behind",
    "clock.known_at": "Known since",
    "clock.lead": (
        "A clock that is wrong stamps readings at a wrong time. Stored readings stay as they "
        "are; usage is measured by the time that was right, as it is known."
    ),
    "clock.none.text": (
        "As far as is known, this clock is right. When an edge node measures an offset, or "
        "somebody enters one, it stands here."
    ),
    "clock.none.title": "No offset is known",
    "clock.offset": "Offset",
    "clock.origin.entered": "Entered by a person",
    "clock.origin.measured": "Measured by the hub",
    "clock.reason": "Reason",
    "clock.record": "Record an offset",
    "clock.record_text": (
        "It holds from this stamp on until the next one. Periods that are billed already are "
        "found as late, and can be corrected."
    ),
    "clock.replace": "Replace",
    "clock.replace_text": (
        "Nothing that is recorded is changed: what you enter counts from now on in place of "
        "it. Enter 0 if the clock was right."
    ),
    "clock.replaced": "Replaced",
    "clock.right": "Right",
    "clock.save": "Record",
    "clock.seconds": "Offset in seconds: ahead 2.5, behind -2.5",
    "clock.show": "Clock",
    "clock.title": "Clock of {source}",
    "clock.valid_from": "From this stamp on",
    "clock.why": "How it was found",
    "estimates.actions": "Actions",
    "estimates.amount": "Quantity",
    "estimates.approve": "Approve",
    "estimates.approve_text": (
        "It stands for the usage of its period from now on, marked as an estimate, as long as "
        "no readings come."
    ),
    "estimates.approve_title": "Is this a fair estimate?",
    "estimates.approved": "Approved",
    "estimates.end": "Until",
    "estimates.lead": (
        "What a meter will have counted while nothing was recorded. An estimate counts once a "
        "second person has approved it, is marked on documents, and falls away when readings "
        "come."
    ),
    "estimates.no_meter.text": (
        "No contract bills usage of this machine, so there is nothing to estimate."
    ),
    "estimates.none.text": (
        "If readings of a period are lost for good, record what the usage was, and how you know."
    ),
    "estimates.none.title": "Nothing is estimated",
    "estimates.period": "Period",
    "estimates.quantity": "Quantity",
    "estimates.reason": "How it was found",
    "estimates.record": "Record an estimate",
    "estimates.record_text": "The reason stands on the document. Another person approves it.",
    "estimates.save": "Record",
    "estimates.start": "From",
    "estimates.state": "State",
    "estimates.title": "Estimates",
    "estimates.usage": "Usage",
    "estimates.waits": "Waits for a second person",
    "estimates.withdraw": "Withdraw",
    "estimates.withdraw_text": (
        "From now on usage is measured as if it had never been made. Documents that are issued "
        "stay; a correction makes up for them."
    ),
    "estimates.withdraw_title": "Take this estimate back?",
    "estimates.withdrawn": "Withdrawn",
    "records.lead": (
        "Deposits, deliveries and stocks are billed by what is recorded here. Nothing is "
        "changed: a correction is the next version."
    ),
    "records.machine": "Machine",
    "records.none.text": (
        "The terms of this contract have neither parts on deposit nor consumables."
    ),
    "records.none.title": "Nothing to record here",
    "records.open": "Parts and stocks",
    "records.save": "Record",
    "records.title": "Parts on deposit and stocks",
    "records.unreturn": "Take the return back",
    "records.unreturn_text": (
        "The part counts as still open. Documents that are issued stay; a correction makes up "
        "for them."
    ),
    "records.unreturn_title": "Did it not come back?",
    "records.withdraw": "Withdraw",
    "records.withdraw_text": (
        "It counts as if it had never been recorded. Documents that are issued stay; a "
        "correction makes up for them."
    ),
    "records.withdraw_title": "Was this recorded by mistake?",
    "records.withdrawn": "Withdrawn",
    "stock_records.actions": "Actions",
    "stock_records.at": "When",
    "stock_records.count": "{item} counted",
    "stock_records.delivery": "{item} delivered",
    "stock_records.item": "Consumable",
    "stock_records.kind": "What happened",
    "stock_records.kind.count": "Stock counted",
    "stock_records.kind.delivery": "Delivered",
    "stock_records.machine": "Machine",
    "stock_records.none.text": (
        "Record each delivery and each count: what is used is billed by them, and when to "
        "order follows from them."
    ),
    "stock_records.none.title": "Nothing delivered or counted yet",
    "stock_records.person": "By whom",
    "stock_records.quantity": "Quantity",
    "stock_records.record": "Record a delivery or count",
    "stock_records.record_text": "A delivery adds to the stock; a count says what is there.",
    "stock_records.reference": "Delivery note or count sheet",
    "stock_records.title": "Deliveries and counts",
    "stock_records.what": "What",
}
