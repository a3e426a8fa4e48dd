"""The reckoning process: reads one person's records, reckons the book, writes it finished.

It yields to the server wherever both want the processor, has a limit of memory, and ends with the
server that started it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.features.wealth.finished import finish
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.reckoning import reckon
from tradertape_server.features.wealth.records import BookRecords
from tradertape_server.features.wealth.wire import Message, Task, decode_task, encode, framed
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None

MEMORY = 6 * 1024**3
_NICE = 10


def main() -> None:
    """Read the task, write progress and the book."""
    _be_modest()
    gc.disable()  # it lives for one book
    source = sys.stdin.buffer
    task = decode_task(source.read(int.from_bytes(source.read(4))))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answer = _answer(task)
    except MemoryError:
        answer = Message(error="Your files have more trades than there is memory for.")
    _write(answer)


def _answer(task: Task) -> Message:
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
    _write(Message(percent=percent))


def _write(message: Message) -> None:
    sys.stdout.buffer.write(framed(encode(message)))
    sys.stdout.buffer.flush()


def _be_modest() -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICE)
    with suppress(OSError):  # Linux: where memory runs out, this process ends and not the server
        Path("/proc/self/oom_score_adj").write_text("1000")


def _end_with_parent() -> None:
    # The server keeps the pipe open until it stops, or no longer wants the book.
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
