"""What goes to the reckoning process and comes back: as MessagePack."""

from __future__ import annotations

from datetime import date

import msgspec

from tradertape_server.features.wealth.finished import FinishedBook


class Task(msgspec.Struct, frozen=True):
    """Whose book to reckon, and where the records and the market are. The address of the database
    may have a password: it goes through a pipe, never in a command line."""

    user_id: int
    database_url: str
    home: str
    data_set: str
    is_real: bool
    today: date


class Message(msgspec.Struct, frozen=True):
    """The progress in percent; at the end the book, or why there is none."""

    percent: int = 0
    book: FinishedBook | None = None
    error: str = ""


encode = msgspec.msgpack.Encoder().encode
decode_task = msgspec.msgpack.Decoder(Task).decode
decode_message = msgspec.msgpack.Decoder(Message).decode
