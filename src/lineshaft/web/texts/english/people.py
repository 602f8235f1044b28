"""English: accounts, people, API tokens."""

PEOPLE: dict[str, str] = {
    "account.again": "New password again",
    "account.change": "Change password",
    "account.differ": "The two new passwords differ.",
    "account.new": "New password",
    "account.old": "Present password",
    "account.password": "Password",
    "account.password_text": (
        "At least {minimum} characters; a sentence is easy to remember. All your sessions end "
        "when you change it."
    ),
    "account.title": "Your account",
    "account.you": "You",
    "account.zone": "Time zone",
    "people.actions": "Actions",
    "people.activate": "Let in again",
    "people.active": "Active",
    "people.add": "Add a person",
    "people.add_confirm": "Add",
    "people.deactivate": "Deactivate",
    "people.deactivate_text": (
        "The person is signed out at once and cannot sign in. You can undo this at any time."
    ),
    "people.deactivate_title": "Deactivate {name}?",
    "people.lead": "Who may come in, and as what.",
    "people.left": "Deactivated",
    "people.name": "Name",
    "people.no_organisation": "None (own staff)",
    "people.organisation": "Organisation",
    "people.password": "Password, shown this once",
    "people.password_text": (
        "Give it to {name} on a safe way. It is stored nowhere and cannot be shown again."
    ),
    "people.reset": "New password",
    "people.reset_text": "The old password stops working and all sessions of the person end.",
    "people.reset_title": "New password for {name}?",
    "people.role": "Role",
    "people.state": "State",
    "people.title": "People",
    "people.user_name": "User name",
    "role.administrator": "Administrator",
    "role.auditor": "Auditor",
    "role.customer": "Customer",
    "role.engineer": "Engineer",
    "role.finance": "Finance",
    "role.system": "System",
    "tokens.add": "Make an API token",
    "tokens.add_confirm": "Make",
    "tokens.days": "Valid for days, at most {maximum}",
    "tokens.ended": "Ended",
    "tokens.ends": "Valid until",
    "tokens.made": "Made",
    "tokens.name": "Name",
    "tokens.none.text": "A script that asks the API needs a token; it may do what you may do.",
    "tokens.none.title": "No API tokens",
    "tokens.revoke": "Revoke",
    "tokens.revoke_text": (
        "Scripts that use it are turned away at once. This cannot be undone; you can make a new"
        " one."
    ),
    "tokens.revoke_title": "Revoke {name}?",
    "tokens.secret": "API token, shown this once",
    "tokens.secret_text": (
        "Keep it where only your script can read it. It is stored nowhere and cannot be shown "
        "again."
    ),
    "tokens.text": "Tokens let scripts ask the API in your name.",
    "tokens.title": "API tokens",
}
