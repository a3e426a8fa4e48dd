"""Reading what people write to their bots: long polling, so that no public address is needed.

One event loop asks for all bots; a bot that hangs or is refused waits alone. An update is done
before it is counted as read: after a crash it comes again, and its command finds what it did.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.channels.telegram import (
    BotApi,
    BotRefused,
    BotUnreachable,
)
from tradertape_server.features.notifications.chat import ChatDesk
from tradertape_server.features.notifications.models import Channel
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import SecretBox

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 10.0

logger = get_logger(__name__)


class Bots:
    """A duty of the process that trades."""

    def __init__(self, database: Database, secrets: SecretBox, api: BotApi, desk: ChatDesk) -> None:
        self._database, self._secrets, self._api, self._desk = database, secrets, api, desk
        self._threads = ThreadPoolExecutor(4, "telegram")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read from now on."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telegram", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; a command under way is finished."""
        self._stopping.set()
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(main.cancel)
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            return

    async def _serve(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        reading: dict[tuple[int, str], asyncio.Task[None]] = {}
        try:
            while not self._stopping.is_set():
                wanted = await self._wanted()
                for key in reading.keys() - wanted.keys() if wanted is not None else ():
                    reading.pop(key).cancel()
                for key, token in (wanted or {}).items():
                    if key not in reading or reading[key].done():
                        reading[key] = asyncio.create_task(self._read(key[0], token))
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in reading.values():
                task.cancel()
            await asyncio.gather(*reading.values(), return_exceptions=True)

    async def _wanted(self) -> dict[tuple[int, str], str] | None:
        """The tokens of the bots to read, by channel; None where they cannot be read."""
        try:
            return await self._in_thread(self._tokens)
        except Exception as error:  # noqa: BLE001 - the database may be away
            logger.warning("bots cannot be read", reason=type(error).__name__)
            return None

    def _tokens(self) -> dict[tuple[int, str], str]:
        found: dict[tuple[int, str], str] = {}
        with self._database.read() as session:
            for row in repository.bots(session):
                opened = self._secrets.unseal(row.secret) if row.secret else None
                if opened:
                    found[row.id, str(row.fingerprint)] = opened.decode()
        return found

    async def _read(self, channel_id: int, token: str) -> None:
        while True:
            try:
                offset = await self._in_thread(self._offset, channel_id)
                for update in await self._api.updates(token, offset):
                    await self._handle(channel_id, token, update)
            except (BotRefused, BotUnreachable) as error:
                await self._in_thread(self._note, channel_id, str(error))
                wait = getattr(error, "retry_after_s", 0)
                await asyncio.sleep(max(AFTER_TROUBLE_S, wait))
            except Exception as error:  # noqa: BLE001 - one bot's fault is not another's
                logger.warning("a bot cannot be read", reason=type(error).__name__)
                await asyncio.sleep(AFTER_TROUBLE_S)

    async def _handle(self, channel_id: int, token: str, update: dict[str, Any]) -> None:
        answer = await self._in_thread(self._desk.answer, channel_id, update)
        number = update.get("update_id")
        if isinstance(number, int):
            await self._in_thread(self._done, channel_id, number + 1)
        if answer is None:
            return
        try:
            if answer.callback_id:
                await self._api.call(token, "answerCallbackQuery",
                                     callback_query_id=answer.callback_id)  # fmt: skip
            await self._api.say(token, answer.chat_id, answer.text, answer.buttons)
        except (BotRefused, BotUnreachable) as error:
            logger.info("a chat was not answered", reason=str(error))

    def _offset(self, channel_id: int) -> int:
        with self._database.read() as session:
            row = session.get(Channel, channel_id)
            return row.offset if row is not None else 0

    def _done(self, channel_id: int, offset: int) -> None:
        with self._database.write() as session:
            row = session.get(Channel, channel_id, with_for_update=True)
            if row is not None:
                row.offset = max(row.offset, offset)

    def _note(self, channel_id: int, reason: str) -> None:
        with self._database.write() as session:
            row = session.get(Channel, channel_id, with_for_update=True)
            if row is not None and row.last_error != reason:
                row.last_error, row.last_error_at = reason[:300], self._desk.clock.now()

    async def _in_thread(self, call: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *given)
