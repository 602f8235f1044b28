"""The words of the pages in English; one word for one thing."""

from lineshaft.web.texts.english.books import BOOKS
from lineshaft.web.texts.english.channels import CHANNELS
from lineshaft.web.texts.english.contracts import CONTRACTS
from lineshaft.web.texts.english.dependence import DEPENDENCE
from lineshaft.web.texts.english.desk import DESK
from lineshaft.web.texts.english.finance import FINANCE
from lineshaft.web.texts.english.frame import FRAME
from lineshaft.web.texts.english.hub import HUB
from lineshaft.web.texts.english.invoices import INVOICES
from lineshaft.web.texts.english.ledger import LEDGER
from lineshaft.web.texts.english.life import LIFE
from lineshaft.web.texts.english.machines import MACHINES
from lineshaft.web.texts.english.offerings import OFFERINGS
from lineshaft.web.texts.english.paths import PATHS
from lineshaft.web.texts.english.people import PEOPLE
from lineshaft.web.texts.english.portal import PORTAL
from lineshaft.web.texts.english.records import RECORDS
from lineshaft.web.texts.english.report import REPORT
from lineshaft.web.texts.english.servitization import SERVITIZATION
from lineshaft.web.texts.english.smile import SMILE
from lineshaft.web.texts.english.supply import SUPPLY
from lineshaft.web.texts.english.tables import TABLES
from lineshaft.web.texts.english.webhooks import WEBHOOKS

ENGLISH: dict[str, str] = {
    **BOOKS,
    **CHANNELS,
    **CONTRACTS,
    **DEPENDENCE,
    **DESK,
    **FINANCE,
    **FRAME,
    **HUB,
    **INVOICES,
    **LEDGER,
    **LIFE,
    **MACHINES,
    **OFFERINGS,
    **PATHS,
    **PEOPLE,
    **PORTAL,
    **RECORDS,
    **SERVITIZATION,
    **SMILE,
    **REPORT,
    **SUPPLY,
    **TABLES,
    **WEBHOOKS,
}
