"""What a bot answers to a message or a button: only the linked chat is obeyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.notifications.channels.telegram import Buttons, signal_buttons
from tradertape_server.features.notifications.models import Channel
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import constant_time_equal, token_hash

Json = dict[str, Any]
# An instruction of before is not obeyed later: the market has moved on. A kill switch always is.
STALE_AFTER = timedelta(minutes=5)
HELP = (
    "/status – kill switch, portfolios, signals\n/pending – signals that await approval\n"
    "/positions – open positions\n/summary – the day in figures\n/kill – turn the kill switch on"
)
NOT_LINKED = "This chat is not linked. Send /start and the code from Settings → Notifications."
FAILED = "That did not work: see the console."

logger = get_logger(__name__)


class Actions(Protocol):
    """What a chat can ask for; each raises ApiError where it cannot be done."""

    def pending(self, user_id: int) -> list[tuple[int, str, str]]: ...
    def approve(self, user_id: int, signal_id: int) -> tuple[str, str]: ...
    def reject(self, user_id: int, signal_id: int) -> str: ...
    def place(self, user_id: int, signal_id: int) -> str: ...
    def status(self, user_id: int) -> str: ...
    def positions(self, user_id: int) -> str: ...
    def summary(self, user_id: int) -> str: ...
    def stop_everything(self, user_id: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says. callback_id: of the button that was pressed."""

    chat_id: int
    text: str
    buttons: Buttons = ()
    callback_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """A message or a button, as far as it is of interest."""

    chat_id: int
    sender_id: int
    is_private: bool
    name: str
    text: str
    at: datetime | None = None
    callback_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChatDesk:
    """Answers updates of a channel's bot, on the caller's thread."""

    database: Database
    clock: Clock
    actions: Actions
    _commands: dict[str, Callable[[int], str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._commands.update(
            {
                "/status": self.actions.status,
                "/positions": self.actions.positions,
                "/summary": self.actions.summary,
                "/kill": self.actions.stop_everything,
            }
        )

    def answer(self, channel_id: int, update: Json) -> Answer | None:
        """What to say to an update; None for one of no interest."""
        said = _said(update)
        if said is None:
            return None
        text, buttons = self._reply(channel_id, said)
        return Answer(said.chat_id, text, buttons, said.callback_id)

    def _reply(self, channel_id: int, said: _Said) -> tuple[str, Buttons]:
        command, _, argument = said.text.strip().partition(" ")
        command = command.partition("@")[0].lower()
        if command == "/start" and argument:
            return self._link(channel_id, said, argument.strip()), ()
        with self.database.read() as session:
            row = session.get(Channel, channel_id)
            user_id = row.user_id if row is not None else 0
            linked = row.chat_id if row is not None and row.is_enabled else None
        # In a private chat the chat's id is that of its person.
        if linked is None or said.chat_id != linked or said.sender_id != linked:
            return NOT_LINKED, ()
        try:
            return self._obey(user_id, said, command)
        except ApiError as error:
            return error.detail, ()
        except Exception as error:
            logger.warning("a chat's command failed", command=command[:20],
                           reason=type(error).__name__, exc_info=True)  # fmt: skip
            return FAILED, ()

    def _obey(self, user_id: int, said: _Said, command: str) -> tuple[str, Buttons]:
        if said.callback_id is not None:
            return self._press(user_id, said.text)
        if said.at is not None and self.clock.now() - said.at > STALE_AFTER and command != "/kill":
            return "The server was not reachable when you sent this: send it again.", ()
        if command == "/pending":
            found = self.actions.pending(user_id)
            lines = [line for _, _, line in found[:8]]
            more = [f"… and {len(found) - 8} more in the console"] if len(found) > 8 else []
            buttons = [signal_buttons(number, label) for number, label, _ in found[:8]]
            return "\n".join([*lines, *more]) or "No signal awaits approval.", buttons
        if command in self._commands:
            return self._commands[command](user_id), ()
        return HELP, ()

    def _press(self, user_id: int, pressed: str) -> tuple[str, Buttons]:
        what, _, number = pressed.partition(":")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return HELP, ()
        signal_id = int(number)
        if what == "approve":
            text, label = self.actions.approve(user_id, signal_id)
            return text, [[(label, f"place:{signal_id}")]]
        if what == "reject":
            return self.actions.reject(user_id, signal_id), ()
        if what == "place":
            return self.actions.place(user_id, signal_id), ()
        return HELP, ()

    def _link(self, channel_id: int, said: _Said, code: str) -> str:
        if not said.is_private:
            return "Only a private chat can be linked: everybody in a group could give orders."
        now = self.clock.now()
        with self.database.write() as session:
            row = session.get(Channel, channel_id, with_for_update=True)
            expires = row.link_expires_at if row is not None else None
            if (
                row is None
                or not row.link_hash
                or expires is None
                or expires <= now
                or not constant_time_equal(row.link_hash, token_hash(code))
            ):
                return "This code is wrong or has expired: make a new one in the console."
            row.chat_id, row.chat_name = said.chat_id, said.name[:120]
            row.link_hash = row.link_expires_at = None
            row.linked_at = row.updated_at = now
        return f"This chat is linked.\n{HELP}"


def _said(update: Json) -> _Said | None:
    pressed = update.get("callback_query")
    message = pressed.get("message") if isinstance(pressed, dict) else update.get("message")
    sender = (pressed if isinstance(pressed, dict) else message or {}).get("from")
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or not isinstance(sender, dict) or not isinstance(message, dict):
        return None
    text = pressed.get("data") if isinstance(pressed, dict) else message.get("text")
    chat_id, sender_id, sent = chat.get("id"), sender.get("id"), message.get("date")
    if not isinstance(text, str) or not isinstance(chat_id, int) or not isinstance(sender_id, int):
        return None
    names = (sender.get("first_name"), sender.get("username"))
    return _Said(
        chat_id, sender_id, chat.get("type") == "private",
        next((one for one in names if isinstance(one, str) and one), str(sender_id)), text,
        datetime.fromtimestamp(sent, UTC) if isinstance(sent, int) and not pressed else None,
        str(pressed.get("id", "")) if isinstance(pressed, dict) else None,
    )  # fmt: skip
