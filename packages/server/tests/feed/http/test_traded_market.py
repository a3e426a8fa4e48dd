"""The market a server trades: told to everybody, chosen by an admin, used from the next start."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
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


def test_only_an_admin_chooses(sign_in: Any) -> None:
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
