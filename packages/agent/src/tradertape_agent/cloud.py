"""The one HTTP client that speaks to the cloud: nothing leaves this machine for it elsewhere.

Every request is checked by the guard and written down before it leaves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import httpx

from tradertape_agent import __version__
from tradertape_agent.errors import AgentError, CloudRefused
from tradertape_agent.journal.outgoing import Outgoing
from tradertape_brokers.secret import Secret
from tradertape_brokers.tls import tls
from tradertape_core.kernel.clock import Clock

AUTHENTICATION_FAILED: Final = (
    "Cloud authentication failed: the agent API key is wrong, expired or revoked. Regenerate it "
    "under Settings → Trading Agent, then run `tradertape-agent configure` again"
)
ANSWER_S: Final = 15.0
_CONNECT_S: Final = 5.0
_UNAUTHORISED, _FORBIDDEN, _TOO_MANY, _FIRST_FAILURE = 401, 403, 429, 500


class CloudSilent(AgentError):
    """The cloud could not be reached or did not answer properly: to be tried again."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CloudDeclined(AgentError):
    """The cloud refused this one request, and would again."""

    def __init__(self, status: int, detail: str, code: str = "") -> None:
        super().__init__(f"the cloud answered {status}: {detail}")
        self.status = status
        self.detail = detail
        self.code = code


class Guard(Protocol):
    """Raises an AgentError for a request that must not leave this machine."""

    def __call__(self, path: str, body: bytes) -> None:
        """Check the bytes as they would be sent."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the cloud. body: None where it has none."""

    status: int
    body: Any


class Cloud:
    """The cloud as this agent sees it."""

    def __init__(
        self,
        url: str,
        key: Secret,
        instance: str,
        outgoing: Outgoing,
        clock: Clock,
        *,
        guard: Guard,
        is_sandbox: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url
        self._outgoing = outgoing
        self._clock = clock
        self._guard = guard
        headers = {
            "Authorization": f"Bearer {key.reveal()}",
            "X-Agent-Instance": instance,
            "X-Agent-Environment": "sandbox" if is_sandbox else "live",
            "User-Agent": f"tradertape-agent/{__version__}",
            "Accept": "application/json",
        }
        # No redirects: the key goes to this address alone. No proxies of the environment either.
        self._client = httpx.Client(
            base_url=url, headers=headers, follow_redirects=False,
            verify=tls(), transport=transport, trust_env=False,
        )  # fmt: skip

    def get(self, path: str, **parameters: str) -> Reply:
        """Ask for something. Raises CloudRefused, CloudDeclined or CloudSilent."""
        address = f"{path}?{urlencode(parameters)}" if parameters else path
        return self._send("GET", address, b"")

    def post(self, path: str, body: Mapping[str, Any], *, within_s: float = ANSWER_S) -> Reply:
        """Send a document. Raises what `get` does, and what the guard raises."""
        return self._send("POST", path, encoded(body), within_s)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, path: str, body: bytes, within_s: float = ANSWER_S) -> Reply:
        self._guard(path, body)
        number = self._outgoing.begin(method, path, body, self._clock.now())
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            answer = self._client.request(
                method, path, content=body or None, headers=headers,
                timeout=httpx.Timeout(within_s, connect=_CONNECT_S),
            )  # fmt: skip
        except httpx.HTTPError as error:
            self._outgoing.end(number, type(error).__name__)
            raise CloudSilent(f"{self.url} cannot be reached ({_reason(error)})") from None
        self._outgoing.end(number, str(answer.status_code))
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Reply:
        status = answer.status_code
        if status == _UNAUTHORISED:
            raise CloudRefused(AUTHENTICATION_FAILED)
        if status == _TOO_MANY or status >= _FIRST_FAILURE:
            raise CloudSilent(f"{self.url} answered {status}", _retry_after(answer))
        try:
            body: Any = json.loads(answer.content, parse_float=Decimal) if answer.content else None
        except ValueError:
            raise CloudSilent(
                f"{self.url} did not answer with JSON: is the address right?"
            ) from None
        if status == _FORBIDDEN:
            raise CloudRefused(f"{AUTHENTICATION_FAILED} ({_detail(body)})")
        if not answer.is_success:
            raise CloudDeclined(status, _detail(body), answer.headers.get("X-Error-Code", ""))
        return Reply(status, body)


def encoded(body: Mapping[str, Any]) -> bytes:
    """A document as the bytes that are sent; Decimals as JSON numbers, to the last digit."""
    return _number_free(json.dumps(body, default=_plain, ensure_ascii=False)).encode()


_MARK: Final = "\u0000decimal:"


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}\u0000"
    raise TypeError(f"{type(value).__name__} is not sent")


def _number_free(text: str) -> str:
    """Decimals were marked, because the encoder would write them as texts or floats."""
    start, end = '"\\u0000decimal:', '\\u0000"'
    parts = text.split(start)
    return parts[0] + "".join(one.replace(end, "", 1) for one in parts[1:])


def _detail(body: object) -> str:
    if isinstance(body, Mapping):
        found: Mapping[str, Any] = body
        return str(found.get("detail") or found.get("title") or "no reason given")
    return "no reason given"


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _reason(error: httpx.HTTPError) -> str:
    """Why, without the address: it may hold a parameter."""
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout):
        return "no answer in time"
    text = str(error)
    return "its certificate is not valid" if "CERTIFICATE" in text.upper() else text or "no answer"
