"""Telegram's Bot API: messages with buttons, and the updates that a bot receives.

The token is part of every address there, so no error of the HTTP client is passed on as it is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from tradertape_server.features.notifications.channels.message import SENT, Message, Outcome, Target
from tradertape_server.platform.tls import tls

Json = dict[str, Any]
Buttons = Sequence[Sequence[tuple[str, str]]]  # rows of (label, what comes back)

PUBLIC_ROOT: Final = "https://api.telegram.org"
MOST_CHARACTERS: Final = 4000
CONNECT_S, SEND_S, POLL_S = 5.0, 15.0, 25
MOST_BUTTON_ROWS: Final = 8
TOKEN = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{30,60}")


class BotRefused(Exception):
    """Telegram refuses; the text is for people and has no token."""

    def __init__(self, text: str, status: int, retry_after_s: int = 0) -> None:
        super().__init__(text)
        self.status, self.retry_after_s = status, retry_after_s


class BotUnreachable(Exception):
    """Telegram cannot be reached. is_sent: the request may have arrived."""

    def __init__(self, text: str, *, is_sent: bool) -> None:
        super().__init__(text)
        self.is_sent = is_sent


@dataclass(frozen=True, slots=True)
class BotApi:
    """Calls of bots. root: the address of the Bot API."""

    root: str = PUBLIC_ROOT

    async def call(self, token: str, method: str, within_s: float = SEND_S, **values: Any) -> Any:
        """Call a method of a bot. Raises BotRefused, BotUnreachable."""
        timeout = httpx.Timeout(within_s, connect=CONNECT_S)
        try:
            async with (
                asyncio.timeout(within_s),
                httpx.AsyncClient(verify=tls(), timeout=timeout, trust_env=False) as client,
            ):
                response = await client.post(f"{self.root}/bot{token}/{method}", json=values)
                answer = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            name = type(error).__name__
            raise BotUnreachable(f"No connection to Telegram ({name}).", is_sent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            name = type(error).__name__
            raise BotUnreachable(f"No answer from Telegram ({name}).", is_sent=True) from None
        if not isinstance(answer, dict) or not answer.get("ok"):
            raise _refused(response.status_code, answer)
        return answer.get("result")

    async def me(self, token: str) -> str:
        """The user name of a bot. Raises BotRefused for a wrong token, BotUnreachable."""
        result = await self.call(token, "getMe")
        return str(result.get("username", "")) if isinstance(result, dict) else ""

    async def updates(self, token: str, offset: int) -> list[Json]:
        """Wait up to 25 seconds for updates from an offset on. Raises as `call`."""
        result = await self.call(
            token, "getUpdates", POLL_S + 15, offset=offset, timeout=POLL_S,
            allowed_updates=["message", "callback_query"],
        )  # fmt: skip
        return [one for one in result if isinstance(one, dict)] if isinstance(result, list) else []

    async def say(self, token: str, chat_id: int, text: str, buttons: Buttons = ()) -> None:
        """Send a text. Raises as `call`."""
        values: Json = {"chat_id": chat_id, "text": text[:MOST_CHARACTERS],
                        "link_preview_options": {"is_disabled": True}}  # fmt: skip
        if buttons:
            rows = [[{"text": label, "callback_data": back} for label, back in row]
                    for row in buttons]  # fmt: skip
            values["reply_markup"] = {"inline_keyboard": rows}
        await self.call(token, "sendMessage", **values)


@dataclass(frozen=True, slots=True)
class TelegramSender:
    """Sends to linked chats. A target's secret is the bot's token."""

    api: BotApi

    async def send(self, target: Target, message: Message) -> Outcome:
        """Send once, with buttons for signals that await approval."""
        if target.chat_id is None:
            return Outcome("refused", "No chat is linked.")
        try:
            text = message.text(MOST_CHARACTERS)
            await self.api.say(target.secret, target.chat_id, text, buttons_of(message))
        except BotRefused as error:
            is_later = error.status == 429 or error.status >= 500
            wait = timedelta(seconds=error.retry_after_s) if error.retry_after_s else None
            return Outcome("not_sent" if is_later else "refused", str(error), wait)
        except BotUnreachable as error:
            return Outcome("unknown" if error.is_sent else "not_sent", str(error))
        return SENT


def buttons_of(message: Message) -> Buttons:
    """Approve and reject, for each signal of a message that awaits approval."""
    waiting = [
        (int(item.subject["signal_id"]), _label(item.subject))
        for item in message.items
        if item.event == "signal.awaiting_approval" and "signal_id" in item.subject
    ]
    return [signal_buttons(*one) for one in waiting[:MOST_BUTTON_ROWS]]


def signal_buttons(signal_id: int, label: str) -> list[tuple[str, str]]:
    """The buttons of one signal. label: what it would do, and whose money that moves."""
    return [
        (f"Approve: {label}", f"approve:{signal_id}"),
        ("Reject", f"reject:{signal_id}"),
    ]


def _label(subject: Mapping[str, Any]) -> str:
    return str(subject.get("label") or subject.get("symbol", ""))


def _refused(status: int, answer: Any) -> BotRefused:
    found: Json = answer if isinstance(answer, dict) else {}
    code = found.get("error_code", status)
    status = code if isinstance(code, int) else status
    words = {
        401: "Telegram does not know this bot token.",
        403: "The bot may not write to this chat: it was blocked or removed.",
        404: "Telegram does not know this bot token.",
        409: "Another program reads this bot's messages.",
        429: "Telegram asks for a pause.",
    }
    parameters = found.get("parameters")
    wait = parameters.get("retry_after", 0) if isinstance(parameters, dict) else 0
    wait = min(wait, 3600) if isinstance(wait, int) else 0
    return BotRefused(words.get(status, f"Telegram answered {status}."), status, wait)
