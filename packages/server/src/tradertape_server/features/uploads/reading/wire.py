"""What goes to the reading process and comes back: MessagePack, never pickled objects.

The answer comes in frames, each behind its length in four bytes: the first without rows, then
some hundred rows in each. One frame is decoded in milliseconds, so no request waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
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
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


class _Rows(msgspec.Struct, frozen=True):
    trades: tuple[BookTrade, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    funds: tuple[FundTransaction, ...] = ()


_decode_rows = msgspec.msgpack.Decoder(_Rows).decode
_ROWS = 500


def frames_of(answer: Answer) -> Iterator[bytes]:
    """An answer as frames."""
    statement = answer.statement
    if statement is None:
        yield _framed(encode(answer))
        return
    bare = replace(statement, trades=(), ledger=(), funds=())
    yield _framed(encode(msgspec.structs.replace(answer, statement=bare)))
    for place in range(0, len(statement.trades), _ROWS):
        yield _framed(encode(_Rows(trades=statement.trades[place : place + _ROWS])))
    for place in range(0, len(statement.ledger), _ROWS):
        yield _framed(encode(_Rows(ledger=statement.ledger[place : place + _ROWS])))
    for place in range(0, len(statement.funds), _ROWS):
        yield _framed(encode(_Rows(funds=statement.funds[place : place + _ROWS])))


def answer_from(content: bytes) -> Answer:
    """The answer in these frames. Raises msgspec.MsgspecError if they are not one."""
    frames = _frames_in(content)
    answer = _decode_answer(next(frames, b""))
    if answer.statement is None:
        return answer
    trades: list[BookTrade] = []
    ledger: list[LedgerLine] = []
    funds: list[FundTransaction] = []
    for frame in frames:
        rows = _decode_rows(frame)
        trades += rows.trades
        ledger += rows.ledger
        funds += rows.funds
    whole = replace(
        answer.statement, trades=tuple(trades), ledger=tuple(ledger), funds=tuple(funds)
    )
    return msgspec.structs.replace(answer, statement=whole)


def _framed(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content


def _frames_in(content: bytes) -> Iterator[memoryview]:
    view, place = memoryview(content), 0
    while place < len(view):
        end = place + 4 + int.from_bytes(view[place : place + 4])
        if end > len(view):
            raise msgspec.DecodeError("a frame is cut")
        yield view[place + 4 : end]
        place = end
