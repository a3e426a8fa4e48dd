"""Clients that go on whatever happens to the servers: workers that place, and a reader."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from flow_servers import HTTP
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    OutcomeUnknownError,
    TransportError,
)

PREFIX = "/api/algo-workers/worker"
Json = dict[str, Any]


def order(number: int) -> Json:
    """The order of a key: always the same for the same number."""
    return {
        "exchange": "NSE",
        "tradingsymbol": ("INFY", "TCS")[number % 2],
        "transaction_type": "BUY" if number % 4 < 2 else "SELL",
        "variety": "regular",
        "product": "MIS",
        "order_type": "MARKET",
        "quantity": 1 + number % 3,
    }


@dataclass
class Client:
    """A thread that goes from server to server; `alive` says which it may still ask."""

    urls: Sequence[str]
    headers: dict[str, str]
    run_id: str
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[str] = field(default_factory=list)
    hops: int = 0
    patience_s: float = 8.0  # with a server that does not answer

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive(), "a client hangs"

    def _guarded(self) -> None:
        try:
            self.loop()
        except Exception as error:  # noqa: BLE001 - the test looks at them
            self.errors.append(repr(error))

    def loop(self) -> None:
        raise NotImplementedError


@dataclass
class Placer(Client):
    """Places one order after another, each key until it is acknowledged."""

    answers: dict[str, bytes] = field(default_factory=dict)
    # When what was acknowledged last had been sent: the moment since which orders are taken again.
    sent_s: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)
    tries: int = 0

    def loop(self) -> None:
        servers = itertools.cycle(self.urls)
        timeout = httpx.Timeout(self.patience_s, connect=1.0)
        with httpx.Client(headers=self.headers, timeout=timeout) as http:
            for number in itertools.count():
                if self.stop.is_set():
                    return
                self._settle(http, servers, f"{self.run_id}:{number:05d}", order(number))

    def _settle(self, http: httpx.Client, servers: Any, key: str, command: Json) -> None:
        body = {
            "intent_type": "place_order",
            "payload": {"order": command},
            "idempotency_key": key,
            "metadata": {},
        }
        while True:
            self.tries += 1
            sent_s = time.monotonic()
            try:
                answer = http.post(f"{next(servers)}{PREFIX}/runs/{self.run_id}/intents", json=body)
            except httpx.TransportError:
                self.hops += 1
                self.stop.wait(0.02)
                continue
            if answer.status_code == 200:
                self.answers[key], self.sent_s = answer.content, sent_s
                return
            if answer.status_code not in (409, 503):
                raise AssertionError(f"{key}: {answer.status_code} {answer.text}")
            self.refusals[str(answer.json().get("code"))] += 1
            self.stop.wait(0.02)


@dataclass
class Reader(Client):
    """Reads a run's timeline and comes back from its cursor, each time to the next server."""

    cursors: list[int] = field(default_factory=list)

    def loop(self) -> None:
        for url in itertools.cycle(self.urls):
            if self.stop.is_set():
                return
            try:
                self._read(url)
            except httpx.TransportError:
                self.hops += 1

    def _read(self, url: str) -> None:
        headers = {**self.headers}
        if self.cursors:
            headers["Last-Event-ID"] = str(self.cursors[-1])
        path = f"{url}{PREFIX}/runs/{self.run_id}/timeline/stream"
        with HTTP.stream("GET", path, headers=headers, timeout=3.0) as answer:
            taken = 0
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    if "cursor" not in event or "event_kind" not in event:
                        return  # the stream says that it ends
                    self.cursors.append(event["cursor"])
                    taken += 1
                if taken >= 40 or self.stop.is_set():
                    self.hops += 1
                    return


@dataclass
class SdkPlacer(Placer):
    """The same with our client, as a worker that does what each error tells it to."""

    def loop(self) -> None:
        with worker(self) as client:
            for number in itertools.count():
                if self.stop.is_set():
                    return
                self._place(client, f"{self.run_id}:{number:05d}", order(number))

    def _place(self, client: KiteAlgoWorkerClient, key: str, command: Json) -> None:
        while True:
            self.tries += 1
            sent_s = time.monotonic()
            try:
                answer = client.place_order(self.run_id, command, key)
            except (OutcomeUnknownError, TransportError) as lost:
                self.refusals[type(lost).__name__] += 1
                self.hops += 1
                self.stop.wait(0.1)
            except KiteAlgoWorkerError as refused:
                if refused.status_code != 503 or refused.retry_after_s is None:
                    raise
                self.refusals[str(refused.code)] += 1
                self.stop.wait(refused.retry_after_s)
            else:
                self.answers[key] = json.dumps(answer, separators=(",", ":")).encode()
                self.sent_s = sent_s
                return


@dataclass
class SdkReader(Reader):
    """Reads one stream that mends itself."""

    reconnects: int = 0

    def loop(self) -> None:
        with worker(self) as client, client.stream_timeline(self.run_id) as events:
            self._close = events.close
            for event in events:
                self.cursors.append(event["cursor"])
                self.reconnects = events.health.reconnect_count
                if self.stop.is_set():
                    return

    def join(self) -> None:
        self._close()
        super().join()


def worker(client: Client) -> KiteAlgoWorkerClient:
    """Our client with a test's token."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    return KiteAlgoWorkerClient(AlgoWorkerConfig(client.urls[0], token))


@dataclass
class Console(Client):
    """A browser's socket: prices, and the account's events. It comes back when it is closed."""

    cookie: str = ""
    heard: list[list[int]] = field(default_factory=list)  # cursors, of each connection
    ticks: int = 0

    def loop(self) -> None:
        for url in itertools.cycle(self.urls):
            if self.stop.is_set():
                return
            try:
                self._listen(url)
            except (OSError, WebSocketException):
                self.hops += 1
                self.stop.wait(0.2)

    def _listen(self, url: str) -> None:
        address = url.replace("http", "ws", 1) + "/api/ws/ticks"
        with connect(address, additional_headers={"Cookie": self.cookie}, open_timeout=5) as socket:
            wanted = {"action": "subscribe", "channels": ["events"], "symbols": ["NSE:INFY"]}
            socket.send(json.dumps(wanted))
            heard: list[int] = []
            self.heard.append(heard)
            while not self.stop.is_set():
                try:
                    message = json.loads(socket.recv(timeout=1))
                except TimeoutError:
                    continue
                if message["type"] == "event":
                    heard.append(message["cursor"])
                elif message["type"] == "ticks":
                    self.ticks += 1
