"""Approve the exchange of a meter as a second person: `python approve_exchange.py ID`.

Whoever records an exchange cannot approve it. Here an engineer is let in, signs in with a password
and approves it; in a real plant that person does it over the API.
"""

import os
import sys

from lineshaft.bootstrap.application import build
from lineshaft.infrastructure.settings import load_settings
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.security.identity.model import Role
from lineshaft.security.identity.service import NewPerson

hub = build(load_settings(os.environ))
made = hub.identity.create_user(LOCAL_OPERATOR, NewPerson("erin", "Erin Vale", Role.ENGINEER))
engineer = hub.identity.login("erin", made.password).actor
version = hub.exchanges.approve(engineer, sys.argv[1], 1)
print(f"exchange {sys.argv[1]} is approved by {made.person.name}")
hub.database.close()
