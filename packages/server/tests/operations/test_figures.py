"""Metrics for Prometheus."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

BASE_URL = "http://localhost:18777"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@ON_SQLITE
def test_metrics_count_requests_by_route_and_not_by_address(app: FastAPI) -> None:
    local = TestClient(app, base_url=BASE_URL, client=("127.0.0.1", 1))
    for number in range(3):
        local.get(f"/api/strategies/{number}")
    local.request("BREW", "/api/strategies/1")
    text = local.get("/metrics").text
    assert (
        'tradertape_http_request_seconds_count{method="GET",'
        'route="/api/strategies/{strategy_id}",status="401"} 3.0'
    ) in text
    assert "BREW" not in text
    assert 'tradertape_build_info{version="' in text
    assert "tradertape_database_up 1.0" in text


@ON_SQLITE
def test_metrics_are_for_this_machine_only_by_default(app: FastAPI) -> None:
    """A proxy on this machine that is not configured seems local, but is not."""
    far = TestClient(app, base_url=BASE_URL, client=("203.0.113.9", 1))
    proxied = TestClient(app, base_url=BASE_URL, client=("127.0.0.1", 1))
    assert far.get("/metrics").status_code == 404
    headers = {"X-Forwarded-For": "203.0.113.9"}
    assert proxied.get("/metrics", headers=headers).status_code == 404
