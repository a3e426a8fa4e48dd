"""Automatic heartbeats of a run."""

from __future__ import annotations

import threading
from typing import Any

from ..doubles.runs import CONFIG, steps


def test_automatic_heartbeats_continue_until_the_block_ends(
    server: Any, client: Any, routes: Any
) -> None:
    beaten = threading.Event()
    plain = server.route

    def route(asked: Any) -> Any:
        if steps(server).count("POST heartbeat") >= 4:
            beaten.set()
        return plain(asked)

    server.route = route
    with client.run(CONFIG, auto_heartbeat=True, heartbeat_interval_s=0.001) as run:
        assert beaten.wait(10)
        assert run.heartbeats.is_alive
    assert not run.heartbeats.is_alive
    assert run.heartbeats.count >= 2
    assert steps(server)[-1] == "DELETE claim-session"


def test_heartbeats_end_when_another_worker_claims_the_run(
    server: Any, client: Any, routes: Any
) -> None:
    with client.run(
        CONFIG, heartbeat_on_enter=False, auto_heartbeat=True, heartbeat_interval_s=0.001
    ) as run:
        routes["POST", "/heartbeat"] = server.answer({"detail": "taken"}, 409)
        run.heartbeats._thread.join(10)
        assert not run.heartbeats.is_alive
        assert "taken" in str(run.heartbeats.error)


def test_heartbeats_continue_after_a_lost_one(server: Any, client: Any, routes: Any) -> None:
    routes["POST", "/heartbeat"] = server.dropped()
    failed, mended = threading.Event(), threading.Event()
    plain = server.route

    def route(asked: Any) -> Any:
        if asked.path.endswith("/heartbeat"):
            (mended if failed.is_set() else failed).set()
            if mended.is_set():
                return server.answer()
        return plain(asked)

    server.route = route
    with client.run(
        CONFIG, heartbeat_on_enter=False, auto_heartbeat=True, heartbeat_interval_s=0.001
    ) as run:
        assert mended.wait(10)
        assert run.heartbeats.is_alive
