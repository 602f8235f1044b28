"""The address of the pages stays where it was, when it can."""

import pytest

from lineshaft.web.main import listening

HOST = "127.0.0.1"


def test_the_last_port_is_taken_again_unless_somebody_has_it() -> None:
    with listening(HOST, 0) as first:
        port = first.getsockname()[1]
        first.listen()
        with listening(HOST, 0, port) as other:
            assert other.getsockname()[1] not in (0, port)
        with pytest.raises(OSError, match="in use"):
            listening(HOST, port)
    with listening(HOST, 0, port) as again:
        assert again.getsockname()[1] == port


def test_a_port_that_was_asked_for_goes_before_the_last_one() -> None:
    with listening(HOST, 0) as free:
        asked = free.getsockname()[1]
    with listening(HOST, asked, asked - 1) as listener:
        assert listener.getsockname()[1] == asked
