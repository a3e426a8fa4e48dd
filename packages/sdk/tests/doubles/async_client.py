"""Run a coroutine with an asyncio client of the fake server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import kite_algo_worker as kaw


def run(config: kaw.AlgoWorkerConfig, drive: Callable[[Any], Awaitable[Any]]) -> Any:
    """Await `drive(client)`; the client does not pause between its tries."""

    async def with_client() -> Any:
        quick = replace(config, retry_delay_s=0.0, stream_reconnects=3)
        async with kaw.AsyncKiteAlgoWorkerClient(quick) as client:
            return await drive(client)

    return asyncio.run(with_client())
