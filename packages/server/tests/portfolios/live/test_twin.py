"""The gap between executed orders and the candles' backtest, by cause. PF-03, PF-09"""

from __future__ import annotations

import pytest
from packages.server.tests.portfolios.test_twin import adds_up, paise

from tradertape_server.features.portfolios import repository

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("hour", "cause"), [(9, "slippage"), (10, "late_approval")])
def test_fills_at_other_prices_and_missed_triggers_make_the_gap(
    desk: LiveDesk, hour: int, cause: str
) -> None:
    """Of two orders, placed before or after the open, one is bought above its trigger, the other
    never; other signals are left to expire."""
    portfolio = desk.deploy_live()
    at, signals = desk.first_signals(portfolio)
    chosen = [desk.post(f"signals/{one['id']}/approve") for one in signals[:2]]
    desk.at(desk.days[at + 1], hour)
    for one in chosen:
        desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 2
    desk.at(desk.days[at + 1], 11)
    bought, missed = (desk.signal(one["id"]) for one in chosen)
    desk.trade(bought["symbol"], bought["trigger_price"] * 1.001)
    assert desk.signal(bought["id"])["status"] == "executed"
    for day in desk.days[at + 1 : at + 4]:
        desk.evening_of(day)
        desk.settle()
        desk.scan(portfolio, day)
    causes = adds_up(desk, portfolio)
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    of = {
        symbol: {one["cause"] for one in twin["parts"] if one["symbol"] == symbol}
        for symbol in (bought["symbol"], missed["symbol"])
    }
    assert {cause, "charges"} <= of[bought["symbol"]] <= {cause, "charges", "size", "exits"}
    assert of[missed["symbol"]] == {"missed_trigger" if hour == 9 else "late_approval"}
    assert "skipped" in causes


def test_a_fill_after_the_last_scan_is_not_in_the_gap_yet(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, signal, held = desk.bought(portfolio)
    assert held["open_quantity"] > 0
    assert signal["status"] == "executed"
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    assert (twin["gap"], twin["causes"]) == (0, [])
    assert paise(twin["equity"]) == 100_000_000


def test_the_twin_is_the_candle_book_that_scans_keep(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    at, _, _ = desk.bought(portfolio)
    for day in desk.days[at + 1 : at + 4]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    curve = desk.get(f"portfolios/{portfolio['id']}/twin")["curve"]
    with desk.container.database.read() as session:
        kept = [one.shadow_equity_paise for one in repository.days(session, portfolio["id"], 1)]
    assert [paise(one["twin_equity"]) for one in curve] == kept
