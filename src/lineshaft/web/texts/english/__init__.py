"""The words of the pages in English; one word for one thing."""

from lineshaft.web.texts.english.contracts import CONTRACTS
from lineshaft.web.texts.english.frame import FRAME
from lineshaft.web.texts.english.hub import HUB
from lineshaft.web.texts.english.invoices import INVOICES
from lineshaft.web.texts.english.machines import MACHINES
from lineshaft.web.texts.english.people import PEOPLE

ENGLISH: dict[str, str] = {
    **CONTRACTS,
    **FRAME,
    **HUB,
    **INVOICES,
    **MACHINES,
    **PEOPLE,
}
