"""A small cloud that speaks the agent's API: leases, idempotent results, and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

KEY = "zt_test_key_of_the_agent"


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@dataclass
class FakeCloud:
    """State of one account. results: every signal-result that was taken, in order."""

    url: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    result_bodies: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    everything: list[bytes] = field(default_factory=list)  # addresses, headers and bodies
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    expected: list[dict[str, Any]] = field(default_factory=list)
    obfuscation: bool = False
    auto_execute_allowed: bool = True
    tokens: list[dict[str, Any]] = field(default_factory=list)
    is_down: bool = False
    is_revoked: bool = False
    kill_switch: bool = False
    lease_s: float = 90.0
    withdrawn: list[dict[str, Any]] = field(default_factory=list)
    cancellations: list[dict[str, Any]] = field(default_factory=list)
    stop_state: str = "closing"  # what it answers of a sale by the agent's own stop
    in_cart: dict[str, str] = field(default_factory=dict)  # why it is not handed out, by signal
    decisions: list[tuple[int, str]] = field(default_factory=list)
    offset: timedelta = timedelta(0)
    declines: dict[str, int] = field(default_factory=dict)  # path: status
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.offset  # noqa: TID251 - the cloud's clock

    def add(self, signal_id: int, **changes: Any) -> dict[str, Any]:
        """Add a signal to buy ten INFY by a trigger at 160."""
        item: dict[str, Any] = {
            "id": signal_id, "version": 1, "portfolio_id": 7, "paper": False, "symbol": "NSE:INFY",
            "isin": "INE009A01021", "side": "BUY", "kind": "entry", "quantity": 10,
            "product": "CNC", "ref_price": 150.0, "requires_approval": False,
            "order": {
                "type": "gtt_single", "trigger_price": 160.0, "limit_price": 160.5,
                "tick_size": 0.05, "stop_trigger": 140.0,
            },
            "expires_at": (self.now() + timedelta(hours=1)).isoformat(),
            "idempotency_key": f"sig-{signal_id}-1",
        }  # fmt: skip
        item.update(changes)
        self.items.append(item)
        return item

    def outcomes(self, signal_id: int) -> list[str]:
        """What was reported of a signal, in order."""
        return [one["outcome"] for one in self.results if one["signal_id"] == signal_id]

    def posted(self, name: str) -> list[dict[str, Any]]:
        """The documents of one route, in order."""
        return [body for path, body in self.posts if path == name]

    def pending(self, instance: str) -> list[dict[str, Any]]:
        """Lease what this instance may have; what has an end is no longer pending."""
        now = self.now()
        over = {
            one["idempotency_key"] for one in self.results if one["outcome"] not in ("unknown",)
        }
        found = []
        for item in self.items:
            key = item["idempotency_key"]
            if item["requires_approval"]:
                found.append({**item, "idempotency_key": None, "lease_until": None})
                continue
            if str(item["id"]) in self.in_cart:
                continue
            holder, _ = self.leases.get(key, ("", now))
            if key in over or holder not in ("", instance):
                continue  # one that is overdue is its holder's alone: it may have sent the order
            until = now + timedelta(seconds=self.lease_s)
            self.leases[key] = (instance, until)
            found.append({**item, "lease_until": until.isoformat()})
        return found


def app_of(cloud: FakeCloud) -> Flask:  # noqa: C901 - its routes
    """The routes."""
    app = Flask(__name__)

    @app.before_request
    def check() -> Response | None:
        # The key is the cloud's own, and says who calls.
        head = "\n".join(f"{n}: {v}" for n, v in request.headers if n != "Authorization")
        with cloud.lock:
            cloud.everything.append(f"{request.full_path}\n{head}\n".encode() + request.data)
        if cloud.is_down:
            return Response(status=503)
        if cloud.is_revoked or request.headers.get("Authorization") != f"Bearer {KEY}":
            return _problem(401, "no such key")
        status = cloud.declines.get(request.path)
        if status is not None:
            return _problem(status, "not now")
        return None

    @app.get("/api/agent/pending-signals")
    def pending() -> Response:
        with cloud.lock:
            items = cloud.pending(request.headers["X-Agent-Instance"])
        if request.args.get("v") != "2":
            return jsonify(items)
        return jsonify(
            server_time=cloud.now().isoformat(), poll_after_s=1, kill_switch=cloud.kill_switch,
            items=items, withdrawn=cloud.withdrawn, cancellations=cloud.cancellations,
            in_cart=[{"id": int(one), "reason": why} for one, why in cloud.in_cart.items()],
        )  # fmt: skip

    @app.post("/api/agent/signal-result")
    def result() -> Response:
        body = json.loads(request.data)
        with cloud.lock:
            cloud.bodies.append(request.data)
            cloud.result_bodies.append(request.data)
            is_new = body not in cloud.results
            if is_new:
                cloud.results.append(body)
        return jsonify(signal={}, position={}, applied=is_new)

    @app.post("/api/agent/signals/<int:signal_id>/<what>")
    def decide(signal_id: int, what: str) -> Response:
        with cloud.lock:
            cloud.decisions.append((signal_id, what))
            for item in cloud.items:
                if item["id"] == signal_id:
                    item["requires_approval"] = False
            if what == "reject":
                cloud.items = [one for one in cloud.items if one["id"] != signal_id]
        return jsonify(id=signal_id)

    @app.get("/api/agent/pending-token")
    def token() -> Response:
        with cloud.lock:
            return jsonify(cloud.tokens.pop(0)) if cloud.tokens else Response(status=204)

    @app.get("/api/agent/config")
    def config() -> Response:
        return jsonify(cloud.config)

    @app.get("/api/agent/expected-holdings")
    def expected() -> Response:
        return jsonify(cloud.expected)

    @app.post("/api/agent/heartbeat")
    def heartbeat() -> Response:
        with cloud.lock:
            cloud.bodies.append(request.data)
            cloud.posts.append(("heartbeat", json.loads(request.data)))
        return jsonify(
            kill_switch=cloud.kill_switch, obfuscation=cloud.obfuscation,
            auto_execute_allowed=cloud.auto_execute_allowed,
        )  # fmt: skip

    @app.post("/api/agent/<path:name>")
    def other(name: str) -> Response:
        with cloud.lock:
            cloud.bodies.append(request.data)
            cloud.posts.append((name, json.loads(request.data)))
        return jsonify(state=cloud.stop_state) if name == "stop-filled" else jsonify(ok=True)

    @app.post("/api/uploads/from-agent")
    def upload() -> Response:
        with cloud.lock:
            cloud.bodies.append(request.data)
            body = json.loads(request.data)
            is_new = ("from-agent", body) not in cloud.posts
            cloud.posts.append(("from-agent", body))
        rows = body["content"].count("\n") - 1
        accepts = request.args.get("accept_difference") == "true"
        held = "differs" in body["content"] and not accepts
        return jsonify(
            files=[{
                "id": 7, "state": "held" if held else "done", "rows": rows,
                "imported": rows if is_new else 0, "duplicates": 0 if is_new else rows,
                "detail": "", "warnings": [],
            }]
        )  # fmt: skip

    return app


def _problem(status: int, detail: str) -> Response:
    answer = jsonify(detail=detail)
    answer.status_code = status
    return answer


@contextmanager
def served_cloud() -> Iterator[FakeCloud]:
    """Serve a cloud until the block ends."""
    cloud = FakeCloud()
    server = make_server(
        "127.0.0.1", 0, app_of(cloud), threaded=True, request_handler=Quiet
    )  # fmt: skip
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
