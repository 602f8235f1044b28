"""Cancellations that a library loses, as `asyncio.wait_for` does until Python 3.12."""

import asyncio

import pytest

from lineshaft.infrastructure import tasks
from lineshaft.infrastructure.tasks import cancel, heeding_cancellation


async def deaf_once(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        ended.append("lost")
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_what_loses_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "CANCEL_AGAIN_S", 0.01)
    ended: list[str] = []
    going = [asyncio.create_task(deaf_once(ended)) for _ in range(2)]
    await asyncio.sleep(0)
    await cancel(*going)
    assert ended == ["lost", "lost", "ended", "ended"]
    assert all(task.cancelled() for task in going)


async def test_what_it_ended_with_is_told_to_who_asks() -> None:
    async def fail() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("no farewell")

    failing = asyncio.create_task(fail())
    over = asyncio.create_task(asyncio.sleep(0, "done"))
    await asyncio.wait({over})
    await cancel(failing, over)
    assert over.result() == "done"
    with pytest.raises(OSError, match="no farewell"):
        failing.result()


async def test_a_cancellation_that_comes_with_what_is_waited_for_is_heeded() -> None:
    came: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def ask() -> int:
        with heeding_cancellation():
            return await asyncio.wait_for(came, 5)

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    came.set_result(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_call_after_a_cancellation_is_left_alone() -> None:
    """Whoever was cancelled may still say farewell."""

    async def leave() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            with heeding_cancellation():
                return await asyncio.sleep(0, "farewell")
        return "never cancelled"

    leaving = asyncio.create_task(leave())
    await asyncio.sleep(0)
    leaving.cancel()
    assert await leaving == "farewell"


async def test_a_time_limit_around_it_stays_a_time_limit() -> None:
    async def wait() -> None:
        async with asyncio.timeout(0.01):
            with heeding_cancellation():
                await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
