"""One `requests.Session`, used without the steps that this client does not need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from requests.auth import AuthBase
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.protocol import http
from kite_algo_worker.protocol.call import Call


class Transport:
    """Sends requests over connections that are kept open; one serves all threads.

    `requests` spends half of its time on cookies, redirects, hooks and parsing an address that is
    always the same. A session with parameters, cookies, hooks or another `auth` is used in full.
    """

    def __init__(self, config: AlgoWorkerConfig) -> None:
        self.session = requests.Session()
        self.session.headers.update(http.headers_of(config))
        self._bearer = _Bearer(config.token)
        self.session.auth = self._bearer
        self._config = config
        self._root = ""
        self._environment: Mapping[str, Any] = {}

    def request(
        self,
        call: Call[Any],
        body: bytes | None,
        headers: dict[str, str],
        timeout: Any,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Send, and return the response before its body is read. Raises as `requests`."""
        if not self._root:
            self._read_environment()
        sending = {**self._environment, "timeout": timeout, "stream": stream}
        if self._is_plain():
            response = self._send_plainly(self._prepared(call, body, headers), sending)
        else:
            url = self._config.url(call.path)
            request = requests.Request(
                call.method, url, params=call.query or None, data=body, headers=headers
            )
            prepared = self.session.prepare_request(request)
            response = self.session.send(prepared, allow_redirects=False, **sending)
        response.encoding = "utf-8"
        return response

    def _read_environment(self) -> None:
        """Read address, proxies and certificates, once."""
        address = requests.PreparedRequest()
        address.prepare_url(self._config.url("/"), None)
        url = address.url or ""
        environment = self.session.merge_environment_settings(url, {}, None, None, None)
        self._environment = {name: environment[name] for name in ("proxies", "verify", "cert")}
        self._root = url.rstrip("/")

    def _is_plain(self) -> bool:
        session = self.session
        special = session.params or session.cookies or any(session.hooks.values())
        return session.auth is self._bearer and not special

    def _prepared(
        self, call: Call[Any], body: bytes | None, headers: dict[str, str]
    ) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        query = urlencode(call.query)
        request.method = call.method
        request.url = f"{self._root}{call.path}?{query}" if query else f"{self._root}{call.path}"
        request.headers = CaseInsensitiveDict(self.session.headers)
        request.headers.update(headers)
        if body is not None:
            request.headers["Content-Length"] = str(len(body))
        elif call.method != "GET":
            request.headers["Content-Length"] = "0"
        request.body = body
        return self._bearer(request)

    def _send_plainly(
        self, request: requests.PreparedRequest, sending: Mapping[str, Any]
    ) -> requests.Response:
        response = self.session.get_adapter(request.url or "").send(request, **sending)
        if "Set-Cookie" in response.headers:
            extract_cookies_to_jar(self.session.cookies, request, response.raw)
        return response


class _Bearer(AuthBase):
    # Sent as `auth`, not only as a header: a .netrc entry for the host would replace a header.
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request
