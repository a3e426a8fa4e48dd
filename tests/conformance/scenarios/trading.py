"""Runs, orders, baskets, money, the timeline, triggers and the managed life of a run."""

from __future__ import annotations

import itertools
from typing import Any

import kite_algo_worker as kaw
from scenarios.recording import A, B, C, Drive, Recorded, is_strict_server, run_config


def runs_and_orders(drive: Drive) -> None:
    client, function = drive.client, drive.functions
    assert client.health() == {"status": "healthy"}
    client.heartbeat(metrics={"x": 1})
    run = client.create_run(
        strategy_run_id=A, template_id="conformance", account_scope="kite:paper-a",
        execution_mode="paper", metadata={"allocation_cap": 500_000},
    )  # fmt: skip
    assert run["status"] == "open"
    assert client.create_run_from_config(run_config(B))["strategy_run_id"] == B
    assert client.get_run(A)["execution_mode"] == "paper"
    # The package contradicts itself: contract Q1.
    drive.refused(client.get_run_health_snapshot, A)
    order = kaw.equity_market_order("INFY", "BUY", 1)
    preview = client.preview_order(A, order)
    assert kaw.OrderPreview.model_validate(preview).preview.cost_contract.margin_required > 0
    client.preview_basket(A, [order])
    placed = client.place_order(A, order, idempotency_key=f"{A}:entry:001")
    assert placed["order_id"]
    assert client.place_order(A, order, idempotency_key=f"{A}:entry:001") == placed
    done = function.wait_for_terminal_order_state(
        client, A, placed["order_id"], attempts=20, sleep_seconds=0.2
    )
    assert done.status == "COMPLETE"
    client.place_basket(A, [order, order], idempotency_key=f"{A}:basket", all_or_none=True)
    low = round(float(done.average_price) * 0.97, 0)
    resting = client.place_order(
        A, kaw.limit_order("NSE", "INFY", "BUY", "CNC", 2, price=low),
        idempotency_key=f"{A}:limit",
    )  # fmt: skip
    client.modify_order(A, resting["order_id"], {"quantity": 1})
    assert client.get_order_snapshot(A, resting["order_id"]).quantity == 1
    client.cancel_order(A, resting["order_id"])
    assert len(client.list_orders(A)["orders"]) == 4
    assert len(client.get_orders_snapshot(A).orders) == 4
    assert len(client.list_trades(A)["trades"]) == 3
    assert len(client.get_trades_snapshot(A).trades) == 3


def small_helpers(drive: Drive) -> None:
    client, function = drive.client, drive.functions
    made = function.ensure_run(
        client, strategy_run_id=C, template_id="conformance", account_scope="kite:paper-a",
        execution_mode="paper", metadata={},
    )  # fmt: skip
    again = function.ensure_run(
        client, strategy_run_id=C, template_id="conformance", account_scope="kite:paper-a",
        execution_mode="paper", metadata={},
    )  # fmt: skip
    assert made["strategy_run_id"] == again["strategy_run_id"]
    order = kaw.equity_market_order("INFY", "BUY", 1)
    placed = function.preview_then_place_order(client, C, order, idempotency_key=f"{C}:entry")
    assert placed["order_id"]
    assert client.exit_run(C, idempotency_key=f"{C}:exit")["status"] == "closed"


def every_order(drive: Drive) -> None:
    """What every builder makes is an order the server can read."""
    client, function = drive.client, drive.functions
    price = client.get_quotes(["NSE:INFY"])["quotes"]["NSE:INFY"]["last_price"]
    low, high = float(round(price * 0.98)), float(round(price * 1.02))
    builder = Recorded(kaw.OrderBuilder, "OrderBuilder")
    orders = [
        function.market_order("NSE", "INFY", "BUY", "CNC", 1),
        function.limit_order("NSE", "INFY", "BUY", "CNC", 1, price=low),
        function.sl_order("NSE", "INFY", "BUY", "CNC", 1, price=high, trigger_price=high),
        function.sl_m_order("NSE", "INFY", "BUY", "CNC", 1, trigger_price=high),
        function.equity_market_order("INFY", "BUY", 1),
        function.live_equity_market_order("INFY", "BUY", 1),
        builder.market_order("NSE", "INFY", "BUY", "CNC", 1),
        builder.limit_order("NSE", "INFY", "BUY", "CNC", 1, price=low),
        builder.sl_order("NSE", "INFY", "BUY", "CNC", 1, price=high, trigger_price=high),
        builder.sl_m_order("NSE", "INFY", "BUY", "CNC", 1, trigger_price=high),
        builder.equity_market_order("INFY", "BUY", 1),
    ]
    for order in orders:
        preview = client.preview_order(A, order)["preview"]
        wrong = [one for one in preview["order"]["warnings"] if one["severity"] == "error"]
        assert not wrong, (order, wrong)
    for order in (
        function.amo_limit_order("NSE", "INFY", "BUY", "CNC", 1, price=low),
        function.amo_market_order("NSE", "INFY", "BUY", "CNC", 1),
    ):
        assert client.preview_order(A, order)["preview"]["order"]["variety"] == "amo"


def money_and_timeline(drive: Drive) -> None:
    client = drive.client
    assert client.get_run_pnl(A)["totals"]["charges"] > 0
    funds = client.get_funds()
    if is_strict_server(client):
        assert funds["segments"]["equity"]["net"] > 0
        assert client.get_funds_snapshot().account_scope == "kite:paper-a"
        assert client.get_run_pnl_snapshot(A).legs[0].net_quantity == 3
    else:
        assert set(funds) == {"available", "utilized", "net"}
        drive.refused(client.get_funds_snapshot)  # contract Q2
        drive.refused(client.get_run_pnl_snapshot, A)  # contract Q3
    assert client.get_run_funds(A)["strategy"]["allocation"]["remaining"] > 0
    client.log_decision_event(
        A, event_type="signal.generated", summary="crossed", details={"fast": 1.0}
    )
    assert client.list_timeline(A, limit=500)["events"]
    snapshot = client.list_timeline_snapshot(A, limit=500)
    assert snapshot.events[-1].summary == "crossed"
    assert client.list_timeline(A, event_kind="decision")["events"]
    streamed = list(itertools.islice(client.stream_timeline(A), len(snapshot.events)))
    assert [one["cursor"] for one in streamed] == [one.cursor for one in snapshot.events]
    for update in itertools.islice(client.stream_run_pnl(A, interval_seconds=0.2), 2):
        assert update["strategy_run_id"] == A


def a_trigger(price: float) -> dict[str, Any]:
    level = float(round(price * 0.9))
    leg = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
        "order_type": "LIMIT", "product": "CNC", "price": level,
    }  # fmt: skip
    condition = {
        "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [level], "last_price": price,
    }  # fmt: skip
    return {"type": "single", "condition": condition, "orders": [leg]}


def triggers(drive: Drive) -> None:
    client = drive.client
    price = client.get_quotes(["NSE:INFY"])["quotes"]["NSE:INFY"]["last_price"]
    gtt = a_trigger(price)
    first = client.place_gtt(gtt)["trigger_id"]
    second = client.place_gtt_snapshot(gtt).trigger_id
    assert {one["id"] for one in client.list_gtts()} >= {first, second}
    assert len(client.list_gtts_snapshot()) >= 2
    assert client.get_gtt(first)["status"] == "active"
    assert client.get_gtt_snapshot(first).id == first
    level = gtt["condition"]["trigger_values"][0]
    patch = {"condition": {"trigger_values": [level - 1], "last_price": price}}
    client.modify_gtt(first, patch)
    assert client.modify_gtt_snapshot(first, patch).trigger_id == first
    client.delete_gtt(first)
    assert client.delete_gtt_snapshot(second).trigger_id == second


def managed(drive: Drive) -> None:
    client = drive.client
    protection = kaw.BackendProtection(
        positions=[
            kaw.ProtectedPosition(
                symbol="NSE:INFY", product="CNC", side="BUY", quantity=1,
                entry_price=1.0, stoploss_pct=50.0,
            )
        ],
        basket=kaw.BasketProtection(stoploss_pct=60.0),
        operations=kaw.OperationalProtection(exit_on_worker_stale=True, worker_stale_sec=300),
    )  # fmt: skip
    with client.run(run_config(B)) as plain:
        run = Recorded(plain, "ManagedRun")
        run.heartbeat(metrics={"a": 1})
        drive.refused(run.get_health_snapshot)  # contract Q1
        safety = run.safety_check()
        assert safety.can_trade, safety.blocking_reasons
        order = kaw.equity_market_order("INFY", "BUY", 1)
        run.place_order(order, idempotency_key=f"{B}:1", safety_token=safety.safety_token)
        run.place_basket([order], idempotency_key=f"{B}:2")
        run.update_backend_protection(protection, reason="rebalance")
        run.patch_risk({"stop_loss_pct": 1.0}, reason="calmer")
        run.log_decision_event(event_type="x", summary="y")
        assert run.list_timeline()["events"]
        assert next(iter(run.stream_timeline()))
        assert run.refresh()["status"] == "open"
        assert client.get_run_protection_state(B)
        assert run.exit_run(dry_run=True)
        run.exit_run(reason="done", idempotency_key=f"{B}:exit")
    nonce = client.claim_session(A)["worker_session_nonce"]
    client.run_heartbeat(A, session_nonce=nonce)
    client.safety_check(A)
    client.update_backend_protection(A, protection, session_nonce=nonce)
    client.patch_risk(A, {"a": 1}, session_nonce=nonce)
    client.release_session(A, session_nonce=nonce)


def last_exit(drive: Drive) -> None:
    client = drive.client
    client.exit_run(A, reason="done", idempotency_key=f"{A}:exit")
    assert client.get_run(A)["status"] == "closed"
