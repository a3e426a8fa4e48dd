"""Trading by hand: tickets, changes, exits and funds over all accounts of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.gtts.test_service import HandMarket, OneInstrument

from tradertape_server.container import Container
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.trading.schemas import FundsOut
from tradertape_server.features.trading.service import TradingService

URL = "/api/trading"
ACCOUNTS = "/api/algo-workers/worker/accounts"
Json = dict[str, Any]
SignIn = Callable[..., TestClient]
_keys = count(1)


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
    execution = ExecutionService.build(container.database, clock, market)
    execution.trader.start()
    instruments: Any = OneInstrument()
    trading = TradingService(execution, container.live_accounts, instruments, clock)
    gtts = GttPageService(execution, instruments, container.live_accounts)
    yield replace(container, execution=execution, trading=trading, gtts=gtts)
    execution.trader.stop()


def settle(container: Container) -> None:
    for _ in range(2):
        container.execution.trader.execute(Command(lambda _uow: None))


def ticket(**changes: Any) -> Json:
    return {
        "account_scope": "kite:paper-a", "instrument": "NSE:INFY", "transaction_type": "BUY",
        "quantity": 10, "order_type": "LIMIT", "product": "CNC", "price": 1490.0, **changes,
    }  # fmt: skip


def keyed(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": key or f"ticket-{next(_keys):06d}"}


def placed(client: TestClient, key: str | None = None, **changes: Any) -> Json:
    reply = client.post(f"{URL}/orders", json=ticket(**changes), headers=keyed(key))
    assert reply.status_code == 201, reply.text
    return reply.json()


def bought(client: TestClient, quantity: int = 10, **changes: Any) -> Json:
    order = placed(client, order_type="MARKET", price=None, quantity=quantity, **changes)
    assert order["status"] == "COMPLETE"
    return order


def test_a_preview_has_margin_charges_and_what_would_refuse_it(signed_in: TestClient) -> None:
    signed_in.get(f"{URL}/accounts")
    seen = signed_in.post(f"{URL}/preview", json=ticket()).json()
    assert (seen["value"], seen["is_allowed"], seen["last_price"]) == (14900.0, True, 1500.0)
    assert seen["margin_required"] == 14900.0
    assert seen["charges"]["total"] > 0
    assert seen["available"] == 1_000_000.0
    too_many = signed_in.post(f"{URL}/preview", json=ticket(quantity=100_000)).json()
    assert not too_many["is_allowed"]
    assert "insufficient_margin" in {one["code"] for one in too_many["warnings"]}
    off_tick = signed_in.post(f"{URL}/preview", json=ticket(price=1490.03))
    assert off_tick.status_code == 200
    assert not off_tick.json()["is_allowed"]
    assert signed_in.get(f"{URL}/orders").json() == []


def test_a_preview_at_a_broker_says_that_the_money_is_short(
    signed_in: TestClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine leaves margin to the broker there; the ticket says it before it is placed."""
    funds = FundsOut(
        available=5_000, cash=5_000, mark_to_market=None, used=0, delivery=None, exposure=None,
        unrealised=None, realised=None, charges=None, opening=5_000, as_of=None, stale=False,
    )  # fmt: skip
    monkeypatch.setattr(TradingService, "_funds", lambda *_: funds)
    signed_in.get(f"{URL}/accounts")
    seen = signed_in.post(f"{URL}/preview", json=ticket()).json()
    (warning,) = seen["warnings"]
    assert (warning["code"], warning["severity"]) == ("insufficient_margin", "warning")
    assert "₹14,900.00" in warning["message"]
    assert "₹5,000.00" in warning["message"]
    assert seen["is_allowed"]
    assert signed_in.post(f"{URL}/preview", json=ticket(quantity=3)).json()["warnings"] == []


def test_the_same_key_places_one_order_and_another_order_needs_another_key(
    signed_in: TestClient,
) -> None:
    first = placed(signed_in, "double-click-1")
    again = placed(signed_in, "double-click-1")
    assert first["order_id"] == again["order_id"]
    assert len(signed_in.get(f"{URL}/orders").json()) == 1
    other = signed_in.post(
        f"{URL}/orders", json=ticket(quantity=11), headers=keyed("double-click-1")
    )
    assert (other.status_code, other.headers["X-Error-Code"]) == (409, "idempotency_key_reused")
    without = signed_in.post(f"{URL}/orders", json=ticket())
    assert without.status_code == 422


def test_an_open_order_is_changed_and_cancelled(signed_in: TestClient) -> None:
    order = placed(signed_in)
    assert (order["run"], order["can_change"], order["can_cancel"]) == (None, True, True)
    where = f"{URL}/orders/{order['order_id']}"
    changed = signed_in.patch(where, json={"price": 1480.0, "quantity": 5}, headers=keyed()).json()
    assert (changed["price"], changed["quantity"]) == (1480.0, 5)
    nothing = signed_in.patch(where, json={}, headers=keyed())
    assert nothing.status_code == 400
    ended = signed_in.delete(where, headers=keyed()).json()
    assert (ended["status"], ended["can_cancel"]) == ("CANCELLED", False)
    again = signed_in.delete(where, headers=keyed())
    assert again.status_code == 409
    assert signed_in.get(f"{URL}/orders", params={"open": True}).json() == []


def test_a_purchase_is_a_position_and_an_exit_closes_it_once(
    signed_in: TestClient, market: HandMarket
) -> None:
    bought(signed_in)
    market.trade("1510.00")
    (position,) = signed_in.get(f"{URL}/positions").json()
    assert (position["quantity"], position["unrealised"], position["run"]) == (10, 100.0, None)
    funds = signed_in.get(f"{URL}/accounts").json()[0]["funds"]
    assert (funds["unrealised"], funds["delivery"]) == (100.0, 15000.0)

    resting = placed(signed_in, transaction_type="SELL", price=1600.0)
    wanted = {"account_scope": "kite:paper-a", "instrument": "NSE:INFY", "product": "CNC"}
    plan = signed_in.post(
        f"{URL}/positions/exit", json={**wanted, "dry_run": True}, headers=keyed()
    ).json()
    assert (plan["status"], plan["cancel"]) == ("dry_run", [resting["order_id"]])
    assert plan["close"] == ["SELL 10 NSE:INFY (CNC)"]
    assert len(signed_in.get(f"{URL}/positions").json()) == 1

    key = keyed()
    done = signed_in.post(f"{URL}/positions/exit", json=wanted, headers=key).json()
    repeated = signed_in.post(f"{URL}/positions/exit", json=wanted, headers=key).json()
    assert (done["status"], len(done["orders"])) == ("closed", 1)
    assert repeated["orders"] == done["orders"]
    assert signed_in.get(f"{URL}/positions").json() == []
    statuses = [one["status"] for one in signed_in.get(f"{URL}/orders").json()]
    assert statuses == ["COMPLETE", "CANCELLED", "COMPLETE"]


def test_a_sale_by_hand_closes_what_a_trigger_bought(
    signed_in: TestClient, market: HandMarket, container: Container
) -> None:
    leg = {"trigger": 1450.0, "transaction_type": "BUY", "quantity": 10, "price": 1460.0}
    signed_in.post("/api/gtts", json={"instrument": "NSE:INFY", "legs": [leg]})
    market.trade("1449.00")
    settle(container)
    (position,) = signed_in.get(f"{URL}/positions").json()
    assert (position["quantity"], position["run"]) == (10, None)
    placed(signed_in, transaction_type="SELL", order_type="MARKET", price=None)
    assert signed_in.get(f"{URL}/positions").json() == []


def test_exit_all_leaves_other_accounts_and_other_people(
    signed_in: TestClient, sign_in: SignIn
) -> None:
    signed_in.post(ACCOUNTS, json={"account_scope": "kite:paper-b"})
    bought(signed_in)
    bought(signed_in, product="MIS")
    bought(signed_in, account_scope="kite:paper-b")
    stranger = sign_in("b@example.com")
    bought(stranger)
    done = signed_in.post(
        f"{URL}/positions/exit", json={"account_scope": "kite:paper-a"}, headers=keyed()
    ).json()
    assert (done["status"], len(done["orders"])) == ("closed", 2)
    left = signed_in.get(f"{URL}/positions").json()
    assert [(one["account_scope"], one["quantity"]) for one in left] == [("kite:paper-b", 10)]
    assert len(stranger.get(f"{URL}/positions").json()) == 1


def test_nobody_sees_or_touches_anothers_order(signed_in: TestClient, sign_in: SignIn) -> None:
    order = placed(signed_in, "the-same-key")
    stranger = sign_in("b@example.com")
    where = f"{URL}/orders/{order['order_id']}"
    assert stranger.delete(where, headers=keyed()).status_code == 404
    assert stranger.patch(where, json={"price": 1.0}, headers=keyed()).status_code == 404
    assert stranger.get(f"{URL}/orders").json() == []
    theirs = placed(stranger, "the-same-key")
    assert theirs["order_id"] != order["order_id"]


def test_under_the_kill_switch_a_ticket_opens_nothing_and_exits_pass(
    signed_in: TestClient, container: Container, clock: Any
) -> None:
    bought(signed_in)
    user_id = signed_in.get("/api/auth/me").json()["id"]
    halt = Halt(user_id=user_id, reason="enough", by="me", since=clock.now())
    container.execution.trader.execute(Command(lambda uow: uow.switch(user_id, halt)))
    refused = signed_in.post(f"{URL}/orders", json=ticket(), headers=keyed())
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "kill_switch_active")
    seen = signed_in.post(f"{URL}/preview", json=ticket()).json()
    assert "kill_switch_active" in {one["code"] for one in seen["warnings"]}
    placed(signed_in, transaction_type="SELL", order_type="MARKET", price=None)
    assert signed_in.get(f"{URL}/positions").json() == []


def test_a_mistyped_account_is_an_error_and_no_account(signed_in: TestClient) -> None:
    reply = signed_in.post(
        f"{URL}/orders", json=ticket(account_scope="kite:paper-x"), headers=keyed()
    )
    assert (reply.status_code, "no account" in reply.json()["detail"]) == (400, True)


def test_orders_are_paged_newest_first(signed_in: TestClient) -> None:
    made = [placed(signed_in)["order_id"] for _ in range(5)]
    first = signed_in.get(f"{URL}/orders", params={"limit": 3}).json()
    last = first[-1]["order_id"]
    rest = signed_in.get(f"{URL}/orders", params={"limit": 3, "before": last}).json()
    assert [one["order_id"] for one in first + rest] == made[::-1]


def test_a_preferred_account_is_kept_by_segment_and_is_ones_own(
    signed_in: TestClient, sign_in: SignIn
) -> None:
    url = f"{URL}/preferred-accounts"
    assert signed_in.get(url).json() == {"equity": None, "derivatives": None}
    assert signed_in.post(ACCOUNTS, json={"account_scope": "kite:paper-b"}).status_code < 300
    signed_in.get(f"{URL}/accounts")
    wanted = {"equity": "kite:paper-b", "derivatives": None}
    assert signed_in.put(url, json=wanted).json() == wanted
    assert signed_in.get(url).json() == wanted
    unknown = signed_in.put(url, json={"derivatives": "kite:AB1234"})
    assert unknown.status_code == 422
    assert [one["pointer"] for one in unknown.json()["detail"]] == ["/derivatives"]
    assert signed_in.get(url).json() == wanted, "a refused choice changes nothing"
    other = sign_in("other@example.com")
    assert other.get(url).json() == {"equity": None, "derivatives": None}
    assert other.put(url, json={"equity": "kite:paper-b"}).status_code == 422
    assert signed_in.put(url, json={}).json() == {"equity": None, "derivatives": None}
