"""What is wrong with bytes that claim to be a segment or a part of one."""

from lineshaft.core.errors import Invalid


class MalformedSegment(Invalid):
    """Bytes that are no segment, header, block or beat of the format."""


class BadSignature(Invalid):
    """A signature that the named key did not make over these bytes."""


class WrongRoot(Invalid):
    """Blocks that do not hash to the Merkle root of the signed header."""
