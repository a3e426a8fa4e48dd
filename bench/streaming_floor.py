"""What the machine itself needs for `streams.py`: as many bytes gathered and sent, nothing else.

usage: streaming_floor.py PORT HOME. Answers as `streaming.py` does, so that the same readers read
it. No routes, no feed, no JSON is made, no event loop: for each beat and client one gather of ready
rows and one write; what all want is gathered once, and compressed once where they take that.
"""

from __future__ import annotations

import json
import resource
import socket
import sys
import time
from datetime import UTC, datetime
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt

from tradertape_server.platform.streaming.gzip_pieces import HEAD as GZIP_HEAD
from tradertape_server.platform.streaming.gzip_pieces import packed_piece

KNOWN, RATE_HZ = 1_500, 10
WIDTHS = {"ltp": 137, "quote": 344}  # of a tick, as the server writes it
Rows = npt.NDArray[np.uint8]
HEAD, TAIL = b'data: {"ticks":[', b"]}\n\n"


class Client:
    """A connection: which rows it wants. It is sent gzip if the one before wanted the same."""

    def __init__(self, connection: socket.socket, before: Client | None) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        query = parse_qs(urlsplit(request.split(b" ")[1].decode()).query)
        self.mode = query["mode"][0]
        self.rows = np.array(query["tokens"][0].split(","), np.intp)
        self.key = self.rows.tobytes()
        self.connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        takes_gzip = b"Accept-Encoding: gzip" in request
        self.is_gzip = takes_gzip and before is not None and before.key == self.key
        encoding = b"Content-Encoding: gzip\r\n" if self.is_gzip else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n" % encoding)
        if self.is_gzip:
            self.send(GZIP_HEAD)

    @property
    def is_there(self) -> bool:
        """Whether the reader has not closed: it says nothing else."""
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def send(self, message: bytes | memoryview) -> None:
        """Send a chunk."""
        self.connection.sendmsg((b"%x\r\n" % len(message), message, b"\r\n"))


def table(name: str, width: int) -> Rows:
    """Every tick of a beat, as long as the server's."""
    form = b',{"instrument_token":%d,"timestamp":"' + name.encode() + b'"}'
    written = [form % n for n in range(KNOWN)]
    return np.frombuffer(b"".join(one.ljust(width) for one in written), np.uint8).reshape(-1, width)


def gathered(rows: Rows, client: Client) -> memoryview:
    """One client's message."""
    count, width = len(client.rows), rows.shape[1]
    made = np.empty(len(HEAD) - 1 + count * width + len(TAIL), np.uint8)
    into = made[len(HEAD) - 1 : -len(TAIL)].reshape(count, width)
    rows.take(client.rows, axis=0, out=into, mode="clip")
    message = made.data
    message[: len(HEAD)], message[-len(TAIL) :] = HEAD, TAIL
    return message


def run(clients: list[Client], count: int) -> dict[str, object]:
    """Beats at their rate."""
    entered_s: dict[str, float] = {}
    is_shared = len({one.key for one in clients}) == 1
    began_s, busy_s = time.perf_counter(), time.process_time()
    for beat in range(count):
        name = datetime.now(UTC).isoformat()
        entered_s[name] = time.monotonic()
        rows = table(name, WIDTHS[clients[0].mode])
        message = gathered(rows, clients[0])
        packed = packed_piece(message)
        for one in clients:
            if not is_shared:
                message = gathered(rows, one)
                packed = packed_piece(message) if one.is_gzip else b""
            one.send(packed if one.is_gzip else message)
        time.sleep(max(0.0, began_s + (beat + 1) / RATE_HZ - time.perf_counter()))
    return {
        "entered_s": entered_s, "took_s": time.perf_counter() - began_s,
        "busy_s": time.process_time() - busy_s, "feed_s": 0.0, "ticking_s": 0.0,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def accept(listener: socket.socket, clients: list[Client]) -> None:
    """Take connections in for good."""
    while True:
        connection, _ = listener.accept()
        clients.append(Client(connection, clients[-1] if clients else None))


def main(port: int) -> None:
    clients: list[Client] = []
    listener = socket.create_server(("127.0.0.1", port), backlog=1_000)
    Thread(target=accept, args=(listener, clients), daemon=True).start()
    print(json.dumps({"token": "", "tokens": list(range(KNOWN))}), flush=True)
    for line in sys.stdin:
        action, _, argument = line.strip().partition(" ")
        if action == "quit":
            break
        clients[:] = [one for one in clients if one.is_there]
        print(json.dumps(run(clients, int(argument))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
