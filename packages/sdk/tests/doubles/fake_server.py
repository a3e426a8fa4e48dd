"""An HTTP server that gives prepared answers and records the requests."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "kwa_secret"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass
class Answer:
    """What to answer. is_dropped: nothing, the connection is cut."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False
    events: list[str] | None = None  # of a stream: each a chunk
    is_cut: bool = False  # the stream breaks instead of ending


class FakeServer:
    """Answers from a list, in turn; the last answer is given again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: list[Answer] = [Answer()]
        self.route: Callable[[Asked], Answer | None] = lambda _asked: None
        methods = {f"do_{name}": _Handler.serve for name in _METHODS}
        handler = type("Handler", (_Handler,), {"fake": self, **methods})
        self._http = _Quiet(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer_with(self, *answers: Answer) -> None:
        """Give these, one after the other, and the last for ever."""
        self.answers = list(answers)

    @staticmethod
    def answer(body: Any = None, status: int = 200, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer({} if body is None else body, status, named)

    @staticmethod
    def dropped() -> Answer:
        """No answer: the connection is cut."""
        return Answer(is_dropped=True)

    @staticmethod
    def events(*events: str, is_cut: bool = False) -> Answer:
        """A stream; is_cut: it breaks instead of ending."""
        return Answer(events=list(events), is_cut=is_cut)

    def next_answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        routed = self.route(asked)
        if routed is not None:
            return routed
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is no news."""


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer
    protocol_version = "HTTP/1.1"

    def serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        asked = Asked(self.command, url.path, query, dict(self.headers), self.rfile.read(length))
        answer = self.fake.next_answer(asked)
        if answer.is_dropped:
            self._cut()
        elif answer.events is not None:
            self._stream(answer)
        else:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _stream(self, answer: Answer) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in answer.events or ():
            chunk = event.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        if answer.is_cut:
            self._cut()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)
        self.close_connection = True

    def log_message(self, *_told: Any) -> None:
        """Say nothing."""
