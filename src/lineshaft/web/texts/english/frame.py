"""English: what is around every page, and what pages share."""

FRAME: dict[str, str] = {
    "action.cancel": "Cancel",
    "action.close": "Close",
    "action.copy": "Copy",
    "action.done": "Done",
    "brand": "Lineshaft",
    "error.Broken.advice": (
        "Nothing was changed. The log of the hub says what happened; please tell your "
        "administrator."
    ),
    "error.Broken.title": "The hub made a mistake",
    "error.Conflict.advice": (
        "Somebody may have done the same a moment ago. Read the page again and look."
    ),
    "error.Conflict.title": "This contradicts what is recorded",
    "error.Forbidden.advice": (
        "Your role does not allow it, or the data belong to another time or organisation. An "
        "administrator can tell you more."
    ),
    "error.Forbidden.title": "You may not see or do this",
    "error.Invalid.advice": "Look at what was entered, correct it and try again.",
    "error.Invalid.title": "This cannot be understood",
    "error.NotFound.advice": (
        "It does not exist, or it belongs to somebody else. Check the address, or start again "
        "from the fleet."
    ),
    "error.NotFound.title": "There is nothing here",
    "error.PreconditionFailed.advice": (
        "Something else has to happen first, such as the end of the period. Read the page again"
        " and look."
    ),
    "error.PreconditionFailed.title": "Not possible in the present state",
    "error.RateLimited.advice": "Wait a moment and try again.",
    "error.RateLimited.title": "A limit is reached",
    "error.Unauthorized.advice": "Sign in and try again.",
    "error.Unauthorized.title": "You are not signed in",
    "error.Unavailable.advice": (
        "Nothing is lost. Try again in a moment; the status page says what is wrong."
    ),
    "error.Unavailable.title": "Something that is needed does not answer",
    "error.details": "Exact words",
    "error.home": "Go to the fleet",
    "error.title": "That did not work",
    "frame.account": "Account of {name}",
    "frame.keys": "Keyboard",
    "frame.language": "Language",
    "frame.menu": "Menu",
    "frame.navigation": "Main navigation",
    "frame.sign_out": "Sign out",
    "frame.skip": "Skip to content",
    "keys.close": "Close",
    "keys.contracts": "Go to the contracts",
    "keys.finance": "Go to finance",
    "keys.fleet": "Go to the fleet",
    "keys.help": "Show these keys",
    "keys.invoices": "Go to the invoices",
    "keys.offerings": "Go to the offerings",
    "keys.search": "Search this page",
    "paging.first": "First page",
    "paging.label": "Pages",
    "paging.next": "Next page",
    "paging.previous": "Previous page",
    "search.nothing.text": "Try fewer or other words.",
    "search.nothing.title": "Nothing found",
    "sign_in.action": "Sign in",
    "sign_in.first": (
        "First start? The administrator's password was shown once, where the hub was started."
    ),
    "sign_in.password": "Password",
    "sign_in.title": "Sign in",
    "sign_in.too_many": "Too many attempts. Wait a minute and try again.",
    "sign_in.user_name": "User name",
    "sign_in.wrong": "User name or password is wrong.",
    "unit.days": "d",
    "unit.hours": "h",
    "unit.minutes": "min",
    "unit.seconds": "s",
    "value.doubtful": "{value} (not good)",
    "value.empty": "Empty",
    "value.false": "No",
    "value.not_stored": "not stored yet",
    "value.true": "Yes",
    "value.unavailable": "Unavailable",
    "value.unknown": "Unknown",
}
