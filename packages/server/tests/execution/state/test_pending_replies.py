"""Callers on event loops are woken once for all replies of a batch."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_server.features.execution.state.pending_replies import PendingReplies, PendingReply


def test_all_answers_of_a_turn_wake_the_loop_once() -> None:
    async def ask() -> list[Any]:
        replies, asked = PendingReplies(), [PendingReply() for _ in range(5)]
        waiting = [replies.expect(one) for one in asked]
        waiting[0].cancel()  # this one has gone
        loop = asyncio.get_running_loop()
        with patch.object(loop, "call_soon_threadsafe", wraps=loop.call_soon_threadsafe) as wakes:
            for number, one in enumerate(asked[:4]):
                one.set_result(number)
            asked[4].set_exception(ValueError("no"))
            assert not any(one.done() for one in waiting[1:])
            replies.deliver()
            replies.deliver()
        assert wakes.call_count == 1
        return await asyncio.gather(*waiting[1:], return_exceptions=True)

    found = asyncio.run(ask())
    assert found[:3] == [1, 2, 3]
    with pytest.raises(ValueError, match="no"):
        raise found[3]


def test_a_loop_that_is_gone_harms_nobody() -> None:
    replies, gone, there = PendingReplies(), PendingReply(), PendingReply()

    async def expect(done: PendingReply) -> asyncio.Future[Any]:
        return replies.expect(done)

    async def answered() -> Any:
        waiting = replies.expect(there)
        gone.set_result(1)
        there.set_result(2)
        replies.deliver()
        return await waiting

    asyncio.run(expect(gone))
    assert asyncio.run(answered()) == 2


def test_what_is_known_stays_and_a_second_answer_is_refused() -> None:
    told: list[PendingReply] = []
    one = PendingReply()
    one.notify = told.append
    assert not one.is_done
    one.set_result(1)
    with pytest.raises(InvariantBroken, match="twice"):
        one.set_exception(ValueError("no"))
    assert (one.is_done, one.result(), one.error, told) == (True, 1, None, [one])
