"""Who may call what: one row for every route, and how a test calls it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient

from tradertape_core.strategy.parse.document import complete

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
    "watchlist_id": 987654, "gtt_id": 987654, "portfolio_id": 987654, "signal_id": 987654,
    "position_id": 987654, "rule_id": 987654, "halt_id": 987654, "hook_id": 987654,
    "channel_id": 987654, "upload_id": 987654, "correction_id": 987654, "lease_id": 987654,
    "token": "nothing", "mapping": "nothing", "trip_key": "f" * 32, "screenshot_id": 987654,
    "group_id": 987654, "invitation_id": 987654, "snapshot_id": 987654,
    "broker": "kite",
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
    agent    an agent key with the route's scope only

    owned: the path's parameters name something that belongs to one account; body: one that passes
    the schema, so that the answer is about the thing and not about the body.
    """

    who: str
    owned: bool = False
    body: dict[str, Any] | None = field(default=None)


PUBLIC, KNOWN, USER, SESSION, ADMIN = map(Row, ("public", "known", "user", "session", "admin"))
# Goes on until the caller leaves: what it sends is tested with it.
STREAM = Row("stream")
AGENT = Row("agent")
OWN, OWN_KEY = Row("user", owned=True), Row("session", owned=True)

ROUTES: dict[str, Row] = {
    "GET /api/openapi.json": PUBLIC,
    "GET /api/docs": PUBLIC,
    "GET /api/redoc": PUBLIC,
    "GET /api/docs/start.js": PUBLIC,
    "GET /api/docs/{name}": PUBLIC,
    "GET /sdk/simple": PUBLIC,
    "GET /sdk/simple/": PUBLIC,
    "GET /sdk/simple/{name}": PUBLIC,
    "GET /sdk/simple/{name}/": PUBLIC,
    "GET /sdk/wheels/{name}": PUBLIC,
    "GET /docs": PUBLIC,
    "GET /docs/{path:path}": PUBLIC,
    "GET /{path:path}": PUBLIC,
    "GET /metrics": PUBLIC,  # and only on this machine: tests/operations
    "GET /api/health": PUBLIC,
    "GET /api/changelog": PUBLIC,
    "GET /api/auth/sign-in-methods": PUBLIC,
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
    "GET /api/auth/totp": SESSION,
    "POST /api/auth/totp": SESSION,
    "POST /api/auth/totp/recovery-codes": SESSION,
    "POST /api/auth/totp/confirm": SESSION,
    "POST /api/auth/totp/disable": SESSION,
    "GET /api/auth/kite-credentials": SESSION,
    "POST /api/auth/kite-credentials": SESSION,
    "DELETE /api/auth/kite-credentials": SESSION,
    "GET /api/auth/activity": SESSION,
    "GET /api/live/market": USER,
    "PUT /api/live/market": SESSION,
    "POST /api/brokers/{broker}/postback": PUBLIC,  # a checksum shows who it is
    "GET /api/brokers": SESSION,
    "GET /api/brokers/preferences": SESSION,
    "PUT /api/brokers/preferences": SESSION,
    "GET /api/brokers/{broker}": SESSION,
    "PUT /api/brokers/{broker}/credentials": SESSION,
    "DELETE /api/brokers/{broker}/credentials": SESSION,
    "POST /api/brokers/{broker}/login": SESSION,
    "GET /api/brokers/{broker}/login": PUBLIC,  # sends strangers to the console to sign in
    "POST /api/brokers/{broker}/session": SESSION,
    "DELETE /api/brokers/{broker}/session": SESSION,
    "GET /api/auth/agent-keys": SESSION,
    "POST /api/auth/agent-keys": SESSION,
    "POST /api/auth/agent-keys/{key_id}/regenerate": OWN_KEY,
    "DELETE /api/auth/agent-keys/{key_id}": OWN_KEY,
    "GET /api/agent/pending-signals": AGENT,
    "POST /api/agent/signal-result": AGENT,
    "POST /api/agent/stop-filled": AGENT,
    "POST /api/agent/signals/{signal_id}/approve": AGENT,
    "POST /api/agent/signals/{signal_id}/reject": AGENT,
    "GET /api/agent/expected-holdings": AGENT,
    "POST /api/agent/sync-holdings": AGENT,
    "POST /api/agent/sync-positions": AGENT,
    "POST /api/agent/heartbeat": AGENT,
    "GET /api/agent/config": AGENT,
    "GET /api/agent/latest-version": PUBLIC,
    "GET /api/agent/pending-token": AGENT,
    "POST /api/agent/access-token": AGENT,
    "GET /api/agents": SESSION,
    "GET /api/agents/snapshots/{snapshot_id}": OWN_KEY,
    "PUT /api/agents/obfuscation": SESSION,
    "POST /api/agents/pending-token": SESSION,
    "POST /api/agents/leases/{lease_id}/release": OWN_KEY,
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
    "GET /api/portfolio/holdings": USER,
    "GET /api/portfolio/positions": USER,
    "GET /api/portfolio/orders": USER,
    "GET /api/portfolio/margins": USER,
    "GET /api/brokers/sandbox": SESSION,
    "POST /api/brokers/{broker}/address-check": SESSION,
    "POST /api/brokers/sandbox": SESSION,
    "GET /api/model/portfolios": USER,
    "POST /api/model/portfolios/deploy": USER,
    "GET /api/model/portfolios/{portfolio_id}": OWN,
    "POST /api/model/portfolios/{portfolio_id}/pause": OWN,
    "POST /api/model/portfolios/{portfolio_id}/resume": OWN,
    "POST /api/model/portfolios/{portfolio_id}/retire": OWN,
    "POST /api/model/portfolios/{portfolio_id}/reset": OWN,
    "GET /api/model/portfolios/{portfolio_id}/verdicts": USER,
    "GET /api/model/portfolios/{portfolio_id}/explain": USER,
    "GET /api/model/dashboard": USER,
    "POST /api/model/scan": USER,
    "GET /api/model/scans": USER,
    "GET /api/model/signals": USER,
    "POST /api/model/signals/bulk": USER,
    "POST /api/model/signals/{signal_id}/approve": OWN,
    "POST /api/model/signals/{signal_id}/reject": OWN,
    "POST /api/model/signals/{signal_id}/expire": OWN,
    "GET /api/model/signals/{signal_id}/explain": USER,
    "POST /api/model/cart/place": USER,
    "GET /api/model/positions": USER,
    "POST /api/model/positions/{position_id}/close": OWN,
    "GET /api/uploads": USER,
    "POST /api/uploads/tradebook": USER,
    "POST /api/uploads/ledger": USER,
    "POST /api/uploads/cas": USER,
    "POST /api/uploads/from-agent": AGENT,
    "GET /api/uploads/mappings": USER,
    "PUT /api/uploads/mappings/{mapping}": USER,
    "DELETE /api/uploads/mappings/{mapping}": OWN,
    "GET /api/uploads/{upload_id}": OWN,
    "DELETE /api/uploads/{upload_id}": OWN,
    "GET /api/uploads/{upload_id}/errors.csv": OWN,
    "GET /api/watchlists": USER,
    "GET /api/journal/status": USER,
    "GET /api/journal/trips": USER,
    "GET /api/journal/trips/{trip_key}": OWN,
    "PUT /api/journal/trips/{trip_key}": Row("user", owned=True, body={}),
    "POST /api/journal/trips/{trip_key}/screenshots": OWN,
    "GET /api/journal/screenshots/{screenshot_id}": OWN,
    "DELETE /api/journal/screenshots/{screenshot_id}": OWN,
    "GET /api/journal/lost": USER,
    "DELETE /api/journal/lost/{trip_key}": OWN,
    "GET /api/journal/words": USER,
    "GET /api/journal/statistics": USER,
    "GET /api/journal/heatmap": USER,
    "GET /api/journal/calendar": USER,
    "GET /api/journal/discovery": USER,
    "GET /api/journal/export": USER,
    "GET /api/wealth/status": USER,
    "GET /api/wealth/summary": USER,
    "GET /api/wealth/lots": USER,
    "GET /api/wealth/contracts": USER,
    "GET /api/wealth/settlements": USER,
    "PUT /api/wealth/settlements": USER,
    "GET /api/wealth/unmatched": USER,
    "GET /api/wealth/quality": USER,
    "GET /api/wealth/holdings": USER,
    "GET /api/wealth/funds": USER,
    "PUT /api/wealth/funds/class": USER,
    "GET /api/wealth/realised": USER,
    "GET /api/wealth/tax": USER,
    "GET /api/wealth/tax/export": USER,
    "GET /api/wealth/dividends": USER,
    "GET /api/wealth/networth": USER,
    "GET /api/wealth/reconciliation": USER,
    "GET /api/family/groups": USER,
    "POST /api/family/groups": USER,
    "PATCH /api/family/groups/{group_id}": Row("session", owned=True, body={"name": "x"}),
    "DELETE /api/family/groups/{group_id}": OWN_KEY,
    "POST /api/family/groups/{group_id}/invite": Row(
        "session", owned=True, body={"email": "guest@example.com"}
    ),
    "DELETE /api/family/groups/{group_id}/invitations/{invitation_id}": OWN_KEY,
    "GET /api/family/invitations": SESSION,
    "POST /api/family/invitations/look": SESSION,
    # Of somebody who is invited, or about a second member: family's own matrix calls them.
    "POST /api/family/groups/{group_id}/accept": SESSION,
    "POST /api/family/groups/{group_id}/decline": SESSION,
    "POST /api/family/groups/{group_id}/leave": OWN_KEY,
    "PUT /api/family/groups/{group_id}/share": OWN_KEY,
    "PATCH /api/family/groups/{group_id}/members/{user_id}": Row(
        "session", owned=True, body={"role": "admin"}
    ),
    "DELETE /api/family/groups/{group_id}/members/{user_id}": OWN_KEY,
    "POST /api/family/groups/{group_id}/transfer": Row("session", body={"user_id": 987654}),
    "GET /api/family/consolidated": USER,
    "POST /api/watchlists": USER,
    "PATCH /api/watchlists/{watchlist_id}": Row("user", owned=True, body={}),
    "DELETE /api/watchlists/{watchlist_id}": OWN,
    "GET /api/watchlists/{watchlist_id}/instruments": OWN,
    "DELETE /api/hooks/{hook_id}": SESSION,
    "DELETE /api/notifications/channels/{channel_id}": SESSION,
    "DELETE /api/reconciliation/ignored": USER,
    "DELETE /api/trading/orders/{order_id}": USER,
    "GET /api/gtts/external": USER,
    "GET /api/hooks": SESSION,
    "GET /api/hooks/{hook_id}/calls": SESSION,
    "GET /api/model/overview": USER,
    "GET /api/model/portfolios/{portfolio_id}/alerts": OWN,
    "GET /api/model/portfolios/{portfolio_id}/days": OWN,
    "GET /api/model/portfolios/{portfolio_id}/twin": OWN,
    "GET /api/model/portfolios/{portfolio_id}/ledger": USER,
    "GET /api/model/positions/{position_id}/story": OWN,
    "GET /api/model/signals/{signal_id}": OWN,
    "GET /api/model/signals/{signal_id}/check": OWN,
    "GET /api/notifications": USER,
    "GET /api/notifications/channels": USER,
    "GET /api/notifications/deliveries": USER,
    "GET /api/notifications/settings": USER,
    "GET /api/notifications/unread": USER,
    "GET /api/reconciliation": USER,
    "GET /api/trading/accounts": USER,
    "GET /api/trading/orders": USER,
    "GET /api/trading/positions": USER,
    "PATCH /api/hooks/{hook_id}": SESSION,
    "PATCH /api/notifications/channels/{channel_id}": SESSION,
    "PATCH /api/notifications/settings": SESSION,
    "PATCH /api/trading/orders/{order_id}": USER,
    "POST /api/gtts/{gtt_id}/settle": OWN,
    "POST /api/hooks": SESSION,
    "POST /api/hooks/in/{token}": PUBLIC,
    "POST /api/model/portfolios/{portfolio_id}/promote": OWN,
    "POST /api/model/signals/{signal_id}/cancel": OWN,
    "POST /api/model/signals/{signal_id}/retry": OWN,
    "POST /api/notifications/channels": SESSION,
    "POST /api/notifications/channels/{channel_id}/link": SESSION,
    "POST /api/notifications/channels/{channel_id}/test": SESSION,
    "POST /api/notifications/read": USER,
    "POST /api/reconciliation/check": USER,
    "POST /api/reconciliation/ignored": USER,
    "GET /api/reconciliation/corrections": USER,
    "POST /api/reconciliation/corrections": USER,
    "POST /api/reconciliation/corrections/{correction_id}/undo": USER,
    "POST /api/reconciliation/corporate-actions": USER,
    "POST /api/reconciliation/corporate-actions/preview": USER,
    "GET /api/jobs": USER,
    "POST /api/trading/orders": USER,
    "POST /api/trading/orders/{order_id}/settle": USER,
    "GET /api/trading/preferred-accounts": USER,
    "PUT /api/trading/preferred-accounts": USER,
    "POST /api/trading/positions/convert": USER,
    "POST /api/trading/positions/exit": USER,
    "POST /api/trading/preview": USER,
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
    "GET /api/algo-workers/worker/accounts": USER,
    "POST /api/algo-workers/worker/accounts": USER,
    "POST /api/algo-workers/worker/gtt/triggers": USER,
    "GET /api/algo-workers/worker/gtt/triggers": USER,
    "GET /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "PUT /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "DELETE /api/algo-workers/worker/gtt/triggers/{trigger_id}": USER,
    "GET /api/risk/rule-types": USER,
    "GET /api/risk/rules": USER,
    "POST /api/risk/rules": USER,
    "PUT /api/risk/rules/{rule_id}": Row("user", owned=True, body={"type": "max_positions"}),
    "PATCH /api/risk/rules/{rule_id}": OWN,
    "DELETE /api/risk/rules/{rule_id}": OWN,
    "GET /api/risk/state": USER,
    "GET /api/risk/evaluations": USER,
    "GET /api/risk/halts": USER,
    "POST /api/risk/halts/{halt_id}/release": Row("user", owned=True, body={"confirm": "RELEASE"}),
    "POST /api/risk/rehearse": USER,
    "GET /api/risk/kill": USER,
    "POST /api/risk/kill": USER,
    "POST /api/risk/kill/release": USER,
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


CLOSED = names_of("known", "user", "stream", "session", "admin", "agent")
OWNED = [name for name, row in ROUTES.items() if row.owned]
