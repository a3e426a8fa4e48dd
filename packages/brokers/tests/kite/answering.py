"""A server on this machine that gives one answer, whatever it is asked."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What is sent back; status 0 closes the connection without a word."""

    status: int = 200
    kind: str = "application/json"
    body: bytes = b'{"status": "success", "data": {"order_id": "1"}}'
    delay_s: float = 0.0
    length: int | None = None  # what Content-Length says, where it lies
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve it; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            answer.asked.append((self.command, self.path, self.rfile.read(size)))
            time.sleep(answer.delay_s)
            self.close_connection = True
            if answer.status == 0:
                return
            self.send_response(answer.status)
            if answer.kind:
                self.send_header("Content-Type", answer.kind)
            size = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(size))
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
