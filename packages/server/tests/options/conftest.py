"""A worker and a console, both looking at the simulated market's options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient

from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner

BASE_URL = "http://localhost:18777"


@pytest.fixture
def make_worker(app: FastAPI, sign_in: Any, container: Container) -> Callable[..., TestClient]:
    """`make_worker("data")`: a client with a worker token of these scopes."""

    def make(*scopes: str) -> TestClient:
        person = sign_in().get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "worker")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=list(scopes), expires_in_days=None
            )
        headers = {"Authorization": f"Bearer {made.token}"}
        return CheckedClient(app, base_url=BASE_URL, headers=headers)

    return make


@pytest.fixture
def worker(make_worker: Callable[..., TestClient]) -> TestClient:
    return make_worker("data")
