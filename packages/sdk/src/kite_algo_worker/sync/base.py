"""Send calls with `requests`: the live gate, retries, lost responses, streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.endpoints import runs
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.protocol import http
from kite_algo_worker.protocol.call import Call, Result
from kite_algo_worker.protocol.live_gate import LiveGate
from kite_algo_worker.protocol.sse import LineSplitter
from kite_algo_worker.protocol.stream_health import StreamHealth
from kite_algo_worker.sync.streaming import EventStream
from kite_algo_worker.sync.transport import Transport


class SyncBase:
    """Sends calls over one `requests.Session`, whose connections are kept open."""

    def __init__(self, config: AlgoWorkerConfig) -> None:
        self.config = config.checked()
        self._transport = Transport(config)
        self.session = self._transport.session
        self._gate = LiveGate(config.enable_live)
        self._sleep: Callable[[float], None] = time.sleep

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def _send(self, call: Call[Result]) -> Result:
        self._check_live(call)
        body = http.body_of(call)
        tries = 0
        while True:
            tries += 1
            try:
                return call.read(self._send_once(call, body))
            except KiteAlgoWorkerError as error:
                pause_s = http.pause_before_repeat(call, error, tries, self.config)
                if pause_s is None:
                    raise
                self._sleep(pause_s)

    def _check_live(self, call: Call[Any]) -> None:
        self._gate.check_mode(call.mode, "this run")
        if call.enters is None:
            return
        if not self._gate.knows(call.enters):
            self._learn_mode(call.enters)
        self._gate.check_run(call.enters)

    def _learn_mode(self, run_id: str) -> None:
        try:
            self._send(runs.get_run(run_id))
        except KiteAlgoWorkerError as error:
            if error.status_code != 404:  # the server answers the entry itself with 404
                raise

    def _send_once(self, call: Call[Any], body: bytes | None) -> Any:
        headers = http.headers_for(call)
        request_id = headers[http.REQUEST_ID_HEADER]
        with _lost_responses(call, self.config, request_id):
            response = self._transport.request(call, body, headers, self.config.timeout)
            text = response.text
        parsed = http.read_answer(call, response.status_code, text, response.headers, request_id)
        self._gate.remember(parsed)
        return parsed

    def _stream(self, name: str, call: Call[Any], *, cursor_key: str | None = None) -> EventStream:
        """Open a stream at once; its errors are raised here, before the first message."""
        health = StreamHealth(stream_name=name, subscription_key=http.subscription_of(call))

        def open_at(cursor: str) -> _Connection:
            resumed = call.after(cursor, cursor_key)
            return _Connection(self._transport, self.config, resumed, cursor)

        return EventStream(open_at, self.config, health, self._sleep)


class _Connection:
    def __init__(
        self, transport: Transport, config: AlgoWorkerConfig, call: Call[Any], cursor: str
    ) -> None:
        headers = http.headers_after(call, cursor)
        self._call, self._config = call, config
        self._request_id = headers[http.REQUEST_ID_HEADER]
        timeout = (config.timeout, config.stream_idle_s)
        with _lost_responses(call, config, self._request_id):
            self._response = transport.request(call, None, headers, timeout, stream=True)
            if not self._response.ok or self._response.is_redirect:
                self._refuse()

    def _refuse(self) -> None:
        response = self._response
        with closing(response):
            text = response.text
        http.read_answer(self._call, response.status_code, text, response.headers, self._request_id)

    def lines(self) -> Iterator[str]:
        splitter = LineSplitter()
        # A chunk is read when it arrives; without chunks only single bytes do not block.
        is_chunked = "chunked" in self._response.headers.get("Transfer-Encoding", "").lower()
        with _lost_responses(self._call, self._config, self._request_id):
            for chunk in self._response.iter_content(chunk_size=None if is_chunked else 1):
                yield from splitter.lines(chunk)

    def close(self) -> None:
        self._response.close()


@contextmanager
def _lost_responses(
    call: Call[Any], config: AlgoWorkerConfig, request_id: str
) -> Generator[None, None, None]:
    try:
        yield
    except requests.RequestException as error:
        raise http.lost_response(
            call, error, config=config, request_id=request_id, was_sent=_was_sent(error)
        ) from error


def _was_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return False
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return not isinstance(reason, NewConnectionError)
