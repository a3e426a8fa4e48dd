"""While nobody is signed in at the broker, purchases wait in the cart; after the login they are
placed (SG-04)."""

from __future__ import annotations

import pytest

from tradertape_server.features.execution.live_accounts import Blocked

from .conftest import AbleAccounts, BrokerDesk

OVER = Blocked("token_expired", "The broker's session is over, sign in again")


@pytest.fixture
def signed_out(monkeypatch: pytest.MonkeyPatch) -> list[Blocked]:
    """Why the account may not trade; a test empties it to sign in."""
    reasons: list[Blocked] = []
    monkeypatch.setattr(AbleAccounts, "why_not", lambda *_: tuple(reasons))
    return reasons


def test_an_entry_waits_in_the_cart_and_is_placed_after_the_login(
    desk: BrokerDesk, signed_out: list[Blocked]
) -> None:
    portfolio = desk.deploy_live()
    _, (first,) = desk.approved(portfolio, most=1)
    signed_out.append(OVER)
    desk.servers.accounts.remove(desk.account)
    for _ in range(2):
        placed = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
        (result,) = placed["results"]
        assert (result["outcome"], result["detail"]) == ("skipped", OVER.words)
        assert desk.signal(first["id"])["status"] == "in_cart"
    desk.servers.accounts.append(desk.account)
    signed_out.clear()
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 1
    assert len(desk.resting) == 1


def test_purchases_that_nobody_approves_are_placed_by_themselves_after_the_login(
    desk: BrokerDesk, signed_out: list[Blocked]
) -> None:
    portfolio = desk.deploy_live(auto_place_signals=True, max_positions=1)
    signed_out.append(OVER)
    _, signals = desk.first_signals(portfolio)
    desk.upkeep.run_once()
    (waiting,) = [one for one in signals if one["side"] == "BUY"]
    assert (desk.signal(waiting["id"])["status"], desk.resting) == ("in_cart", [])
    signed_out.clear()
    desk.upkeep.run_once()
    assert desk.signal(waiting["id"])["status"] == "approved"
    assert len(desk.resting) == 1
