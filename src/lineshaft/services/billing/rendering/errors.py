"""What rendering refuses."""

from lineshaft.core.errors import Invalid


class MissingGlyph(Invalid):
    """A text has a character that the shipped font cannot show; a PDF never hides that."""


class RenderingTooLarge(Invalid):
    """A rendering beyond its maximum."""
