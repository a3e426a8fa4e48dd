"""Where the server looks for brokers: the real hosts, those of the environment, or a sandbox's."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tradertape_brokers.hosts import Hosts
from tradertape_server.cli import main
from tradertape_server.cli.opening import read_settings
from tradertape_server.cli.server import serve
from tradertape_server.features.brokerage.accounts import Addresses, Environment, NoHosts
from tradertape_server.settings import Settings

SANDBOX = "http://127.0.0.1:18900"
ROOTS = {
    "TRADERTAPE_KITE_ROOT": "http://127.0.0.1:1/kite-api",
    "TRADERTAPE_KITE_LOGIN_ROOT": "http://127.0.0.1:1/kite-login",
    "TRADERTAPE_KITE_TICKER_ROOT": "ws://127.0.0.1:1/kite-ticker",
    "TRADERTAPE_UPSTOX_ROOT": "http://127.0.0.1:1/upstox",
    "TRADERTAPE_GROWW_ROOT": "http://127.0.0.1:1/groww",
}


def addresses_of(settings: Settings) -> Addresses:
    """As the wiring makes them."""
    return Addresses.of(Hosts.of_environment(settings.broker_roots), settings.sandbox_url)


def test_without_settings_brokers_are_the_real_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ROOTS, "TRADERTAPE_SANDBOX_URL"):
        monkeypatch.delenv(name, raising=False)
    assert addresses_of(read_settings()).hosts(Environment.LIVE) == Hosts()


def test_each_variable_sets_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROOTS.items():
        monkeypatch.setenv(name, value)
    hosts = addresses_of(read_settings()).hosts(Environment.LIVE)
    assert (hosts.kite.rest, hosts.kite.login, hosts.kite.ticker) == tuple(ROOTS.values())[:3]
    upstox, groww = ROOTS["TRADERTAPE_UPSTOX_ROOT"], ROOTS["TRADERTAPE_GROWW_ROOT"]
    assert {hosts.upstox.rest, hosts.upstox.login, hosts.upstox.order_root} == {upstox}
    assert (hosts.groww.rest, hosts.groww.ticker) == (groww, "ws://127.0.0.1:1/groww/feed")


def test_a_sandboxs_address_sets_all_and_no_real_broker_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`tradertape serve --sandbox URL`, whatever else the environment names."""
    given: list[Settings] = []

    def note(settings: Settings, *_: Any, **__: Any) -> None:
        given.append(settings)

    monkeypatch.setattr(serve, "_serve", note)
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("TRADERTAPE_KITE_ROOT", ROOTS["TRADERTAPE_KITE_ROOT"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    done = CliRunner().invoke(main.app, ["serve", "--port", port, "--sandbox", f"{SANDBOX}/"])
    assert done.exit_code == 0, done.output
    addresses = addresses_of(given[0])
    assert addresses.hosts(Environment.SANDBOX) == Hosts.sandbox(SANDBOX)
    with pytest.raises(NoHosts):
        addresses.hosts(Environment.LIVE)
