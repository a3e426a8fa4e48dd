"""The local UI's API: what it shows is real, what it changes is done by the loop."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine, sign_in
from packages.agent.tests.web.test_guards import ask, csrf
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.privacy.statements import Rewritten
from tradertape_agent.web.app import build_app
from tradertape_agent.web.pages import find_pages, pages
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
        "auto_execute": False, "stop_loss_pct": 5,
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


def test_ai_02_a_signal_that_was_approved_here_is_one_card_with_its_orders(
    own: Machine, client: FlaskClient
) -> None:
    """What waits for approval in the cloud and what is handed out then have keys of their own."""
    own.cloud.add(1, requires_approval=True)
    own.cycle()
    assert change(client, "POST", "/api/signals/1/approve").json["decision"] == "approved"
    own.cycle()
    own.cycle()
    [shown] = read(client, "/api/signals")
    assert (shown["id"], shown["state"]) == ("1", "sent")
    assert [one["state"] for one in shown["intents"]] == ["resting"]


def test_a_newer_version_of_a_signal_shows_the_order_of_the_former(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.add(1)
    own.cycle()
    change(client, "POST", "/api/signals/1/approve")
    own.cycle()
    own.cloud.items.clear()
    own.cloud.add(1, version=2, quantity=7, idempotency_key="sig-1-2")
    own.cycle()
    [shown] = read(client, "/api/signals")
    assert (shown["version"], shown["quantity"], shown["can_decide"]) == (2, "7", True)
    assert [one["key"] for one in shown["intents"]] == ["sig-1-1"]


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
    assert back.params["state"].startswith("agent."), "the console hands such a login over"
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


def test_ac_09_the_pages_call_routes_that_there_are_and_are_small(client: FlaskClient) -> None:
    if find_pages() is None:
        pytest.skip("the pages are not built: run `make web`")
    page = ask(client, "GET", "/")
    [name] = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
    built = ask(client, "GET", name)
    assert "immutable" in built.headers["Cache-Control"]
    assert page.headers["Cache-Control"] == "no-store"
    assert sum(len(gzip.compress(one.read_bytes())) for one in scripts()) < 250_000
    rules = [str(one) for one in client.application.url_map.iter_rules()]
    patterns = [re.compile(re.sub(r"<[^>]+>", "[^/]+", one)) for one in rules]
    called = re.findall(r"[\"`](/api/[^\"`?]+)", "".join(one.read_text() for one in scripts()))
    assert len(called) > 20
    for path in called:
        plain = re.sub(r"\$\{[^}]*\}$", "x", re.sub(r"\$\{[^}]*\}(?=/)", "x", path))
        assert any(one.fullmatch(plain) for one in patterns), path
    outside = re.findall(r'(?:src|href)="(?!/)([^"]+)"', page.text)
    assert outside == []


def scripts() -> list[Path]:
    """All scripts of the built pages."""
    folder = find_pages()
    assert folder is not None
    return sorted(folder.glob("assets/*.js"))


def test_a_checkout_without_built_pages_says_what_to_do(
    own: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("without pages")
    app.register_blueprint(pages(None))
    answer = app.test_client().get("/")
    assert (answer.status_code, "make web" in answer.text) == (503, True)
    assert app.test_client().get("/assets/x.js").status_code == 404
    assert "run `make web`" in caplog.text


def test_ai_02_a_signal_tells_its_order_in_numbers_and_whether_money_is_real(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.add(1)
    own.cloud.add(2, quantity=0.5)
    own.cloud.add(3)["order"]["stop_trigger"] = None
    own.cycle()
    found = {one["id"]: one for one in read(client, "/api/signals")}
    added = found["3"]["order"]
    assert (added["stop_pct"], added["risk"]) == ("5", "80.25")  # the agent's own stop
    order = found["1"]["order"]
    assert order["stop_pct"] is None
    assert order["legs"] == [{"trigger": "160", "price": "160.5", "quantity": 10, "amount": "1605"}]
    assert (order["kind"], order["risk"]) == ("gtt", "205")  # (160.50 - 140) x 10
    assert "less than one lot" in found["2"]["order"]["problem"]
    status = read(client, "/api/status")
    assert (status["environment"], status["primary_title"]) == ("sandbox", "Zerodha Kite")
    assert status["waiting_signals"] == 3
    [kite, _] = read(client, "/api/brokers")
    assert kite["callback"] == "http://localhost:5679/brokers/kite/callback"


def test_ai_04_mutual_funds_are_read_where_the_broker_tells_of_them(
    own: Machine, client: FlaskClient
) -> None:
    session = own.agent.desk.primary.session
    assert session is not None
    proof = f"token {session.api_key}:{session.access_token.reveal()}"
    root, headers = f"http://127.0.0.1:{own.running.port}", {"Authorization": proof}
    lines = httpx.get(f"{root}/mf/instruments", headers=headers).text.splitlines()
    isin = lines[1].split(",")[0]
    order = {"tradingsymbol": isin, "transaction_type": "BUY", "amount": "5000"}
    assert httpx.post(f"{root}/mf/orders", headers=headers, data=order).status_code == 200
    assert read(client, "/api/funds")["items"] == []  # allotted on the next day
    clock = f"{root}/admin/clock"
    assert httpx.put(clock, json={"by_s": 3 * 86_400}).status_code == 200
    try:
        sign_in(own.agent)
        found = read(client, "/api/funds")
    finally:
        httpx.delete(clock)
    assert found["without"] == ["Upstox"]
    [fund] = found["items"]
    assert (fund["isin"], fund["broker"]) == (isin, "kite")
    assert float(fund["invested"]) == pytest.approx(5000, abs=1)


BOOK = "symbol,trade_date,trade_type,quantity,price,trade_id\nINFY,2026-06-10,buy,1000,1500,7\n"


def a_file(text: str = BOOK) -> dict[str, str]:
    return {"name": "tradebook.csv", "content": base64.b64encode(text.encode()).decode()}


def test_ai_07_a_tradebook_is_rewritten_here_and_shown_before_it_is_sent(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.obfuscation = True
    own.cycle()
    before = len(own.cloud.bodies)
    made = change(client, "POST", "/api/uploads/preview", a_file()).json
    assert made["before"][0][3] == "1000"
    assert Decimal(made["after"][0][3]) == 1000 * own.agent.privacy.factor.factor
    assert base64.b64decode(made["content"]).startswith(b"PK")
    assert len(own.cloud.bodies) == before
    for wrong in ({}, {"name": "a.xlsx", "content": "%"}, {"name": "a.xlsx", "content": "AAAA"}):
        for what in ("preview", "send"):
            assert change(client, "POST", f"/api/uploads/{what}", wrong).status_code == 422
    assert len(own.cloud.bodies) == before


def test_up_04_a_tradebook_is_sent_scaled_and_repeating_it_is_harmless(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.obfuscation = True
    own.cycle()
    factor = own.agent.privacy.factor
    sent = change(client, "POST", "/api/uploads/send", a_file())
    assert (sent.status_code, sent.json["imported"]) == (200, 1), sent.text
    again = change(client, "POST", "/api/uploads/send", a_file()).json
    assert (again["imported"], again["duplicates"]) == (0, 1)
    [body, _] = own.cloud.posted("from-agent")
    assert (body["scaled"], body["factor_id"]) == (True, factor.factor_id)
    header, row, _ = body["content"].split("\n")
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert Decimal(cells["quantity"]) == 1000 * factor.factor
    assert cells["price"] == "1500"
    assert len(cells["trade_id"]) == 16
    kept = own.agent.journal.outgoing.newest()[0]
    assert (kept["path"], kept["outcome"]) == ("/api/uploads/from-agent", "200")
    assert bytes(kept["body"]) == own.cloud.bodies[-1]


def test_up_04_a_file_that_is_held_is_sent_again_on_purpose(
    own: Machine, client: FlaskClient
) -> None:
    file = a_file(BOOK.replace("INFY", "differs"))
    assert change(client, "POST", "/api/uploads/send", file).json["state"] == "held"
    accepted = change(client, "POST", "/api/uploads/send", {**file, "accept_difference": True})
    assert accepted.json["state"] == "done"
    assert own.cloud.posted("from-agent")[0]["scaled"] is False


def test_up_04_why_the_cloud_did_not_take_a_file_is_told(own: Machine, client: FlaskClient) -> None:
    path = "/api/uploads/from-agent"
    for status, told in ((409, "not now"), (503, "not counted twice"), (403, "not now")):
        own.cloud.declines[path] = status
        answer = change(client, "POST", "/api/uploads/send", a_file())
        assert answer.status_code >= 400
        assert told in answer.json["detail"]
    own.cloud.declines.clear()
    own.cloud.is_down = True
    assert change(client, "POST", "/api/uploads/send", a_file()).status_code == 503


def test_ap_02_a_file_that_was_not_scaled_is_not_sent(
    own: Machine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever rewrites it has a fault: the last look knows nothing of how it was made."""
    own.cloud.obfuscation = True
    own.cycle()
    before = len(own.cloud.bodies)
    good = {"kind": "tradebook", "name": "t.csv", "scaled": True, "factor_id": "f"}
    scaled = f"{1000 * own.agent.privacy.factor.factor:f}"
    for content in (
        "symbol,quantity\nINFY,1000\n", f"symbol,quantity,order id\nINFY,{scaled},77\n",
        f"symbol,quantity,client\nINFY,{scaled},AB1\n", "date,debit\n2026-06-10,12.5\n",
        f"symbol,quantity\nINFY,{scaled}\nSB0001,{scaled}\n", "symbol,quantity\nINFY,many\n",
    ):  # fmt: skip
        document = {**good, "content": content}
        monkeypatch.setattr(Rewritten, "document", lambda _self, document=document: document)
        answer = change(client, "POST", "/api/uploads/send", a_file())
        assert answer.status_code == 422, content
        assert "was not sent" in answer.json["detail"]
    monkeypatch.setattr(Rewritten, "document", lambda _self: {**good, "scaled": False})
    assert change(client, "POST", "/api/uploads/send", a_file()).status_code == 422
    assert len(own.cloud.bodies) == before


def test_only_an_upload_may_be_large(own: Machine, client: FlaskClient) -> None:
    large = {"name": "a.xlsx", "content": base64.b64encode(bytes(2_000_000)).decode()}
    assert change(client, "PUT", "/api/kill", large).status_code == 413
    assert change(client, "POST", "/api/uploads/preview", large).status_code == 422
    larger = {**large, "content": base64.b64encode(bytes(11_000_000)).decode()}
    assert change(client, "POST", "/api/uploads/preview", larger).status_code == 413
