"""The market a server trades: shown to everybody, used from the next start, and who chooses it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.demo import mark
from tradertape_server.features.auth.models import User
from tradertape_server.main import create_app
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

MARKET = "/api/live/market"
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_a_fresh_server_trades_the_simulated_market(signed_in: TestClient) -> None:
    found = signed_in.get(MARKET).json()
    assert (found["market"], found["chosen"], found["needs_restart"]) == ("simulated",) * 2 + (
        False,
    )
    assert found["choices"] == ["simulated", "exchange"]
    assert found["masters"] == []


def test_whoever_is_alone_on_the_server_chooses(sign_in: Any) -> None:
    person = sign_in()
    assert person.get(MARKET).json()["can_choose"] is True
    assert person.put(MARKET, json={"market": "exchange"}).json()["chosen"] == "exchange"
    sign_in("another@example.com")
    assert person.put(MARKET, json={"market": "simulated"}).status_code == 403


def test_a_person_whose_account_is_disabled_is_nobody_beside(
    sign_in: Any, container: Container
) -> None:
    person = sign_in()
    sign_in("left@example.com")
    with container.database.write() as session:
        left = session.query(User).filter_by(email="left@example.com").one()
        left.disabled_at = container.clock.now()
    assert person.get(MARKET).json()["can_choose"] is True


def test_on_a_demonstration_everybody_chooses(sign_in: Any, container: Container) -> None:
    mark(container)
    sign_in("another@example.com")
    person = sign_in()
    assert person.get(MARKET).json()["can_choose"] is True
    assert person.put(MARKET, json={"market": "exchange"}).status_code == 200


def test_the_market_that_is_traded_can_be_shown_without_its_broker(
    sign_in: Any, container: Container
) -> None:
    person = sign_in()
    assert "sandbox" not in person.get(MARKET).json()["choices"]
    assert person.put(MARKET, json={"market": "sandbox"}).json()["choices"][-1] == "sandbox"


def test_beside_others_only_an_admin_chooses(sign_in: Any) -> None:
    sign_in("another@example.com")
    refused = sign_in().put(MARKET, json={"market": "exchange"})
    assert refused.status_code == 403
    assert refused.headers["X-Error-Code"] == "admin_only"
    found = sign_in().get(MARKET).json()
    assert (found["chosen"], found["can_choose"]) == ("simulated", False)


def test_an_unknown_market_is_refused(sign_in: Any) -> None:
    assert sign_in(is_admin=True).put(MARKET, json={"market": "mars"}).status_code == 422


def test_the_choice_counts_from_the_next_start_and_nothing_simulated_is_left(
    sign_in: Any, container: Container, settings: Settings, clock: Any
) -> None:
    admin = sign_in(is_admin=True)
    assert admin.get("/api/instruments/resolve?symbol=NSE:INFY").status_code == 200

    chosen = admin.put(MARKET, json={"market": "exchange"}).json()
    assert (chosen["market"], chosen["chosen"], chosen["needs_restart"]) == (
        "simulated",
        "exchange",
        True,
    )

    container.close()
    restarted = build_container(settings, clock=clock)
    with TestClient(create_app(container=restarted), base_url="http://localhost:18777") as again:
        again.cookies = admin.cookies
        found = again.get(MARKET).json()
        assert (found["market"], found["needs_restart"]) == ("exchange", False)
        unknown = again.get("/api/instruments/resolve?symbol=NSE:INFY")
        assert unknown.status_code == 404
        assert "connect a broker in Settings → Brokers" in unknown.json()["detail"]
        assert again.get("/api/instruments/search?query=INFY").json() == []
        status = again.get("/api/live/status").json()
        assert (status["source"], status["simulated"], status["label"]) == (
            "exchange",
            False,
            "live NSE",
        )
        assert again.get("/api/live/candles?symbol=NSE:INFY").status_code == 404
        health = again.get("/api/health").json()
        assert health["checks"]["instruments"]["status"] == "down"


@pytest.mark.parametrize("overrides", [{"feed": "off"}])
def test_a_setting_that_names_the_feed_leaves_no_choice(sign_in: Any) -> None:
    admin = sign_in(is_admin=True)
    refused = admin.put(MARKET, json={"market": "exchange"})
    assert refused.status_code == 409
    assert "Remove that setting" in refused.json()["detail"]
    assert "TRADERTAPE_FEED=off" in admin.get(MARKET).json()["fixed_by"]
