"""Send calls with `httpx`, which is imported when the first client is created."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kite_algo_worker.aio.streaming import AsyncEventStream
from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.endpoints import runs
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.protocol import http
from kite_algo_worker.protocol.call import Call, Result
from kite_algo_worker.protocol.live_gate import LiveGate
from kite_algo_worker.protocol.sse import LineSplitter
from kite_algo_worker.protocol.stream_health import StreamHealth

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class AsyncBase:
    """Sends calls over one `httpx.AsyncClient`, whose connections are kept open."""

    config: AlgoWorkerConfig
    client: httpx.AsyncClient = field(init=False, repr=False, compare=False)
    _gate: LiveGate = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        import httpx

        config = self.config.checked()
        client = httpx.AsyncClient(timeout=config.timeout, headers=http.headers_of(config))
        object.__setattr__(self, "client", client)
        object.__setattr__(self, "_gate", LiveGate(config.enable_live))

    async def _send(self, call: Call[Result]) -> Result:
        await self._check_live(call)
        body = http.body_of(call)
        tries = 0
        while True:
            tries += 1
            try:
                return call.read(await self._send_once(call, body))
            except KiteAlgoWorkerError as error:
                pause_s = http.pause_before_repeat(call, error, tries, self.config)
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)

    async def _check_live(self, call: Call[Any]) -> None:
        self._gate.check_mode(call.mode, "this run")
        if call.enters is None:
            return
        if not self._gate.knows(call.enters):
            await self._learn_mode(call.enters)
        self._gate.check_run(call.enters)

    async def _learn_mode(self, run_id: str) -> None:
        try:
            await self._send(runs.get_run(run_id))
        except KiteAlgoWorkerError as error:
            if error.status_code != 404:  # the server answers the entry itself with 404
                raise

    def _stream(
        self, name: str, call: Call[Any], *, cursor_key: str | None = None
    ) -> AsyncEventStream:
        """Return a stream, to be opened when it is entered or first read."""
        health = StreamHealth(stream_name=name, subscription_key=http.subscription_of(call))

        async def open_at(cursor: str) -> _Connection:
            connection = _Connection(self, call.after(cursor, cursor_key), cursor)
            await connection.open()
            return connection

        return AsyncEventStream(open_at, self.config, health)

    async def _send_once(self, call: Call[Any], body: bytes | None) -> Any:
        headers = http.headers_for(call)
        request_id = headers[http.REQUEST_ID_HEADER]
        with _lost_responses(call, self.config, request_id):
            response = await self.client.request(
                call.method,
                self.config.url(call.path),
                params=call.query or None,
                content=body,
                headers=headers,
                auth=_bearer(self.config.token),
            )
            text = response.content.decode("utf-8", "replace")
        parsed = http.read_answer(call, response.status_code, text, response.headers, request_id)
        self._gate.remember(parsed)
        return parsed


class _Connection:
    def __init__(self, base: AsyncBase, call: Call[Any], cursor: str) -> None:
        self._base, self._call = base, call
        self._headers = http.headers_after(call, cursor)
        self._request_id = self._headers[http.REQUEST_ID_HEADER]
        self._response: httpx.Response | None = None

    async def open(self) -> None:
        """Send the request. Raises the error of a refusal."""
        import httpx

        config, call = self._base.config, self._call
        request = self._base.client.build_request(
            call.method,
            config.url(call.path),
            params=call.query or None,
            headers=self._headers,
            timeout=httpx.Timeout(config.timeout, read=config.stream_idle_s),
        )
        with _lost_responses(call, config, self._request_id):
            response = await self._base.client.send(
                request, stream=True, auth=_bearer(config.token)
            )
            self._response = response
            if not response.is_success:
                await response.aread()
                await response.aclose()
        if not response.is_success:
            text = response.content.decode("utf-8", "replace")
            http.read_answer(call, response.status_code, text, response.headers, self._request_id)

    async def lines(self) -> AsyncGenerator[str, None]:
        splitter = LineSplitter()
        with _lost_responses(self._call, self._base.config, self._request_id):
            if self._response is not None:
                async for chunk in self._response.aiter_bytes():
                    for line in splitter.lines(chunk):
                        yield line

    async def close(self) -> None:
        if self._response is not None:
            await self._response.aclose()


# Sent as `auth`, not only as a header: a .netrc entry for the host would replace a header.
def _bearer(token: str) -> Any:
    def authorise(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorise


@contextmanager
def _lost_responses(
    call: Call[Any], config: AlgoWorkerConfig, request_id: str
) -> Generator[None, None, None]:
    import httpx

    try:
        yield
    except httpx.RequestError as error:
        not_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        raise http.lost_response(
            call,
            error,
            config=config,
            request_id=request_id,
            was_sent=not isinstance(error, not_sent),
        ) from error
