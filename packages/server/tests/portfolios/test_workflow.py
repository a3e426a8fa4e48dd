"""Signals from the scan to the position: approve, place, fill, close (SG, PO)."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_server.features.portfolios import working

from .conftest import Desk, Json


def approved(desk: Desk, portfolio: Json, most: int = 2) -> tuple[int, list[Json]]:
    """The evening of a day with signals, the best of them approved."""
    at, signals = desk.first_signals(portfolio)
    chosen = signals[:most]
    return at, [desk.post(f"signals/{one['id']}/approve") for one in chosen]


def test_sg_01_signals_are_a_bare_list_with_filters_and_pages(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, signals = desk.first_signals(portfolio)
    assert isinstance(signals, list)
    assert {"symbol", "conviction", "gtt_status", "stage", "expires_at"} <= set(signals[0])
    assert [one["rank"] for one in signals] == sorted(one["rank"] for one in signals)
    url = f"/api/model/signals?portfolio_id={portfolio['id']}&status=pending_approval&limit=2"
    page = desk.client.get(url)
    assert page.json() == signals[:2]
    assert page.headers["X-Total-Count"] == str(len(signals))
    assert desk.signals(portfolio, "rejected") == []


def test_sg_02_an_approved_signal_is_in_the_cart_and_commits_capital(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, (one, two) = approved(desk, portfolio)
    assert (one["status"], one["stage"], one["gtt_status"]) == ("in_cart", "in_cart", None)
    assert one["actor_history"][-1]["by"] == "person@example.com"
    after = desk.get(f"portfolios/{portfolio['id']}")
    assert after["committed_capital"] == pytest.approx(one["notional"] + two["notional"])
    refused = desk.post(f"signals/{one['id']}/approve", status=409)
    assert refused["detail"] == f"Signal {one['id']} is in cart and cannot be approved"


@pytest.mark.parametrize("fill", ["close", "next_open", "touch"])
def test_sg_02_no_more_is_bought_than_the_shares_that_were_approved(desk: Desk, fill: str) -> None:
    portfolio = desk.deploy(paper_fill=fill)
    at, signals = desk.first_signals(portfolio)
    for one in signals:
        desk.post(f"signals/{one['id']}/approve", {"quantity": 2, "note": "a small part"})
    committed = desk.get(f"portfolios/{portfolio['id']}")["committed_capital"]
    assert committed == pytest.approx(sum(2 * (s["limit_price"] or 0) for s in signals), abs=1)
    desk.post("cart/place")
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    bought = [s for s in desk.signals(portfolio) if s["status"] == "executed"]
    assert bought, "no candle of the next day reached an order"
    assert {(s["quantity"], s["filled_quantity"]) for s in bought} == {(2, 2)}
    positions = desk.get(f"positions?portfolio_id={portfolio['id']}")
    assert {one["quantity"] for one in positions} == {2}
    story = desk.get(f"positions/{positions[0]['id']}/story")
    (decision,) = [e for e in story["events"] if e["title"] == "Approved"]
    assert decision["text"] == "2 shares, fewer than were proposed. a small part"


def test_sg_03_a_rejected_signal_frees_its_capital_for_good(desk: Desk) -> None:
    portfolio = desk.deploy(paper_fill="touch")
    _, (one, two) = approved(desk, portfolio)
    gone = desk.post(f"signals/{one['id']}/reject", {"reason": "results tomorrow"})
    assert gone["status"] == "rejected"
    assert gone["actor_history"][-1]["note"] == "results tomorrow"
    after = desk.get(f"portfolios/{portfolio['id']}")
    assert after["committed_capital"] == pytest.approx(two["notional"])
    for action in ("approve", "reject", "expire"):
        refused = desk.post(f"signals/{one['id']}/{action}", status=409)
        assert refused["detail"].startswith(f"Signal {one['id']} is rejected and cannot be")


def test_sg_04_a_signal_expires_when_told_and_by_the_calendar(desk: Desk) -> None:
    portfolio = desk.deploy()
    at, signals = desk.first_signals(portfolio)
    assert desk.post(f"signals/{signals[0]['id']}/expire")["status"] == "expired"
    opens = datetime.combine(desk.days[at + 1], time(9, 15), IST)
    assert datetime.fromisoformat(signals[1]["expires_at"]) == opens
    desk.evening_of(desk.days[at + 1])
    refused = desk.post(f"signals/{signals[1]['id']}/approve", status=409)
    assert refused["detail"].startswith(f"Signal {signals[1]['id']} expired at ")
    desk.scan(portfolio, desk.days[at + 1])
    assert len(desk.signals(portfolio, "expired")) == len(signals)


def test_sg_05_the_cart_is_placed_once_and_says_what_became_of_each(desk: Desk) -> None:
    portfolio = desk.deploy()
    empty = desk.post("cart/place", {"portfolio_id": portfolio["id"]}, status=400)
    assert empty["detail"] == "Cart is empty"
    _, chosen = approved(desk, portfolio)
    rehearsal = desk.post("cart/place", {"dry_run": True})
    assert rehearsal["placed"] == 2
    assert len(desk.signals(portfolio, "in_cart")) == 2
    placed = desk.post("cart/place")
    assert (placed["placed"], placed["failed"], placed["skipped"]) == (2, 0, 0)
    assert {one["signal_id"] for one in placed["results"]} == {one["id"] for one in chosen}
    desk.post("cart/place", status=400)
    done = desk.signals(portfolio, "executed")
    assert {one["placement_key"] for one in done} == {f"sig:{one['id']}:a1" for one in chosen}
    assert {one["gtt_status"] for one in done} == {"filled"}  # SG-07
    held = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    assert {one["signal_id"] for one in held} == {one["id"] for one in chosen}
    assert all(one["average_price"] == pytest.approx(_paid(one, done)) for one in held)
    assert [entry["by"] for entry in done[0]["actor_history"]] == [
        "scan", "person@example.com", "person@example.com", *["paper market"] * 3,
    ]  # fmt: skip
    page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")
    assert page["equity_curve"][-1]["equity"] == page["kpis"]["equity"] < 1_000_000
    # A loss of the first day is a fall from the starting capital.
    assert page["kpis"]["max_drawdown_pct"] == page["kpis"]["total_return_pct"] < 0


def _paid(position: Json, signals: list[Json]) -> float:
    return next(one["average_price"] for one in signals if one["id"] == position["signal_id"])


def test_a_signal_that_is_not_placed_is_not_bought(desk: Desk) -> None:
    portfolio = desk.deploy(paper_fill="touch", signal_valid_days=3)
    at, (one, two) = approved(desk, portfolio)
    desk.post("cart/place", {"signal_ids": [one["id"]]})
    (resting,) = desk.signals(portfolio, "approved")
    assert (resting["id"], resting["gtt_status"], resting["stage"]) == (
        one["id"], "active", "placed",
    )  # fmt: skip
    desk.evening_of(desk.days[at + 4])
    desk.scan(portfolio, desk.days[at + 4])
    bought = {s["id"] for s in desk.signals(portfolio, "executed")}
    assert bought <= {one["id"]}
    assert [s["status"] for s in desk.signals(portfolio) if s["id"] == two["id"]] == ["expired"]


def test_an_order_placed_during_a_session_does_not_fill_in_its_candle(desk: Desk) -> None:
    """What is known at noon must not be bought at the morning's price."""
    portfolio = desk.deploy(paper_fill="touch", signal_valid_days=3)
    at, (one, _) = approved(desk, portfolio)
    noon = datetime.combine(desk.days[at + 1], time(12), IST)
    desk.clock.set_wrong(seconds=(noon - desk.clock.now()).total_seconds())
    desk.post("cart/place", {"signal_ids": [one["id"]]})
    desk.evening_of(desk.days[at + 3])
    desk.scan(portfolio, desk.days[at + 1])
    (still,) = desk.signals(portfolio, "approved")
    assert still["gtt_status"] == "active"


def test_approvals_beyond_the_free_capital_are_refused(desk: Desk) -> None:
    portfolio = desk.deploy(position_size_pct=60, max_per_sector=0)
    _, signals = desk.first_signals(portfolio)
    desk.post(f"signals/{signals[0]['id']}/approve")
    refused = desk.post(f"signals/{signals[1]['id']}/approve", status=409)
    assert "is free" in refused["detail"]
    wide = desk.deploy(position_size_pct=60, max_per_sector=0, max_oversubscription=2)
    desk.scan(wide)
    for one in desk.signals(wide)[:2]:
        assert desk.post(f"signals/{one['id']}/approve")["status"] == "in_cart"


@pytest.mark.parametrize("paper_fill", ["close", "next_open", "touch"])
def test_no_more_is_proposed_than_there_is_room_for(desk: Desk, paper_fill: str) -> None:
    portfolio = desk.deploy(paper_fill=paper_fill, max_positions=3, max_per_sector=1)
    found = desk.scan(portfolio, desk.days[-3])
    assert found["created"] == 3 < found["matched"]
    sectors = [one["sector"] for one in desk.signals(portfolio)]
    assert len(set(sectors)) == 3
    assert {one["reason"] for one in found["skipped"]} >= {"max_positions"}


def test_a_paused_portfolio_takes_no_approvals(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, signals = desk.first_signals(portfolio)
    desk.post(f"portfolios/{portfolio['id']}/pause")
    assert {one["status"] for one in desk.signals(portfolio)} == {"expired"}
    desk.post(f"signals/{signals[0]['id']}/approve", status=409)


def test_several_signals_are_rejected_at_once(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, signals = desk.first_signals(portfolio)
    ids = [signals[0]["id"], signals[1]["id"], 987654]
    found = desk.post("signals/bulk", {"ids": ids, "action": "reject"})
    assert [one["status"] for one in found] == ["rejected", "rejected", None]
    assert found[2]["detail"] == "Signal not found."


def test_sg_08_with_auto_place_nothing_waits_for_approval(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="touch")
    _, signals = desk.first_signals(portfolio)
    assert {one["status"] for one in signals} == {"approved"}
    assert {one["gtt_status"] for one in signals} == {"active"}
    events = [entry["event"] for entry in signals[0]["actor_history"]]
    assert events == ["raised", "approve", "place", "accepted"]


def test_pf_08_a_dry_run_says_what_would_happen_and_stores_nothing(desk: Desk) -> None:
    portfolio = desk.deploy()
    found = desk.scan(portfolio, desk.days[-3], dry_run=True)
    assert found["created"] > 0
    assert found["signals"][0]["status"] == "pending_approval"
    assert desk.signals(portfolio) == []
    assert desk.get("scans") == []
    assert desk.get(f"portfolios/{portfolio['id']}")["traded_until"] is None
    real = desk.scan(portfolio, desk.days[-3])
    assert [one["symbol"] for one in real["signals"]] == [one["symbol"] for one in found["signals"]]
    (run,) = desk.get("scans")
    assert (run["trigger"], run["created"]) == ("manual", real["created"])
    late = desk.post("scan", {"as_of": "2031-01-01"}, status=400)
    assert "the last day with final prices" in late["detail"]


def test_a_second_scan_at_the_same_time_is_refused(desk: Desk) -> None:
    scans = desk.container.portfolios.scans
    with scans._alone(desk.client.get("/api/auth/me").json()["id"]):
        refused = desk.post("scan", status=409)
    assert refused["detail"] == "A scan is already running."


def test_every_symbol_of_every_day_has_its_reason(desk: Desk) -> None:
    portfolio = desk.deploy(paper_fill="touch")
    day = desk.days[-3]
    found = desk.scan(portfolio, day)
    told = desk.get(f"portfolios/{portfolio['id']}/verdicts?day={day}")
    assert sum(map(len, told["verdicts"].values())) == told["evaluated"] == found["evaluated"]
    skipped = {(one["symbol"], one["reason"]) for one in found["skipped"]}
    assert skipped == {
        (symbol, reason)
        for reason, symbols in told["verdicts"].items() if reason not in ("rules", "signal")
        for symbol in symbols
    }  # fmt: skip
    symbol = told["verdicts"]["rules"][0]
    tree = desk.get(f"portfolios/{portfolio['id']}/explain?symbol={symbol}&day={day}")
    assert tree["symbol"] == symbol
    (first, *_) = desk.signals(portfolio)
    assert desk.get(f"signals/{first['id']}/explain")["symbol"] == first["symbol"]
    desk.get(f"portfolios/{portfolio['id']}/verdicts?day=2030-01-01", status=404)


def test_po_01_positions_are_listed_by_state(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.scan(portfolio, desk.days[-40])
    desk.scan(portfolio, desk.days[-1])
    url = f"positions?portfolio_id={portfolio['id']}"
    every, held, closed = (
        desk.get(url + query) for query in ("", "&status=open", "&status=closed")
    )
    assert len(every) == len(held) + len(closed)
    assert held
    assert closed
    assert all(one["open_quantity"] > 0 for one in held)
    assert all(one["exit_reason"] and one["open_quantity"] == 0 for one in closed)
    total = sum(one["net_pnl"] for one in every)
    assert total == pytest.approx(desk.get(f"portfolios/{portfolio['id']}")["total_pnl"], abs=0.02)


def test_po_02_a_position_is_closed_in_part_and_then_for_good(desk: Desk) -> None:
    strategy = desk.strategy(entry={"cooldown_days": 3})
    portfolio = desk.deploy(strategy, auto_place_signals=True)
    desk.scan(portfolio, desk.days[-3])
    (one, *_) = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    part = desk.post(f"positions/{one['id']}/close", {"quantity": 1})
    assert (part["status"], part["open_quantity"]) == ("open", one["open_quantity"] - 1)
    too_many = desk.post(f"positions/{one['id']}/close", {"quantity": 10**6}, status=400)
    assert "shares are held" in too_many["detail"]
    done = desk.post(f"positions/{one['id']}/close")
    assert (done["status"], done["exit_reason"], done["open_quantity"]) == ("closed", "manual", 0)
    assert [sale["quantity"] for sale in done["sales"]] == [1, one["open_quantity"] - 1]
    refused = desk.post(f"positions/{one['id']}/close", status=409)
    assert refused["detail"] == f"Position {one['id']} is closed"
    after = desk.get(f"portfolios/{portfolio['id']}")
    positions = desk.get(f"positions?portfolio_id={portfolio['id']}")
    assert sum(p["net_pnl"] for p in positions) == pytest.approx(after["total_pnl"], abs=0.02)
    # A symbol that was sold is not bought back on the next day while it cools down.
    desk.scan(portfolio, desk.days[-2])
    again = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    assert one["symbol"] not in {p["symbol"] for p in again}


def test_whoever_changes_a_portfolio_while_it_is_computed_wins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody rejects a signal while the cart is being placed: it is not bought."""
    portfolio = desk.deploy()
    _, (one, two) = approved(desk, portfolio)
    steps: list[str] = []
    user_id = desk.client.get("/api/auth/me").json()["id"]

    def meanwhile(step: str) -> None:
        if step == "before_portfolio_store" and not steps:
            steps.append(step)
            container = desk.container
            with container.database.write() as session:
                container.portfolios.signals.act(
                    session, user_id, one["id"], "reject", by="me", note=""
                )

    monkeypatch.setattr(working, "crash_point", meanwhile)
    placed = desk.post("cart/place")
    assert steps
    assert {r["signal_id"]: r["outcome"] for r in placed["results"]} == {
        one["id"]: "skipped", two["id"]: "placed",
    }  # fmt: skip
    assert [s["id"] for s in desk.signals(portfolio, "executed")] == [two["id"]]


@pytest.mark.parametrize("step", ["before_portfolio_store", "before_portfolio_commit"])
@pytest.mark.parametrize("paper_fill", ["close", "next_open", "touch"])
def test_a_crash_at_any_step_leaves_nothing_half_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, paper_fill: str
) -> None:
    """Each day with and without crashes gives the same book, signals and positions."""
    strategy, days = desk.strategy(), desk.days[-12:]
    settings = {"auto_place_signals": True, "paper_fill": paper_fill}
    smooth, rough = (desk.deploy(strategy, **settings) for _ in range(2))
    for day in days:
        desk.scan(smooth, day)

    def crash(reached: str) -> None:
        if reached == step:
            raise SystemExit

    scans, user_id = desk.container.portfolios.scans, desk.client.get("/api/auth/me").json()["id"]
    for day in days:
        with monkeypatch.context() as patched:
            patched.setattr(working, "crash_point", crash)
            with pytest.raises(SystemExit):
                scans.scan(user_id, portfolio_id=rough["id"], as_of=day)
        desk.scan(rough, day)

    def told(portfolio: Json) -> Json:
        page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")
        signals = [
            (s["symbol"], s["signal_date"], s["status"], s["filled_quantity"])
            for s in desk.signals(portfolio)
        ]
        return {"curve": page["equity_curve"], "kpis": page["kpis"], "signals": signals}

    assert told(rough) == told(smooth)


def test_pf_03_the_dashboard_adds_up(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="touch")
    desk.scan(portfolio, desk.days[-62])
    desk.scan(portfolio, desk.days[-1])
    page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")
    kpis = page["kpis"]
    assert kpis["equity"] == pytest.approx(kpis["cash"] + kpis["deployed"])
    assert kpis["deployed"] == pytest.approx(
        sum(p["market_value"] for p in page["positions"]), 1e-6
    )
    assert len(page["equity_curve"]) == 62
    assert page["equity_curve"][-1]["equity"] == kpis["equity"]
    assert sum(one["count"] for one in page["exit_breakdown"]) == page["closed_trades"]["total"]
    assert sum(one["count"] for one in page["sector_allocation"]) == kpis["open_positions"]
    growth = 1.0
    for month in page["monthly_returns"]:
        growth *= 1 + month["return_pct"] / 100
    assert (growth - 1) * 100 == pytest.approx(kpis["total_return_pct"], abs=0.05)
    assert page["activity"]
    assert page["market"]["next_open"]
    assert page["next_scan"]
