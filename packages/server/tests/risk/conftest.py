"""Fixtures of risk rules: the workers' app, and rules that a test makes.

page       signed in as the person whose worker places orders
make_rule  creates a rule: `make_rule("max_positions", n=1)`, `make_rule(type, scope=…, action=…)`
place      places an order of run-1: `place("key-00001", quantity=5)`
look       looks at the rules as the watch does every five seconds
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.workers.conftest import (  # noqa: F401 - fixtures
    api_fixture,
    buy,
    compat,
    container,
    guardian,
    market,
    new_run,
    worker,
)

from tradertape_server.container import Container

Json = dict[str, Any]
RULES = "/api/risk/rules"


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 1_000_000}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:  # noqa: F811
    caller = worker()
    new_run(caller)
    return caller


@pytest.fixture
def page(sign_in: Any) -> TestClient:
    return sign_in("person@example.com")


@pytest.fixture
def make_rule(page: TestClient) -> Callable[..., Json]:
    def make(kind: str, *, caller: Any = None, **given: Any) -> Json:
        body = {"type": kind}
        for name in ("name", "scope", "action", "applies_to", "severity", "is_active"):
            if name in given:
                body[name] = given.pop(name)
        made = (caller or page).post(RULES, json={**body, "params": given})
        assert made.status_code == 201, made.text
        return made.json()

    return make


@pytest.fixture
def place(caller: Any, api: Any, buy: Any) -> Callable[..., Any]:  # noqa: F811
    def place(key: str, *, run: str = "run-1", by: Any = None, **order: Any) -> Any:
        return (by or caller).post(api(f"runs/{run}/intents"), json=buy(key, **order))

    return place


@pytest.fixture
def look(container: Container) -> Callable[[], Any]:  # noqa: F811
    return container.risk.watch.look
