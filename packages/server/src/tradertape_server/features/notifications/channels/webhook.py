"""Webhooks: signed JSON by POST."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.notifications.channels.addresses import (
    Addresses,
    AddressNotAllowed,
    AddressUnknown,
)
from tradertape_server.features.notifications.channels.message import SENT, Message, Outcome, Target
from tradertape_server.features.notifications.channels.signing import sign
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.tls import tls

CONNECT_S, TOTAL_S = 5.0, 15.0
LATER = frozenset({408, 425, 429})  # the only 4xx that may be otherwise next time


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Posts messages. A target's secret is its signing secret, a line break and its URL."""

    clock: Clock
    addresses: Addresses

    async def send(self, target: Target, message: Message) -> Outcome:
        """Post a message once; redirects are not followed."""
        secret, _, url = target.secret.partition("\n")
        try:
            host = self.addresses.check_url(url)
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            ip = await asyncio.to_thread(self.addresses.resolve, host, port)
        except AddressNotAllowed as error:
            return Outcome("refused", str(error))
        except AddressUnknown as error:
            return Outcome("not_sent", str(error))
        body = body_of(message)
        headers = self._headers(secret, message, body) | {"Host": parts.netloc}
        named = f"[{ip}]" if ":" in ip else ip
        there = parts._replace(netloc=f"{named}:{port}", fragment="").geturl()
        return await self._post(there, host, headers, body)

    async def _post(self, url: str, host: str, headers: dict[str, str], body: bytes) -> Outcome:
        timeout = httpx.Timeout(TOTAL_S, connect=CONNECT_S)
        sent = False
        try:
            async with (
                asyncio.timeout(TOTAL_S),
                httpx.AsyncClient(verify=tls(), timeout=timeout, trust_env=False) as client,
            ):
                request = client.build_request(
                    "POST", url, content=body, headers=headers,
                    extensions={"sni_hostname": host},
                )  # fmt: skip
                sent = True
                # The answer's body is not read: it is anybody's, and may never end.
                response = await client.send(request, stream=True)
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Outcome("not_sent", f"No connection to {host} ({type(error).__name__}).")
        except (httpx.HTTPError, TimeoutError, ssl.SSLError, ValueError) as error:
            name = type(error).__name__
            return Outcome("unknown" if sent else "not_sent", f"No answer from {host} ({name}).")
        return _outcome(response, host)

    def _headers(self, secret: str, message: Message, body: bytes) -> dict[str, str]:
        now = int(self.clock.now().timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "TraderTape-Webhook/1",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(secret, message.id, now, body),
        }


def body_of(message: Message) -> bytes:
    """The JSON of a message."""
    events: list[dict[str, Any]] = [
        {
            "id": item.id,
            "event": item.event,
            "severity": item.severity,
            "title": item.title,
            "text": item.text,
            "url": item.url,
            "at": in_ist(item.at),
            "subject": dict(item.subject),
        }
        for item in message.items
    ]
    return orjson.dumps({"id": message.id, "repeat": message.is_repeat, "events": events})


def _outcome(response: httpx.Response, host: str) -> Outcome:
    status = response.status_code
    if response.is_success:
        return SENT
    reason = f"{host} answered {status}."
    if 300 <= status < 400:
        return Outcome("refused", f"{reason} Redirects are not followed: enter the final address.")
    if status < 500 and status not in LATER:
        return Outcome("refused", reason)
    return Outcome("not_sent", reason, retry_after_of(response))


def retry_after_of(response: httpx.Response) -> timedelta | None:
    """How long an answer asks to wait, of at most an hour."""
    given = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(given), 3600)) if given.isdigit() else None
