"""A run as the fake server answers, and the steps of a client on it."""

from __future__ import annotations

import kite_algo_worker as kaw

from .fake_server import FakeServer

CONFIG = kaw.RunConfig("managed", "kite:paper-a", strategy_run_id="r-1")
RUN = {
    "strategy_run_id": "r-1",
    "template_id": "managed",
    "account_scope": "kite:paper-a",
    "execution_mode": "paper",
    "status": "open",
}


def steps(server: FakeServer) -> list[str]:
    """Requests so far, such as `POST claim-session`."""
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in server.asked]
