"""Trades that were made here: in the journal at once, live and paper apart, each trade once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from packages.server.tests.trade_journal.test_routes import URL, get, png
from packages.server.tests.wealth.conftest import SESSIONS, MakeTrade, Records, Uploaded

from tradertape_core.kernel.clock import IST
from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.store.models import FillRow, OrderRow, TradingAccount
from tradertape_server.features.portfolios.models import Portfolio, PortfolioPosition
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.platform.database.engine import Database

LIVE, PAPER = "kite:AB0001", "kite:paper-a"
_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def at(session: int, hour: int = 10, minute: int = 0) -> datetime:
    day = SESSIONS[session]
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=IST)


class Trader:
    """Writes down what execution would have, of one person."""

    def __init__(self, database: Database, email: str = "person@example.com") -> None:
        self.database = database
        with database.read() as session:
            self.user_id = session.query(User).filter_by(email=email).one().id

    def account(self, scope: str, *, environment: str | None = None, kind: str = "") -> int:
        with self.database.write() as session:
            known = session.query(TradingAccount).filter_by(user_id=self.user_id, scope=scope)
            if (found := known.one_or_none()) is not None:
                return found.id
            made = TradingAccount(
                user_id=self.user_id, scope=scope, opening_paise=0, created_at=at(0),
                kind=kind or ("paper" if scope == PAPER else "broker"),
                environment=environment or ("paper" if scope == PAPER else "live"),
            )  # fmt: skip
            session.add(made)
            session.flush()
            return made.id

    def fill(
        self, side: str, quantity: int, price: object, when: datetime, *, scope: str = PAPER,
        run: str | None = None, symbol: str = "INFY", product: str = "CNC", trade_id: str = "",
        order: str = "", charges: int = 0, environment: str | None = None,
    ) -> str:  # fmt: skip
        """One fill; order: its number at the broker. Returns the trade's number."""
        account, number = self.account(scope, environment=environment), next(_numbers)
        with self.database.write() as session:
            if order:
                row = OrderRow(
                    order_id=f"O{number}", account_id=account, run_id=run, venue="broker",
                    tag=f"t{number}", venue_order_id=f"v{order}", instrument=f"NSE:{symbol}",
                    status="COMPLETE", is_open=False, document={"exchange_order_id": order},
                    placed_at=when, updated_at=when,
                )  # fmt: skip
                session.add(row)
            made = FillRow(
                account_id=account, trade_id=trade_id or f"own-{number}", order_id=f"O{number}",
                run_id=run, instrument=f"NSE:{symbol}", product=product, side=side,
                quantity=quantity, price=Decimal(str(price)), charges_paise=charges, charges={},
                at=when,
            )  # fmt: skip
            session.add(made)
            return made.trade_id

    def run(self, name: str, strategy: str, **values: Any) -> str:
        with self.database.write() as session:
            row = WorkerRun(
                strategy_run_id=name, user_id=self.user_id, account_id=1, template_id="template",
                account_scope=PAPER, venue="paper", summary_fields=[], risk_schema=[],
                allowed_actions=[], runtime_state={}, details={"strategy_name": strategy},
                created_at=at(0), updated_at=at(0), **values,
            )  # fmt: skip
            session.add(row)
        return name


@pytest.fixture
def trader(me: int, container: Container) -> Trader:
    assert me
    return Trader(container.database)


def test_a_closed_round_trip_of_a_run_is_in_the_journal_with_its_strategy(
    signed_in: TestClient, trader: Trader
) -> None:
    run = trader.run("run-1", "Opening range")
    trader.fill("BUY", 10, 100, at(0), run=run, charges=500)
    assert get(signed_in, "trips") == []
    [opened] = get(signed_in, "trips", money="paper")
    assert (opened["closed_on"], opened["net"]) == (None, None)
    trader.fill("SELL", 10, 110, at(0, 11), run=run, charges=500)
    [trip] = get(signed_in, "trips", money="paper")
    assert (trip["net"], trip["kind"], trip["origin"]) == ("90.00", "intraday", "run")
    assert (trip["setup"], trip["trades"], trip["key"]) == ("Opening range", 2, opened["key"])
    found = get(signed_in, "statistics", money="paper", by="setup")
    assert [one["name"] for one in found["groups"]] == ["Opening range"]
    assert get(signed_in, "statistics", by="setup")["total"]["count"] == 0
    assert [
        one["key"] for one in get(signed_in, "trips", money="paper", setup="Opening range")
    ] == [trip["key"]]
    assert "Opening range" in get(signed_in, "words")["setups"]
    assert "Opening range" in signed_in.get(f"{URL}/export?money=paper").text
    status = get(signed_in, "status")
    assert (status["live"], status["paper"], status["uploads"]) == (0, 1, "ready")


def test_runs_in_one_share_are_trips_of_their_own(signed_in: TestClient, trader: Trader) -> None:
    one, two = trader.run("run-1", "One"), trader.run("run-2", "Two")
    trader.fill("BUY", 10, 100, at(0), run=one)
    trader.fill("BUY", 5, 101, at(1), run=two)
    trader.fill("SELL", 5, 99, at(2), run=two)
    trader.fill("SELL", 10, 120, at(3), run=one)
    trips = get(signed_in, "trips", money="paper")
    assert {trip["setup"]: trip["net"] for trip in trips} == {"One": "200.00", "Two": "-10.00"}


def test_live_paper_and_sandbox_are_never_in_one_figure(
    signed_in: TestClient, trader: Trader, records: Records, me: int, trade: MakeTrade
) -> None:
    for scope, sold, environment in (
        (LIVE, 110, "live"), (PAPER, 120, "paper"), ("kite:SB0001", 130, "sandbox"),
    ):  # fmt: skip
        trader.fill("BUY", 1, 100, at(0), scope=scope, environment=environment)
        trader.fill("SELL", 1, sold, at(1), scope=scope, environment=environment)
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 1, 100, SESSIONS[4], account="ZZ0009"),
            trade("SELL", 1, 107, SESSIONS[5], account="ZZ0009"),
        )
    )
    assert get(signed_in, "statistics")["total"]["net"] == 17
    assert get(signed_in, "statistics", money="paper")["total"]["net"] == 50
    year = SESSIONS[0].year
    days = [one["net"] for one in get(signed_in, "calendar", year=year)]
    assert (sum(days), len(get(signed_in, "heatmap"))) == (17, 2)
    assert signed_in.get(f"{URL}/trips", params={"money": "both"}).status_code == 422


def test_a_trade_that_is_also_uploaded_counts_once_by_its_number(
    signed_in: TestClient, trader: Trader, records: Records, me: int, trade: MakeTrade
) -> None:
    run = trader.run("run-1", "Breakout")
    bought, sold = trade("BUY", 10, 100, SESSIONS[0]), trade("SELL", 10, 120, SESSIONS[3])
    trader.fill("BUY", 10, 100, at(0), scope=LIVE, run=run, trade_id=bought.trade_id)
    trader.fill("SELL", 10, 120, at(3), scope=LIVE, run=run, trade_id=sold.trade_id)
    [mine] = get(signed_in, "trips")
    signed_in.put(f"{URL}/trips/{mine['key']}", json={"note": "before the upload"})
    signed_in.post(f"{URL}/trips/{mine['key']}/screenshots", content=png())
    records.of[me] = Uploaded(trades=(bought, sold), version=2)
    [once] = get(signed_in, "trips")
    assert (once["setup"], once["entry"]["note"]) == ("Breakout", "before the upload")
    assert (get(signed_in, "statistics")["total"]["net"], once["screenshots"]) == (200, 1)
    assert get(signed_in, "lost") == []
    records.of[me] = Uploaded(version=3)  # the upload is undone
    [again] = get(signed_in, "trips")
    assert (again["key"], again["entry"]["note"]) == (mine["key"], "before the upload")
    assert get(signed_in, "lost") == []


def test_an_upload_that_knows_more_is_shown_with_the_notes_and_the_setup(
    signed_in: TestClient, trader: Trader, records: Records, me: int, trade: MakeTrade
) -> None:
    """Sold from another terminal: here it is open for ever, in the file it is closed."""
    run = trader.run("run-1", "Breakout")
    bought, sold = trade("BUY", 10, 100, SESSIONS[1]), trade("SELL", 10, 120, SESSIONS[3])
    trader.fill("BUY", 10, 100, at(1), scope=LIVE, run=run, trade_id=bought.trade_id, order="77")
    [mine] = get(signed_in, "trips")
    signed_in.put(f"{URL}/trips/{mine['key']}", json={"note": "mine", "stop_price": "90"})
    signed_in.post(f"{URL}/trips/{mine['key']}/screenshots", content=png())
    # Another trade in the file, so that the two keys differ.
    earlier = trade("BUY", 1, 99, SESSIONS[0])
    records.of[me] = Uploaded(trades=(earlier, bought, sold), version=2)
    [shown] = get(signed_in, "trips", state="all")
    assert shown["key"] != mine["key"]
    assert (shown["origin"], shown["setup"], shown["entry"]["note"]) == (
        "upload", "Breakout", "mine",
    )  # fmt: skip
    for key in (shown["key"], mine["key"]):
        detail = get(signed_in, f"trips/{key}")
        assert (detail["trip"]["key"], len(detail["pictures"])) == (shown["key"], 1)
    assert get(signed_in, "status")["hidden"] == 1
    assert get(signed_in, "lost") == []
    # What is changed meanwhile is with the trade when the upload is undone.
    signed_in.put(f"{URL}/trips/{shown['key']}", json={"note": "changed"})
    records.of[me] = Uploaded(version=3)
    [again] = get(signed_in, "trips")
    assert (again["key"], again["entry"]["note"], again["screenshots"]) == (
        mine["key"], "changed", 1,
    )  # fmt: skip
    assert get(signed_in, "lost") == []


@pytest.mark.parametrize("way", ["exchange", "broker", "like"])
def test_a_trade_without_a_common_number_is_known_by_its_order_or_by_what_it_says(
    signed_in: TestClient, trader: Trader, records: Records, me: int, trade: MakeTrade, way: str
) -> None:
    numbers = {"exchange": ("71", "72"), "broker": ("v71", "v72"), "like": ("", "")}[way]
    bought = trade("BUY", 10, 100, SESSIONS[0], order_id=numbers[0])
    sold = trade("SELL", 10, 120, SESSIONS[3], order_id=numbers[1])
    records.of[me] = Uploaded(trades=(bought, sold))
    halves = 1 if way == "like" else 2
    for side, price, session, order in (("BUY", 100, 0, "71"), ("SELL", "120.00", 3, "72")):
        order_number = "" if way == "like" else order
        first = next(_numbers)
        for part in range(halves):
            trader.fill(
                side, 10 // halves, price, at(session, 10, part), scope=LIVE,
                trade_id=f"x{first}-{part}", order=order_number if not part else "",
            )  # fmt: skip
    assert get(signed_in, "statistics")["total"]["net"] == 200
    assert len(get(signed_in, "trips")) == 1


def test_what_only_looks_alike_in_another_account_or_on_another_day_is_another_trade(
    signed_in: TestClient, trader: Trader, records: Records, me: int, trade: MakeTrade
) -> None:
    trader.fill("BUY", 10, 100, at(0), scope=LIVE)
    trader.fill("SELL", 10, 120, at(3), scope=LIVE)
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 10, 100, SESSIONS[0], account="ZZ0009"),
            trade("SELL", 10, 120, SESSIONS[3], account="ZZ0009"),
            trade("BUY", 10, 100, SESSIONS[5]),
            trade("SELL", 10, 120, SESSIONS[6]),
        )
    )
    assert get(signed_in, "statistics")["total"]["net"] == 600


def test_positions_of_portfolios_by_candles_and_by_orders(
    signed_in: TestClient, trader: Trader, container: Container
) -> None:
    with container.database.write() as session:
        made = Portfolio(
            user_id=trader.user_id, name="Momentum", strategy_id=1, strategy_version=1,
            strategy_name="Base", document={}, settings={}, data_set="x", book={},
            created_at=at(0), updated_at=at(0),
        )  # fmt: skip
        session.add(made)
        session.flush()
        values: dict[str, Any] = {
            "portfolio_id": made.id, "epoch": 1, "symbol": "TCS", "sector": "", "isin": "",
            "open_quantity": 0, "average_price": 50.0, "entry_price": 50.0,
            "entry_date": SESSIONS[0], "last_close": 60.0, "lowest": 50.0, "peak": 60.0,
            "invested_paise": 0, "charges_paise": 0, "dividends_paise": 0, "bars_held": 3,
            "addons": 0, "created_at": at(0), "updated_at": at(3),
        }  # fmt: skip
        sale = {
            "reason": "target", "date": SESSIONS[3].isoformat(), "quantity": 4, "price": 60.0,
            "gross_paise": 4000, "charges_paise": 150, "dividends_paise": 0, "is_done": True,
        }  # fmt: skip
        session.add(
            PortfolioPosition(
                **values, sequence=1, status="closed", initial_stop=45.0, sales=[sale]
            )
        )
        run = f"portfolio:{made.id}:1:9"
        session.add(
            PortfolioPosition(
                **values, sequence=2, status="closed", initial_stop=96.0, sales=[], run_id=run
            )
        )
    trader.fill("BUY", 10, 100, at(4), run=run, scope=LIVE)
    trader.fill("SELL", 10, 108, at(5), run=run, scope=LIVE)
    [candles] = get(signed_in, "trips", money="paper")
    assert (candles["symbol"], candles["net"], candles["gross"]) == ("TCS", "38.50", "40.00")
    assert (candles["setup"], candles["planned_stop"], candles["days"]) == (
        "Momentum", "45.0", (SESSIONS[3] - SESSIONS[0]).days,
    )  # fmt: skip
    assert candles["r_multiple"] == 1.93  # 38.50 by 4 × 5
    [orders] = get(signed_in, "trips")
    assert (orders["setup"], orders["origin"], orders["r_multiple"]) == (
        "Momentum", "portfolio", 2.0,
    )  # fmt: skip
    signed_in.put(f"{URL}/trips/{orders['key']}", json={"setup": "My own", "stop_price": "90"})
    [mine] = get(signed_in, "trips")
    assert (mine["setup"], mine["r_multiple"]) == ("My own", 0.8)
    assert [one["name"] for one in get(signed_in, "statistics", by="setup")["groups"]] == ["My own"]


def test_a_sale_by_hand_of_shares_from_elsewhere_is_no_short(
    signed_in: TestClient, trader: Trader
) -> None:
    trader.fill("SELL", 10, 100, at(0), scope=LIVE)
    assert get(signed_in, "trips") == []
    trader.fill("SELL", 10, 100, at(1), scope=LIVE, product="MIS", symbol="TCS")
    trader.fill("BUY", 10, 90, at(1, 11), scope=LIVE, product="MIS", symbol="TCS")
    [short] = get(signed_in, "trips")
    assert (short["is_short"], short["net"], short["kind"]) == (True, "100.00", "intraday")


def test_a_split_while_it_was_held_changes_the_shares_not_the_trip(
    signed_in: TestClient, trader: Trader, flat_market: None
) -> None:
    trader.fill("BUY", 10, 200, at(15))
    trader.fill("SELL", 20, 110, at(25))
    [trip] = get(signed_in, "trips", money="paper")
    assert (trip["net"], trip["closed_on"]) == ("200.00", SESSIONS[25].isoformat())


def test_another_person_sees_no_trade_of_mine(
    signed_in: TestClient, trader: Trader, sign_in: SignIn
) -> None:
    trader.fill("BUY", 10, 100, at(0), run=trader.run("run-1", "Secret"))
    [trip] = get(signed_in, "trips", money="paper")
    other = sign_in("other@example.com")
    for money in ("live", "paper"):
        assert get(other, "trips", money=money) == []
        assert get(other, "statistics", money=money)["open_trips"] == 0
    assert other.get(f"{URL}/trips/{trip['key']}").status_code == 404
    assert other.put(f"{URL}/trips/{trip['key']}", json={"note": "x"}).status_code == 404
    assert "Secret" not in get(other, "words")["setups"]
    assert get(other, "status")["paper"] == 0


def test_a_fill_that_is_taken_back_leaves_the_journal(
    signed_in: TestClient, trader: Trader, container: Container
) -> None:
    trader.fill("BUY", 10, 100, at(0))
    last = trader.fill("SELL", 10, 110, at(1))
    assert get(signed_in, "trips", money="paper")[0]["net"] == "100.00"
    before = get(signed_in, "status")["version"]
    with container.database.write() as session:
        session.query(FillRow).filter_by(trade_id=last).delete()
    assert get(signed_in, "trips", money="paper")[0]["net"] is None
    assert get(signed_in, "status")["version"] != before


def test_many_own_trades_are_read_within_a_second(
    signed_in: TestClient, trader: Trader, container: Container
) -> None:
    account = trader.account(PAPER)
    rows: list[dict[str, Any]] = []
    for number in range(10_000):
        side, day = ("BUY", "SELL")[number % 2], number // 40
        rows.append(
            {
                "account_id": account, "trade_id": f"n{number}", "order_id": f"n{number}",
                "run_id": f"run-{number % 40 // 2}", "instrument": "NSE:INFY", "product": "MIS",
                "side": side, "quantity": 1, "price": Decimal(100 + number % 7), "charges": {},
                "charges_paise": 10, "at": at(day) + timedelta(minutes=number % 40),
            }
        )  # fmt: skip
    with container.database.write() as session:
        session.execute(FillRow.__table__.insert(), rows)  # type: ignore[attr-defined]
    assert get(signed_in, "statistics", money="paper")["total"]["count"] == 5000


def test_hidden_trips_pass_nothing_to_a_person_without_uploads(
    signed_in: TestClient, person: Callable[[str], int]
) -> None:
    person("quiet@example.com")
    assert get(signed_in, "status") == {
        "version": get(signed_in, "status")["version"], "live": 0, "paper": 0, "scaled": False,
        "hidden": 0,
        "uploads": "ready", "percent": None, "detail": "", "traded_here": "ready",
    }  # fmt: skip
