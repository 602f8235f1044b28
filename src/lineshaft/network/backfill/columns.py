"""Values and records of many rows as arrays."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace
from numpy.typing import NDArray

TEXT = pa.large_binary()


class Values(msgspec.Struct):
    """The values of n cells, spread over columns as `core.value.to_columns` does.

    Attributes:
        presence: uint8[n], the `HAS_…` bits of `core.segment.block`; 0 where there is no value.
        mantissa, exponent, number: int64, int8, float64 [n]; 0 where absent.
        text: UTF-8 bytes [n], null where absent; None where no cell has any.
        problems: by cell, why its value cannot be stored.
    """

    presence: NDArray[np.uint8]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    number: NDArray[np.float64]
    text: pa.LargeBinaryArray | None
    problems: dict[int, str]

    @classmethod
    def empty(cls, count: int) -> "Values":
        """Return cells without a value."""
        return cls(
            np.zeros(count, np.uint8),
            np.zeros(count, np.int64),
            np.zeros(count, np.int8),
            np.zeros(count, np.float64),
            None,
            {},
        )

    def put(self, places: NDArray[np.int64], part: "Values") -> None:
        """Put the values of some cells in their places."""
        self.presence[places] = part.presence
        self.mantissa[places] = part.mantissa
        self.exponent[places] = part.exponent
        self.number[places] = part.number
        if part.text is not None:
            count = len(self.presence)
            source = np.full(count, -1, np.int64)
            source[places] = np.arange(len(places))
            taken = part.text.take(pa.array(source, mask=source < 0))
            old = self.text
            self.text = taken if old is None else pc.coalesce(taken, old)
        self.problems |= {int(places[cell]): why for cell, why in part.problems.items()}


class Rows(msgspec.Struct):
    """Records of a file in its order, not numbered yet.

    Attributes:
        code: int32[n], which series (`mapping.SeriesNames`).
        ts: int64[n], instants in microseconds UTC.
        status: uint32[n], OPC UA status codes.
        kind: uint8[n], `RecordKind`.
        presence, mantissa, exponent, number, text: as in `Values`.
        row: int64[n], the row of the file that the record is of, from 1.
    """

    code: NDArray[np.int32]
    ts: NDArray[np.int64]
    status: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    presence: NDArray[np.uint8]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    number: NDArray[np.float64]
    text: pa.LargeBinaryArray | None
    row: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.ts)

    def since(self, start: int) -> "Rows":
        """Return the records from a place on."""
        return self.take(slice(start, None))

    def take(self, chosen: NDArray[np.int64] | slice) -> "Rows":
        """Return some of the records, in the order of their places."""
        arrays = {
            name: getattr(self, name)[chosen] for name in self.__struct_fields__ if name != "text"
        }
        text = self.text
        if text is not None:
            text = text[chosen] if isinstance(chosen, slice) else text.take(pa.array(chosen))
        return Rows(text=text, **arrays)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the records of several parts as one."""
    if len(parts) == 1:
        return parts[0]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Rows.__struct_fields__
        if name != "text"
    }
    text = None
    if any(part.text is not None for part in parts):
        text = pa.concat_arrays(
            [pa.nulls(len(part), TEXT) if part.text is None else part.text for part in parts]
        )
    return replace(parts[0], text=text, **arrays)
