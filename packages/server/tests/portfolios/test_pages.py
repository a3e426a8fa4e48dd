"""What the console's pages read: all portfolios together, scanned days, verdicts, and stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import inr
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.features.notifications.actions import NO_PORTFOLIO
from tradertape_server.features.portfolios import overview, stories
from tradertape_server.features.portfolios.models import PortfolioAlert, PortfolioPosition
from tradertape_server.features.portfolios.schedule_times import last_final_day

from .conftest import Desk, Json


def bought(desk: Desk, most: int = 2, **settings: object) -> tuple[int, Json, list[Json]]:
    """A portfolio with positions: the number of its day, itself, and what it holds."""
    portfolio = desk.deploy(desk.strategy("v3_dip_buyer"), **settings)
    for back in range(5, 60):
        at, signals = desk.first_signals(portfolio, back)
        if signals:
            break
        desk.post(f"portfolios/{portfolio['id']}/reset")
    for one in signals[:most]:
        desk.post(f"signals/{one['id']}/approve")
    desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    return at, portfolio, desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")


def test_pf_03_the_overview_adds_up_all_portfolios(desk: Desk) -> None:
    empty = desk.get("overview")
    assert (empty["portfolios"], empty["equity"], empty["days"]) == (0, 0, [])
    assert (empty["day_pnl_pct"], empty["last_scan"]) == (None, None)
    first, second = desk.deploy(), desk.deploy(starting_capital=500_000)
    desk.first_signals(first)
    desk.scan(second, desk.days[-6])
    desk.post(f"signals/{desk.signals(first)[0]['id']}/approve")
    page = desk.get("overview")
    assert (page["portfolios"], page["live_portfolios"], page["equity"]) == (2, 0, 1_500_000)
    pending = len(desk.signals(first)) + len(desk.signals(second)) - 1
    assert page["waiting"] == {"pending": pending, "in_cart": 1, "placed": 0}
    assert page["committed"] == desk.signals(first, "in_cart")[0]["notional"]
    assert [one["date"] for one in page["days"]] == [desk.days[-6].isoformat()]
    assert page["last_scan"]["trigger"] == "manual"
    assert page["traded_until"] == desk.days[-6].isoformat()


def test_the_overviews_days_are_the_sum_of_the_portfolios_days(desk: Desk) -> None:
    rows = [desk.deploy(auto_place_signals=True) for _ in range(2)]
    desk.evening_of(desk.days[-1])
    for row, first in zip(rows, (-12, -8), strict=True):
        desk.scan(row, desk.days[first])
        desk.scan(row, desk.days[-1])
    page = desk.get("overview")
    curves = [desk.get(f"dashboard?portfolio_id={row['id']}")["equity_curve"] for row in rows]
    by_day = [{one["date"]: one["equity"] for one in curve} for curve in curves]
    for one in page["days"][4:]:
        assert one["equity"] == pytest.approx(sum(known[one["date"]] for known in by_day))
        assert one["total_pnl"] == pytest.approx(one["equity"] - 2_000_000)
    assert page["day_pnl"] == pytest.approx(page["days"][-1]["pnl"])
    # The second begins on the fifth day: its capital is no profit.
    assert abs(page["days"][4]["pnl"]) < 100_000


def test_positions_near_their_stop_are_named_nearest_first(desk: Desk) -> None:
    _, portfolio, held = bought(desk, atr_stop_multiplier=0.5)
    page = desk.get("overview")
    near = [one for one in page["near"] if one["level"] == "stop"]
    assert {one["position"]["id"] for one in near} == {one["id"] for one in held}
    assert [one["distance_pct"] for one in near] == sorted(one["distance_pct"] for one in near)
    assert near[0]["portfolio_name"] == portfolio["name"]
    assert near[0]["price"] == near[0]["position"]["stop_price"]


def test_real_money_and_paper_are_never_added_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home and /summary say what each is worth, and what it made."""
    live = desk.deploy(name="Real", starting_capital=400_000)
    paper = desk.deploy(name="Paper")
    read = overview.settings_of

    def as_if_live(row: Any) -> Any:
        return replace(read(row), paper_mode=row.id != live["id"])

    monkeypatch.setattr(overview, "settings_of", as_if_live)
    page = desk.get("overview")
    assert [(one["money"], one["portfolio_ids"], one["equity"]) for one in page["by_money"]] == [
        ("live", [live["id"]], 400_000.0), ("paper", [paper["id"]], 1_000_000.0),
    ]  # fmt: skip
    assert page["live_portfolios"] == 1
    assert [one["placed"] for one in page["by_money"]] == [0, 0]
    text = desk.container.notifications.desk.actions.summary(1)
    assert text.startswith("LIVE portfolios: 1, worth ₹4,00,000.00\n")
    assert "PAPER portfolios: 1, worth ₹10,00,000.00\n" in text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (PortfolioSettings(), "5 at ₹150.00, on the candle of 05 Jan 2026. Signals are filled at"),
        (
            PortfolioSettings(paper_mode=False),
            "5 at ₹150.00, on 05 Jan 2026. Signals become trigger orders at",
        ),
    ],
)
def test_a_real_purchase_is_not_said_to_be_filled_by_a_candle(
    settings: PortfolioSettings, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "settings_of", lambda _: settings)
    signal: Any = SimpleNamespace(filled_quantity=5, average_price=150.0)
    words = stories._words(signal, signal, "fill", date(2026, 1, 5))
    assert words.startswith(expected)


def test_a_chat_lists_what_portfolios_hold_once(desk: Desk) -> None:
    """What is traded by orders is in its account too, and is not told twice."""
    _, _, held = bought(desk)
    actions = desk.container.notifications.desk.actions
    lines = actions.positions(1).splitlines()
    assert len(lines) == len(held) > 0
    assert lines[0].startswith(f"{held[0]['symbol']} {held[0]['open_quantity']} at ")
    assert f"Open positions: {len(held)}" in actions.status(1)
    with desk.container.database.write() as session:
        row = session.get_one(PortfolioPosition, held[0]["id"])
        row.run_id = f"portfolio:{row.portfolio_id}:1:1"  # as if its orders were executed
    assert len(actions.positions(1).splitlines()) == max(len(held) - 1, 1)
    assert f"Open positions: {len(held) - 1}" in actions.status(1)


def test_a_chats_summary_is_the_overview_in_words(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.first_signals(portfolio)
    page = desk.get("overview")
    text = desk.container.notifications.desk.actions.summary(1)
    assert text.startswith(f"PAPER portfolios: 1, worth {inr(page['equity'])}\n")
    assert f"in all {inr(page['total_pnl'], signed=True)}" in text
    assert f"Open positions of portfolios: {page['open_positions']}" in text
    for near in page["near"][:5]:
        assert f"{near['position']['symbol']} is {near['distance_pct']:.2f}% from" in text


def test_pf_10_without_a_portfolio_the_list_is_empty_and_the_summary_says_what_to_do(
    desk: Desk,
) -> None:
    """A paused one is a portfolio; a retired one is none."""
    summary = desk.container.notifications.desk.actions.summary
    assert desk.get("portfolios") == []
    assert NO_PORTFOLIO in summary(1).splitlines()
    portfolio = desk.deploy()
    assert NO_PORTFOLIO not in summary(1)
    desk.post(f"portfolios/{portfolio['id']}/pause")
    assert NO_PORTFOLIO not in summary(1)
    desk.post(f"portfolios/{portfolio['id']}/retire")
    assert NO_PORTFOLIO in summary(1)


def test_a_paused_portfolio_is_an_alert(desk: Desk) -> None:
    portfolio = desk.deploy()
    desk.post(f"portfolios/{portfolio['id']}/pause")
    (alert,) = desk.get("overview")["alerts"]
    assert alert["href"] == f"/portfolios/{portfolio['id']}"
    assert "its exits still run" in alert["text"]


def test_alerts_of_orders_are_told_on_the_overview_until_they_end(desk: Desk) -> None:
    portfolio = desk.deploy()
    now = desk.clock.now()
    stored = (
        ("gtt_expiring", "warning", None),
        ("stop_differs", "critical", None),
        ("gtt_near", "info", None),
        ("gtt_count", "warning", now),
    )
    with desk.container.database.write() as session:
        for code, level, ended in stored:
            session.add(PortfolioAlert(
                portfolio_id=portfolio["id"], code=code, subject="signal:1", text=f"{code}.",
                level=level, since=now, ended_at=ended,
            ))  # fmt: skip
    found = [(one["level"], one["text"]) for one in desk.get("overview")["alerts"]]
    assert found == [("warning", "Mine: gtt_expiring."), ("error", "Mine: stop_differs.")]


def test_sg_06_a_scan_that_is_late_is_told_to_its_owner_and_on_the_health_page(
    desk: Desk,
) -> None:
    portfolio = desk.deploy()
    desk.evening_of(desk.days[-3])
    desk.scan(portfolio, desk.days[-3])
    checks = desk.client.get("/api/health").json()["checks"]
    assert (checks["scans"]["status"], desk.get("overview")["alerts"]) == ("ok", [])
    final = datetime.combine(desk.days[-2], time(16, 15), IST)
    desk.clock.set_wrong(seconds=(final - desk.clock.now()).total_seconds() + 29 * 60)
    assert desk.get("overview")["alerts"] == []
    desk.clock.advance(minutes=2)
    (alert,) = desk.get("overview")["alerts"]
    assert alert["text"].startswith("Mine was not scanned in time")
    found = desk.client.get("/api/health").json()["checks"]["scans"]
    assert (found["status"], found["facts"]) == ("stale", {"portfolios": 1, "late": 1})
    desk.scan(portfolio)
    assert desk.get("overview")["alerts"] == []


def test_sg_06_every_scanned_day_counts_its_verdicts(desk: Desk) -> None:
    portfolio = desk.deploy()
    desk.evening_of(desk.days[-2])
    desk.scan(portfolio, desk.days[-4])
    desk.scan(portfolio, desk.days[-2])
    days = desk.get(f"portfolios/{portfolio['id']}/days?limit=2")
    assert [one["day"] for one in days] == [desk.days[-2].isoformat(), desk.days[-3].isoformat()]
    verdicts = desk.get(f"portfolios/{portfolio['id']}/verdicts?day={days[0]['day']}")["verdicts"]
    assert days[0]["reasons"] == {reason: len(names) for reason, names in verdicts.items()}
    assert sum(days[0]["reasons"].values()) == days[0]["evaluated"]
    first = desk.get(f"portfolios/{portfolio['id']}/days")[-1]
    symbol = next(iter(verdicts["rules"]))
    lines = desk.get(f"portfolios/{portfolio['id']}/ledger?symbol=NSE:{symbol}")
    assert lines[0] == {"day": days[0]["day"], "reason": "rules"}
    assert [one["day"] for one in lines][-1] == first["day"]
    assert desk.get(f"portfolios/{portfolio['id']}/ledger?symbol=NOBODY") == []


def test_a_signals_check_says_what_an_approval_would(desk: Desk) -> None:
    portfolio = desk.deploy(position_size_pct=60, max_per_sector=0)
    at, (one, two, *_) = desk.first_signals(portfolio)
    check = desk.get(f"signals/{one['id']}/check")
    assert check["passed"]
    assert check["capital_after"] == pytest.approx(1_000_000 - one["notional"])
    desk.post(f"signals/{one['id']}/approve")
    assert desk.get(f"signals/{one['id']}/check")["capital_after"] == pytest.approx(
        1_000_000 - one["notional"]
    )
    refused = desk.get(f"signals/{two['id']}/check")
    assert [r["name"] for r in refused["results"] if not r["passed"]] == ["capital"]
    desk.post(f"signals/{two['id']}/approve", status=409)
    desk.evening_of(desk.days[at + 1])
    late = desk.get(f"signals/{one['id']}/check")
    texts = {r["name"]: r["text"] for r in late["results"] if not r["passed"]}
    assert texts["expiry"].startswith("Expired at ")
    assert desk.get(f"signals/{one['id']}")["id"] == one["id"]


def test_sg_01_a_waiting_signal_has_its_verdict_and_another_none(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, (one, two, *_) = desk.first_signals(portfolio)
    check = desk.signals(portfolio)[0]["risk_check"]
    assert check == desk.get(f"signals/{one['id']}/check")
    assert [r["name"] for r in check["results"]] == [
        "portfolio", "expiry", "capital", "positions", "sector", "kill_switch", "risk_rules",
    ]  # fmt: skip
    assert check["passed"]
    assert check["can_approve"]
    desk.post(f"signals/{two['id']}/reject")
    assert desk.get(f"signals/{two['id']}")["risk_check"] is None
    assert not desk.get(f"signals/{two['id']}/check")["can_approve"]


def test_sg_05_the_kill_switch_keeps_a_cart_that_candles_fill(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, (one, *_) = desk.first_signals(portfolio)
    desk.post(f"signals/{one['id']}/approve")
    desk.client.post("/api/risk/kill", json={"reason": "enough"}).raise_for_status()
    check = desk.get(f"signals/{one['id']}")["risk_check"]
    assert [r["name"] for r in check["results"] if not r["passed"]] == ["kill_switch"]
    tried = desk.post("cart/place")
    assert (tried["placed"], tried["skipped"]) == (0, 1)
    assert tried["results"][0]["detail"].startswith("The kill switch is on: ")
    assert desk.get(f"signals/{one['id']}")["status"] == "in_cart"


def test_po_01_a_story_goes_from_the_signal_to_the_exit(desk: Desk) -> None:
    at, portfolio, (held, *_) = bought(desk, most=1, atr_stop_multiplier=2)
    story = desk.get(f"positions/{held['id']}/story")
    assert [one["title"] for one in story["events"]] == [
        "Signal", "Approved", "Order placed", "Order taken", "Triggered", "Bought", "Stop armed",
    ]  # fmt: skip
    assert story["events"][0]["text"] == story["signal_reason"]
    assert f"on the candle of {desk.days[at]:%d %b %Y}" in story["events"][5]["text"]
    assert "conviction" in story["signal_reason"]
    assert [one["by"] for one in story["events"][:3]] == ["scan", *["person@example.com"] * 2]
    assert story["portfolio_name"] == portfolio["name"]
    assert (story["paper_mode"], story["is_executed"]) == (True, False)
    assert (story["placed_by"], story["position"]["guarded_by"]) == ("server", "candles")
    desk.post(f"positions/{held['id']}/close")
    told = desk.get(f"positions/{held['id']}/story")
    assert told["events"][-1]["title"] == "Sold: manual"
    assert told["events"][-1]["day"] == desk.days[at].isoformat()
    assert (told["position"]["open_quantity"], told["position"]["guarded_by"]) == (0, None)


def test_po_01_a_position_of_one_day_tells_its_stop_too(desk: Desk) -> None:
    """Bought at the open and stopped on the same candle, before any close was seen."""
    portfolio = desk.deploy(
        paper_fill="next_open", auto_place_signals=True, atr_stop_multiplier=0.1
    )
    for back in range(20, 5, -1):
        desk.evening_of(desk.days[-1 - back])
        desk.scan(portfolio, desk.days[-1 - back])
    closed = desk.get(f"positions?portfolio_id={portfolio['id']}&status=closed")
    (of_one_day, *_) = [one for one in closed if one["entry_date"] == one["exit_date"]]
    titles = [one["title"] for one in desk.get(f"positions/{of_one_day['id']}/story")["events"]]
    assert "Stop armed" in titles
    assert of_one_day["r_multiple"] is not None


def test_pages_of_others_are_not_found(desk: Desk, sign_in: Any) -> None:
    _, portfolio, (held, *_) = bought(desk, most=1)
    signal = held["signal_id"]
    stranger = sign_in("other@example.com")
    for path in (
        f"portfolios/{portfolio['id']}/days",
        f"portfolios/{portfolio['id']}/ledger?symbol=INFY",
        f"signals/{signal}",
        f"signals/{signal}/check",
        f"positions/{held['id']}/story",
    ):
        assert stranger.get(f"/api/model/{path}").status_code == 404, path
    mine = stranger.get("/api/model/overview").json()
    assert (mine["portfolios"], mine["open_positions"], mine["days"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("at", "last", "expected"),
    [
        (datetime(2026, 3, 5, 16, 14, tzinfo=IST), date(2026, 3, 9), date(2026, 3, 4)),
        (datetime(2026, 3, 5, 16, 15, tzinfo=IST), date(2026, 3, 9), date(2026, 3, 5)),
        (datetime(2026, 3, 8, 20, 0, tzinfo=IST), date(2026, 3, 9), date(2026, 3, 6)),
        (datetime(2026, 3, 8, 20, 0, tzinfo=IST), date(2026, 3, 4), date(2026, 3, 4)),
    ],
)
def test_sg_06_a_day_after_now_is_never_final(at: datetime, last: date, expected: date) -> None:
    """A data set may go beyond now: that of a simulated world, or where the clock is wrong."""
    assert last_final_day(at, last) == expected


def test_the_clock_of_a_final_day_is_the_exchanges() -> None:
    utc = datetime.combine(date(2026, 3, 5), time(16, 15), IST).astimezone(None)
    assert last_final_day(utc, date(2026, 3, 9)) == date(2026, 3, 5)


def test_pf_03_the_dashboard_without_a_portfolio_has_all_of_them(desk: Desk) -> None:
    one, other = desk.deploy(), desk.deploy(starting_capital=500_000)
    whole, overview = desk.get("dashboard"), desk.get("overview")
    assert {**whole, "as_of": None} == {**overview, "as_of": None}
    assert (whole["portfolios"], whole["equity"]) == (2, one["equity"] + other["equity"])
