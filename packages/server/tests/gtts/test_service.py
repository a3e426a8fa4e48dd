"""Triggers on the console's page: over all accounts, with what they made, nobody else's (KG-02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_server.container import Container
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.workers.queries import WorkerQueries

URL = "/api/gtts"
ACCOUNTS = "/api/algo-workers/worker/accounts"
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
)
Json = dict[str, Any]


class HandMarket:
    """One share whose price the test sets."""

    never_closes = False
    has_auctions = True
    is_stale = False

    def __init__(self, clock: Any) -> None:
        self._clock, self._listeners, self._last = clock, {}, None

    def instrument(self, instrument_id: str) -> Instrument | None:
        return INFY if instrument_id == INFY.id else None

    def hint(self, name: str) -> str:
        return ""

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        return None

    def tick(self, instrument_id: str) -> Tick | None:
        return self._last if instrument_id == INFY.id else None

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind:
        return PhaseKind.CONTINUOUS

    def watch(self, instrument_ids: Any, listener: Any) -> None:
        self._listeners[listener] = frozenset(instrument_ids)

    def trade(self, price: str) -> None:
        last = Decimal(price)
        self._last = Tick(
            instrument_token=INFY.instrument_token, instrument_id=INFY.id, last_price=last,
            at=self._clock.now(), seq=1, bid=last, ask=last, bid_quantity=1000, ask_quantity=1000,
        )  # fmt: skip
        for listener, names in list(self._listeners.items()):
            if INFY.id in names:
                listener(self._last)


class OneInstrument:
    """The instruments that the page uses: INFY, in whatever case."""

    def get(self, name: str) -> Instrument:
        assert name.upper() == INFY.id
        return INFY


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off"}


@pytest.fixture
def market(clock: Any) -> HandMarket:
    market = HandMarket(clock)
    market.trade("1500.00")
    return market


@pytest.fixture
def container(container: Container, market: HandMarket, clock: Any) -> Iterator[Container]:
    """The app's parts, with execution on the hand's market."""
    execution = ExecutionService.build(container.database, clock, market)
    execution.trader.start()
    gtts = GttPageService(execution, OneInstrument(), container.live_accounts)  # pyright: ignore
    activity = ActivityService(execution, WorkerQueries(container.database))
    yield replace(container, execution=execution, gtts=gtts, activity=activity)
    execution.trader.stop()


def settle(container: Container) -> None:
    """Wait until the trader has executed everything queued before."""
    for _ in range(2):
        container.execution.trader.execute(Command(lambda _uow: None))


def leg(trigger: float, side: str = "BUY", **changes: Any) -> Json:
    return {
        "trigger": trigger,
        "transaction_type": side,
        "quantity": 10,
        "price": trigger,
        **changes,
    }


def body_of(*legs: Json, **fields: Any) -> Json:
    return {"instrument": "NSE:INFY", "legs": list(legs), **fields}


def test_a_trigger_is_created_shown_and_counted_on_its_account(signed_in: TestClient) -> None:
    made = signed_in.post(URL, json=body_of(leg(1400)))
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["type"], shown["status"]) == ("single", "active")
    assert (shown["account_scope"], shown["reference"]) == ("kite:paper-a", 1500.0)
    assert shown["legs"] == [{**leg(1400), "product": "CNC", "result": None}]
    assert signed_in.get(f"{URL}/{shown['id']}").json() == shown
    mistyped = signed_in.post(URL, json=body_of(leg(1450), account_scope="kite:paper-b"))
    assert (mistyped.status_code, "no account" in mistyped.json()["detail"]) == (400, True)
    signed_in.post(ACCOUNTS, json={"account_scope": "kite:paper-b"})
    other = signed_in.post(URL, json=body_of(leg(1450), account_scope="kite:paper-b")).json()
    assert [one["id"] for one in signed_in.get(URL).json()] == [other["id"], shown["id"]]
    accounts = signed_in.get(f"{URL}/accounts").json()
    assert [(one["scope"], one["active"]) for one in accounts] == [
        ("kite:paper-a", 1), ("kite:paper-b", 1),
    ]  # fmt: skip


def test_a_fired_trigger_shows_its_order(
    signed_in: TestClient, market: HandMarket, container: Container
) -> None:
    made = signed_in.post(URL, json=body_of(leg(1450, price=1460))).json()
    market.trade("1449.00")
    settle(container)
    [shown] = signed_in.get(URL, params={"active": False}).json()
    assert signed_in.get(URL, params={"active": True}).json() == []
    result = shown["legs"][0]["result"]
    assert shown["status"] == "triggered"
    assert (result["status"], result["filled_quantity"]) == ("COMPLETE", 10)
    assert (result["average_price"], result["reason"]) == (1449.0, None)
    activity = signed_in.get("/api/activity", params={"instrument": "NSE:INFY"}).json()
    [fill] = activity["fills"]
    assert (fill["order_id"], fill["side"], fill["price"]) == (result["order_id"], "BUY", 1449.0)
    [held] = activity["positions"]
    assert (held["quantity"], held["average_price"]) == (10, 1449.0)
    assert signed_in.delete(f"{URL}/{made['id']}").status_code == 409


def test_a_trigger_whose_order_was_refused_has_the_reason(
    signed_in: TestClient, market: HandMarket, container: Container
) -> None:
    signed_in.post(URL, json=body_of(leg(1450, quantity=100_000)))
    market.trade("1449.00")
    settle(container)
    [shown] = signed_in.get(URL).json()
    result = shown["legs"][0]["result"]
    assert (result["order_id"], result["status"]) == (None, None)
    assert "Insufficient funds" in result["reason"]


def test_an_error_names_the_leg_as_the_page_sent_it(signed_in: TestClient) -> None:
    """The page may send the upper trigger first; execution keeps the lower one first."""
    wanted = body_of(leg(1600.03, "SELL"), leg(1499, "SELL"))
    refused = signed_in.post(URL, json=wanted)
    assert refused.status_code == 422
    problems = {one["pointer"]: one["msg"] for one in refused.json()["detail"]}
    assert "must be a multiple of" in problems["/legs/0/trigger"]
    assert "at least 0.25% away" in problems["/legs/1/trigger"]
    same_side = signed_in.post(URL, json=body_of(leg(1600, "SELL"), leg(1700, "SELL")))
    assert [one["pointer"] for one in same_side.json()["detail"]] == ["/legs"]
    assert "both sides of the last price" in same_side.text


def test_a_limit_off_the_tick_is_named(signed_in: TestClient) -> None:
    refused = signed_in.post(URL, json=body_of(leg(1400, price=1400.01)))
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["detail"]] == ["/legs/0/price"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body",
    [
        body_of(),
        body_of(leg(1400), leg(1450), leg(1600)),
        body_of(leg(0)),
        body_of(leg(1400, quantity=0)),
        body_of(leg(1400, product="MIS")),
        body_of(leg(1400), account_scope="mine"),
        body_of(leg(1400), colour="red"),
    ],
)
def test_a_bad_trigger_is_a_422(signed_in: TestClient, body: Json) -> None:
    assert signed_in.post(URL, json=body).status_code == 422


def test_an_active_trigger_is_changed_and_deleted(signed_in: TestClient) -> None:
    made = signed_in.post(URL, json=body_of(leg(1400))).json()
    url = f"{URL}/{made['id']}"
    changed = signed_in.put(url, json={"legs": [leg(1380, quantity=20)]}).json()
    assert (changed["legs"][0]["trigger"], changed["legs"][0]["quantity"]) == (1380.0, 20)
    assert changed["expires_at"] == made["expires_at"]
    refused = signed_in.put(url, json={"legs": [leg(1499)]})
    assert [one["pointer"] for one in refused.json()["detail"]] == ["/legs/0/trigger"]
    both = signed_in.put(url, json={"legs": [leg(1380, "SELL"), leg(1600, "SELL")]}).json()
    assert both["type"] == "two-leg"
    assert signed_in.delete(url).json()["status"] == "deleted"
    assert signed_in.put(url, json={"legs": [leg(1380)]}).status_code == 409


def test_active_triggers_are_in_the_instruments_activity(signed_in: TestClient) -> None:
    made = signed_in.post(URL, json=body_of(leg(1400, "SELL"), leg(1600, "SELL"))).json()
    activity = signed_in.get("/api/activity", params={"instrument": "NSE:INFY"}).json()
    assert activity["triggers"] == [
        {"gtt_id": made["id"], "trigger": 1400.0, "side": "SELL", "quantity": 10},
        {"gtt_id": made["id"], "trigger": 1600.0, "side": "SELL", "quantity": 10},
    ]
    assert (activity["fills"], activity["orders"], activity["protections"]) == ([], [], [])


def test_another_persons_trigger_is_not_found(sign_in: Any) -> None:
    made = sign_in().post(URL, json=body_of(leg(1400))).json()
    stranger, url = sign_in("b@example.com"), f"{URL}/{made['id']}"
    assert stranger.get(URL).json() == []
    assert stranger.get(f"{URL}/accounts").json() == []
    assert stranger.get("/api/activity", params={"instrument": "NSE:INFY"}).json()["triggers"] == []
    for response in (
        stranger.get(url),
        stranger.put(url, json={"legs": [leg(1380)]}),
        stranger.delete(url),
    ):
        assert response.status_code == 404
    assert sign_in().get(url).json() == made
