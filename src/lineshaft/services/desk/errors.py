"""What the design desk refuses."""

from lineshaft.core.errors import Conflict, Invalid, NotFound, RateLimited


class StudyNotFound(NotFound):
    """There is no study with this id, or no such version or variant of it."""


class StudyVersionTaken(Conflict):
    """This version of a study is saved with other content, or does not follow the last one."""


class CostsWrong(Invalid):
    """Rows of recorded costs that cannot be taken; none of the rows was recorded."""


class TooMuchAtOnce(RateLimited):
    """More machines and months than one study may rate."""
