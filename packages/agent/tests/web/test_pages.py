"""The local UI's API: what it shows is real, what it changes is done by the loop."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.agent.tests.web.test_guards import ask, csrf
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.web.app import build_app
from tradertape_sandbox.app import open_default_account
from tradertape_sandbox.wire.sessions import SANDBOX_API_KEY, SANDBOX_SECRET


@pytest.fixture
def own(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    more = {
        "upstox_api_key": SANDBOX_API_KEY, "upstox_api_secret": SANDBOX_SECRET,
        "auto_execute": False,
    }  # fmt: skip
    open_default_account(running.sandbox.exchange, "upstox", Decimal(1_000_000))
    with machine(tmp_path, cloud, running, **more) as made:
        yield made


@pytest.fixture
def client(own: Machine) -> FlaskClient:
    return build_app(own.agent).test_client()


def read(client: FlaskClient, path: str) -> Any:
    answer = ask(client, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json


def change(client: FlaskClient, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return ask(client, method, path, json=body or {}, headers=csrf(client))


def test_ai_02_a_signal_is_approved_in_the_ui_and_placed_by_the_loop(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.add(1)
    own.cloud.add(2)
    own.cycle()
    listed = {one["id"]: one for one in read(client, "/api/signals")}
    assert listed["1"]["can_decide"]
    assert (listed["1"]["instrument"], listed["1"]["quantity"]) == ("NSE:INFY", "10")
    assert listed["1"]["trigger_price"] == "160"
    assert change(client, "POST", "/api/signals/1/approve").json["decision"] == "approved"
    assert change(client, "POST", "/api/signals/2/reject").json["decision"] == "rejected"
    assert change(client, "POST", "/api/signals/3/approve").status_code == 409
    own.cycle()
    assert (own.cloud.outcomes(1), own.cloud.outcomes(2)) == (["placed"], ["cancelled"])
    found = {one["id"]: one for one in read(client, "/api/signals")}
    assert found["1"]["intents"][0]["state"] == "resting"
    assert change(client, "POST", "/api/signals/1/reject").status_code == 409


def test_ap_04_the_ui_shows_real_units_of_scaled_signals(own: Machine, client: FlaskClient) -> None:
    own.cloud.obfuscation = True
    own.cycle()
    factor = own.agent.privacy.factor.factor
    own.cloud.add(1, quantity=float(1000 * factor), scaled=True)
    own.cycle()
    [signal] = read(client, "/api/signals")
    assert signal["quantity"] == "1000"


def test_ai_01_the_dashboard_adds_all_brokers_and_names_those_it_cannot_read(
    own: Machine, client: FlaskClient
) -> None:
    own.cycle()
    found = read(client, "/api/dashboard")
    holdings = read(client, "/api/holdings")
    value = sum(float(one["value"]) for one in holdings["items"])
    assert float(found["value"]) == pytest.approx(value)
    assert {one["name"]: one["state"] for one in found["brokers"]} == {
        "kite": "connected", "upstox": "signed_out",
    }  # fmt: skip
    assert any("Upstox" in one for one in found["problems"])
    assert read(client, "/api/positions")["items"] == []


def test_ai_08_pages_opened_at_once_ask_the_broker_once(own: Machine, client: FlaskClient) -> None:
    own.agent.desk.primary.forget()
    asked: list[str] = []
    reader = own.agent.desk.primary._portfolio
    assert reader is not None
    inner = reader.holdings
    reader.holdings = lambda: asked.append("x") or inner()  # type: ignore[method-assign]
    for _ in range(5):
        read(client, "/api/holdings")
    assert asked == ["x"]
    own.later(seconds=5)
    read(client, "/api/holdings")
    assert asked == ["x"]
    own.later(seconds=6)
    read(client, "/api/holdings")
    assert asked == ["x", "x"]


def test_ai_05_login_at_a_brokers_page_comes_back_once(own: Machine, client: FlaskClient) -> None:
    own.agent.desk.primary._ended("over")
    begun = change(client, "POST", "/api/brokers/kite/login").json
    assert begun["callback"] == "http://localhost:5679/brokers/kite/callback"
    back = httpx.URL(httpx.get(f"{begun['login_url']}&auto=1").headers["location"])
    path = f"/brokers/kite/callback?{back.query.decode()}"
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(client, "GET", path, headers=headers).status_code == 303
    assert read(client, "/api/brokers")[0]["state"] == "connected"
    assert ask(client, "GET", path, headers=headers).status_code == 400
    forged = "/brokers/kite/callback?request_token=x&state=forged"
    assert ask(client, "GET", forged, headers=headers).status_code == 400


def test_ai_06_settings_show_no_secret_and_auto_execute_takes_effect_at_once(
    own: Machine, client: FlaskClient
) -> None:
    shown = read(client, "/api/settings")
    assert (shown["auto_execute"], shown["credentials"]["kite_api_secret"]) == (False, True)
    assert SANDBOX_SECRET not in json.dumps(shown)
    own.cloud.add(1)
    own.cycle()
    assert own.triggers() == []
    saved = change(client, "PUT", "/api/settings", {"auto_execute": True, "poll_interval": 60}).json
    assert saved["after_restart"] == ["poll_interval"]
    own.cycle()
    assert len(own.triggers()) == 1
    for wrong in ({"poll_interval": 1}, {"cloud_url": "https://evil.example"}, {"api_key": "zt_x"}):
        assert change(client, "PUT", "/api/settings", wrong).status_code == 422


def test_ac_12_another_primary_broker_takes_a_restart(own: Machine, client: FlaskClient) -> None:
    saved = change(client, "PUT", "/api/settings", {"primary_broker": "upstox"}).json
    assert saved["after_restart"] == ["primary_broker"]
    assert own.agent.desk.primary.name == "kite"


def test_ar_04_a_symbol_is_ignored_and_shown_again(own: Machine, client: FlaskClient) -> None:
    own.cycle()
    own.cycle()
    [infy] = [
        one for one in read(client, "/api/reconciliation")["items"] if one["symbol"] == "NSE:INFY"
    ]
    assert infy["is_flagged"]
    path = "/api/reconciliation/ignores/NSE:INFY"
    body = {"difference": infy["difference"], "until": "2099-01-01T00:00:00Z"}
    assert change(client, "PUT", path, body).status_code == 200
    assert change(client, "PUT", path, {"until": "soon"}).status_code == 422
    own.cycle()
    items = read(client, "/api/reconciliation")["items"]
    assert [one["ignored"] for one in items if one["symbol"] == "NSE:INFY"] == [True]
    change(client, "DELETE", path)
    own.cycle()
    items = read(client, "/api/reconciliation")["items"]
    assert [one["ignored"] for one in items if one["symbol"] == "NSE:INFY"] == [False]


def test_what_was_sent_is_shown_byte_for_byte(own: Machine, client: FlaskClient) -> None:
    own.cycle()
    sent = [one["body"].encode() for one in read(client, "/api/privacy/sent") if one["body"]]
    assert sorted(sent) == sorted(own.cloud.bodies)


def test_the_kill_switch_is_switched_in_the_ui(own: Machine, client: FlaskClient) -> None:
    assert change(client, "PUT", "/api/kill", {"on": True}).json == {"on": True}
    assert read(client, "/api/status")["kill_switch"] == {"local": True, "cloud": False}
    assert change(client, "PUT", "/api/kill", {"on": False}).json == {"on": False}


def test_ac_11_other_brokers_have_nothing_to_trade_with(own: Machine) -> None:
    """No attribute of a read-only account reaches an order's or a trigger's port."""
    other = own.agent.desk.accounts["upstox"]
    from packages.agent.tests.machine import sign_in

    sign_in(own.agent, "upstox")
    assert not hasattr(other, "trading")
    found = _reached(other)
    assert any(name.endswith("Portfolio") for name in found)
    assert not [name for name in found if name.endswith(("Orders", "Gtts", "Connection"))]
    assert [one for one in _reached(own.agent.desk.primary) if one.endswith("Orders")]


def _reached(start: object) -> set[str]:
    """Names of the classes of all objects that can be reached by attributes."""
    seen: dict[int, object] = {}
    todo = [start]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, (str, bytes, int, float, type)):
            continue
        seen[id(one)] = one
        if type(one).__module__.startswith("tradertape"):
            todo += list(getattr(one, "__dict__", {}).values())
            slots = getattr(type(one), "__slots__", ())
            todo += [getattr(one, name, None) for name in slots if not name.startswith("__")]
    return {type(one).__name__ for one in seen.values()}


def test_ac_09_the_page_calls_routes_that_there_are_and_is_small(client: FlaskClient) -> None:
    script = ask(client, "GET", "/assets/agent.js")
    assert len(gzip.compress(script.data)) < 250_000
    rules = [str(one) for one in client.application.url_map.iter_rules()]
    patterns = [re.compile(re.sub(r"<[^>]+>", "[^/]+", one)) for one in rules]
    called = re.findall(r"[\"`](/api/[^\"`?]+)", script.text)
    assert len(called) > 15
    for path in called:
        plain = re.sub(r"\$\{[^}]*\}", "x", path)
        assert any(one.fullmatch(plain) for one in patterns), path
    assert "innerHTML" not in script.text
