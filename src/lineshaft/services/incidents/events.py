"""What happens to incidents and agreed exclusions."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.incidents.model import AnyVersion, SubjectKind, kind_of

SOURCE = "lineshaft/services/incidents"

INCIDENT_RECORDED = "ServiceIncidentRecorded"
"""A version of an incident is recorded; no side has agreed to it yet."""
INCIDENT_AGREED = "ServiceIncidentAgreed"
"""Both sides agree to a version of an incident: guarantees are judged on it from now on."""
EXCLUSION_RECORDED = "ExclusionRecorded"
"""A version of an exclusion is recorded; no side has agreed to it yet."""
EXCLUSION_AGREED = "ExclusionAgreed"
"""Both sides agree to a version of an exclusion: guarantees are judged on it from now on."""

_RECORDED = {
    SubjectKind.INCIDENT: INCIDENT_RECORDED,
    SubjectKind.EXCLUSION: EXCLUSION_RECORDED,
}
_AGREED = {SubjectKind.INCIDENT: INCIDENT_AGREED, SubjectKind.EXCLUSION: EXCLUSION_AGREED}


def version_recorded(event_id: str, version: AnyVersion) -> Event:
    """Somebody says that something happened, or proposes to leave it out."""
    type_, at = _RECORDED[kind_of(version.subject)], version.recorded_at
    return Event(event_id, SOURCE, type_, version.subject.id, at, version.to_content())


def version_agreed(event_id: str, at: Instant, version: AnyVersion) -> Event:
    """Provider and customer say the same."""
    type_ = _AGREED[kind_of(version.subject)]
    return Event(event_id, SOURCE, type_, version.subject.id, at, version.to_content())
