"""A sheet as the answer of a request."""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from fastapi.responses import StreamingResponse

from lineshaft.infrastructure.sheets.sheet import MEDIA_TYPES, Sheet, SheetFormat
from lineshaft.infrastructure.sheets.writing import write_sheet

CHUNK_BYTES = 256 * 1024
IN_MEMORY_BYTES_MAX = 1024 * 1024
"""A larger file waits on the disk until it is sent."""


def sheet_answer(sheet: Sheet, shape: SheetFormat, name: str) -> StreamingResponse:
    """Answer with a sheet as a file to keep; call it in a thread, for it reads all rows.

    The file is whole before the answer begins: what is refused is refused with its own status.

    Args:
        sheet: what to write.
        shape: CSV or Excel.
        name: of the file, in ASCII, without its ending.

    Raises:
        TooManyRows: beyond `ROWS_MAX` of the format.
        TextTooLong: for a text that no cell takes.
    """
    file = cast(
        "BinaryIO",
        tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES_MAX),  # noqa: SIM115 - closed when sent
    )
    try:
        write_sheet(sheet, shape, file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    return StreamingResponse(
        _chunks(file),
        media_type=MEDIA_TYPES[shape],
        headers={
            "content-disposition": f'attachment; filename="{name}.{shape.value}"',
            "content-length": str(size),
            "cache-control": "no-store",
        },
    )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
