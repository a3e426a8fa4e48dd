"""The reading process: reads all that one person traded here, and writes it finished."""

from __future__ import annotations

import gc
import pickle
from pathlib import Path

from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.trade_journal.own.away import Task, decode_task
from tradertape_server.features.trade_journal.own.trades import PersonsTrades
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.processes.children import answer, take_task


def main() -> None:
    """Read the task, write what was read."""
    gc.disable()  # it lives for one person
    answer(pickle.dumps(read_whole(decode_task(take_task())), pickle.HIGHEST_PROTOCOL))


def read_whole(task: Task) -> object:
    """Everything that the person traded here."""
    database = Database(task.database_url, name="tradertape-journal")
    try:
        market = MarketService(Path(task.home), SystemClock(), data_set=task.data_set)
        facts = CorporateFacts(market, is_real=task.is_real)
        # What is applied by hand later is found by the server, which reads on from here.
        person = PersonsTrades(database, facts, lambda *_: None, task.user_id)
        person.read()
        return person.so_far()
    finally:
        database.close()


if __name__ == "__main__":
    main()
