"""Scripts as people write them for the API: curl from the shell, `requests` and a plain WebSocket
client against a served server (ST, BT, WS rows)."""

from __future__ import annotations

import json
import re
import subprocess
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from flow_servers import Servers, eventually
from websockets.sync.client import connect

Json = dict[str, Any]


def curl(*arguments: str) -> Any:
    """What curl prints, read as JSON."""
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, check=True, text=True)
    return json.loads(done.stdout)


def code_of(outbox: Path, email: str) -> str:
    """The six digits of the newest mail to an address."""

    def found() -> str | None:
        for path in sorted(outbox.glob("*.eml"), key=lambda one: -one.stat().st_mtime_ns):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            digits = re.search(r"page: (\d{6})", mail.get_content())
            if mail["To"] == email and digits:
                return digits[1]
        return None

    return eventually(found, 30, "the mail is written")


@pytest.mark.slow
def test_curl_requests_and_a_websocket_client_do_what_the_overview_shows(
    alone: Servers, tmp_path: Path
) -> None:
    url, email = alone.servers[0].url, "scripts@example.com"
    jar, json_type = str(tmp_path / "cookies"), "Content-Type: application/json"
    asked = curl("-X", "POST", f"{url}/api/auth/magic-link", "-c", jar, "-H", json_type,
                 "-d", json.dumps({"email": email}))  # fmt: skip
    assert "sign-in link has been sent" in asked["detail"]
    body = json.dumps({"email": email, "otp": code_of(tmp_path / "home" / "outbox", email)})
    curl("-X", "POST", f"{url}/api/auth/verify-link", "-b", jar, "-c", jar, "-H", json_type,
         "-d", body)  # fmt: skip
    assert curl(f"{url}/api/auth/me", "-b", jar)["email"] == email

    (cookie,) = [row.split("\t") for row in Path(jar).read_text().splitlines()
                 if "kite_session" in row]  # fmt: skip
    session = requests.Session()
    session.cookies.set("kite_session", cookie[6])
    made = session.post(f"{url}/api/auth/agent-keys", json={"label": "x", "scopes": ["api:read"]})
    assert made.status_code in (200, 201), made.text
    key = made.json()["token"]
    listed = curl(f"{url}/api/strategies?is_template=true&limit=20&offset=0", "-H",
                  f"Authorization: Bearer {key}")  # fmt: skip
    assert len(listed) > 1
    assert curl(f"{url}/api/portfolio/holdings", "-b", jar)["detail"]

    result = session.post(f"{url}/api/backtest/run", json={
        "strategy_id": listed[0]["id"], "universe": "nifty_100", "start_date": "2024-01-01",
        "end_date": "2024-12-31", "starting_capital": 10_000_000, "position_size_pct": 10,
        "max_positions": 20, "max_per_sector": 2, "slippage_bps": 5,
    }, timeout=300)  # fmt: skip
    assert result.status_code == 200, result.text
    summary = result.json()["summary"]
    assert {"cagr", "win_rate", "total_trades"} <= set(summary)
    signals = session.get(f"{url}/api/model/signals", params={"status": "pending_approval"})
    assert signals.json() == []

    ticks, kinds = watched(url, cookie[6])
    assert set(ticks) == {"NSE:RELIANCE", "NSE:INFY"}
    assert {"ltp", "high", "low", "volume"} <= set(ticks["NSE:INFY"])
    assert {"status", "subscribed", "ticks", "unsubscribed"} <= kinds


def watched(url: str, token: str) -> tuple[Json, set[str]]:
    """Subscribe to two shares until both have come, then to one less."""
    found: Json = {}
    kinds: set[str] = set()
    address = f"{url.replace('http', 'ws')}/api/ws/ticks"
    with connect(address, additional_headers={"Cookie": f"kite_session={token}"}) as socket:
        names = ["NSE:RELIANCE", "NSE:INFY"]
        socket.send(json.dumps({"action": "subscribe", "symbols": names, "mode": "quote"}))
        until = time.monotonic() + 30
        while time.monotonic() < until and not ({"unsubscribed"} <= kinds):
            message = json.loads(socket.recv(timeout=30))
            kinds.add(message["type"])
            if message["type"] == "ticks":
                found |= message["data"]
                if len(found) == 2 and "asked" not in kinds:
                    kinds.add("asked")
                    socket.send(json.dumps({"action": "unsubscribe", "symbols": names[:1]}))
    return found, kinds
