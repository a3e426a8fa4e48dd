"""Hosts, secrets, and the arithmetic of what an account holds."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_brokers.feed import TickMode
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.portfolio import Holding, Position, PositionKind
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_core.orders.order import Product

TEXT = "TOKENTOKENTOKEN"
NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def test_a_sandbox_has_the_hosts_of_every_broker() -> None:
    hosts = Hosts.sandbox("http://127.0.0.1:9000/")
    assert (hosts.kite.rest, hosts.kite.login) == (
        "http://127.0.0.1:9000",
        "http://127.0.0.1:9000/kite",
    )
    assert hosts.kite.ticker == "ws://127.0.0.1:9000/kite/ws"
    assert hosts.upstox.order_root == hosts.upstox.rest == "http://127.0.0.1:9000/upstox"
    assert hosts.groww.ticker == "ws://127.0.0.1:9000/groww/feed"
    assert Hosts.sandbox("https://box.example").kite.ticker == "wss://box.example/kite/ws"


def test_the_environment_replaces_the_hosts_it_names() -> None:
    assert Hosts.of_environment({}) == Hosts()
    hosts = Hosts.of_environment(
        {"TRADERTAPE_KITE_ROOT": "http://k/", "TRADERTAPE_GROWW_ROOT": "https://g"}
    )
    assert hosts.kite == replace(Hosts().kite, rest="http://k")
    assert (hosts.groww.rest, hosts.groww.ticker) == ("https://g", "wss://g/feed")
    assert hosts.upstox == Hosts().upstox


def test_a_secret_shows_itself_in_no_text() -> None:
    secret = Secret(TEXT)
    session = Session(
        broker="kite", user_id="SB0001", api_key="sandbox", access_token=secret, expires_at=NOW
    )
    grant = LoginGrant(api_key="sandbox", code=secret, api_secret=secret)
    shown = f"{secret} {secret!r} {secret:>20} {session} {session!r} {grant!r} {[secret]}"
    assert TEXT not in shown
    assert secret.reveal() == TEXT
    assert secret == Secret(TEXT) != Secret("another")
    assert copy.deepcopy(session) == session
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_session_is_over_at_its_end() -> None:
    session = Session(
        broker="kite", user_id="a", api_key="b", access_token=Secret("c"), expires_at=NOW
    )
    assert session.is_over(NOW)
    assert not session.is_over(NOW - timedelta(seconds=1))


def test_a_holding_counts_unsettled_and_pledged_shares() -> None:
    holding = Holding(
        broker="kite", exchange="NSE", tradingsymbol="INFY", isin="INE009A01021",
        product=Product.CNC, quantity=5, t1_quantity=3, pledged_quantity=2,
        average_price=Decimal(100), last_price=Decimal("110.50"), close_price=Decimal("100.50"),
    )  # fmt: skip
    assert (holding.invested, holding.value, holding.pnl) == (1000, 1105, 105)
    assert holding.pnl_pct == Decimal("10.5")
    assert holding.day_change == 100
    unknown = replace(holding, close_price=Decimal(0), average_price=Decimal(0))
    assert (unknown.day_change, unknown.day_change_pct, unknown.pnl_pct) == (0, 0, 0)


def test_a_positions_profit_is_what_was_sold_less_what_was_bought_and_what_is_left() -> None:
    position = Position(
        broker="kite", kind=PositionKind.NET, exchange="NFO", tradingsymbol="NIFTY26NOVFUT",
        product=Product.NRML, quantity=-75, average_price=Decimal(200), last_price=Decimal(190),
        buy_quantity=75, buy_value=Decimal(14_625), sell_quantity=150, sell_value=Decimal(30_000),
    )  # fmt: skip
    assert position.pnl == Decimal(1_125)


def test_the_modes_rank_by_how_much_they_tell() -> None:
    assert max(TickMode, key=lambda mode: mode.rank) is TickMode.FULL
    assert TickMode.LTP.rank < TickMode.QUOTE.rank
