"""How `tradertape serve` talks to its clients."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tradertape_server import demo, wiring
from tradertape_server.cli.server import serve
from tradertape_server.container import Container
from tradertape_server.features.feed.sources.candle_replay import CandleReplaySource
from tradertape_server.features.market.progress import Progress
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform import logging
from tradertape_server.platform.compute import numba_cache
from tradertape_server.settings import Settings

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
EVERY_S, PROXYS_S = 20, 60  # how often workers call, and how long proxies keep a connection


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[uvicorn.Config]:
    """What would be served; nothing is."""
    configs: list[uvicorn.Config] = []
    monkeypatch.setenv(numba_cache.VARIABLE, os.environ.get(numba_cache.VARIABLE, "unused"))
    for module, name in ((logging, "configure_logging"), (numba_cache, "prepare")):
        monkeypatch.setattr(module, name, lambda *_a, **_k: None)

    def run(server: uvicorn.Server, **_options: Any) -> None:
        configs.append(server.config)

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return configs


@on_sqlite
def test_a_connection_outlives_the_pauses_of_workers_and_proxies(
    container: Container, settings: Settings, served: list[uvicorn.Config],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A request sent on a connection that is closing is lost, and an order with it."""
    monkeypatch.setattr(wiring, "build_container", lambda _settings: container)
    with socket.socket() as listener:
        serve._serve(settings, listener, demo=False, as_json=True)

    (config,) = served
    assert config.timeout_keep_alive > max(3 * EVERY_S, PROXYS_S)


@on_sqlite
@pytest.mark.parametrize("overrides", [{"feed": "replay"}])
@pytest.mark.usefixtures("served")
def test_a_demo_replays_its_own_past_from_the_first_start(
    settings: Settings, simulated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(market: MarketService, _progress: Progress) -> None:
        shutil.copytree(simulated_home / "market", market.home / "market", copy_function=os.link)

    opened: list[Container] = []

    def set_up(container: Container, **_say: Any) -> demo.DemoAccount:
        opened.append(container)
        return demo.DemoAccount("demo@example.com", "none")

    monkeypatch.setattr(MarketService, "ensure_simulated_world", built)
    monkeypatch.setattr(demo, "set_up", set_up)
    with socket.socket() as listener:
        serve._serve(settings, listener, demo=True, as_json=True)

    (container,) = opened
    try:
        assert isinstance(container.feed.source, CandleReplaySource)
    finally:
        container.close()
