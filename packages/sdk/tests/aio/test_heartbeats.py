"""Automatic heartbeats of a run, in a task."""

from __future__ import annotations

import asyncio
from typing import Any

from ..doubles.async_client import run
from ..doubles.runs import CONFIG, steps


def test_heartbeats_continue_until_another_worker_claims_the_run(
    server: Any, config: Any, routes: Any
) -> None:
    plain = server.route

    def route(asked: Any) -> Any:
        if steps(server).count("POST heartbeat") > 3:
            routes["POST", "/heartbeat"] = server.answer({"detail": "taken"}, 409)
        return plain(asked)

    server.route = route

    async def drive(client: Any) -> Any:
        async with client.run(CONFIG, auto_heartbeat=True, heartbeat_interval_s=0.001) as held:
            await asyncio.wait_for(held.heartbeats._task, 10)
            assert not held.heartbeats.is_alive
            return held.heartbeats

    beats = run(config, drive)
    assert beats.count >= 2
    assert "taken" in str(beats.error)
    assert steps(server)[-1] == "DELETE claim-session"
