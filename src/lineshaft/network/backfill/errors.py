"""What stops a back-fill; a bad row never does: it is stored as a refusal."""

from lineshaft.core.errors import Conflict, Forbidden, Invalid


class FileUnreadable(Invalid):
    """A file of which no row can be understood, or that is no such file at all."""


class MapInvalid(Invalid):
    """A map, or the lack of one, that does not fit the file."""


class FileChanged(Conflict):
    """The source was begun with another file, or with another map."""


class ImportTaken(Conflict):
    """Another process imports under this name."""


class ImportRefused(Forbidden):
    """The hub does not let the source in."""


class StatementRefused(Invalid):
    """That a file is complete until an instant cannot be said: it is to come, or was said often."""
