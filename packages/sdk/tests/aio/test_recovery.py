"""The asyncio polling helpers send what the sync ones send."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..doubles.calls import ANSWERS, ORDER, shown, wire

pytestmark = pytest.mark.usefixtures("every_answer")


def test_the_asyncio_helpers_send_what_the_sync_ones_send(server: Any) -> None:
    """KE-02."""
    import kite_algo_worker as ours

    wanted: dict[str, dict[str, Any]] = {
        "ensure_run": {
            "strategy_run_id": "r-1", "template_id": "t", "account_scope": "kite:paper-a",
            "execution_mode": "paper", "metadata": {},
        },
        "preview_then_place_order": {
            "strategy_run_id": "r-1", "order": ORDER, "idempotency_key": "r-1:entry:001",
        },
        "wait_for_history": {"instrument": "NSE:INFY", "attempts": 2, "sleep_seconds": 0.0},
        "warmup_history": {"instrument": "NSE:INFY", "attempts": 2, "sleep_seconds": 0.0},
        "wait_for_quotes": {"instruments": ["NSE:INFY"], "attempts": 2, "sleep_seconds": 0.0},
        "wait_for_terminal_order_state": {"strategy_run_id": "r-1", "order_id": "o-1"},
        "wait_for_fresh_candle": {"instrument": 408065, "attempts": 2, "sleep_seconds": 0.0},
    }  # fmt: skip
    config = ours.AlgoWorkerConfig(server.url, "kwa_secret")
    client = ours.KiteAlgoWorkerClient(config)
    client._gate.remember(ANSWERS["/runs/r-1"])
    sent: list[Any] = []
    for name, given in wanted.items():
        sent.append((name, shown(getattr(ours, name)(client, **given)), wire(server)))
    client.close()

    async def drive() -> list[Any]:
        seen: list[Any] = []
        async with ours.AsyncKiteAlgoWorkerClient(config) as client:
            client._gate.remember(ANSWERS["/runs/r-1"])
            for name, given in wanted.items():
                found = await getattr(client, name)(**given)
                seen.append((name, shown(found), wire(server)))
        return seen

    assert asyncio.run(drive()) == sent
