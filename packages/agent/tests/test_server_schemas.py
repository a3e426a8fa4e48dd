"""What the agent sends, read with the server's own schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.wire import read_signal
from tradertape_server.features.agents import schemas

BODIES = {
    "heartbeat": schemas.Heartbeat,
    "sync-holdings": schemas.SyncHoldings,
    "sync-positions": schemas.SyncPositions,
}


@pytest.mark.parametrize("mode", [None, "relative", "coarse", "sealed", "seed_literal"])
def test_every_body_is_taken_by_the_server_in_every_mode(
    tmp_path: Path,
    cloud: FakeCloud,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
    mode: str | None,
) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    cloud.obfuscation = mode is not None
    with machine(tmp_path, cloud, running, privacy_mode=mode) as own:
        own.cycle()
        is_scaled = cloud.obfuscation
        cloud.add(1, order={"type": "market", "stop_trigger": 1}, scaled=is_scaled)
        cloud.add(2, order={"type": "limit"}, scaled=is_scaled)
        cloud.add(3, expires_at="2020-01-01T00:00:00+05:30", scaled=is_scaled)
        for _ in range(3):
            own.cycle()
    found = [schemas.SignalResult.model_validate_json(one) for one in cloud.result_bodies]
    outcomes = {one.signal_id: one.outcome for one in found}
    assert outcomes == {1: "filled", 2: "failed", 3: "expired"}
    assert {one.scaled for one in found} == {is_scaled}
    for name, body in cloud.posts:
        read = BODIES[name].model_validate_json(json.dumps(body))
        assert getattr(read, "scaled", is_scaled) is is_scaled
    assert {name for name, _ in cloud.posts} == set(BODIES)


def test_the_servers_items_are_read() -> None:
    item = schemas.Item(
        id=12, version=3, portfolio_id=7, paper=False, symbol="RELIANCE", exchange="NSE",
        isin="INE002A01018", side="BUY", kind="entry", quantity=14, product="CNC",
        order=schemas.ItemOrder(
            type="gtt_single", trigger_price=2585.0, limit_price=2597.95, stop_trigger=2455.75,
            stop_limit=None, target_trigger=2840.0, target_limit=None, tick_size=0.05,
            market_protection=None,
        ),
        ref_price=2580.5, max_slippage_pct=0.5, valid_until=None, expires_at=None,
        requires_approval=True, conviction=71.5, reason="", risk={"rules": []},
        idempotency_key=None, lease_until=None, scaled=True,
    )  # fmt: skip
    signal = read_signal(json.loads(item.model_dump_json()))
    assert (signal.instrument, signal.key) == ("NSE:RELIANCE", "pending:12:3")
    assert (signal.has_stop, signal.is_scaled, signal.requires_approval) == (True, True, True)
