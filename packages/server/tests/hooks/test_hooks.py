"""Incoming webhooks: who may send alerts, what they become, and that each counts once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.notifications.channels.signing import sign
from tradertape_server.platform.logging import without_secrets

Json = dict[str, Any]
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Hook:
    """An address for alerts, and how its sender calls it."""

    def __init__(self, client: TestClient, clock: Any, source: str, **more: Any) -> None:
        self.client, self.clock = client, clock
        made = client.post("/api/hooks", json={"name": "Mine", "source": source, **more})
        assert made.status_code == 201, made.text
        self.id: int = made.json()["hook"]["id"]
        self.secret, self.url = made.json()["secret"], made.json()["url"]
        self.path = self.url.removeprefix("http://localhost:18777")

    def post(self, body: Json | bytes, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        anonymous = TestClient(self.client.app, base_url="http://localhost:18777")
        sent = {"Content-Type": "application/json", **headers}
        return anonymous.post(self.path, content=content, headers=sent)

    def signed(self, body: Json, name: str = "msg_1", *, secret: str = "", age: int = 0) -> Any:
        content = json.dumps(body).encode()
        at = int(self.clock.now().timestamp()) - age
        return self.post(content, **{
            "webhook-id": name, "webhook-timestamp": str(at),
            "webhook-signature": sign(secret or self.secret, name, at, content),
        })  # fmt: skip

    def calls(self) -> list[Json]:
        found = self.client.get(f"/api/hooks/{self.id}/calls")
        assert found.status_code == 200, found.text
        return found.json()


@pytest.fixture
def inbox(signed_in: TestClient) -> Any:
    def read() -> list[str]:
        return [one["title"] for one in signed_in.get("/api/notifications").json()]

    return read


BUY = {"symbol": "INFY", "exchange": "NSE", "action": "buy", "price": 1500}


def test_a_signed_alert_becomes_a_notification_where_there_is_no_portfolio(
    with_market: None, signed_in: TestClient, clock: Any, inbox: Any
) -> None:
    """Peers 15: signed webhooks in."""
    hook = Hook(signed_in, clock, "signed")
    answer = hook.signed(BUY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["outcome"] == "notification"
    assert inbox() == ["Mine: BUY NSE:INFY"]


def test_the_same_alert_counts_once(
    with_market: None, signed_in: TestClient, clock: Any, inbox: Any
) -> None:
    hook = Hook(signed_in, clock, "signed")
    assert hook.signed(BUY).json()["status"] == "accepted"
    assert hook.signed(BUY).json() == {"status": "duplicate", "results": []}
    assert len(inbox()) == 1
    assert [one["outcome"] for one in hook.calls()] == ["duplicate", "accepted"]


def test_a_forged_or_old_signature_is_refused(
    with_market: None, signed_in: TestClient, clock: Any
) -> None:
    hook, other = Hook(signed_in, clock, "signed"), Hook(signed_in, clock, "signed")
    assert hook.signed(BUY, secret=other.secret).status_code == 401
    assert hook.signed(BUY, age=301).status_code == 400
    assert hook.post(BUY).status_code == 401
    assert [one["outcome"] for one in hook.calls()] == ["refused"] * 3


def test_tradingview_sends_its_secret_in_the_text_and_repeats_count_once_in_five_minutes(
    with_market: None, signed_in: TestClient, clock: Any, inbox: Any
) -> None:
    hook = Hook(signed_in, clock, "tradingview")
    assert hook.post(BUY).status_code == 401
    assert hook.post({**BUY, "secret": "wrong"}).status_code == 401
    good = {**BUY, "secret": hook.secret}
    assert hook.post(good).json()["status"] == "accepted"
    clock.advance(minutes=4)
    assert hook.post(good).json()["status"] == "duplicate"
    clock.advance(minutes=11)
    assert hook.post(good).json()["status"] == "accepted"
    old = {**good, "time": "2020-01-01T00:00:00Z"}
    assert hook.post(old).status_code == 400
    assert hook.secret not in str(inbox()) + str(hook.calls())


def test_chartink_sends_several_symbols_and_each_has_its_result(
    with_market: None, signed_in: TestClient, clock: Any
) -> None:
    hook = Hook(signed_in, clock, "chartink")
    assert hook.secret is None
    body = {"stocks": "INFY,NOSUCHNAME", "trigger_prices": "1500,3.75", "alert_name": "Breakouts"}
    results = hook.post(body).json()["results"]
    assert [one["outcome"] for one in results] == ["notification", "refused"]
    assert "no instrument NSE:NOSUCHNAME" in results[1]["detail"]
    many = {"stocks": ",".join(["INFY", *(f"NAME{n}" for n in range(21))]), "alert_name": "Many"}
    results = hook.post(many).json()["results"]
    assert len(results) == 22
    assert [one["symbol"] for one in results if "left out" in one["detail"]] == ["NAME19", "NAME20"]


def test_a_symbol_of_two_exchanges_is_refused(
    with_market: None, signed_in: TestClient, clock: Any, container: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from dataclasses import replace

    known = container.instruments.get("NSE:INFY")
    both = [known, replace(known, exchange="BSE")]
    service = replace(container.hooks, find=lambda _names: both)
    object.__setattr__(container, "hooks", service)
    hook = Hook(signed_in, clock, "signed")
    (result,) = hook.signed({"symbol": "INFY", "price": 1500}).json()["results"]
    assert result["outcome"] == "refused"
    assert "may be NSE:INFY or BSE:INFY" in result["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"symbol": 1}', b'{"symbol": "INFY", "price": "NaN"}',
     b'{"symbol": "INFY", "action": "hold"}', b'{"symbol": "INFY", "price": -1}'],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(
    with_market: None, signed_in: TestClient, clock: Any, body: bytes
) -> None:
    hook = Hook(signed_in, clock, "signed")
    at = int(clock.now().timestamp())
    headers = {
        "webhook-id": "m", "webhook-timestamp": str(at),
        "webhook-signature": sign(hook.secret, "m", at, body),
    }  # fmt: skip
    assert hook.post(body, **headers).status_code in (400, 422)


def test_more_than_thirty_a_minute_are_refused_without_being_stored(
    with_market: None, signed_in: TestClient, clock: Any, inbox: Any
) -> None:
    hook = Hook(signed_in, clock, "signed")
    statuses = [hook.signed(BUY, f"msg_{n}").status_code for n in range(32)]
    assert statuses == [200] * 30 + [429] * 2
    assert len(hook.calls()) == 30
    assert [one for one in inbox() if "refused" in one] == ["Mine: alerts refused"]
    clock.advance(seconds=61)
    assert hook.signed(BUY, "later").status_code == 200


def test_an_unknown_address_and_one_that_is_off_look_the_same(
    with_market: None, signed_in: TestClient, clock: Any
) -> None:
    hook = Hook(signed_in, clock, "signed")
    signed_in.patch(f"/api/hooks/{hook.id}", json={"is_enabled": False})
    off = hook.signed(BUY)
    hook.path = "/api/hooks/in/" + "x" * 43
    unknown = hook.signed(BUY)
    assert off.status_code == unknown.status_code == 404
    assert off.json() == unknown.json()


def test_a_hook_is_its_owners_alone(
    with_market: None, signed_in: TestClient, sign_in: Any, clock: Any
) -> None:
    hook, other = Hook(signed_in, clock, "signed"), sign_in("b@example.com")
    assert other.get("/api/hooks").json() == []
    assert other.get(f"/api/hooks/{hook.id}/calls").status_code == 404
    assert other.patch(f"/api/hooks/{hook.id}", json={"name": "x"}).status_code == 404
    assert other.delete(f"/api/hooks/{hook.id}").status_code == 404
    assert hook.secret not in signed_in.get("/api/hooks").text


def test_the_address_and_the_secret_are_in_no_response_log_or_file(
    with_market: None, signed_in: TestClient, clock: Any, tmp_path: Any, capfd: Any
) -> None:
    """A canary: the address of Chartink's alerts is all their proof."""
    hooks = [Hook(signed_in, clock, one) for one in ("chartink", "tradingview", "signed")]
    for hook in hooks:
        hook.post({"stocks": "INFY", "symbol": "INFY", "secret": hook.secret})
    shown = signed_in.get("/api/hooks").text + str([hook.calls() for hook in hooks])
    out, err = capfd.readouterr()
    logged = without_secrets(out + err)  # as each line is before it is written
    assert "/api/hooks/in/[hidden]" in logged
    everything = (shown + logged).encode()
    everything += b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    canaries = [hook.path.rpartition("/")[2] for hook in hooks]
    canaries += [hook.secret for hook in hooks if hook.secret]
    assert [one for one in canaries if one.encode() in everything] == []


class TestSignals:
    """Alerts as signals of a portfolio."""

    @pytest.fixture
    def portfolio(
        self, with_market: None, signed_in: TestClient, container: Container, clock: Any
    ) -> Json:
        from datetime import datetime, time

        from tradertape_core.kernel.clock import IST

        container.portfolios.schedule.stop()
        _, columns = container.market.columns()
        day = columns.dates.astype("datetime64[D]").tolist()[-3]
        strategy = signed_in.post(
            "/api/strategies", json={"name": "S", "base_model": "v1_momentum"}
        ).json()["id"]
        made = signed_in.post(
            "/api/model/portfolios/deploy",
            json={"strategy_id": strategy, "name": "P", "universe": "nifty_50",
                  "paper_fill": "touch"},
        )  # fmt: skip
        assert made.status_code == 201, made.text
        evening = datetime.combine(day, time(19), IST)
        clock.set_wrong(seconds=(evening - clock.now()).total_seconds())
        scan = {"portfolio_id": made.json()["id"], "as_of": day.isoformat()}
        assert signed_in.post("/api/model/scan", json=scan).status_code == 200
        return made.json()

    def test_an_alert_becomes_a_signal_that_awaits_approval_and_can_be_placed(
        self, portfolio: Json, signed_in: TestClient, clock: Any
    ) -> None:
        hook = Hook(signed_in, clock, "signed", portfolio_id=portfolio["id"])
        (result,) = hook.signed(BUY).json()["results"]
        assert result["outcome"] == "signal", result
        url = f"/api/model/signals?portfolio_id={portfolio['id']}&status=pending_approval"
        signal = next(one for one in signed_in.get(url).json() if one["id"] == result["signal_id"])
        assert signal["symbol"] == "INFY"
        assert signal["quantity"] == 66  # a tenth of a million at 1,507.50
        approved = signed_in.post(f"/api/model/signals/{signal['id']}/approve", json={})
        assert approved.status_code == 200, approved.text
        placed = signed_in.post("/api/model/cart/place", json={"portfolio_id": portfolio["id"]})
        assert placed.status_code == 200, placed.text
        assert placed.json()["placed"] == 1

    def test_a_second_signal_of_a_symbol_and_an_unknown_symbol_are_refused(
        self, portfolio: Json, signed_in: TestClient, clock: Any
    ) -> None:
        hook = Hook(signed_in, clock, "signed", portfolio_id=portfolio["id"])
        hook.signed(BUY, "a")
        (again,) = hook.signed(BUY, "b").json()["results"]
        assert again["outcome"] == "refused"
        assert "has a signal already" in again["detail"]

    def test_a_portfolio_that_takes_none_from_outside_is_not_chosen(
        self, portfolio: Json, signed_in: TestClient, sign_in: Any, clock: Any
    ) -> None:
        strategy = portfolio["strategy_id"]
        made = signed_in.post(
            "/api/model/portfolios/deploy",
            json={"strategy_id": strategy, "name": "C", "universe": "nifty_50"},
        ).json()
        body = {"name": "x", "source": "signed", "portfolio_id": made["id"]}
        assert signed_in.post("/api/hooks", json=body).status_code == 409
        other = {**body, "portfolio_id": portfolio["id"]}
        assert sign_in("b@example.com").post("/api/hooks", json=other).status_code == 404
