"""What goes to the reading process and comes back: MessagePack, never pickled objects.

The answer comes in frames, each behind its length in four bytes: the first without rows, then
some hundred rows in each, with their keys. The server keeps the frames as they are and decodes one
at a time, in milliseconds: a hundred thousand rows as objects would hold up every request whenever
the garbage collector looks at them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import msgspec

from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
from tradertape_core.wealth.statements.identity import (
    content_of,
    fund_keys,
    ledger_keys,
    trade_keys,
)
from tradertape_core.wealth.statements.layouts import Kind, Layout
from tradertape_core.wealth.statements.reading import Statement, totals_of

_NIL = Decimal(0)


class Task(msgspec.Struct, frozen=True):
    """How to read the file that follows. password: of a PDF; it is in this message alone. account:
    which it is of, where its sender says it. is_table: an account statement as an agent's table."""

    name: str
    kinds: list[Kind]
    own: list[Layout]
    password: str = ""
    account: str = ""
    is_table: bool = False


class Holding(msgspec.Struct, frozen=True):
    """What an account statement lists without transactions. kind: share, fund, bond, pension."""

    account: str
    isin: str
    scheme: str
    units: str
    nav: str
    value: str
    kind: str = "fund"


class Answer(msgspec.Struct, frozen=True):
    """What was read, or why the file cannot be. columns: those of an unknown layout.

    statement: without its rows: those are in `frames`, see `rows_in`. rows: how many. into, out:
    purchases and sales of a tradebook; credits and debits of a ledger; of funds what was paid in
    and taken out.
    """

    statement: Statement | None = None
    rows: int = 0
    into: Decimal = _NIL
    out: Decimal = _NIL
    frames: list[bytes] = []
    holdings: list[Holding] = []
    error: str = ""
    code: str = ""
    columns: list[str] = []


encode = msgspec.msgpack.Encoder().encode
decode_task = msgspec.msgpack.Decoder(Task).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


class Rows(msgspec.Struct, frozen=True):
    """Rows of one kind, with the key of each and, of trades, what their equals must agree in."""

    keys: list[str]
    contents: list[str] = []
    trades: tuple[BookTrade, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    funds: tuple[FundTransaction, ...] = ()


_decode_rows = msgspec.msgpack.Decoder(Rows).decode
ROWS = 500  # of one frame
# A thread that never waits lets the others run every 5 ms; a request waits for its turn several
# times.
PAUSE_S = 0.0003


def frames_of(answer: Answer) -> Iterator[bytes]:
    """An answer, whose statement has its rows, as frames."""
    statement = answer.statement
    if statement is None:
        yield _framed(encode(answer))
        return
    into, out = _sums(statement)
    bare = replace(statement, trades=(), ledger=(), funds=())
    count = len(statement.trades) + len(statement.ledger) + len(statement.funds)
    yield _framed(
        encode(msgspec.structs.replace(answer, statement=bare, rows=count, into=into, out=out))
    )
    for rows in _rows_of(statement):
        yield _framed(encode(rows))


def answer_from(content: bytes) -> Answer:
    """The answer in these frames. Raises msgspec.MsgspecError if they are not one."""
    frames = _frames_in(content)
    answer = _decode_answer(next(frames, b""))
    return msgspec.structs.replace(answer, frames=[bytes(one) for one in frames])


def rows_in(answer: Answer) -> Iterator[Rows]:
    """The rows of an answer, some hundred at a time, with a pause after each in which the other
    threads of the server run. Raises msgspec.MsgspecError as above."""
    for frame in answer.frames:
        yield _decode_rows(frame)
        time.sleep(PAUSE_S)


def _rows_of(statement: Statement) -> Iterator[Rows]:
    places = range(0, max(map(len, (statement.trades, statement.ledger, statement.funds))), ROWS)
    if statement.ledger:
        keys = ledger_keys(statement.ledger)
        for at in places:
            yield Rows(keys[at : at + ROWS], ledger=statement.ledger[at : at + ROWS])
    elif statement.funds:
        keys = fund_keys(statement.funds)
        for at in places:
            yield Rows(keys[at : at + ROWS], funds=statement.funds[at : at + ROWS])
    else:
        keys = trade_keys(statement.trades)
        for at in places:
            trades = statement.trades[at : at + ROWS]
            yield Rows(keys[at : at + ROWS], [content_of(one) for one in trades], trades=trades)


def _sums(statement: Statement) -> tuple[Decimal, Decimal]:
    if statement.kind is Kind.LEDGER:
        dated = [one for one in statement.ledger if one.posted_on is not None]
        return sum((one.credit for one in dated), _NIL), sum((one.debit for one in dated), _NIL)
    if statement.kind is Kind.FUNDS:
        amounts = [one.amount for one in statement.funds]
        return (
            sum((one for one in amounts if one > 0), _NIL),
            -sum((one for one in amounts if one < 0), _NIL),
        )
    return totals_of(statement.trades)


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
