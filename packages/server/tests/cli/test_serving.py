"""How `tradertape serve` talks to its clients."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
import uvicorn

from tradertape_server import wiring
from tradertape_server.cli import serve
from tradertape_server.platform import logging, warming
from tradertape_server.settings import Settings
from tradertape_server.wiring import Container

EVERY_S, PROXYS_S = 20, 60  # how often workers ask, and how long proxies keep a connection


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_connection_outlives_the_pauses_of_workers_and_of_proxies(
    container: Container, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that meets the end of its connection is lost, and an order with it."""
    served: list[uvicorn.Config] = []
    monkeypatch.setenv(warming.VARIABLE, os.environ.get(warming.VARIABLE, "unused"))
    monkeypatch.setattr(wiring, "build_container", lambda _settings: container)
    for module, name in ((logging, "configure_logging"), (warming, "prepare")):
        monkeypatch.setattr(module, name, lambda *_a, **_k: None)

    def run(server: uvicorn.Server, **_options: Any) -> None:
        served.append(server.config)

    monkeypatch.setattr(uvicorn.Server, "run", run)
    with socket.socket() as listener:
        serve._serve(settings, listener, demo=False, as_json=True)

    (config,) = served
    assert config.timeout_keep_alive > max(3 * EVERY_S, PROXYS_S)
