"""The reckoning process: reads one person's records, reckons the book, writes it finished."""

from __future__ import annotations

import gc
from pathlib import Path

from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.features.wealth.finished import finish
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.reckoning import reckon
from tradertape_server.features.wealth.records import BookRecords
from tradertape_server.features.wealth.wire import Message, Task, decode_task, encode
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.processes.children import answer, take_task


def main() -> None:
    """Read the task, write progress and the book."""
    gc.disable()  # it lives for one book
    task = decode_task(take_task())
    try:
        made = _made(task)
    except MemoryError:
        made = Message(error="Your files have more trades than there is memory for.")
    answer(encode(made))


def _made(task: Task) -> Message:
    clock = SystemClock()
    database = Database(task.database_url, name="tradertape-wealth")
    try:
        market = MarketService(Path(task.home), clock, data_set=task.data_set)
        facts = CorporateFacts(market, is_real=task.is_real)
        prices = MarketPrices(market, facts, is_real=task.is_real)
        _progress(2)
        records = BookRecords(UploadService(database, clock), database, clock)
        book = reckon(records, task.user_id, prices, task.today, _progress)
    finally:
        database.close()
    return Message(percent=100, book=finish(book, _progress))


def _progress(percent: int) -> None:
    answer(encode(Message(percent=percent)))


if __name__ == "__main__":
    main()
