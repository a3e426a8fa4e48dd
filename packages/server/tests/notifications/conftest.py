"""Fixtures of notifications: everything they talk to is a server on this machine.

internet    answers as Telegram's Bot API under /bot<token>/ and takes webhooks elsewhere
post        the mail server's received mails
notes       notifications whose threads do not run: `notes.courier.run_due()` sends what is due
person      signed in, with helpers: `person.webhook()`, `person.telegram()`, `person.log()`
"""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.notifications.build import (
    Notifications,
    Options,
    build_notifications,
)
from tradertape_server.features.notifications.publishing import Notice

Json = dict[str, Any]
TOKEN = "123456789:AAE-canary-bot-token-canary-bot-tok"
CHAT = 4711


class Internet:
    """What the other side does. status: by path, for the next answers; hangs: paths that wait."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.status: dict[str, list[int]] = {}
        self.hangs: dict[str, threading.Event] = {}
        self.updates: list[Json] = []
        self.url = ""
        self.lock = threading.Lock()

    def to(self, path: str) -> list[Json]:
        """The bodies that were posted to a path and accepted."""
        with self.lock:
            return [json.loads(body) for where, _, body in self.posts if where == path]

    def said(self, token: str = TOKEN) -> list[Json]:
        """What a bot has sent to chats."""
        return self.to(f"/bot{token}/sendMessage")

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Json]:
        if path in self.hangs:
            self.hangs[path].wait(20)
        with self.lock:
            statuses = self.status.get(path, [])
            status = statuses.pop(0) if statuses else 200
            if path.endswith("/getUpdates"):
                offset = json.loads(body)["offset"]
                found = [one for one in self.updates if one["update_id"] >= offset]
                return status, {"ok": True, "result": found}
            if status < 300:
                self.posts.append((path, headers, body))
        if status >= 300:
            return status, {"ok": False, "error_code": status, "parameters": {"retry_after": 7}}
        if path.endswith("/getMe"):
            return status, {"ok": True, "result": {"username": "my_bot"}}
        return 200, {"ok": True, "result": True}


@pytest.fixture
def internet() -> Iterator[Internet]:
    net = Internet()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, answer = net.answer(self.path, headers, body)
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            if 300 <= status < 400:
                self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    net.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield net
    for hang in net.hangs.values():
        hang.set()
    server.shutdown()
    thread.join()
    server.server_close()


class _MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.received.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


@pytest.fixture
def mail_server() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _MailServer) as server:
        server.received = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def overrides(internet: Internet, mail_server: Any) -> Json:
    return {
        "telegram_root": internet.url,
        "notify_private_addresses": True,
        "smtp_host": "127.0.0.1",
        "smtp_port": mail_server.server_address[1],
        "smtp_security": "none",
    }


Restart = Callable[[], Notifications]


@pytest.fixture
def restart(container: Container, signed_in: TestClient) -> Iterator[Restart]:
    """Make notifications anew on the same database, as a start of the server does."""
    running = container.notifications
    running.collector.stop()
    running.bots.stop()
    running.courier.stop()
    made: list[Notifications] = []

    def again() -> Notifications:
        settings = container.settings
        new = build_notifications(
            container.database, container.clock, container.secrets, container.mailer,
            running.desk.actions, running.collector._sources,
            Options(settings.effective_public_url, settings.telegram_root,
                    settings.notify_private_addresses),
        )  # fmt: skip
        made.append(new)
        return new

    yield again
    for one in made:
        one.bots.stop()
        one.courier.stop()


@pytest.fixture
def notes(restart: Restart) -> Notifications:
    return restart()


class Person:
    """A signed-in person with channels."""

    def __init__(self, client: TestClient, container: Container, internet: Internet) -> None:
        self.client, self.container, self.internet = client, container, internet
        self.id: int = client.get("/api/auth/me").json()["id"]

    def add(self, kind: str, status: int = 201, **more: Any) -> Json:
        body = {"kind": kind, "name": f"My {kind}", **more}
        made = self.client.post("/api/notifications/channels", json=body)
        assert made.status_code == status, made.text
        return made.json()

    def webhook(self, path: str = "/hook") -> Json:
        return self.add("webhook", url=f"{self.internet.url}{path}")

    def telegram(self, notes: Notifications, token: str = TOKEN, chat: int = CHAT) -> Json:
        """A bot with a linked chat."""
        made = self.add("telegram", bot_token=token)
        channel = made["channel"]["id"]
        answer = notes.desk.answer(channel, message(f"/start {made['link']['code']}", chat))
        assert answer is not None
        assert answer.text.startswith("This chat is linked")
        return made["channel"]

    def happens(self, notes: Notifications, *keys: str, event: str = "order.rejected") -> None:
        """Something happens to the person, once for each key."""
        now = self.container.clock.now()
        with self.container.database.write() as session:
            notes.publisher.publish(
                session,
                [Notice(self.id, event, key, f"Title {key}", f"Text {key}", now) for key in keys],
            )

    def log(self) -> list[Json]:
        """The delivery log, oldest first."""
        found = self.client.get("/api/notifications/deliveries?limit=500")
        assert found.status_code == 200, found.text
        return found.json()[::-1]

    def inbox(self) -> list[Json]:
        found = self.client.get("/api/notifications?limit=500")
        assert found.status_code == 200, found.text
        return found.json()

    def choose(self, **settings: Any) -> Json:
        found = self.client.patch("/api/notifications/settings", json=settings)
        assert found.status_code == 200, found.text
        return found.json()


@pytest.fixture
def person(signed_in: TestClient, container: Container, internet: Internet) -> Person:
    return Person(signed_in, container, internet)


def message(text: str, chat: int = CHAT, *, number: int = 1, at: float | None = None) -> Json:
    """An update of Telegram: somebody wrote in a private chat."""
    return {
        "update_id": number,
        "message": {
            "from": {"id": chat, "first_name": "Asha"},
            "chat": {"id": chat, "type": "private"},
            "text": text,
            **({} if at is None else {"date": int(at)}),
        },
    }


def pressed(data: str, chat: int = CHAT, *, sender: int | None = None, number: int = 1) -> Json:
    """An update of Telegram: somebody pressed a button."""
    return {
        "update_id": number,
        "callback_query": {
            "id": "77",
            "from": {"id": sender or chat, "first_name": "Asha"},
            "message": {"chat": {"id": chat, "type": "private"}},
            "data": data,
        },
    }


def eventually(check: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)
