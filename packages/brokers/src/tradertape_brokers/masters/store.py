"""A broker's master in use: downloaded when due, checked, swapped; the last good one is kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tradertape_brokers.errors import BrokerError
from tradertape_brokers.masters import files, schedule
from tradertape_brokers.masters.checking import BadMaster, checked
from tradertape_brokers.masters.files import Master
from tradertape_brokers.masters.renames import FormerName, joined, renamed
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.instrument import Instrument

Download = Callable[[], Sequence[Instrument]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterState:
    """What is in use. age: since its download; reason: why the last download was not used."""

    broker: str
    instruments: int
    downloaded_at: datetime | None
    age: timedelta | None
    is_stale: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An instrument, and the former name it was asked for by."""

    instrument: Instrument
    former_name: FormerName | None = None


class MasterStore:
    """One broker's list of instruments, in the file `<folder>/<broker>.json.gz`.

    Callers may be on several threads; one of them downloads, the others read what is in use.
    """

    def __init__(self, broker: str, folder: Path, clock: Clock) -> None:
        self._broker = broker
        self._file = folder / f"{broker}.json.gz"
        self._clock = clock
        self._downloading = threading.Lock()
        self._master = files.read(self._file)
        self._by_id = _by_id(self._master)
        self._former = _by_old_id(self._master)
        self._failures = 0
        self._not_before_s = 0.0
        self._reason = ""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """The rows in use; none before the first download."""
        return () if self._master is None else self._master.instruments

    @property
    def state(self) -> MasterState:
        """What is in use now."""
        master, now = self._master, self._clock.now()
        at = None if master is None else master.downloaded_at
        return MasterState(
            broker=self._broker,
            instruments=len(self.instruments),
            downloaded_at=at,
            age=None if at is None else now - at,
            is_stale=schedule.is_stale(at, now),
            reason=self._reason,
        )

    def find(self, instrument_id: str) -> Found | None:
        """Find an instrument by its id, or by one that it had before; None for an unknown one."""
        current = self._by_id.get(instrument_id)
        if current is not None:
            return Found(instrument=current)
        former = self._former.get(instrument_id)
        heir = None if former is None else self._by_id.get(former.new_id)
        return None if heir is None else Found(instrument=heir, former_name=former)

    def refresh_if_due(self, download: Download) -> bool:
        """Download if today's list is missing and no pause is on; whether a list was swapped in.

        Failures are kept as the state's reason, and the last good list stays in use.
        """
        master = self._master
        at = None if master is None else master.downloaded_at
        is_paused = self._failures and self._clock.monotonic() < self._not_before_s
        if is_paused or not schedule.is_due(at, self._clock.now()):
            return False
        if not self._downloading.acquire(blocking=False):
            return False
        try:
            self._swap(download(), is_forced=False)
        except (BrokerError, OSError) as error:
            self._failed(error)
            return False
        finally:
            self._downloading.release()
        return True

    def refresh(self, download: Download, *, accept_losses: bool = False) -> MasterState:
        """Download now. Raises BrokerError; the last good list stays in use then.

        accept_losses: do not compare its length with the list in use, for a person who knows why
        it is so much shorter.
        """
        with self._downloading:
            try:
                self._swap(download(), is_forced=accept_losses)
            except (BrokerError, OSError) as error:
                self._failed(error)
                raise
        return self.state

    def _swap(self, given: Sequence[Instrument], *, is_forced: bool) -> None:
        before, now = self.instruments, self._clock.now()
        usable = checked(given, () if is_forced else before)
        known = () if self._master is None else self._master.former_names
        more = renamed(before, usable, on=now.astimezone(IST).date())
        master = Master(
            broker=self._broker,
            downloaded_at=now,
            instruments=usable,
            former_names=joined(known, more, (one.id for one in usable)),
        )
        files.write(self._file, master)
        # Former names first: an id must not be unknown for a moment.
        self._former = _by_old_id(master)
        self._master, self._by_id = master, _by_id(master)
        self._failures, self._reason = 0, ""

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._not_before_s = self._clock.monotonic() + schedule.pause_s(self._failures)
        what = "was refused" if isinstance(error, BadMaster) else "could not be had"
        self._reason = f"today's list of instruments {what}: {error}"
        logger.warning("%s: %s", self._broker, self._reason)


def _by_id(master: Master | None) -> dict[str, Instrument]:
    return {} if master is None else {one.id: one for one in master.instruments}


def _by_old_id(master: Master | None) -> dict[str, FormerName]:
    return {} if master is None else {one.old_id: one for one in master.former_names}
