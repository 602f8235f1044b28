"""The words of the pages in Simplified Chinese, with the terms of the glossary."""

from lineshaft.web.texts.chinese.books import BOOKS
from lineshaft.web.texts.chinese.channels import CHANNELS
from lineshaft.web.texts.chinese.contracts import CONTRACTS
from lineshaft.web.texts.chinese.dependence import DEPENDENCE
from lineshaft.web.texts.chinese.desk import DESK
from lineshaft.web.texts.chinese.finance import FINANCE
from lineshaft.web.texts.chinese.frame import FRAME
from lineshaft.web.texts.chinese.hub import HUB
from lineshaft.web.texts.chinese.invoices import INVOICES
from lineshaft.web.texts.chinese.ledger import LEDGER
from lineshaft.web.texts.chinese.life import LIFE
from lineshaft.web.texts.chinese.machines import MACHINES
from lineshaft.web.texts.chinese.offerings import OFFERINGS
from lineshaft.web.texts.chinese.paths import PATHS
from lineshaft.web.texts.chinese.people import PEOPLE
from lineshaft.web.texts.chinese.portal import PORTAL
from lineshaft.web.texts.chinese.records import RECORDS
from lineshaft.web.texts.chinese.report import REPORT
from lineshaft.web.texts.chinese.servitization import SERVITIZATION
from lineshaft.web.texts.chinese.smile import SMILE
from lineshaft.web.texts.chinese.supply import SUPPLY
from lineshaft.web.texts.chinese.tables import TABLES
from lineshaft.web.texts.chinese.webhooks import WEBHOOKS

CHINESE: dict[str, str] = {
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
