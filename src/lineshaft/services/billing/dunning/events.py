"""What happens to letters."""

from lineshaft.core.events import Event
from lineshaft.services.billing.dunning.model import Letter
from lineshaft.services.billing.events import SOURCE


def dunning_letter_written(event_id: str, letter: Letter, organisation: str) -> Event:
    """A customer is reminded of a document; its files are frozen and can be sent."""
    data = {"level": letter.level, "sha256": letter.sha256, "organisation": organisation}
    return Event(event_id, SOURCE, "DunningLetterWritten", letter.document, letter.written_at, data)
