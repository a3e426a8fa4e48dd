"""Who may call what: every route, for everybody. A new route without a row here fails.

FAULTS §8: somebody else's thing answers like one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from tradertape_core.strategy.parse import complete
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.keys import Keys, Owner
from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.wiring import Container

BASE_URL = "http://localhost:18777"
STRATEGY = {"name": "Mine", "base_model": "v3_dip_buyer"}
WORKER_RUN = {"template_id": "mine", "account_scope": "kite:paper-a"}
GTT_LEG = {"trigger": 50, "transaction_type": "BUY", "quantity": 1, "price": 50}
MISSING = {
    "strategy_id": 987654, "run_id": "bt_ffffffffffffffffffffffff", "key_id": 987654,
    "underlying": "NIFTY", "session_id": 987654, "user_id": 987654, "version": 1,
    "name": "nothing", "symbol": "NOTHING",
    "path": "nothing", "study_id": "st_ffffffffffffffffffffffff",
    "strategy_run_id": "nothing", "order_id": "1", "trigger_id": 987654,
    "watchlist_id": 987654, "gtt_id": 987654,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """Who may come in.

    public   anybody
    known    any session or key that is valid
    user     a session, or a key with the scope api:read / api:write
    session  a session only
    admin    an administrator's session only
    stream   as user, and the answer does not end

    owned: the path's parameters name something that belongs to one account; body: one that passes
    the schema, so that the answer is about the thing and not about the body.
    """

    who: str
    owned: bool = False
    body: dict[str, Any] | None = field(default=None)


PUBLIC, KNOWN, USER, SESSION, ADMIN = map(Row, ("public", "known", "user", "session", "admin"))
# Goes on until the caller leaves: what it sends is tested with it.
STREAM = Row("stream")
OWN, OWN_KEY = Row("user", owned=True), Row("session", owned=True)

ROUTES: dict[str, Row] = {
    "GET /api/openapi.json": PUBLIC,
    "GET /api/docs": PUBLIC,
    "GET /api/redoc": PUBLIC,
    "GET /api/docs/start.js": PUBLIC,
    "GET /api/docs/{name}": PUBLIC,
    "GET /docs": PUBLIC,
    "GET /docs/{path:path}": PUBLIC,
    "GET /{path:path}": PUBLIC,
    "GET /metrics": PUBLIC,  # and only on this machine: tests/operations
    "GET /api/health": PUBLIC,
    "GET /api/changelog": PUBLIC,
    "POST /api/auth/magic-link": PUBLIC,
    "POST /api/auth/verify-link": PUBLIC,
    "POST /api/auth/password-login": PUBLIC,
    "POST /api/auth/logout": SESSION,
    "GET /api/auth/me": KNOWN,
    "GET /api/auth/status": SESSION,
    "PUT /api/auth/profile": SESSION,
    "GET /api/auth/sessions": SESSION,
    "DELETE /api/auth/sessions/{session_id}": OWN_KEY,
    "PUT /api/auth/password": SESSION,
    "POST /api/auth/totp": SESSION,
    "POST /api/auth/totp/confirm": SESSION,
    "POST /api/auth/totp/disable": SESSION,
    "GET /api/auth/kite-credentials": SESSION,
    "POST /api/auth/kite-credentials": SESSION,
    "DELETE /api/auth/kite-credentials": SESSION,
    "GET /api/auth/activity": SESSION,
    "GET /api/auth/agent-keys": SESSION,
    "POST /api/auth/agent-keys": SESSION,
    "POST /api/auth/agent-keys/{key_id}/regenerate": OWN_KEY,
    "DELETE /api/auth/agent-keys/{key_id}": OWN_KEY,
    "GET /api/auth/worker-tokens": SESSION,
    "POST /api/auth/worker-tokens": SESSION,
    "POST /api/auth/worker-tokens/{key_id}/regenerate": OWN_KEY,
    "DELETE /api/auth/worker-tokens/{key_id}": OWN_KEY,
    "GET /api/auth/admin/users": ADMIN,
    "POST /api/auth/admin/users/{user_id}/disable": ADMIN,
    "POST /api/auth/admin/users/{user_id}/enable": ADMIN,
    "POST /api/auth/admin/users/{user_id}/sign-in-link": ADMIN,
    "GET /api/auth/admin/audit-log": ADMIN,
    "GET /api/market/data-sets": USER,
    "GET /api/market/universes": USER,
    "GET /api/market/universes/{name}": USER,
    "GET /api/market/symbols": USER,
    "GET /api/market/candles/{symbol}": USER,
    "GET /api/market/calendar": USER,
    "GET /api/instruments/search": USER,
    "GET /api/instruments/resolve": USER,
    "GET /api/live/status": USER,
    "POST /api/live/quotes": USER,
    "GET /api/live/candles": USER,
    "GET /api/live/history": USER,
    "GET /api/activity": USER,
    "GET /api/watchlists": USER,
    "POST /api/watchlists": USER,
    "PATCH /api/watchlists/{watchlist_id}": Row("user", owned=True, body={}),
    "DELETE /api/watchlists/{watchlist_id}": OWN,
    "GET /api/watchlists/{watchlist_id}/instruments": OWN,
    "GET /api/gtts": USER,
    "POST /api/gtts": USER,
    "GET /api/gtts/accounts": USER,
    "GET /api/gtts/{gtt_id}": OWN,
    "PUT /api/gtts/{gtt_id}": Row("user", owned=True, body={"legs": [GTT_LEG]}),
    "DELETE /api/gtts/{gtt_id}": OWN,
    "GET /api/algo-workers/worker/market/instruments/resolve": USER,
    "POST /api/algo-workers/worker/market/instruments/resolve": USER,
    "GET /api/algo-workers/worker/market/instruments/search": USER,
    "POST /api/algo-workers/worker/market/quotes": USER,
    "GET /api/algo-workers/worker/market/candles": USER,
    "GET /api/algo-workers/worker/market/history": USER,
    "POST /api/algo-workers/worker/market/snapshot": USER,
    "GET /api/algo-workers/worker/market/ticks/stream": STREAM,
    "GET /api/algo-workers/worker/market/candles/stream": USER,
    "GET /api/options/underlyings": USER,
    "GET /api/options/spreads": USER,
    "POST /api/options/strategies/preview": USER,
    "GET /api/options/{underlying}/session": USER,
    "GET /api/options/{underlying}/expiries": USER,
    "GET /api/options/{underlying}/chain": USER,
    "GET /api/options/{underlying}/greeks": USER,
    "GET /api/options/{underlying}/pcr": USER,
    "GET /api/options/{underlying}/max-pain": USER,
    "POST /api/options/{underlying}/select": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/session": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/expiries": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/chain": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/mini-chain": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/greeks": USER,
    "POST /api/algo-workers/worker/options/underlyings/{underlying}/selection/resolve": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/analytics/pcr": USER,
    "GET /api/algo-workers/worker/options/underlyings/{underlying}/analytics/max-pain": USER,
    "POST /api/algo-workers/worker/options/strategies/preview": USER,
    "POST /api/algo-workers/worker/options/runs": USER,
    "POST /api/algo-workers/worker/options/runs/{strategy_run_id}/preview-entry": OWN,
    "POST /api/algo-workers/worker/options/runs/{strategy_run_id}/enter": Row(
        "user", owned=True, body={}
    ),
    "POST /api/algo-workers/worker/options/runs/{strategy_run_id}/preview-exit": OWN,
    "POST /api/algo-workers/worker/options/runs/{strategy_run_id}/exit": Row(
        "user", owned=True, body={}
    ),
    "GET /api/algo-workers/worker/options/runs/{strategy_run_id}/state": OWN,
    "PUT /api/algo-workers/worker/options/runs/{strategy_run_id}/protection": Row(
        "user", owned=True, body={"stoploss_pct": 1}
    ),
    "GET /api/algo-workers/worker/options/runs/{strategy_run_id}/protection/state": OWN,
    "POST /api/algo-workers/worker/options/runs/{strategy_run_id}/protection/replay": Row(
        "user", owned=True, body={}
    ),
    "GET /api/workers/overview": USER,
    "GET /api/workers/runs": USER,
    "GET /api/workers/option-runs": USER,
    "GET /api/workers/runs/{strategy_run_id}": OWN,
    "GET /api/workers/runs/{strategy_run_id}/pnl-line": OWN,
    "GET /api/workers/runs/{strategy_run_id}/timeline": OWN,
    "GET /api/workers/runs/{strategy_run_id}/exit-plan": OWN,
    "GET /api/algo-workers/worker/health": USER,
    "POST /api/algo-workers/worker/heartbeat": USER,
    "POST /api/algo-workers/worker/runs": USER,
    "GET /api/algo-workers/worker/runs": USER,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}": OWN,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/claim-session": OWN,
    "DELETE /api/algo-workers/worker/runs/{strategy_run_id}/claim-session": OWN,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/heartbeat": OWN,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/safety-check": OWN,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/pnl": OWN,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/pnl/stream": STREAM,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/funds": OWN,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/decision-events": Row(
        "user", owned=True, body={"event_type": "x", "summary": "y"}
    ),
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/timeline": OWN,
    "GET /api/algo-workers/worker/runs/{strategy_run_id}/timeline/stream": STREAM,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/preview/order": USER,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/preview/basket": USER,
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/intents": USER,
    "PATCH /api/algo-workers/worker/runs/{strategy_run_id}/risk": Row(
        "user", owned=True, body={"patch": {"x": 1}}
    ),
    "PATCH /api/algo-workers/worker/runs/{strategy_run_id}/protection": Row(
        "user", owned=True, body={"backend_protection": {"basket": {"stoploss_pct": 1}}}
    ),
    "POST /api/algo-workers/worker/runs/{strategy_run_id}/exit": OWN,
    "GET /api/algo-workers/worker/orders": USER,
    "GET /api/algo-workers/worker/orders/{order_id}": USER,
    "POST /api/algo-workers/worker/orders/{order_id}/cancel": USER,
    "POST /api/algo-workers/worker/orders/{order_id}/modify": USER,
    "GET /api/algo-workers/worker/trades": USER,
    "GET /api/algo-workers/worker/funds": USER,
    "POST /api/algo-workers/worker/gtt/triggers": USER,
    "GET /api/algo-workers/worker/gtt/triggers": USER,
    "GET /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "PUT /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "DELETE /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "GET /api/risk/kill-switch": USER,
    "POST /api/risk/kill-switch": USER,
    "GET /api/risk/kill-switch/server": ADMIN,
    "POST /api/risk/kill-switch/server": ADMIN,
    "GET /api/strategies": USER,
    "POST /api/strategies": USER,
    "GET /api/strategies/indicators": USER,
    "POST /api/strategies/validate": USER,
    "POST /api/strategies/import": USER,
    "POST /api/strategies/signals": USER,
    "POST /api/strategies/explain": USER,
    "GET /api/strategies/{strategy_id}": OWN,
    "PUT /api/strategies/{strategy_id}": Row("user", owned=True, body=complete(STRATEGY)),
    "DELETE /api/strategies/{strategy_id}": OWN,
    "POST /api/strategies/{strategy_id}/fork": OWN,
    "POST /api/strategies/{strategy_id}/share": OWN,
    "GET /api/strategies/{strategy_id}/versions": OWN,
    "POST /api/strategies/{strategy_id}/versions/{version}/restore": OWN,
    "GET /api/strategies/{strategy_id}/export": OWN,
    "POST /api/backtest/run": USER,
    "GET /api/backtest/options": USER,
    "GET /api/backtest/latest": USER,
    "GET /api/backtest/runs": USER,
    "GET /api/backtest/runs/{run_id}": OWN,
    "GET /api/backtest/runs/{run_id}/status": OWN,
    "PUT /api/backtest/runs/{run_id}/labels": Row("user", owned=True, body={"name": "x"}),
    "POST /api/backtest/runs/{run_id}/cancel": OWN,
    "DELETE /api/backtest/runs/{run_id}": OWN,
    "GET /api/backtest/studies": USER,
    "POST /api/backtest/studies": USER,
    "GET /api/backtest/studies/{study_id}": OWN,
    "GET /api/backtest/studies/{study_id}/rows": OWN,
    "POST /api/backtest/studies/{study_id}/cancel": OWN,
    "POST /api/backtest/studies/{study_id}/resume": OWN,
    "DELETE /api/backtest/studies/{study_id}": OWN,
    "GET /api/backtest/runs/{run_id}/trades.csv": OWN,
    "GET /api/backtest/runs/{run_id}/equity.csv": OWN,
    "GET /api/backtest/runs/{run_id}/tear-sheet.html": OWN,
}


def routes_of(app: FastAPI) -> set[str]:
    """Every route of the application, hidden ones too."""
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or ())
        if method not in {"HEAD", "OPTIONS"}
    }


def call(client: TestClient, name: str, things: dict[str, Any]) -> Any:
    """Call a route with these path parameters."""
    method, _, path = name.partition(" ")
    url = path.replace(":path", "").format(**{**MISSING, **things})
    body = ROUTES[name].body
    content = (
        {"json": body if body is not None else {}} if method in {"POST", "PUT", "PATCH"} else {}
    )
    return client.request(method, url, follow_redirects=False, **content)


def names_of(*who: str) -> list[str]:
    """The routes of these kinds."""
    return [name for name, row in ROUTES.items() if row.who in who]


def wrong(client: TestClient, names: list[str], status: int, code: str = "") -> dict[str, Any]:
    """The routes that do not answer with this status and error code."""
    answers = {name: call(client, name, {}) for name in names}
    return {
        name: answer.status_code
        for name, answer in answers.items()
        if answer.status_code != status or (code and answer.headers["X-Error-Code"] != code)
    }


CLOSED = names_of("known", "user", "stream", "session", "admin")
OWNED = pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if row.owned])

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def make_key(sign_in: Any, container: Container) -> Any:
    """A client with a key of person@example.com: `make_key(["api:read"], revoked=True)`."""

    def make(scopes: list[str], *, revoked: bool = False) -> TestClient:
        person = sign_in().get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "agent")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=scopes, expires_in_days=None
            )
            if revoked:
                keys.revoke(session, owner, made.id, COMMAND_LINE)
        headers = {"Authorization": f"Bearer {made.token}"}
        return TestClient(sign_in().app, base_url=BASE_URL, headers=headers)

    return make


def test_every_route_has_a_row(app: FastAPI) -> None:
    found = routes_of(app)
    assert found - set(ROUTES) == set(), "say in ROUTES who may call these"
    assert set(ROUTES) - found == set(), "these are gone"


def test_nobody_comes_in_without_a_credential(client: TestClient) -> None:
    """AU-02, EC-02."""
    assert wrong(client, CLOSED, 401, "not_authenticated") == {}


def test_public_routes_ask_for_nothing(client: TestClient) -> None:
    answers = {name: call(client, name, {}).status_code for name in names_of("public")}
    assert set(answers.values()) <= {200, 307, 404, 422}


def test_a_revoked_session_is_nobody(sign_in: Any) -> None:
    person = sign_in()
    token = person.cookies["kite_session"]
    person.post("/api/auth/logout", json={"everywhere": True})
    person.cookies.set("kite_session", token, domain="localhost.local")
    assert wrong(person, CLOSED, 401, "not_authenticated") == {}


def test_a_revoked_key_is_nobody(make_key: Any) -> None:
    """AU-11."""
    caller = make_key(["api:read", "api:write"], revoked=True)
    assert wrong(caller, CLOSED, 401, "not_authenticated") == {}


def test_a_key_without_the_scope_is_refused(make_key: Any) -> None:
    """AU-11."""
    assert wrong(make_key(["signals:read"]), names_of("user", "stream"), 403, "scope_missing") == {}


def test_no_key_opens_account_pages(make_key: Any) -> None:
    caller = make_key(["api:read", "api:write", "signals:read"])
    assert wrong(caller, names_of("session", "admin"), 403, "session_only") == {}


def test_admin_routes_are_closed_to_others(sign_in: Any) -> None:
    """AU-14."""
    assert wrong(sign_in(), names_of("admin"), 403, "admin_only") == {}


@pytest.mark.parametrize("name", names_of("known", "user", "session"))
def test_the_signed_in_come_in(sign_in: Any, name: str) -> None:
    """What the thing itself answers is tested with it; here nobody is turned away at the door."""
    assert call(sign_in(), name, {}).status_code not in {401, 403, 405, 429, 500}


def _option_run(owner: TestClient) -> str:
    """An option run of one leg."""
    wanted = {"legs": [{"option_type": "CE", "offset": "ATM"}]}
    (option,) = owner.post("/api/options/NIFTY/select", json=wanted).json()["resolved"]
    leg = {"transaction_type": "BUY", "quantity": option["lot_size"]}
    body = {
        "strategy_name": "Mine", "product": "NRML",
        "legs": [{**leg, "tradingsymbol": option["tradingsymbol"]}],
    }  # fmt: skip
    made = owner.post("/api/algo-workers/worker/options/runs", json=body)
    return made.json()["strategy_run_id"]


@pytest.fixture
def things(sign_in: Any, container: Container) -> dict[str, Any]:
    """What belongs to person@example.com."""
    owner = sign_in()
    user_id = owner.get("/api/auth/me").json()["id"]
    with container.database.write() as session:
        run = BacktestRun(
            public_id="bt_0123456789abcdef01234567", user_id=user_id, status="completed",
            name="Mine", tags=[], strategy_id=None, strategy_name="Mine", strategy_version=None,
            universe="nifty_100", data_set="toy", start_date=container.clock.now().date(),
            end_date=container.clock.now().date(), request={}, headline={},
            created_at=container.clock.now(),
        )  # fmt: skip
        study = BacktestStudy(
            public_id="st_0123456789abcdef01234567", user_id=user_id, status="cancelled",
            kind="sweep", name="Mine", strategy_name="Mine", universe="nifty_100", data_set="toy",
            data_version="", is_simulated=True, start_date=container.clock.now().date(),
            end_date=container.clock.now().date(), metric="sharpe", request={"min_trades": 10},
            total=0, created_at=container.clock.now(),
        )  # fmt: skip
        session.add_all([run, study])
    return {
        "strategy_id": owner.post("/api/strategies", json=STRATEGY).json()["id"],
        "run_id": "bt_0123456789abcdef01234567",
        "study_id": "st_0123456789abcdef01234567",
        "strategy_run_id": owner.post("/api/algo-workers/worker/runs", json=WORKER_RUN).json()[
            "strategy_run_id"
        ],
        "option_run_id": _option_run(owner),
        "watchlist_id": owner.post("/api/watchlists", json={"name": "Mine"}).json()["id"],
        "gtt_id": owner.post(
            "/api/gtts", json={"instrument": "NSE:INFY", "legs": [GTT_LEG]}
        ).json()["id"],
        "session_id": owner.get("/api/auth/sessions").json()[0]["id"],
        "key_id": owner.post("/api/auth/agent-keys", json={}).json()["id"],
        "worker_key_id": owner.post("/api/auth/worker-tokens", json={}).json()["id"],
        "user_id": user_id,
    }


@OWNED
def test_somebody_elses_thing_looks_like_one_that_is_not_there(
    sign_in: Any, things: dict[str, Any], name: str
) -> None:
    """FAULTS §8: 404 with the same body, also for an administrator."""
    things = _named(name, things)
    for stranger in (sign_in("b@example.com"), sign_in("admin@example.com", is_admin=True)):
        foreign, missing = call(stranger, name, things), call(stranger, name, {})
        assert (foreign.status_code, foreign.text) == (404, missing.text)
        assert missing.status_code == 404


def _named(name: str, things: dict[str, Any]) -> dict[str, Any]:
    """What the parameters of a route mean, where one word means two things."""
    if "worker-tokens" in name:
        return {**things, "key_id": things["worker_key_id"]}
    if "options/runs" in name:
        return {**things, "strategy_run_id": things["option_run_id"]}
    return things


@OWNED
def test_the_owner_is_not_told_that_it_is_missing(
    sign_in: Any, things: dict[str, Any], name: str
) -> None:
    """Without this the test above would also pass for a route that finds nothing at all."""
    things = _named(name, things)
    assert call(sign_in(), name, things).status_code not in {401, 403, 404, 422, 500}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE_URL},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://evil.example/page"},
    ],
    ids=["origin", "null origin", "cross-site", "same-site", "referer"],
)
def test_no_other_sites_page_can_change_anything(sign_in: Any, headers: dict[str, str]) -> None:
    """FAULTS §8: a form or a fetch of another site, on every route that changes something."""
    person = sign_in("admin@example.com", is_admin=True)
    person.headers.update(headers)
    changing = [name for name in ROUTES if name.split()[0] in {"POST", "PUT", "PATCH", "DELETE"}]
    assert wrong(person, changing, 403, "cross_site") == {}


def test_the_description_says_which_routes_want_a_credential(client: TestClient) -> None:
    """AU-17: the OpenAPI file and the table above agree."""
    paths = client.get("/api/openapi.json").json()["paths"]
    described = {
        f"{method.upper()} {path}": "security" in operation
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert described
    assert {name for name, is_closed in described.items() if is_closed} == set(CLOSED)
