"""What goes to the reading process and comes back: MessagePack, never pickled objects."""

from __future__ import annotations

import msgspec

from tradertape_core.wealth.statements.layouts import Kind, Layout
from tradertape_core.wealth.statements.reading import Statement


class Task(msgspec.Struct, frozen=True):
    """How to read the file that follows. password: of a PDF; it is in this message alone."""

    name: str
    kinds: list[Kind]
    own: list[Layout]
    password: str = ""


class Holding(msgspec.Struct, frozen=True):
    """Units of a fund that an account statement lists without transactions."""

    account: str
    isin: str
    scheme: str
    units: str
    nav: str
    value: str


class Answer(msgspec.Struct, frozen=True):
    """What was read, or why the file cannot be. columns: those of an unknown layout."""

    statement: Statement | None = None
    holdings: list[Holding] = []
    error: str = ""
    code: str = ""
    columns: list[str] = []


encode = msgspec.msgpack.Encoder().encode
decode_task = msgspec.msgpack.Decoder(Task).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
