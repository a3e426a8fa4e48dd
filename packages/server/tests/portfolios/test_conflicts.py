"""Requests that a signal's state refuses: 409, its words, and nothing changed (SG-02 to SG-05).

The table says what each state allows; everything else is refused. The rows of the table itself are
in core's `test_signals`, those of a venue's answers in `live/at_broker`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.portfolio.book import PaperBook, document
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.container import Container
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.state import settings_document

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
DONE = {
    "approve": "approved", "reject": "rejected", "expire": "expired", "cancel": "cancelled",
    "retry": "tried again",
}  # fmt: skip
STATES: dict[str, tuple[str, str | None, set[str]]] = {
    "pending_approval": ("pending_approval", None, {"approve", "reject", "expire"}),
    "in_cart": ("in_cart", None, {"reject", "expire"}),
    "approved/placing": ("approved", "placing", set()),
    "approved/unknown": ("approved", "unknown", set()),
    "approved/active": ("approved", "active", {"cancel"}),
    "approved/triggered": ("approved", "triggered", set()),
    "approved/partially_filled": ("approved", "partially_filled", set()),
    "any terminal: executed/filled": ("executed", "filled", set()),
    "any terminal: rejected": ("rejected", None, set()),
    "any terminal: expired": ("expired", None, set()),
    "any terminal: expired/expired": ("expired", "expired", set()),
    "any terminal: cancelled/cancelled": ("cancelled", "cancelled", set()),
    "any terminal: cancelled/disabled": ("cancelled", "disabled", set()),
    "any terminal: cancelled/deleted": ("cancelled", "deleted", set()),
    "any terminal: failed/rejected": ("failed", "rejected", {"retry"}),
}


@pytest.fixture
def portfolio_id(signed_in: TestClient, container: Container, clock: Any) -> int:
    """A portfolio as it is stored; nothing here needs prices."""
    now = clock.now()
    with container.database.write() as session:
        row = Portfolio(
            user_id=signed_in.get("/api/auth/me").json()["id"], name="Mine",
            strategy_id=1, strategy_version=1, strategy_name="S",
            document={}, settings=settings_document(PortfolioSettings()),
            data_set="simulated", status="active", book=document(PaperBook.opened(100_000_000)),
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


@pytest.fixture
def make(container: Container, clock: Any, portfolio_id: int) -> Any:
    def make(status: str, gtt_status: str | None = None, **more: Any) -> int:
        now = clock.now()
        values: dict[str, Any] = {
            "symbol": "INFY", "side": "BUY", "conviction": 70.0, "rank": 1, "sector": "IT",
            "company": "Infosys", "isin": "", "reason": "", "ref_price": 100.0, "quantity": 10,
            "signal_date": date(2026, 1, 2), "history": [], "expires_at": now + timedelta(days=1),
            "created_at": now, "updated_at": now, "placement_key": None, **more,
        }  # fmt: skip
        with container.database.write() as session:
            row = PortfolioSignal(
                portfolio_id=portfolio_id, epoch=1, status=status, gtt_status=gtt_status, **values
            )
            session.add(row)
            session.flush()
            return row.id

    return make


def stored(container: Container, signal_id: int) -> tuple[Any, ...]:
    with container.database.read() as session:
        row = session.get_one(PortfolioSignal, signal_id)
        return row.status, row.gtt_status, row.version, row.history


@pytest.mark.parametrize("state", STATES)
def test_sg_03_what_a_state_does_not_allow_is_refused_with_its_words(
    signed_in: TestClient, container: Container, make: Any, state: str
) -> None:
    status, gtt, allowed = STATES[state]
    signal_id = make(status, gtt)
    before = stored(container, signal_id)
    for action in DONE.keys() - allowed:
        refused = signed_in.post(f"/api/model/signals/{signal_id}/{action}", json={})
        assert refused.status_code == 409, (action, refused.text)
        words = f"Signal {signal_id} is {status.replace('_', ' ')} and cannot be {DONE[action]}"
        assert refused.json()["detail"] == words
        assert refused.headers["X-Error-Code"] == "signal_state"
    assert stored(container, signal_id) == before
    many = {"ids": [signal_id], "action": "reject"}
    if "reject" not in allowed:
        (told,) = signed_in.post("/api/model/signals/bulk", json=many).json()
        assert told["detail"].endswith(f"is {status.replace('_', ' ')} and cannot be rejected")


REFUSED = {
    "approve → not expired": ({"expires_at": "past"}, {}, "expired at "),
    "approve → portfolio active": ({}, {"status": "paused"}, "is paused and takes no approvals"),
    "approve → capital": ({"quantity": 10_000_000}, {}, "is free"),
}


@pytest.mark.parametrize("guard", REFUSED)
def test_sg_02_the_guards_of_an_approval_are_409(
    signed_in: TestClient, container: Container, make: Any, portfolio_id: int, clock: Any,
    guard: str,
) -> None:  # fmt: skip
    of_signal, of_portfolio, words = REFUSED[guard]
    if "expires_at" in of_signal:
        of_signal = {"expires_at": clock.now() - timedelta(minutes=1)}
    signal_id = make("pending_approval", **of_signal)
    with container.database.write() as session:
        for name, value in of_portfolio.items():
            setattr(session.get_one(Portfolio, portfolio_id), name, value)
    refused = signed_in.post(f"/api/model/signals/{signal_id}/approve", json={})
    assert (refused.status_code, words in refused.json()["detail"]) == (409, True), refused.text
    assert stored(container, signal_id)[0] == "pending_approval"


def test_sg_05_retry_is_refused_where_it_would_change_nothing(
    signed_in: TestClient, container: Container, make: Any
) -> None:
    signal_id = make("failed", "rejected", attempts=1)
    refused = signed_in.post(f"/api/model/signals/{signal_id}/retry")
    assert (refused.status_code, "judged by its candles" in refused.text) == (409, True)


@pytest.mark.parametrize("state", [one for one in STATES if one != "in_cart"])
def test_sg_05_only_what_is_in_the_cart_is_placed(
    signed_in: TestClient, container: Container, make: Any, state: str
) -> None:
    status, gtt, _ = STATES[state]
    signal_id = make(status, gtt)
    empty = signed_in.post("/api/model/cart/place", json={"signal_ids": [signal_id]})
    assert (empty.status_code, empty.json()["detail"]) == (400, "Cart is empty")
    assert stored(container, signal_id)[:2] == (status, gtt)
