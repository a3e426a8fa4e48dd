"""The health of the installation: a list of checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import current_revision, newest_revision
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.metrics import Metrics

Status = Literal["ok", "stale", "down"]

LOW_DISK_BYTES = 1024**3
FULL_DISK_BYTES = 100 * 1024**2

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `stale`: it works, but needs attention."""

    status: Status
    detail: str
    facts: dict[str, Any] = field(default_factory=dict)


class Health:
    """The checks; a feature adds its own with `add`."""

    def __init__(
        self, database: Database, clock: Clock, *, home: Path, mailer: Mailer, metrics: Metrics
    ) -> None:
        self._database = database
        self._clock = clock
        self._home = home
        self._mailer = mailer
        self._started = clock.monotonic()
        self._checks: dict[str, Callable[[], Check]] = {}
        self.add("database", self._check_database)
        self.add("disk", self._check_disk)
        self.add("mail", self._check_mail)
        metrics.add_gauge("uptime_seconds", "Since the start.", lambda: self.uptime_s)
        metrics.add_gauge("disk_free_bytes", "In the home folder.", lambda: self._free_bytes)
        metrics.add_gauge("database_up", "1 while it is reachable.", self._database_up)

    def add(self, name: str, check: Callable[[], Check]) -> None:
        """Add a check, which every report runs."""
        self._checks[name] = check

    def run_checks(self) -> dict[str, Check]:
        """Run every check; one that raises counts as down and does not stop the others."""
        return {name: self._safely(name, check) for name, check in self._checks.items()}

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic() - self._started

    @property
    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._home).free

    def _safely(self, name: str, check: Callable[[], Check]) -> Check:
        try:
            return check()
        except Exception:
            logger.exception("health check failed", check=name)
            return Check("down", "The check failed.")

    def _check_database(self) -> Check:
        error = self._database.disk_error
        if error is not None:
            what = f"{error.problem[0].upper()}{error.problem[1:]}. {error.remedy}"
            return Check("down", what, {"code": error.code})
        if self._database.is_locked:
            return Check(
                "down",
                "Another program holds the database's lock: nothing can be stored.",
                {"code": "database_locked"},
            )
        at = current_revision(self._database.engine)
        wanted = newest_revision()
        engine = self._database.engine.dialect.name
        if at != wanted:
            return Check("stale", f"The schema is {at}, this version needs {wanted}.")
        return Check("ok", "It is reachable.", {"engine": engine, "schema": at})

    def _database_up(self) -> float:
        try:
            with self._database.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return 0.0
        return 1.0

    def _check_disk(self) -> Check:
        free = self._free_bytes
        facts = {"free_bytes": free}
        if free < FULL_DISK_BYTES:
            return Check("down", "The disk is full.", facts)
        if free < LOW_DISK_BYTES:
            return Check("stale", "Less than 1 GB is free.", facts)
        return Check("ok", "There is enough space.", facts)

    def _check_mail(self) -> Check:
        if self._mailer.last_problem:
            return Check("stale", f"The last mail was not sent: {self._mailer.last_problem}.")
        return Check("ok", self._mailer.delivery_text)


def overall(checks: dict[str, Check]) -> Status:
    """The worst status of all checks."""
    states = {check.status for check in checks.values()}
    return "down" if "down" in states else "stale" if "stale" in states else "ok"
