"""What `serve --demo` sets up."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.demo import build_market, set_up
from tradertape_server.features.market.progress import no_progress

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_the_demo_is_set_up_once_and_can_be_signed_in_to(
    container: Container, client: TestClient
) -> None:
    printed: list[str] = []
    build_market(container.settings, no_progress)
    account = set_up(container, report=printed.append)
    again = set_up(container, report=printed.append)

    assert again == account
    assert len(printed) == 1
    assert "CAGR" in printed[0]
    assert "SIMULATED PRICES" in printed[0]
    body = {"email": account.email, "password": account.password}
    signed_in = client.post("/api/auth/password-login", json=body)
    assert signed_in.json()["is_admin"] is False
    runs = client.get("/api/backtest/runs").json()
    assert [run["name"] for run in runs] == ["A first look"]
    strategy = client.get(f"/api/backtest/runs/{runs[0]['run_id']}").json()["strategy"]
    stored = client.get(f"/api/strategies/{strategy['id']}").json()
    assert (stored["is_template"], stored["name"]) == (True, strategy["name"])


def test_the_demo_password_differs_between_machines_and_is_private(
    container: Container, client: TestClient
) -> None:
    from tradertape_server.demo import ensure_account

    account, _ = ensure_account(container)
    file = container.settings.effective_home / "secrets" / "demo-password"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() == account.password
    assert len(account.password.replace("-", "")) == 15
