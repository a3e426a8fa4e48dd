"""AU-15, D18: what keeps a run from trading live, each over HTTP: status, code and words."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient
from packages.server.tests.doubles.scripted_broker import session_at

from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.auth.token_scope import TokenScope
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.execution.address_checks import no_such_order
from tradertape_server.features.execution.store.models import TradingAccount
from tradertape_server.features.execution.venues.gateway import RequestRefused
from tradertape_server.features.instruments.traded_market import TradedMarket

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

SCOPE = "kite:SB0001"
RUNS = "/api/algo-workers/worker/runs"
ABOUT = {"strategy_family": "f", "strategy_name": "n", "entry_surface": "worker"}
NOT_REGISTERED = "Insufficient permission: IP address 203.0.113.9 is not allowed for this app"


@dataclass
class FakeKite:
    """Kite's REST interface, of which it refuses everything. refusal: of a cancellation, which
    waits for `answers`."""

    url: str
    refusal: str = "Order does not exist"
    cancels: list[str] = field(default_factory=list[str])
    asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def kite() -> Iterator[FakeKite]:
    fake = FakeKite("")
    fake.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self, words: str) -> None:
            body = {"status": "error", "message": words, "error_type": "PermissionException"}
            payload = json.dumps(body).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            self._refuse("Not here")

        def do_DELETE(self) -> None:
            fake.cancels.append(self.path)
            fake.asked.set()
            fake.answers.wait(30)
            self._refuse(fake.refusal)

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - of the base class
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def overrides(kite: FakeKite) -> dict[str, Any]:
    dead = "127.0.0.1:1"
    return {"live_enabled": True, "feed": "off", "kite_root": kite.url,
            "kite_ticker_root": f"ws://{dead}"}  # fmt: skip


@dataclass
class Gate:
    """A person with workers. Everything is allowed, except what a test takes away."""

    app: FastAPI
    container: Container
    person: TestClient
    user_id: int

    def connect(self) -> None:
        now = self.container.clock.now()
        self.container.connections.connect(self.user_id, Environment.LIVE, session_at(now))
        self.container.connections.step()

    def worker(self, scopes: tuple[str, ...] = ("live",), accounts: tuple[str, ...] = ()) -> Any:
        keys = Keys(self.container.clock, "worker")
        with self.container.database.write() as session:
            made = keys.create(
                session, Owner(self.user_id, "person@example.com"), COMMAND_LINE, label="x",
                scopes=scopes, expires_in_days=None,
                token_scope=TokenScope(account_scopes=accounts),
            )  # fmt: skip
        headers = {"Authorization": f"Bearer {made.token}"}
        return CheckedClient(self.app, base_url="http://localhost:18777", headers=headers)

    def create(self, worker: Any = None, **changes: Any) -> httpx.Response:
        body: dict[str, Any] = {
            "strategy_run_id": "live-1", "template_id": "t", "account_scope": SCOPE,
            "execution_mode": "live", "metadata": ABOUT,
        }  # fmt: skip
        return (worker or self.worker()).post(RUNS, json={**body, **changes})


@pytest.fixture
def gate(app: FastAPI, container: Container, sign_in: Callable[..., TestClient]) -> Gate:
    person = sign_in()
    container.market_choice.current = TradedMarket.EXCHANGE
    return Gate(app, container, person, person.get("/api/auth/me").json()["id"])


def refused(answer: httpx.Response, status: int, code: str, words: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers.get("X-Error-Code")) == (status, code), answer.text
    assert words in answer.json()["detail"]
    return answer.json()


def test_with_everything_in_place_a_live_run_is_made(gate: Gate) -> None:
    gate.connect()
    answer = gate.create()
    assert answer.status_code == 200, answer.text
    assert answer.json()["execution_mode"] == "live"


def test_the_servers_setting_is_off(gate: Gate) -> None:
    gate.connect()
    gate.container.live_accounts.is_enabled = False
    refused(gate.create(), 403, "live_disabled", "TRADERTAPE_LIVE_ENABLED=true")


def test_the_token_lacks_the_scope(gate: Gate) -> None:
    gate.connect()
    worker = gate.worker(scopes=("paper", "data"))
    refused(gate.create(worker), 403, "scope_missing", "The token lacks the scope live")


def test_the_token_is_for_other_accounts(gate: Gate) -> None:
    gate.connect()
    worker = gate.worker(accounts=("kite:paper-a",))
    refused(gate.create(worker), 403, "account_not_allowed", SCOPE)


def test_the_account_is_a_paper_account(gate: Gate) -> None:
    """Of its own name, or of the name that the broker's account has."""
    for scope in ("kite:paper-a", SCOPE):
        gate.container.execution.open_paper_account(gate.user_id, scope)
    answer = gate.create(account_scope="kite:paper-a")
    refused(answer, 409, "broker_disconnected", "sign in under Settings → Brokers")
    gate.connect()
    answer = gate.create()
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["pointer"] == "/account_scope"
    assert "a live run needs an account at a broker" in problem["msg"]


@pytest.mark.parametrize("missing", sorted(ABOUT))
def test_each_missing_member_of_the_metadata_is_named(gate: Gate, missing: str) -> None:
    gate.connect()
    metadata = {name: value for name, value in ABOUT.items() if name != missing}
    answer = gate.create(metadata=metadata)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["detail"]] == [f"/metadata/{missing}"]


def test_nobody_is_signed_in_at_the_broker(gate: Gate) -> None:
    body = refused(gate.create(), 409, "broker_disconnected", "sign in under Settings → Brokers")
    assert any("(broker_disconnected)" in one for one in body["blocking_reasons"])


def test_the_session_has_expired(gate: Gate) -> None:
    gate.connect()
    gate.container.connections.expire_all(Environment.LIVE, "Kite ends every session once a day")
    gate.container.connections.step()
    refused(gate.create(), 409, "token_expired", "sign in again: Kite ends every session")


def test_the_broker_takes_no_orders_from_this_address(gate: Gate, kite: FakeKite) -> None:
    """FAULTS §3: refused at the start-up check, with the broker's words, and asked once."""
    kite.refusal = NOT_REGISTERED
    gate.connect()
    refused(gate.create(), 409, "address_not_registered", "203.0.113.9")
    refused(gate.create(), 409, "address_not_registered", "203.0.113.9")
    assert len(kite.cancels) == 1
    shown = gate.person.get("/api/brokers/kite").json()["ip"]
    assert (shown["preflight"], shown["address"]) == ("refused", "203.0.113.9")
    assert "not allowed for this app" in shown["words"]
    assert shown["checked_at"] is not None
    assert "developer page" in shown["where"]


def test_an_address_that_is_registered_meanwhile_is_taken_without_another_login(
    gate: Gate, kite: FakeKite, clock: Any
) -> None:
    kite.refusal = NOT_REGISTERED
    gate.connect()
    refused(gate.create(), 409, "address_not_registered", "203.0.113.9")
    kite.refusal = "Order does not exist"
    refused(gate.create(), 409, "address_not_registered", "203.0.113.9")
    clock.advance(seconds=61)
    assert gate.create().status_code == 200
    assert len(kite.cancels) == 2


def test_a_person_has_the_address_tried_at_once(gate: Gate, kite: FakeKite) -> None:
    check = "/api/brokers/kite/address-check"
    assert gate.person.post(check).status_code == 409, "nobody is signed in"
    kite.refusal = NOT_REGISTERED
    gate.connect()
    assert gate.person.post(check).json()["ip"]["preflight"] == "refused"
    kite.refusal = "Order does not exist"
    assert gate.person.post(check).json()["ip"]["preflight"] == "taken"
    assert gate.create().status_code == 200
    assert gate.person.post("/api/brokers/nobody/address-check").status_code == 404


def test_a_refused_address_is_asked_about_again_although_the_clock_was_set_back(
    gate: Gate, kite: FakeKite, clock: Any
) -> None:
    """FAULTS §4: no live run waits until the clock has caught up."""
    kite.refusal = NOT_REGISTERED
    gate.connect()
    refused(gate.create(), 409, "address_not_registered", "203.0.113.9")
    clock.set_wrong(minutes=-30)
    kite.refusal = "Order does not exist"
    clock.advance(seconds=61)
    assert gate.create().status_code == 200
    assert gate.person.post("/api/brokers/kite/address-check").json()["ip"]["preflight"] == "taken"


def test_callers_that_give_up_leave_the_answer_and_the_threads_to_others(
    gate: Gate, kite: FakeKite, sign_in: Callable[..., TestClient]
) -> None:
    """Twenty checks at a broker that hangs, all given up: it is asked four times at most."""
    other = sign_in("other@example.com")
    kite.refusal = NOT_REGISTERED
    gate.connect()
    kite.answers.clear()

    async def give_up() -> int:
        async with browser_of(gate.app, gate.person) as mine, browser_of(gate.app, other) as theirs:
            url = "/api/brokers/kite/address-check"
            checks = [asyncio.create_task(mine.post(url)) for _ in range(20)]
            assert await asyncio.to_thread(kite.asked.wait, 30)
            for one in checks:
                one.cancel()
            answer = await asyncio.wait_for(theirs.get("/api/trading/orders"), 10)
            kite.answers.set()
            await asyncio.gather(*checks, return_exceptions=True)
            return answer.status_code

    assert asyncio.run(give_up()) == 200
    assert 1 <= len(kite.cancels) <= 4
    assert gate.person.get("/api/brokers/kite").json()["ip"]["preflight"] == "refused"
    kite.refusal = "Order does not exist"
    assert gate.person.post("/api/brokers/kite/address-check").json()["ip"]["preflight"] == "taken"


def browser_of(app: FastAPI, person: TestClient) -> httpx.AsyncClient:
    """The person's browser, for many requests at once in one event loop."""
    cookies = "; ".join(f"{one.name}={one.value}" for one in person.cookies.jar)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:18777", timeout=60,
        headers={"Cookie": cookies, "Origin": "http://localhost:18777"},
    )  # fmt: skip


def test_an_order_that_is_refused_for_its_address_counts_at_once(
    gate: Gate, kite: FakeKite
) -> None:
    """An address that was registered, or changed at the broker, after the check."""
    gate.connect()
    assert gate.create().status_code == 200
    with gate.container.database.read() as session:
        account = session.query(TradingAccount).filter_by(scope=SCOPE).one()
    gateway = gate.container.live_accounts.gateway_of(account.id)
    assert gateway is not None
    kite.refusal = NOT_REGISTERED
    with pytest.raises(RequestRefused):
        gateway.cancel(no_such_order(gate.container.clock.now()), 1)
    refused(gate.create(strategy_run_id="2"), 409, "address_not_registered", "203.0.113.9")


def test_the_page_says_that_the_broker_takes_orders_from_this_address(gate: Gate) -> None:
    """AU-08: `unknown` before a login, and what was found out after it."""
    before = gate.person.get("/api/brokers/kite").json()["ip"]
    assert (before["preflight"], before["words"], before["checked_at"]) == ("unknown", "", None)
    gate.connect()
    assert gate.create().status_code == 200
    shown = gate.person.get("/api/brokers/kite").json()["ip"]
    assert (shown["preflight"], shown["words"]) == ("taken", "")
    assert shown["address"] is None or shown["address"].count(".") == 3


@pytest.mark.parametrize(
    ("market", "why"),
    [
        (TradedMarket.SIMULATED, "TRADERTAPE_FEED=off, or a simulated market"),
        (TradedMarket.SANDBOX, "a sandbox's"),
    ],
)
def test_prices_are_not_the_exchanges(gate: Gate, market: TradedMarket, why: str) -> None:
    """A server without prices (`TRADERTAPE_FEED=off`) has no real ones either."""
    gate.connect()
    gate.container.market_choice.current = market
    assert gate.container.feed.source.is_simulated is False, why
    refused(gate.create(), 409, "simulated_prices", "real orders need the exchange's")


def test_a_run_that_exists_is_refused_entries_with_the_same_reason(gate: Gate) -> None:
    gate.connect()
    worker = gate.worker()
    made = gate.create(worker)
    assert made.status_code == 200, made.text
    gate.container.market_choice.current = TradedMarket.SIMULATED
    shown = worker.get(f"{RUNS}/live-1/safety-check").json()
    assert shown["can_trade"] is False
    assert any("simulated_prices" in one for one in shown["blocking_reasons"])
