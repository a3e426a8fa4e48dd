"""A portfolio's life: deploy, pause, resume, retire, reset (PF)."""

from __future__ import annotations

import pytest

from tradertape_server.features.portfolios.models import PortfolioEpoch

from .conftest import Desk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_pf_01_the_list_has_active_portfolios_unless_asked_for_others(desk: Desk) -> None:
    strategy = desk.strategy()
    kept, paused, retired = (desk.deploy(strategy, name=name) for name in ("A", "B", "C"))
    desk.post(f"portfolios/{paused['id']}/pause")
    desk.post(f"portfolios/{retired['id']}/retire")

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in desk.get(f"portfolios{query}")]

    assert names() == [kept["name"]]
    assert names("?status=paused") == ["B"]
    assert names("?status=active&status=paused&status=retired") == ["A", "B", "C"]
    assert desk.client.get("/api/model/portfolios?status=gone").status_code == 422


def test_pf_02_deploy_has_the_defaults_of_the_design_and_pins_the_version(desk: Desk) -> None:
    strategy = desk.strategy()
    made = desk.client.post(
        "/api/model/portfolios/deploy", json={"strategy_id": strategy, "name": " Mine "}
    ).json()
    expected = {
        "name": "Mine", "universe": "nifty_100", "starting_capital": 1_000_000,
        "position_size_pct": 10, "max_positions": 10, "max_per_sector": 2,
        "max_oversubscription": 1.0, "paper_mode": True, "broker": "kite",
        "auto_place_signals": False, "min_hold_days": None, "atr_stop_multiplier": None,
        "sizing": {"method": "equal_pct", "risk_per_trade_pct": 1}, "benchmark": "NIFTY 50",
        "paper_fill": "close", "status": "active", "current_capital": 1_000_000,
        "deployed_capital": 0, "committed_capital": 0, "strategy_version": 1,
    }  # fmt: skip
    assert {key: made[key] for key in expected} == expected

    body = {"name": "Changed", "base_model": "v2_breakout"}
    assert desk.client.put(f"/api/strategies/{strategy}", json=body).json()["version"] == 2
    assert desk.get(f"portfolios/{made['id']}")["strategy_version"] == 1


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"paper_mode": False}, 400, "send confirm_live true"),
        ({"strategy_id": 987654}, 404, "Strategy not found"),
        ({"universe": "nifty_9"}, 400, "nifty_9"),
        ({"universe": "custom:INFY,TCSS"}, 400, "has no symbol 'TCSS'; did you mean TCS?"),
        ({"benchmark": "NIFTY 5"}, 400, "No index NIFTY 5 in data set simulated; it has: "),
        ({"max_positions": 0}, 422, "max_positions must be between 1 and 500"),
        ({"broker": "nobody"}, 422, "nobody is not known"),
        ({"paper_fill": "dream"}, 422, "paper_fill"),
        ({"name": "  "}, 422, "name"),
    ],
)
def test_a_deployment_that_cannot_be_says_why(desk: Desk, changed, status, words) -> None:
    body = {"strategy_id": desk.strategy(), "name": "Mine", **changed}
    answer = desk.client.post("/api/model/portfolios/deploy", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.text


def test_pf_04_a_paused_portfolio_buys_nothing_and_keeps_exiting(desk: Desk) -> None:
    """PF-09 too: the states, and what each allows."""
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="touch")
    desk.scan(portfolio, desk.days[-40])
    desk.scan(portfolio, desk.days[-36])
    held = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    assert held
    desk.post(f"portfolios/{portfolio['id']}/pause")
    assert desk.signals(portfolio, "approved", "pending_approval", "in_cart") == []
    found = desk.scan(portfolio, desk.days[-1])
    assert found["created"] == 0
    assert {one["reason"] for one in found["skipped"]} >= {"paused"}
    left = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    assert {one["id"] for one in left} < {one["id"] for one in held}
    assert found["exits"] > 0


def test_pf_05_a_resumed_portfolio_proposes_again(desk: Desk) -> None:
    portfolio = desk.deploy()
    desk.post(f"portfolios/{portfolio['id']}/pause")
    refused = desk.post(f"portfolios/{portfolio['id']}/pause", status=409)
    assert refused["detail"] == f"Portfolio {portfolio['id']} is paused and cannot be paused"
    assert desk.scan(portfolio, desk.days[-3])["created"] == 0
    assert desk.post(f"portfolios/{portfolio['id']}/resume")["status"] == "active"
    assert desk.scan(portfolio, desk.days[-2])["created"] > 0
    desk.post(f"portfolios/{portfolio['id']}/resume", status=409)


def test_pf_06_a_portfolio_with_open_positions_cannot_be_retired(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.scan(portfolio, desk.days[-3])
    held = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    refused = desk.post(f"portfolios/{portfolio['id']}/retire", status=409)
    assert refused["detail"] == f"Portfolio {portfolio['id']} has {len(held)} open positions"
    for one in held:
        desk.post(f"positions/{one['id']}/close")
    assert desk.post(f"portfolios/{portfolio['id']}/retire")["status"] == "retired"
    for action in ("pause", "resume", "retire", "reset"):
        desk.post(f"portfolios/{portfolio['id']}/{action}", status=409)
    desk.post("scan", {"portfolio_id": portfolio["id"]}, status=409)


def test_pf_07_a_reset_begins_anew_and_keeps_what_was(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.scan(portfolio, desk.days[-9])
    desk.scan(portfolio, desk.days[-3])
    after = desk.post(f"portfolios/{portfolio['id']}/reset")
    assert (after["epoch"], after["equity"], after["traded_until"]) == (2, 1_000_000, None)
    assert desk.signals(portfolio) == []
    assert desk.get(f"positions?portfolio_id={portfolio['id']}") == []
    with desk.container.database.read() as session:
        (kept,) = session.query(PortfolioEpoch).all()
    assert (kept.epoch, kept.traded_until) == (1, desk.days[-3])
    assert kept.signals
    assert kept.positions
    assert desk.scan(portfolio, desk.days[-9])["created"] > 0


def test_a_strategy_that_a_portfolio_trades_cannot_be_deleted(desk: Desk) -> None:
    strategy = desk.strategy()
    portfolio = desk.deploy(strategy)
    refused = desk.client.delete(f"/api/strategies/{strategy}")
    assert refused.status_code == 409
    assert "used by 1 active or paused portfolio" in refused.json()["detail"]
    desk.post(f"portfolios/{portfolio['id']}/retire")
    assert desk.client.delete(f"/api/strategies/{strategy}").status_code == 204


def test_nobody_elses_portfolio_is_seen_or_scanned(desk: Desk, sign_in) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.scan(portfolio, desk.days[-3])
    other = Desk(sign_in("other@example.com"), desk.container, desk.clock)
    assert other.get("portfolios") == other.get("signals") == other.get("positions") == []
    other.get(f"dashboard?portfolio_id={portfolio['id']}", status=404)
    other.post("scan", {"portfolio_id": portfolio["id"]}, status=404)
    assert other.post("scan")["portfolios"] == []
    ids = [one["id"] for one in desk.signals(portfolio)]
    other.get(f"signals/{ids[0]}/explain", status=404)
    url, day = f"portfolios/{portfolio['id']}", desk.days[-3]
    other.get(f"{url}/verdicts?day={day}", status=404)
    other.get(f"{url}/explain?symbol=INFY&day={day}", status=404)
    found = other.post("signals/bulk", {"ids": ids, "action": "reject"})
    assert {one["detail"] for one in found} == {"Signal not found."}
