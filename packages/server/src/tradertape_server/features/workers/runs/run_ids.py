"""From the id that a user gave a run to the one it is stored under: two users may give the same."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from tradertape_server.features.workers import repository
from tradertape_server.platform.database.engine import Database

MOST_KNOWN = 50_000


class RunIds:
    """Finds the ids of runs, each once: they never change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[int, str], str] = {}

    async def stored_id(self, user_id: int, run_id: str) -> str:
        """The id a run is stored under; of an unknown run, the id as given."""
        known = self._known.get((user_id, run_id))
        return known or await run_in_threadpool(self._find, user_id, run_id)

    def _find(self, user_id: int, run_id: str) -> str:
        with self._database.read() as session:
            run = repository.run(session, user_id, run_id)
        if run is None:
            return run_id
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[user_id, run_id] = run.strategy_run_id
        return run.strategy_run_id
