"""Doing jobs so that one which fails keeps no other, and is tried again after a pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop.quarantine import Quarantine
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command, Subject
from tradertape_server.platform.database.outage import is_outage
from tradertape_server.platform.logging import get_logger

_JOB = "job"

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Jobs by name. Without the trader or the database nothing is done: then both raise."""

    quarantine: Quarantine

    def attempt(
        self,
        name: str,
        work: Callable[[], object],
        *,
        account_id: int | None = None,
        run_id: str | None = None,
    ) -> bool:
        """Do a job unless it failed lately; whether it is done. One that fails is put aside."""
        if self.quarantine.holds(_JOB, name):
            return False
        try:
            work()
        except TradingPaused:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            self.quarantine.put(Subject(_JOB, name, account_id, run_id), error)
            return False
        self.quarantine.release(_JOB, name)
        return True


def for_each_account(
    service: ExecutionService,
    what: str,
    instrument_id: str,
    command: Callable[[int | None], Command[int]],
) -> tuple[int, bool]:
    """Do something with all that accounts have open in an instrument.

    Returns how much it changed, and whether it is done for all of them.

    In one transaction; where that fails, account by account, and the one that fails is put aside.
    command: for one account, or for all of them.
    """
    try:
        return service.trader.execute(command(None)), True
    except TradingPaused:
        raise
    except Exception as error:
        if is_outage(error):
            raise
        logger.warning("done account by account", what=what, exc_info=error)
    changed, is_done = 0, True
    attempts = Attempts(service.trader.quarantine)
    for account_id in service.accounts_in(instrument_id):
        done: list[int] = []
        is_done &= attempts.attempt(
            f"{what} for account {account_id}",
            lambda one=account_id, done=done: done.append(service.trader.execute(command(one))),
            account_id=account_id,
        )
        changed += sum(done)
    return changed, is_done
