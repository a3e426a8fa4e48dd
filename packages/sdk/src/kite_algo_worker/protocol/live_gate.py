"""Refuse live trading unless the environment or the config enables it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

from kite_algo_worker.exceptions import LiveNotEnabledError

VARIABLE = "KITE_ALGO_ENABLE_LIVE"


class LiveGate:
    """Remembers the mode of every run read, and refuses entries into live runs while closed.

    Exits, cancellations and risk changes always pass.
    """

    def __init__(self, enabled: bool | None) -> None:
        self._enabled = enabled
        self._modes: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether live trading is enabled."""
        if self._enabled is not None:
            return self._enabled
        return os.environ.get(VARIABLE) == "1"

    def remember(self, payload: Any) -> None:
        """Store the mode of a run that the server reported."""
        if isinstance(payload, Mapping):
            run = cast("Mapping[str, Any]", payload)
            if run.get("strategy_run_id") and run.get("execution_mode"):
                self._modes[str(run["strategy_run_id"])] = str(run["execution_mode"])

    def knows(self, run_id: str) -> bool:
        """Whether an entry into the run can be checked without a request."""
        return self.is_open or run_id in self._modes

    def check_run(self, run_id: str) -> None:
        """Raise LiveNotEnabledError if the run is live and live trading is off."""
        self.check_mode(self._modes.get(run_id, ""), f"run {run_id}")

    def check_mode(self, mode: str, what: str) -> None:
        """Raise LiveNotEnabledError if the mode is live and live trading is off."""
        if mode.strip().lower() == "live" and not self.is_open:
            raise LiveNotEnabledError(
                f"{what} is live: set {VARIABLE}=1 to trade with real money. Nothing was sent.",
                status_code=403,
                code="live_not_enabled",
            )
